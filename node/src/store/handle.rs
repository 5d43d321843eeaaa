//! The store as the validator sees it.

mod pruning;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use types::{BatchDigest, Deadline, Epoch, Hash, Height, Timestamp, TransactionId, View};

pub use pruning::Pruned;

use super::chain::batches::{BatchIndex, batch_key, read_batch};
use super::chain::blocks::{self, BlockAlone, BlockRecord, Entry, StoredBlock};
use super::chain::volumes::{VOLUME_BYTES, Volumes};
use super::chain::writer::{Beginning, Writer};
use super::checkpoint::{CheckpointBlock, OfferedCheckpoint, StoredCheckpoint};
use super::database::table::Table;
use super::directory::{Directory, numbered, sync_directory};
use super::incoming::Incoming;
use super::serving::Serving;
use super::{StoreError, checkpoint, incoming};

/// A validator's disk. Clones are handles to the same store; any thread may use one.
///
/// What is put is durable after the next [`Store::flush`]. After an error while writing or flushing the store takes no
/// more writes ([`StoreError::Broken`]): what is on disk is then known only after a restart.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    // Dropped in this order: the directory's lock goes last.
    volumes: Volumes,
    writer: Mutex<Writer>,
    index: RwLock<BatchIndex>,
    checkpoints: Mutex<()>,
    serving: Mutex<Serving>,
    /// Beside the writer's, so that readers need not wait for the writer.
    beginning: RwLock<Option<Beginning>>,
    is_broken: AtomicBool,
    /// The height after the latest block; zero without blocks. Readers need not wait for the writer.
    end: AtomicU64,
    records: AtomicU64,
    bytes: AtomicU64,
    pruned_volumes: AtomicU64,
    pruned_bytes: AtomicU64,
    /// The times of the first blocks of volumes, as far as pruning has asked for them.
    volume_times: Mutex<BTreeMap<u64, Timestamp>>,
    directory: Directory,
}

/// What was put since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// How many values.
    pub records: u64,
    /// How many bytes of values.
    pub bytes: u64,
}

impl Store {
    /// Opens the store in `path`, or initialises it there if the directory is empty or missing.
    ///
    /// Refuses a directory that holds something else, belongs to another chain or to a newer version, is in use, or is
    /// damaged.
    pub fn open(path: &Path, chain: Hash) -> Result<Store, StoreError> {
        Self::open_with(path, chain, VOLUME_BYTES)
    }

    /// [`Store::open`] with volumes of another size.
    pub(crate) fn open_with(path: &Path, chain: Hash, volume_bytes: u64) -> Result<Store, StoreError> {
        let directory = Directory::open(path, chain)?;
        let checkpoints = directory.checkpoints();
        fs::create_dir_all(&checkpoints).map_err(StoreError::io("create", &checkpoints))?;
        let newest = numbered(&checkpoints)?.into_iter().map(|(height, _)| Height(height)).max();
        let volumes = Volumes::open(&directory.volumes(), &directory.ahead(), volume_bytes)?;
        sync_directory(path)?;
        let writer = Writer::recover(&volumes)?;
        let beginning = writer.beginning.map(|beginning| beginning.height);
        let index = blocks::recover_batches(&volumes, beginning, writer.latest)?;
        Ok(Store(Arc::new(Inner {
            volumes,
            end: AtomicU64::new(end_of(&writer)),
            beginning: RwLock::new(writer.beginning),
            writer: Mutex::new(writer),
            index: RwLock::new(index),
            checkpoints: Mutex::new(()),
            serving: Mutex::new(Serving::new(checkpoints, newest)),
            is_broken: AtomicBool::new(false),
            records: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            pruned_volumes: AtomicU64::new(0),
            pruned_bytes: AtomicU64::new(0),
            volume_times: Mutex::default(),
            directory,
        })))
    }

    /// Puts an encoded batch. One that is here already, and that [`Store::batch`] finds, is not put again.
    pub fn put_batch(&self, digest: BatchDigest, bytes: &[u8]) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        let (known, next) = self.index(|index| (index.sequence(&digest).is_some(), index.next()));
        if known {
            return Ok(());
        }
        self.wrote(bytes.len(), writer.put_batch(&self.0.volumes, next, &digest, bytes))?;
        self.change_index(|index| index.insert(digest));
        Ok(())
    }

    /// A batch that no finalized block orders, or that one of the last 4096 did.
    pub fn batch(&self, digest: &BatchDigest) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(sequence) = self.index(|index| index.sequence(digest)) else { return Ok(None) };
        self.0.volumes.of_sequence(sequence)?.value(Table::Batches, &batch_key(sequence, digest))
    }

    /// Drops a batch that no block will ever order. One that a block orders stays.
    pub fn forget_batch(&self, digest: &BatchDigest) -> Result<(), StoreError> {
        let _writer = self.writer()?;
        let Some(sequence) = self.change_index(|index| index.forget(digest)) else { return Ok(()) };
        self.wrote(0, self.0.volumes.active().put(Table::Forgotten, &sequence.to_be_bytes(), &[]))
    }

    /// The batches that no finalized block orders, in the order of their arrival.
    pub fn unordered_batches(&self) -> Result<Vec<(BatchDigest, Vec<u8>)>, StoreError> {
        let unordered = self.index(BatchIndex::unordered);
        let read = |(sequence, digest)| Ok((digest, read_batch(&self.0.volumes, sequence)?));
        unordered.into_iter().map(read).collect()
    }

    /// Appends a consensus record that counts until `view` is trimmed.
    pub fn append_journal(&self, view: View, record: &[u8]) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        let active = self.0.volumes.active();
        self.wrote(record.len(), writer.journal.append(&active, view, record))
    }

    /// The consensus records of untrimmed views, in the order in which they were appended.
    pub fn journal(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let writer = self.lock();
        writer.journal.records(&self.0.volumes.active())
    }

    /// Puts a block that was accepted and is not finalized.
    pub fn put_proposal(&self, view: View, hash: Hash, bytes: &[u8]) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        self.wrote(bytes.len(), writer.put_proposal(&self.0.volumes, view, &hash, bytes))
    }

    /// The proposals of untrimmed views, by view.
    pub fn proposals(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let writer = self.lock();
        writer.journal.proposals(&self.0.volumes.active())
    }

    /// Forgets journal records and proposals of views below `floor`.
    pub fn trim_journal(&self, floor: View) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        let active = self.0.volumes.active();
        self.wrote(0, writer.journal.trim(&active, floor))
    }

    /// Puts a finalized block: the one after the latest, or one that is here already, which is replaced but keeps its
    /// certificate if `record` has none. Its batches were put before.
    pub fn put_block(&self, height: Height, record: &BlockRecord) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        let volumes = &self.0.volumes;
        let (batches, before) = self.index(|index| writer.places(volumes, index, height, record))?;
        let (next_sequence, low_water) = self.change_index(|index| {
            record.batches.iter().for_each(|digest| index.order(digest));
            (index.next(), index.low_water())
        });
        // What was open when it was put first: later blocks order from there on.
        let low_water = before.as_ref().map_or(low_water, |before| before.low_water);
        let certificate = record.certificate.clone().or(before.and_then(|before| before.certificate));
        let entry = Entry { block: record.block.clone(), certificate, batches, next_sequence, low_water };
        let length = record.block.len() + record.receipts.len();
        self.wrote(length, writer.put_block(volumes, height, &record.receipts, entry))?;
        self.0.end.store(end_of(&writer), Ordering::Release);
        Ok(())
    }

    /// The height of the last finalized block.
    pub fn latest_height(&self) -> Option<Height> {
        self.0.end.load(Ordering::Acquire).checked_sub(1).map(Height)
    }

    /// A finalized block with its receipts. This and the other methods that read by height refuse a height before the
    /// first block that is kept ([`StoreError::NotKept`]).
    pub fn block(&self, height: Height) -> Result<Option<BlockRecord>, StoreError> {
        let Some(entry) = self.entry(height)? else { return Ok(None) };
        let receipts = self.receipts(height)?;
        let receipts = receipts.ok_or_else(|| self.missing(format!("the receipts of block {height}")))?;
        let batches = entry.batches.into_iter().map(|(_, digest)| digest).collect();
        Ok(Some(BlockRecord { block: entry.block, certificate: entry.certificate, receipts, batches }))
    }

    /// A finalized block without receipts and batches.
    pub fn block_alone(&self, height: Height) -> Result<Option<BlockAlone>, StoreError> {
        let entry = self.entry(height)?;
        Ok(entry.map(|entry| BlockAlone { block: entry.block, certificate: entry.certificate }))
    }

    /// The receipts of a finalized block.
    pub fn receipts(&self, height: Height) -> Result<Option<Vec<u8>>, StoreError> {
        self.kept(height, blocks::read_receipts(&self.0.volumes, height))
    }

    /// Finalized blocks from a height on, with their batches: as many as `max_bytes` hold, and at least one if there
    /// is one.
    pub fn blocks(&self, from: Height, max_bytes: usize) -> Result<Vec<StoredBlock>, StoreError> {
        let mut blocks = Vec::new();
        let mut bytes = 0;
        let mut height = from;
        while let Some(entry) = self.entry(height)? {
            let read = |(sequence, _): &(u64, BatchDigest)| read_batch(&self.0.volumes, *sequence);
            let batches = self.kept(height, entry.batches.iter().map(read).collect::<Result<Vec<_>, _>>())?;
            bytes += entry.block.len() + entry.certificate.as_ref().map_or(0, Vec::len);
            bytes += batches.iter().map(Vec::len).sum::<usize>();
            if bytes > max_bytes && !blocks.is_empty() {
                break;
            }
            blocks.push(StoredBlock { height, block: entry.block, certificate: entry.certificate, batches });
            height = height.next();
        }
        Ok(blocks)
    }

    /// Puts pages of the ids that were executed for a deadline second, each under the last of its ids.
    pub fn put_id_pages(&self, second: Deadline, pages: &[(TransactionId, Vec<u8>)]) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        let bytes = pages.iter().map(|(_, page)| page.len()).sum();
        self.wrote(bytes, writer.put_id_pages(&self.0.volumes, second, pages))
    }

    /// Puts what is to be said of a deadline second, after the pages of its ids.
    pub fn put_ids(&self, second: Deadline, ids: &[u8]) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        self.wrote(ids.len(), writer.put_ids(&self.0.volumes, second, ids))
    }

    /// What was put of a deadline second.
    pub fn ids(&self, second: Deadline) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.volumes.of_second(second.0)?.value(Table::Ids, &second.0.to_be_bytes())
    }

    /// The first page of ids of `id`'s deadline second whose last id is not before `id`, as it was put.
    pub fn id_page(&self, id: &TransactionId) -> Result<Option<Vec<u8>>, StoreError> {
        let second = id.deadline();
        let page = self.0.volumes.of_second(second.0)?.first(Table::IdPages, &id.0)?;
        Ok(page.filter(|(last, _)| last.starts_with(&second.0.to_be_bytes())).map(|(_, page)| page))
    }

    /// The first deadline second from `second` on for which ids were put, with what was put of it.
    pub fn first_ids_since(&self, second: Deadline) -> Result<Option<(Deadline, Vec<u8>)>, StoreError> {
        let first = self.0.volumes.first_since(Table::Ids, second.0)?;
        Ok(first.map(|(second, ids)| (Deadline(second), ids)))
    }

    /// Puts the nodes of the accumulator over closed seconds that were complete with the leaf at `place`.
    pub fn put_nodes(&self, place: u32, nodes: &[u8]) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        self.wrote(nodes.len(), writer.put_nodes(&self.0.volumes, place, nodes))
    }

    /// The nodes that were complete with the leaf at `place`, as they were put.
    pub fn nodes(&self, place: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.volumes.of_place(place)?.value(Table::Nodes, &place.to_be_bytes())
    }

    /// Writes a checkpoint of a block that is in the store. It is durable when this returns, and older ones are gone, but
    /// for one that is being fetched by others; until then the older one counts. Takes as long as the disk needs; votes
    /// do not wait for it.
    pub fn write_checkpoint(&self, height: Height, chunks: impl Iterator<Item = Vec<u8>>) -> Result<(), StoreError> {
        let certified =
            blocks::read_entry(&self.0.volumes, height)?.and_then(|entry| Some((entry.block, entry.certificate?)));
        let block = certified.map(|(block, certificate)| CheckpointBlock { block, certificate });
        self.put_checkpoint(height, block.as_ref(), chunks.map(Ok))
    }

    fn put_checkpoint(
        &self,
        height: Height,
        block: Option<&CheckpointBlock>,
        chunks: impl Iterator<Item = Result<Vec<u8>, StoreError>>,
    ) -> Result<(), StoreError> {
        let _alone = self.0.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        checkpoint::write(&self.0.directory.checkpoints(), height, block, chunks)?;
        self.serving().written(height, Instant::now())
    }

    /// The newest whole checkpoint, with its chunks in order. A damaged one is skipped. The chunks end early, and are
    /// then not the ledger of that height, only if the disk fails while they are read.
    pub fn read_checkpoint(
        &self,
    ) -> Result<Option<StoredCheckpoint<impl Iterator<Item = Vec<u8>> + use<>>>, StoreError> {
        let _alone = self.0.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        checkpoint::read(&self.0.directory.checkpoints())
    }

    /// The checkpoint that others may fetch: the newest one, or the one that is being fetched.
    pub fn offered_checkpoint(&self) -> Result<Option<OfferedCheckpoint>, StoreError> {
        self.serving().offer(Instant::now())
    }

    /// A part of the checkpoint that others may fetch; none if that is not the one at `height`, or has no such part.
    pub fn offered_part(&self, height: Height, index: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.serving().part(height, index, Instant::now())
    }

    /// True while there is neither a block nor a checkpoint.
    pub fn is_new(&self) -> Result<bool, StoreError> {
        let _alone = self.0.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let (latest, beginning) = (self.latest_height(), self.beginning());
        let has_blocks = latest.is_some() && latest != beginning.map(|beginning| beginning.height);
        Ok(!has_blocks && numbered(&self.0.directory.checkpoints())?.is_empty())
    }

    /// Where the chain in the store begins, if not at genesis: after the block of the checkpoint that was adopted, or
    /// after the last one that was pruned.
    pub fn beginning(&self) -> Option<Beginning> {
        *self.0.beginning.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first block that is kept, or will be the first one.
    pub fn first_height(&self) -> Height {
        self.beginning().map_or(Height(1), |beginning| beginning.height.next())
    }

    /// Notes which checkpoint is being fetched, as bytes that the store does not look into, and drops the parts of
    /// others.
    pub fn begin_incoming(&self, chosen: &[u8], parts: &[Hash]) -> Result<(), StoreError> {
        incoming::begin(&self.0.directory.incoming(), chosen, parts)
    }

    /// Puts a part of the checkpoint that is being fetched. Its hash is checked when it is read.
    pub fn put_incoming_part(&self, hash: &Hash, bytes: &[u8]) -> Result<(), StoreError> {
        incoming::put(&self.0.directory.incoming(), hash, bytes)
    }

    /// A part of the checkpoint that is being fetched, if it is there and whole.
    pub fn incoming_part(&self, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
        incoming::part(&self.0.directory.incoming(), hash)
    }

    /// What is there of the checkpoint that is being fetched. Reads it all.
    pub fn incoming(&self) -> Result<Option<Incoming>, StoreError> {
        incoming::all(&self.0.directory.incoming())
    }

    /// Drops what was fetched. A store that is new begins at genesis then.
    pub fn drop_incoming(&self) -> Result<(), StoreError> {
        if self.beginning().is_some() && self.is_new()? {
            self.begin(None)?;
        }
        incoming::remove(&self.0.directory.incoming())
    }

    /// Makes the parts that were fetched the checkpoint in force, and lets the chain begin after its block. Only while
    /// the store is new. A crash before the end leaves the store new, with its parts; afterwards all is durable.
    pub fn adopt_checkpoint(
        &self,
        beginning: Beginning,
        block: &CheckpointBlock,
        parts: &[Hash],
    ) -> Result<(), StoreError> {
        self.begin(Some(beginning))?;
        let chunk = |hash| {
            let part = self.incoming_part(hash)?;
            part.ok_or_else(|| StoreError::corrupt(&self.0.directory.incoming(), format!("part {hash} is not whole")))
        };
        self.put_checkpoint(beginning.height, Some(block), parts.iter().map(chunk))?;
        incoming::remove(&self.0.directory.incoming())
    }

    fn begin(&self, beginning: Option<Beginning>) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        self.noted(writer.begin(&self.0.volumes, beginning))?;
        *self.0.beginning.write().unwrap_or_else(PoisonError::into_inner) = beginning;
        self.0.end.store(end_of(&writer), Ordering::Release);
        self.noted(self.0.volumes.active().flush())
    }

    /// Puts the end of an epoch.
    pub fn put_handover(&self, epoch: Epoch, handover: &[u8]) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        self.wrote(handover.len(), writer.put_handover(&self.0.volumes, epoch, handover))
    }

    /// The ends of epochs from one on, in their order, at most `max`.
    pub fn handovers(&self, from: Epoch, max: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let active = self.0.volumes.active();
        active.entries(Table::Handovers, &from.0.to_be_bytes()).take(max).map(|entry| Ok(entry?.1)).collect()
    }

    /// When this returns, everything put before is durable, also when power fails.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.refuse_if_broken()?;
        self.noted(self.0.volumes.active().flush())?;
        if self.0.volumes.is_full()? {
            let mut writer = self.writer()?;
            // Another thread may have been here in between.
            if self.0.volumes.is_full()? {
                let next_sequence = self.index(BatchIndex::next);
                self.noted(writer.rotate(&self.0.volumes, next_sequence))?;
            }
        }
        Ok(())
    }

    /// How many bytes the store's files have.
    pub fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.0.directory.size()
    }

    /// What was put since the store was opened, without checkpoints.
    pub fn written(&self) -> Written {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Written { records: load(&self.0.records), bytes: load(&self.0.bytes) }
    }

    fn entry(&self, height: Height) -> Result<Option<Entry>, StoreError> {
        // Read first: blocks are added meanwhile.
        let latest = self.latest_height();
        let entry = self.kept(height, blocks::read_entry(&self.0.volumes, height))?;
        if entry.is_none() && latest.is_some_and(|latest| height <= latest) && self.is_after_first(height)? {
            return Err(self.missing(format!("block {height}")));
        }
        Ok(entry)
    }

    /// True if the store begins with this height or an earlier one.
    fn is_after_first(&self, height: Height) -> Result<bool, StoreError> {
        match self.beginning() {
            Some(beginning) => Ok(height > beginning.height),
            None => Ok(blocks::first_height(&self.0.volumes)?.is_some_and(|first| height >= first)),
        }
    }

    /// What was read for a height, unless the store begins after it. That is looked at last: it may begin later while
    /// somebody reads.
    fn kept<T>(&self, height: Height, read: Result<T, StoreError>) -> Result<T, StoreError> {
        match self.beginning() {
            Some(beginning) if height <= beginning.height => {
                Err(StoreError::NotKept { first: beginning.height.next() })
            }
            _ => read,
        }
    }

    fn missing(&self, what: String) -> StoreError {
        StoreError::corrupt(self.0.directory.path(), format!("{what} is missing"))
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serving(&self) -> MutexGuard<'_, Serving> {
        self.0.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, StoreError> {
        self.refuse_if_broken()?;
        Ok(self.lock())
    }

    fn refuse_if_broken(&self) -> Result<(), StoreError> {
        if self.0.is_broken.load(Ordering::Acquire) {
            return Err(StoreError::Broken { path: self.0.directory.path().to_owned() });
        }
        Ok(())
    }

    /// Remembers an error: after one, later writes could succeed although this one is lost.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_err() {
            self.0.is_broken.store(true, Ordering::Release);
        }
        result
    }

    fn wrote(&self, bytes: usize, result: Result<(), StoreError>) -> Result<(), StoreError> {
        self.noted(result)?;
        self.0.records.fetch_add(1, Ordering::Relaxed);
        self.0.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(())
    }

    fn index<T>(&self, look: impl FnOnce(&BatchIndex) -> T) -> T {
        look(&self.0.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change_index<T>(&self, change: impl FnOnce(&mut BatchIndex) -> T) -> T {
        change(&mut self.0.index.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where each kept volume begins, for tests.
    #[cfg(test)]
    pub(super) fn spans(&self) -> Vec<super::chain::volumes::Span> {
        self.0.volumes.spans()
    }

    /// The volume of a number, as a reader holds it, for tests.
    #[cfg(test)]
    pub(super) fn hold(&self, number: u64) -> Result<Arc<super::chain::volume::Volume>, StoreError> {
        self.0.volumes.number(number)
    }

    /// The active database's log as it certainly is on disk, for the test of power failures.
    #[cfg(test)]
    pub(super) fn durable_log(&self) -> Arc<Vec<u8>> {
        self.0.volumes.active().durable_log()
    }

    /// Every key and value of the active volume, for the test that pins the format.
    #[cfg(test)]
    pub(super) fn dump(&self) -> Vec<(String, Vec<u8>, Vec<u8>)> {
        self.0.volumes.active().dump()
    }
}

fn end_of(writer: &Writer) -> u64 {
    writer.latest.map_or(0, |latest| latest.0 + 1)
}
