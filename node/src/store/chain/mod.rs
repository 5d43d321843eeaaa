//! The chain on disk: its blocks and batches, and what consensus must remember, in a sequence of volumes.

pub(super) mod batches;
pub(super) mod blocks;
pub(super) mod cut;
pub(super) mod journal;
pub(super) mod volume;
pub(super) mod volumes;
pub(super) mod writer;
