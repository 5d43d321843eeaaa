//! What can be shown to somebody who has a header alone.

pub(crate) mod opening;
pub(crate) mod path;
pub(crate) mod proof;
