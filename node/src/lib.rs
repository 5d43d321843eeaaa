//! The parts of the `baro` binary.

pub mod home;
pub mod network;
mod server;
pub mod store;
pub mod validator;
