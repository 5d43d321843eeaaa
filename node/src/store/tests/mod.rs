#![allow(clippy::unwrap_used)]

mod adopting;
mod ahead;
mod checkpoints;
mod crash;
mod damage;
mod disk_full;
mod format;
mod killed;
mod power_loss;
mod pruning;
mod records;
mod rotation;

use std::path::Path;

use types::{BatchDigest, Deadline, Hash, Height, TransactionId, View};

use super::{BlockRecord, Store, StoreError, StoredBlock, StoredCheckpoint};

const CHAIN: Hash = Hash([7; 32]);

/// Small enough to be reached quickly.
const SMALL_VOLUME: u64 = 1 << 20;

fn open(path: &Path) -> Store {
    Store::open_with(path, CHAIN, SMALL_VOLUME).unwrap()
}

/// `length` bytes that no other seed has.
fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = std::iter::repeat_with(&mut next).take(length.div_ceil(8)).flatten().collect();
    bytes.truncate(length);
    bytes
}

fn digest(n: u64) -> BatchDigest {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    BatchDigest(digest)
}

/// Lengths that are inline, of one chunk and of several.
fn batch(n: u64) -> Vec<u8> {
    bytes(n, [300, 2_000, 40_000][n as usize % 3])
}

fn receipts(height: u64) -> Vec<u8> {
    bytes(height ^ 1 << 60, 100 * (height as usize % 20))
}

fn journal_record(n: u64) -> Vec<u8> {
    bytes(n ^ 2 << 60, 50 + 200 * (n as usize % 4))
}

fn nodes(place: u64) -> Vec<u8> {
    bytes(place ^ 0x6e6f, 40)
}

fn ids(second: u64) -> Vec<u8> {
    bytes(second ^ 3 << 60, 32 * (second as usize % 100))
}

/// The last ids of two pages of a second.
fn page_ends(second: Deadline) -> [TransactionId; 2] {
    [100, 200].map(|byte| id(second, byte))
}

fn id(second: Deadline, byte: u8) -> TransactionId {
    let mut id = [byte; 32];
    id[..4].copy_from_slice(&second.0.to_be_bytes());
    TransactionId(id)
}

fn page(end: TransactionId) -> Vec<u8> {
    bytes(u64::from(end.deadline().0) << 8 | u64::from(end.0[31]) | 5 << 60, 700)
}

fn put_ids(store: &Store, second: Deadline) -> Result<(), StoreError> {
    store.put_id_pages(second, &page_ends(second).map(|end| (end, page(end))))?;
    store.put_ids(second, &ids(second.0.into()))
}

/// Checks that a second is there whole.
fn check_ids(store: &Store, second: Deadline) -> Result<(), StoreError> {
    assert_eq!(store.ids(second)?.unwrap(), ids(second.0.into()), "ids {second}");
    let [first, last] = page_ends(second);
    for (byte, end) in [(0, Some(first)), (100, Some(first)), (101, Some(last)), (200, Some(last)), (201, None)] {
        assert_eq!(store.id_page(&id(second, byte))?, end.map(page), "page of {byte} in {second}");
    }
    Ok(())
}

/// Every block orders the two batches that carry its number, the second one first.
fn block(height: u64) -> BlockRecord {
    BlockRecord {
        block: bytes(height ^ 4 << 60, 500),
        certificate: (!height.is_multiple_of(3)).then(|| bytes(height ^ 5 << 60, 400)),
        receipts: receipts(height),
        batches: vec![digest(2 * height + 1), digest(2 * height)],
    }
}

fn stored(height: u64) -> StoredBlock {
    let BlockRecord { block, certificate, .. } = block(height);
    StoredBlock { height: Height(height), block, certificate, batches: vec![batch(2 * height + 1), batch(2 * height)] }
}

/// How many views of the journal count.
const JOURNALED: u64 = 5;

/// Everything that one height brings: a batch for the next block arrives before this block does.
fn put_height(store: &Store, height: u64) -> Result<(), StoreError> {
    for n in [2 * height, 2 * height + 1, 2 * height + 2] {
        store.put_batch(digest(n), &batch(n))?;
    }
    store.put_proposal(View(height), Hash([height as u8; 32]), &block(height).block)?;
    store.append_journal(View(height), &journal_record(height))?;
    // As the validator does: a block that is there must not have closed a second that is not.
    store.put_nodes(height as u32, &nodes(height))?;
    put_ids(store, Deadline(height as u32))?;
    store.put_block(Height(height), &block(height))?;
    store.trim_journal(View(height.saturating_sub(JOURNALED)))
}

/// Checks that the store holds a whole prefix of what [`put_height`] put from height 1 on, and how far it goes.
fn check_prefix(store: &Store) -> Result<u64, StoreError> {
    let latest = store.latest_height().map_or(0, |height| height.0);
    for height in 1..=latest {
        assert_eq!(store.block(Height(height))?.unwrap(), block(height), "block {height}");
        assert_eq!(store.receipts(Height(height))?.unwrap(), receipts(height), "receipts {height}");
        let with_batches = store.blocks(Height(height), 0)?;
        assert_eq!(with_batches, [stored(height)], "batches of block {height}");
        check_ids(store, Deadline(height as u32))?;
        assert_eq!(store.nodes(height as u32)?.unwrap(), nodes(height), "nodes {height}");
        let second = Deadline(height as u32);
        assert_eq!(store.first_ids_since(second)?, Some((second, ids(height))), "ids from {height} on");
    }
    assert_eq!(store.blocks(Height(latest + 1), usize::MAX)?, []);
    check_open(store, latest)?;
    Ok(latest)
}

/// Checks journal, proposals and unordered batches: they may be one height ahead of the latest block.
fn check_open(store: &Store, latest: u64) -> Result<(), StoreError> {
    let mut journal = store.journal()?;
    // Who was killed after a height's journal record and before its block writes that height again, and its record too.
    journal.dedup();
    let proposals = store.proposals()?;
    let last = latest + 1;
    for (list, expected) in
        [(&journal, journal_record as fn(u64) -> Vec<u8>), (&proposals, |height| block(height).block)]
    {
        // Ends at the latest block or one later, and reaches back as far as is promised.
        let end = (latest..=last).rfind(|end| list.last() == Some(&expected(*end))).unwrap_or(0);
        assert!(latest == 0 || end >= latest, "the last record is missing");
        let count = list.len() as u64;
        assert!(count >= end.min(JOURNALED), "{count} records before {end}");
        let all: Vec<Vec<u8>> = (end + 1 - count..=end).map(expected).collect();
        assert!(*list == all, "records before {end} are not what was written");
    }
    for (found, bytes) in store.unordered_batches()? {
        let n = (2 * latest..2 * latest + 7).find(|n| digest(*n) == found).expect("a batch that waits");
        assert_eq!(bytes, batch(n));
        assert_eq!(store.batch(&found)?.unwrap(), bytes);
    }
    Ok(())
}
