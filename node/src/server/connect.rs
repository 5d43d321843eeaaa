//! Starting the server.

use std::net::SocketAddr;

use anyhow::Context;
use jsonrpsee::server::{BatchRequestConfig, Server, ServerConfig, ServerHandle};
use rpc::BaroApiServer;
use serde::{Deserialize, Serialize};

use super::methods::Backend;

/// Bounds on what clients can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RpcLimits {
    /// The largest request, in bytes.
    pub request_bytes: u32,
    /// The largest response, in bytes.
    pub response_bytes: u32,
    /// The most calls in one JSON-RPC batch.
    pub batch_calls: u32,
    /// The most open connections.
    pub connections: u32,
    /// The most subscriptions of one connection.
    pub subscriptions_per_connection: u32,
    /// The most transactions in one `baro_sendMany`.
    pub transactions_per_call: usize,
    /// The longest `baro_wait`, in milliseconds.
    pub wait_millis: u64,
}

impl Default for RpcLimits {
    fn default() -> Self {
        Self {
            request_bytes: 4 << 20,
            // The longest block, with its batches, in hexadecimal form.
            response_bytes: 18 << 20,
            batch_calls: 100,
            connections: 256,
            subscriptions_per_connection: 8,
            transactions_per_call: 5_000,
            wait_millis: 120_000,
        }
    }
}

/// Serves until the handle is stopped.
pub(crate) async fn serve(address: SocketAddr, limits: &RpcLimits, backend: Backend) -> anyhow::Result<ServerHandle> {
    let config = ServerConfig::builder()
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions_per_connection)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch_calls))
        .set_tcp_no_delay(true)
        .build();
    let server = Server::builder().set_config(config).build(address).await.with_context(|| {
        format!("cannot serve JSON-RPC on {address}: choose a free address with rpc_listen in config.toml")
    })?;
    Ok(server.start(backend.into_rpc()))
}
