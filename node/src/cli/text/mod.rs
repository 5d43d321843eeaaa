//! How people write and read what commands take.

pub(super) mod amount;
pub(super) mod origin;
pub(super) mod span;
