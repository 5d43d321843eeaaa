//! How a block's transactions are run: what is skipped, which rule each instruction asks, what a receipt says, and that
//! the books add up afterwards.

pub(crate) mod conservation;
pub(crate) mod execute;
pub(crate) mod failure;
pub(crate) mod movements;
pub(crate) mod precheck;
pub(crate) mod receipt;
pub(crate) mod step;
