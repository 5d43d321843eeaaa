//! The JSON-RPC server: HTTP and WebSocket on one port, with limits on everything that a client can make grow.

mod connect;
mod error;
pub(crate) mod json;
mod methods;
mod metrics_page;
mod programs;
mod proofs;
mod reading;
mod records;

pub use connect::RpcLimits;
pub(crate) use connect::serve;
pub use json::bytes_of;
pub(crate) use methods::{Backend, Identity};
pub(crate) use metrics_page::serve_metrics;
