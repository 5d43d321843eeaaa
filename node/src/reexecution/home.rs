//! The chain in a stopped validator's home.

use std::path::Path;

use anyhow::{Context, bail};
use audit::{Entry, Start};
use genesis::Genesis;
use types::codec::decode;
use types::{Block, Epoch, Handover, Height, Timestamp};

use super::{Blocks, Chain};
use crate::home::{GENESIS, Home, read_genesis};
use crate::store::{Store, StoreError, StoredBlock, StoredCheckpoint};

/// About how many bytes are read at a time.
const READ_BYTES: usize = 8 << 20;

/// Opens the chain in a home whose validator does not run. Its genesis file must make the chain that its configuration
/// names; `genesis` is another file that the reader trusts more.
pub fn open_home(dir: &Path, genesis: Option<&Path>) -> anyhow::Result<Chain> {
    let home = Home::open(dir)?;
    let genesis = read_genesis(&genesis.map_or_else(|| dir.join(GENESIS), Path::to_owned))?;
    genesis.expect_hash(home.config().genesis_hash)?;
    let data = home.data_dir();
    if !data.is_dir() {
        bail!("{} has no data: its validator never ran", dir.display());
    }
    let store = Store::open(&data, genesis.hash()).map_err(|error| match error {
        StoreError::Locked { .. } => anyhow::anyhow!(
            "{} is in use by a running validator, and its store can be opened by one process only: stop it first, or \
             read the chain through it with --rpc URL --genesis {}",
            dir.display(),
            dir.join(GENESIS).display()
        ),
        other => other.into(),
    })?;
    let last = store.latest_height().with_context(|| format!("{} holds no finalized block", dir.display()))?;
    let (start, since, notes) = start_of(&store, &genesis)?;
    let blocks = Box::new(Stored { store, next: start.height().next() });
    Ok(Chain { genesis, start, since, blocks, last, source: format!("home {}", dir.display()), notes })
}

/// Genesis; or, where the store does not begin there, the newest checkpoint in it.
fn start_of(store: &Store, genesis: &Genesis) -> anyhow::Result<(Start, Option<Timestamp>, Vec<String>)> {
    let Some(beginning) = store.beginning() else { return Ok((Start::genesis(genesis)?, None, Vec::new())) };
    let checkpoint = store.read_checkpoint().context("the checkpoint")?;
    let Some(StoredCheckpoint { height, block: Some(block), chunks }) = checkpoint else {
        bail!(
            "this home has no blocks up to {} (its validator began with a checkpoint, or does not keep all history) and no \
             whole checkpoint: there is no state to start from; audit the home of an archive, or an archive with --rpc",
            beginning.height
        );
    };
    let handovers = store.handovers(Epoch(0), usize::MAX)?;
    let handovers = handovers.iter().map(|bytes| decode(bytes)).collect::<Result<Vec<Handover>, _>>()?;
    let header = decode::<Block>(&block.block).context("the checkpoint's block")?.header;
    let certificate = decode(&block.certificate).context("the checkpoint's certificate")?;
    let since = header.timestamp;
    let start = Start::checkpoint(genesis, &handovers, header, certificate, chunks)?;
    let note = format!(
        "This home has no blocks up to {}: its validator began with a checkpoint, or does not keep all history. The audit \
         starts from the checkpoint of block {height}, whose state root a quorum has finalized and whose committees lead back \
         to genesis. Nothing before block {} was executed again: supplies at the start are taken from the checkpoint. For \
         the whole chain, audit the home of an archive, or an archive with --rpc.",
        beginning.height,
        height.next()
    );
    Ok((start, Some(since), vec![note]))
}

struct Stored {
    store: Store,
    next: Height,
}

impl Blocks for Stored {
    fn next(&mut self) -> anyhow::Result<Vec<Entry>> {
        let stored = self.store.blocks(self.next, READ_BYTES)?;
        self.next = Height(self.next.0 + stored.len() as u64);
        stored.into_iter().map(|block| self.entry(block)).collect()
    }
}

impl Stored {
    fn entry(&self, stored: StoredBlock) -> anyhow::Result<Entry> {
        let StoredBlock { height, block, certificate, batches } = stored;
        let receipts = self.store.receipts(height)?;
        Ok(Entry { height, block, certificate, batches, receipts })
    }
}
