//! What is allowed, and what it changes: the gate through which all money moves, and the rules that ask it.

pub(crate) mod authority;
pub(crate) mod calls;
pub(crate) mod compliance;
pub(crate) mod council;
pub(crate) mod fees;
pub(crate) mod gate;
pub(crate) mod issuance;
pub(crate) mod merchants;
pub(crate) mod payments;
pub(crate) mod turn;
