//! Worst days by the thousand: production replicas and clients in one process, on a simulated network, disk and clock.
//!
//! A [`Run`] is a seed and a [`Profile`]. The seed gives the scenario (how many validators, which links, what goes wrong
//! when, who is Byzantine), and everything that is drawn on the way: one seed is one run, to the last byte, and the
//! [`Report`]'s digest over all that happened says so.
//!
//! # How it goes
//!
//! 1. `scenario` draws what the `profiles` want: `faults` with their times, `doubles`, a network.
//! 2. `world` runs the events in the order of their time. What happens to a process is a turn of a node's loop
//!    (`turning`); what its replica wants done is done as a node does it (`carrying`, `writer`, `posting`).
//! 3. `checkers` watch every step of honest validators. The first violation ends the run.
//! 4. By a time that is known beforehand everything has healed, except who is Byzantine or lost. Then a new payment goes
//!    to every honest validator and must be final on all of them within [`LIVENESS`].
//!
//! # What is true to a node
//!
//! - Messages pass through the codec. On *ordered* links they arrive once and in order while the link is up, as over a
//!   connection; on *lossy* ones, which a node does not have, anything may happen to them.
//! - Writes go to one log in order. A flush covers the commits that have gathered, their messages leave after it, and
//!   then the replica is told. A crash keeps everything flushed and any prefix of the rest. Checkpoints are written
//!   beside, and are there once complete.
//! - A pause holds a process still; what arrives waits.
//! - A machine without blocks fetches a checkpoint before it has a replica (`syncing`).
//! - The validators change their set as on a real chain: a quorum of them signs approvals (`council`).
//!
//! At most f validators are Byzantine, have a clock that is far off, or lose their disk. Any number may crash, pause or be
//! cut off.

mod address;
mod carrying;
mod chain;
mod checkers;
mod clients;
mod clock;
mod council;
mod describe;
mod disk;
mod doubles;
mod faults;
mod machine;
mod network;
mod posting;
mod profiles;
mod random;
mod run;
mod scenario;
mod schedule;
mod shrink;
mod starting;
mod syncing;
mod time;
mod trace;
mod turning;
mod world;
mod writer;

pub use address::MachineId;
pub use checkers::Violation;
pub use doubles::DoubleKind;
pub use faults::{CrashPoint, Fault, Kept, Planned};
pub use profiles::{PROFILES, Profile};
pub use run::{LIVENESS, Report, Run};
pub use shrink::shrink;
pub use time::Micros;
