//! A validator's disk: the only room that knows sled and the format.
//!
//! # What is where
//!
//! ```text
//! DIR/BARO                    "baro store", format, chain (genesis hash), checksum: a text file
//! DIR/lock                    locked while a process has the store open
//! DIR/volumes/00000001/       sled databases: full ones are only read, the last one grows; old ones may be gone
//! DIR/volumes/00000002/
//! DIR/ahead/0, 1                  what was put last, as it was flushed: see `ahead`
//! DIR/ahead/salt                  random bytes, checksum: the key of the checksums in 0 and 1
//! DIR/checkpoints/000000012000/   a sled database with one checkpoint
//! DIR/incoming/chosen         checksum, and which checkpoint is being fetched from other validators
//! DIR/incoming/HASH           a part of it, as it came
//! DIR/.../NAME.new            not complete: removed when the store is opened
//! ```
//!
//! A volume has tables (sled trees). Numbers in keys are big-endian, and keys are written in their order.
//!
//! ```text
//! table      key                                value
//! opening    "volume"                           spans: (number, first height, first sequence, first second, first place)*,
//!                                               of the volumes that were kept when this one was begun, and of itself
//! marks      "journal"                          (first view that counts, first journal record that counts)
//! marks      "settled"                          generation u64: what was put up to its end is here
//! marks      "beginning"                        (height, time) of the last block that is not here: an adopted checkpoint's,
//!                                               or the last one that was pruned; (0, 0): none
//! marks      "first kept"                       number of the first volume that is kept; none: all that `opening` names
//! batches    sequence u64 | digest [32]         the encoded batch
//! forgotten  sequence u64                       empty: no block will ever order this batch
//! blocks     height u64                         (block, certificate?, (sequence, digest)*, next sequence, low water)
//! receipts   height u64                         the encoded receipts
//! journal    number u64                         view u64 | the record
//! proposals  view u64 | hash [32]               the encoded block
//! id pages   last id [32]                       a page of the ids executed for a deadline, which the id begins with
//! ids        second u32                         the closed second's place and leaf, the leaves of its pages, its last id
//! nodes      place u32                          nodes of the accumulator that were complete with this closed second
//! handovers  epoch u64                          the encoded end of the epoch
//! chunks     position u64                       up to 7168 bytes of a long value; empty: reserved
//!
//! opening    "checkpoint"                       (height, number of parts, hash over the parts)     (in a checkpoint)
//! opening    "parts"                            (hash of each part, bytes of all)                  (in a checkpoint)
//! opening    "block"                            (block, certificate)                               (in a checkpoint)
//! parts      number u64                         a part of the ledger                               (in a checkpoint)
//!
//! value up to 512 bytes:   0 | checksum [16] | the value
//! a longer one:            1 | checksum [16] | first position u64 | length u64
//! ```
//!
//! Lists and tuples in values are encoded by [`types::codec`]. The checksum is blake3 over table, key and value.
//!
//! *Sequence* numbers batches in the order of their arrival, without gaps, through all volumes. A block names the
//! sequences of its batches, so no index by digest is on disk; the one in memory holds the batches that no block orders
//! and the last ordered ones. It is rebuilt from the keys of the batches from *low water* on: the oldest batch that was
//! open when the latest block was put.
//!
//! # Why so
//!
//! - **Volumes.** sled reads at its start everything that was written since its last start, about 5 GB a second when
//!   it is in the page cache, and keeps memory for each of its pages. Volumes of 256 MiB bound both. What still counts
//!   of the journal and the proposals, the handovers and the beginning are carried into a new volume; nothing is deleted within one.
//!   Old ones are deleted whole (see below).
//! - **A log ahead of sled.** A flush of sled takes a second thread and writes whole pages of everything that was touched. So
//!   a flush writes what was put to `ahead`, and sled gets it later, in the order of its keys and beside everything else:
//!   4 MiB at a time. Votes and proposals of views that were trimmed by then never get there, which is most of them where
//!   blocks are small.
//! - **Chunks with reserved positions.** sled writes a leaf again with all its values whenever it grows. See `chunks`:
//!   1.06 bytes are written for each byte of a long value instead of 5, and as much stays on disk instead of 2.
//! - **No blobs.** sled puts values above a quarter of a segment into files of their own, which it never makes durable.
//!   Nothing here is long enough.
//! - **A look at the log before sled's.** sled panics where damage lost a page; `sled_log` makes that an error.
//! - **`fdatasync` after sled's flush,** when a generation is settled. sled 0.34 flushes with `sync_file_range`, which does not reach through the
//!   device's cache and does not cover the file's length.
//! - **Checkpoints in volumes of their own**, so that votes do not wait for their bytes and removing one frees its space.
//!
//! # Pruning
//!
//! The store may begin later than it did: at a *cut*, which is the first volume that stays and the last block that does
//! not count any more. `cut` looks for one. The volumes before it hold no block from the oldest checkpoint on and no
//! batch that is read after a crash; every block after the cut's has all its batches in volumes that stay, and every
//! second that closes after it has its ids there. That block may therefore lie in a volume that stays. Lookups of what
//! lies before the first volume go to that volume: so the peaks of the accumulator over the closed seconds that go are
//! put there, under their places. In this order:
//!
//! 1. the peaks are put into the first volume that stays, and flushed;
//! 2. "beginning" and then "first kept" are put into the active volume, and flushed: from here on the rest does not
//!    count. The next volume's `opening` names only what is kept, so "first kept" is not carried into it;
//! 3. nobody opens the volumes before the cut any more; who has one open goes on reading it;
//! 4. their files go, the oldest first, each directory after it got the name `.new`.
//!
//! So a volume below the first one that is kept is left over, and goes when the store is opened; one that is missing
//! above it is damage.
//!
//! # What a crash leaves behind
//!
//! What was flushed and was not settled is in `ahead`, and is put again when the store is opened. So after a crash the store
//! holds a prefix of what was put, up to the last flush or a little further. A value is put before what refers to it
//! (chunks, then entry; batches, then the block that orders them; receipts, then the block; pages of ids, then their second),
//! so whatever can be reached is whole. In detail, a crash
//!
//! - while the directory is initialised leaves `BARO.new`, empty files in `ahead` or an empty volume `.new`: it is
//!   initialised again;
//! - while a flush writes leaves a frame that its checksum refuses: it was not reported, and is left out;
//! - while a generation is settled leaves some of it in sled: all of it is put again;
//! - while a value is put leaves chunks that nothing refers to: they stay, unused, until the volume is dropped;
//! - between two blocks that one certificate covers leaves the first without a certificate: the caller gets it so and
//!   may put it again;
//! - while a new volume is begun leaves it as `.new`: the old one is still in force, and is complete;
//! - while a checkpoint is written leaves it as `.new`, with the older one in force; after that, possibly both: the
//!   newer one counts;
//! - while a checkpoint is fetched leaves any of its parts: those whose bytes have their hash are not fetched again.
//!   `chosen` is there whole or not at all;
//! - while a fetched checkpoint is adopted leaves first the handovers and the mark of the beginning, with a store that
//!   counts as new because it has no checkpoint: adopting or dropping it is repeated. Then the checkpoint is there, and
//!   with it everything; parts in `incoming` that are left then go when the validator starts;
//! - while old volumes are pruned leaves more than is needed, and never less: peaks without use, a beginning that has moved
//!   while volumes before it are still kept, or files that go when the store is opened;
//! - while sled writes its own snapshot leaves `snap.*.generating`, which sled would later take for a damaged one: it
//!   is removed before sled looks.
//!
//! # What damage leaves behind
//!
//! A changed value is refused by its checksum, a missing one by the gap in its sequence (batches, blocks, journal,
//! chunks, parts and frames are numbered without gaps), with [`StoreError::Corrupt`]. sled takes damage near the end of its log
//! for a write that was cut short, and drops what follows: then the mark of what is settled, which was put last, tells
//! less than the frames do, and that is refused too. There are two exceptions. Damage to the last frame cannot be told from a
//! write that a crash cut short. And proposals, ids and forgotten batches have no numbers: one whose bytes were lost in the
//! middle of a full volume's log is not there.

mod ahead;
mod chain;
mod checkpoint;
mod checksum;
mod database;
pub mod decoders;
mod directory;
mod error;
mod handle;
mod incoming;
mod serving;

#[cfg(test)]
mod tests;

use chain::batches::BatchIndex;
pub use chain::blocks::{BlockAlone, BlockRecord, StoredBlock};
pub use chain::cut::{Cut, TimeOf};
pub use chain::writer::Beginning;
pub use checkpoint::{CheckpointBlock, OfferedCheckpoint, StoredCheckpoint};
pub use error::StoreError;
pub use handle::{Pruned, Store, Written};
pub use incoming::Incoming;
