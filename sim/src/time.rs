//! Simulated time.

/// Microseconds since the start of the run, by the clock of the world. No machine sees it: each has its own clock.
pub type Micros = u64;

/// So many of them make a millisecond.
pub(crate) const MILLIS: Micros = 1_000;

/// So many of them make a second.
pub(crate) const SECONDS: Micros = 1_000_000;

/// The time of the genesis block, in milliseconds since the Unix epoch.
pub(crate) const GENESIS_MILLIS: u64 = 1_800_000_000_000;
