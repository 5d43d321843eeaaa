//! The JSON-RPC server: HTTP and WebSocket on one port, with limits on everything that a client can make grow.

mod connect;
mod error;
pub(crate) mod json;
mod metrics_page;
mod methods;

pub(crate) use connect::{RpcLimits, serve};
pub(crate) use metrics_page::serve_metrics;
pub(crate) use methods::{Backend, Identity};
