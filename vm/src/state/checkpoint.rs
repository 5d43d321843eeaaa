//! Checkpoints: a state as chunks of bytes, and back. What is read is believed only if it has the expected state root.
//!
//! The chunks are, in this order: one header; the accounts in the order of their creation; the records by slot, the empty
//! slots included; the remembered ids, by deadline second and within it in the order of their execution. Indices, trees and hash chains are made anew.

use bincode::{Decode, Encode};
use std::sync::Arc;

use types::breakage::{Breakage, is_on};
use types::codec::{Bounded, CodecError, decode, encode};
use types::{Address, Amount, AssetId, Hash, ValidatorSetError};

use crate::state::commitments::Commitments;
use crate::state::ledger::{Accounts, held};
use crate::state::records::{Entry, Slots, Table};
use crate::state::replay::{Entries, Executed, Replay};
use crate::{Account, Asset, ClosedSeconds, Council, Ledger, MAX_ASSETS, Parameters, RecordKey};

/// The number of this format.
const FORMAT: u32 = 4;

/// A chunk is cut once it may be this long, in bytes.
const CHUNK_BYTES: usize = 1 << 20;

/// No account or id has an encoding so short that more of them would fit in a chunk.
const MAX_IN_CHUNK: usize = CHUNK_BYTES / SHORTEST_BYTES;

/// An empty slot takes less, and counts as if it took so much.
const SHORTEST_BYTES: usize = 16;

/// No encoding of an [`Executed`] is longer: the id, a height and an index.
const EXECUTED_BYTES: usize = 32 + 9 + 5;

#[derive(Encode, Decode)]
enum Chunk {
    Header {
        format: u32,
        parameters: Box<Parameters>,
        assets: Bounded<Asset, MAX_ASSETS>,
        council: Council,
        executed_total: u64,
        closed: ClosedSeconds,
    },
    Accounts(Bounded<Account, MAX_IN_CHUNK>),
    Records(Bounded<Option<Arc<Entry>>, MAX_IN_CHUNK>),
    Executed(Bounded<Executed, MAX_IN_CHUNK>),
}

impl Chunk {
    /// Chunks come in ascending order of this.
    fn order(&self) -> u8 {
        match self {
            Chunk::Header { .. } => 0,
            Chunk::Accounts(_) => 1,
            Chunk::Records(_) => 2,
            Chunk::Executed(_) => 3,
        }
    }
}

/// A state at rest. It shares memory with the ledger and can go to another thread.
pub struct Snapshot {
    commitments: Box<Commitments>,
    accounts: Accounts,
    records: Slots,
    seconds: Vec<Entries>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("state_root", &self.state_root()).finish_non_exhaustive()
    }
}

/// Why chunks are not the expected state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// A chunk's bytes are no chunk.
    #[error("chunk {chunk} of the checkpoint is damaged: {source}")]
    Damaged {
        /// Which, counted from zero.
        chunk: usize,
        /// What is wrong with it.
        source: CodecError,
    },
    /// A chunk is not where chunks of its kind are.
    #[error("chunk {0} of the checkpoint is out of place")]
    OutOfPlace(usize),
    /// The first chunk is missing.
    #[error("the checkpoint is empty")]
    Empty,
    /// Another version of the program wrote the checkpoint.
    #[error("the checkpoint has format {0}, this program reads format {FORMAT}: use the program that wrote it")]
    Format(u32),
    /// The validators make no set.
    #[error("the checkpoint's validators: {0}")]
    Validators(#[from] ValidatorSetError),
    /// Two accounts have one address.
    #[error("the checkpoint has account {0} twice")]
    DuplicateAccount(Address),
    /// Two records have one key.
    #[error("the checkpoint has the record of {0} twice")]
    DuplicateRecord(RecordKey),
    /// The state is another one, or not all of it is there.
    #[error("the checkpoint has state root {got}, not {expected}")]
    StateRoot {
        /// What the block's header says.
        expected: Hash,
        /// What the chunks give.
        got: Hash,
    },
}

impl Ledger {
    /// This state at rest. Costs a pointer for each page of accounts and of records.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            commitments: Box::new(self.commitments().clone()),
            accounts: self.accounts().clone(),
            records: self.records_table().slots().clone(),
            seconds: self.replay().entries(),
        }
    }

    /// The state that [`Snapshot::chunks`] wrote, if it has the expected state root.
    pub fn restore(
        chunks: impl IntoIterator<Item = Vec<u8>>,
        expected_state_root: Hash,
    ) -> Result<Ledger, RestoreError> {
        let mut chunks = chunks.into_iter().enumerate().map(|(chunk, bytes)| {
            let decoded = decode::<Chunk>(&bytes).map_err(|source| RestoreError::Damaged { chunk, source });
            decoded.map(|decoded| (chunk, decoded))
        });
        let (parameters, assets, council, executed_total, closed) = match chunks.next().ok_or(RestoreError::Empty)?? {
            (_, Chunk::Header { format: FORMAT, parameters, assets, council, executed_total, closed }) => {
                (*parameters, assets.into_vec(), council.checked()?, executed_total, closed)
            }
            (_, Chunk::Header { format, .. }) => return Err(RestoreError::Format(format)),
            (chunk, _) => return Err(RestoreError::OutOfPlace(chunk)),
        };
        let (mut accounts, mut records, mut replay) = (Accounts::default(), Slots::default(), Replay::default());
        let mut order = 0;
        for chunk in chunks {
            let (place, chunk) = chunk?;
            if chunk.order() < std::mem::replace(&mut order, chunk.order()) {
                return Err(RestoreError::OutOfPlace(place));
            }
            match chunk {
                Chunk::Header { .. } => return Err(RestoreError::OutOfPlace(place)),
                Chunk::Accounts(list) => list.into_vec().into_iter().for_each(|account| accounts.push(account)),
                Chunk::Records(list) => list.into_vec().into_iter().for_each(|slot| records.push(slot)),
                Chunk::Executed(list) => list.iter().for_each(|entry| replay.remember(*entry)),
            }
        }
        let records = Table::assemble(records).map_err(RestoreError::DuplicateRecord)?;
        let ledger = Ledger::assemble(parameters, accounts, records, assets, council, replay, (executed_total, closed))
            .map_err(RestoreError::DuplicateAccount)?;
        match ledger.state_root() {
            got if got == expected_state_root || is_on(Breakage::LedgerUnverified) => Ok(ledger),
            got => Err(RestoreError::StateRoot { expected: expected_state_root, got }),
        }
    }
}

impl Snapshot {
    /// The sum of all balances and records of an asset. Looks at every account and record: for audits.
    pub fn held(&self, asset: AssetId) -> Amount {
        held(&self.accounts, &self.records, asset)
    }

    /// The closed seconds in the first of a state's chunks. They are to be believed as much as the chunk.
    pub fn closed_seconds(first: &[u8]) -> Result<ClosedSeconds, RestoreError> {
        match decode::<Chunk>(first).map_err(|source| RestoreError::Damaged { chunk: 0, source })? {
            Chunk::Header { format: FORMAT, closed, .. } => Ok(closed),
            Chunk::Header { format, .. } => Err(RestoreError::Format(format)),
            _ => Err(RestoreError::OutOfPlace(0)),
        }
    }

    /// The state root of this state.
    pub fn state_root(&self) -> Hash {
        self.commitments.state_root()
    }

    /// The state as chunks of about a megabyte, for [`Ledger::restore`].
    pub fn chunks(&self) -> impl Iterator<Item = Vec<u8>> {
        let Commitments { parameters, assets, council, executed_total, closed, .. } = &*self.commitments;
        let header = Chunk::Header {
            format: FORMAT,
            parameters: Box::new(*parameters),
            assets: bounded(assets.to_vec()),
            council: council.as_ref().clone(),
            executed_total: *executed_total,
            closed: closed.clone(),
        };
        let accounts = cut(self.accounts.iter(), Account::max_encoded_bytes).map(|list| Chunk::Accounts(bounded(list)));
        // Encoded here once more, so that each kind of record needs no bound of its own; this thread has the time.
        let record_bytes = |slot: &Option<Arc<Entry>>| encode(slot).len().max(SHORTEST_BYTES);
        let records = cut(self.records.iter(), record_bytes).map(|list| Chunk::Records(bounded(list)));
        let executed = self.seconds.iter().flat_map(Entries::iter);
        let executed = cut(executed, |_| EXECUTED_BYTES).map(|list| Chunk::Executed(bounded(list)));
        std::iter::once(header).chain(accounts).chain(records).chain(executed).map(|chunk| encode(&chunk))
    }
}

fn bounded<T, const MAX: usize>(list: Vec<T>) -> Bounded<T, MAX> {
    Bounded::new(list).expect("assets are bounded at genesis, chunks are cut before their bound")
}

/// Cuts values into lists that encode to not much more than [`CHUNK_BYTES`].
fn cut<'a, T: Clone + 'a>(
    mut values: impl Iterator<Item = &'a T>,
    bytes_of: impl Fn(&T) -> usize,
) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let mut list = Vec::new();
        while bytes < CHUNK_BYTES
            && let Some(value) = values.next()
        {
            bytes += bytes_of(value);
            list.push(value.clone());
        }
        (!list.is_empty()).then_some(list)
    })
}
