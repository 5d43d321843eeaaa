//! Who is who: machines, and the names by which replicas know each other.

use types::ValidatorIndex;

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

/// How a replica names another one at its border. All that the simulator knows of it is in this file.
pub(crate) type PeerName = ValidatorIndex;

/// The name under which others know the validator.
pub(crate) fn peer_name(validator: ValidatorIndex) -> PeerName {
    validator
}

/// The validator of a name.
pub(crate) fn validator_of(name: PeerName) -> ValidatorIndex {
    name
}
