//! The chain of a running validator, through JSON-RPC.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use audit::{Entry, Start};
use jsonrpsee::core::ClientError;
use jsonrpsee::http_client::HttpClient;
use rpc::{BaroApiClient, BlockBytes, HexBytes};
use tokio::runtime::Handle;
use types::Height;

use super::{Blocks, Chain};
use crate::home::read_genesis;

/// A long block is megabytes, and the validator has other work.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// More than the longest answer of a validator.
const MAX_ANSWER_BYTES: u32 = 64 << 20;

/// Opens the chain of the validator at `url`, up to its present height. The genesis file is the reader's own: nothing that
/// the validator says is believed.
pub async fn open_rpc(url: &str, genesis: &Path) -> anyhow::Result<Chain> {
    let genesis = read_genesis(genesis)?;
    let client = HttpClient::builder()
        .request_timeout(REQUEST_TIMEOUT)
        .max_response_size(MAX_ANSWER_BYTES)
        .build(url)
        .with_context(|| format!("{url:?} is no URL of a validator"))?;
    let chain = client.chain().await.map_err(said).with_context(|| format!("asking {url}"))?;
    genesis.expect_hash(chain.genesis_hash).context("the validator belongs to another chain than the genesis file")?;
    let status = client.status().await.map_err(said).with_context(|| format!("asking {url}"))?;
    if status.first_height > Height(1) {
        bail!(
            "the validator at {url} keeps blocks from {} on, and the chain is executed from its start: name an archive with \
             --rpc, a validator for which `baro status` shows no first block",
            status.first_height
        );
    }
    let last = status.height;
    let blocks = Box::new(Remote { client, runtime: Handle::current(), next: Height(1), last });
    let start = Start::genesis(&genesis)?;
    Ok(Chain { genesis, start, since: None, blocks, last, source: format!("JSON-RPC {url}"), notes: Vec::new() })
}

struct Remote {
    client: HttpClient,
    runtime: Handle,
    next: Height,
    last: Height,
}

impl Blocks for Remote {
    fn next(&mut self) -> anyhow::Result<Vec<Entry>> {
        if self.next > self.last {
            return Ok(Vec::new());
        }
        let fetched = self.runtime.block_on(self.client.block_bytes(self.next));
        let mut blocks = fetched.map_err(said).context("fetching blocks")?;
        blocks.retain(|block| block.height <= self.last);
        self.next = Height(self.next.0 + blocks.len() as u64);
        blocks.iter().map(entry).collect()
    }
}

/// What the validator says, without the wrapping.
fn said(error: ClientError) -> anyhow::Error {
    match error {
        ClientError::Call(error) => anyhow::anyhow!("{}", error.message()),
        other => other.into(),
    }
}

fn entry(block: &BlockBytes) -> anyhow::Result<Entry> {
    let bytes = |text: &HexBytes| {
        crate::server::bytes_of(text).with_context(|| format!("block {} is not in hexadecimal form", block.height))
    };
    Ok(Entry {
        height: block.height,
        block: bytes(&block.block)?,
        certificate: block.certificate.as_ref().map(bytes).transpose()?,
        batches: block.batches.iter().map(bytes).collect::<anyhow::Result<_>>()?,
        receipts: None,
    })
}
