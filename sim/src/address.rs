//! Who is who: machines, and the names by which replicas know each other.

use std::sync::LazyLock;

use types::{PublicKey, SecretKey};

/// A machine of the simulation. The first ones are the validators of genesis in their order, then come those that join
/// later; a twin has a number of its own.
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
const MACHINES: u16 = 64;

static KEYS: LazyLock<Vec<PublicKey>> =
    LazyLock::new(|| (0..MACHINES).map(|number| secret_of(MachineId(number)).public()).collect());

/// The consensus key with which a machine signs, unless it is another one's twin.
pub(crate) fn secret_of(machine: MachineId) -> SecretKey {
    // At most 64 machines.
    SecretKey::from_seed([machine.0 as u8 + 1; 32])
}

/// The name of a machine that is nobody's twin.
pub(crate) fn name_of(machine: MachineId) -> PeerName {
    KEYS[machine.position()]
}

/// The machine of a name: the first one, if there are twins.
pub(crate) fn machine_of(name: &PeerName) -> MachineId {
    let place = KEYS.iter().position(|key| key == name);
    // At most 64 keys.
    MachineId(place.unwrap_or_default() as u16)
}
