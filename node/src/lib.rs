//! .
pub mod network;
