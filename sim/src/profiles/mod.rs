//! Profiles: kinds of worst days, by name.

mod amnesia;
mod byzantine;
mod calm;
mod clock;
mod crashes;
mod disk;
mod epochs;
mod everything;
mod lossy;
mod network;
mod partitions;
mod state_sync;
mod twins;

use crate::scenario::Stage;

/// A kind of worst day.
#[derive(Clone, Copy)]
pub struct Profile {
    /// Its name on the command line.
    pub name: &'static str,
    /// What goes wrong, in a few words.
    pub about: &'static str,
    pub(crate) prepare: fn(&mut Stage<'_>),
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All profiles.
pub const PROFILES: [Profile; 13] = [
    calm::PROFILE,
    network::PROFILE,
    lossy::PROFILE,
    partitions::PROFILE,
    disk::PROFILE,
    clock::PROFILE,
    crashes::PROFILE,
    byzantine::PROFILE,
    twins::PROFILE,
    everything::PROFILE,
    amnesia::PROFILE,
    epochs::PROFILE,
    state_sync::PROFILE,
];

impl Profile {
    /// The profile of a name.
    pub fn named(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.name == name)
    }
}
