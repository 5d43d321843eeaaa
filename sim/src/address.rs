//! Who is who: machines, and the names by which replicas know each other.

use std::sync::LazyLock;

use types::{PublicKey, SecretKey, ValidatorIndex};

/// A machine of the simulation. The first ones are the validators in their order; a twin has a number of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineId(pub u16);

impl MachineId {
    pub(crate) fn position(self) -> usize {
        usize::from(self.0)
    }
}

impl std::fmt::Display for MachineId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "m{}", self.0)
    }
}

/// How a replica names another one at its border: by its consensus key.
pub(crate) type PeerName = PublicKey;

/// The most machines that a run can have.
const MACHINES: u8 = 64;

static KEYS: LazyLock<Vec<PublicKey>> = LazyLock::new(|| (0..MACHINES).map(|index| secret(index).public()).collect());

fn secret(index: u8) -> SecretKey {
    SecretKey::from_seed([index + 1; 32])
}

/// The consensus key of a validator.
pub(crate) fn secret_of(validator: ValidatorIndex) -> SecretKey {
    // A validator set has at most 64 members.
    secret(validator.0 as u8)
}

/// The name under which others know the validator.
pub(crate) fn peer_name(validator: ValidatorIndex) -> PeerName {
    KEYS[validator.position()]
}

/// The validator of a name.
pub(crate) fn validator_of(name: PeerName) -> ValidatorIndex {
    let place = KEYS.iter().position(|key| *key == name);
    // At most 64 keys.
    ValidatorIndex(place.unwrap_or_default() as u16)
}
