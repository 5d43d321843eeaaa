//! For those who read the chain: blocks as bytes, and the way back through an account's receipts.

use anyhow::Context;
use rpc::{BlockBytes, HexBytes, HistoryEntry, HistoryPage, ReceiptPlace, TransactionInfo, TransactionStatus};
use types::codec::{List, decode, encode};
use types::{Address, Batch, Block, Hash, Height, Payload, Timestamp, Transaction, TransactionId};
use vm::{Receipt, ReceiptPointer};

use super::error::Error;
use super::json;
use super::methods::Backend;
use crate::store::{Store, StoredBlock};
use crate::validator::Fenced;

/// About how many bytes of blocks one answer of `baro_blockBytes` holds; one block may be longer.
const BLOCKS_BYTES: usize = 2 << 20;

/// The most transactions in one answer of `baro_history`, and the most blocks that are read for it: a block may be
/// megabytes, and its transactions are looked through.
const MAX_ENTRIES: usize = 50;
const MAX_BLOCKS_READ: usize = 16;

impl Backend {
    pub(super) async fn blocks_from(&self, from: Height) -> Result<Vec<BlockBytes>, Error> {
        if from == Height(0) {
            let latest = self.look(|replica| replica.tip().height).await?;
            return Err(Error::NoSuchBlock(from, latest));
        }
        self.refuse_before_beginning(from)?;
        let blocks = self.read(move |store| Ok(store.blocks(from, BLOCKS_BYTES)?)).await?;
        Ok(blocks.into_iter().map(block_bytes).collect())
    }

    /// What an executed transaction says.
    pub(super) async fn contents_of(&self, id: TransactionId) -> Result<Option<TransactionInfo>, Error> {
        let (TransactionStatus::Final { receipt } | TransactionStatus::Failed { receipt, .. }) =
            self.status_of(id).await?
        else {
            return Ok(None);
        };
        let (chain, height) = (self.identity.genesis_hash, receipt.place.height);
        let read = move |store: &Store| match Opened::read(store, height)? {
            Some(block) => Ok(Some(transaction_info(&block.transaction(&chain, &id)?)?)),
            None => Ok(None),
        };
        self.read_written(Fenced::Blocks, read).await
    }

    pub(super) async fn history_of(
        &self,
        address: Address,
        from: Option<ReceiptPlace>,
        limit: Option<u32>,
    ) -> Result<HistoryPage, Error> {
        let look = move |replica: &replica::Replica| {
            (replica.ledger().account(&address).and_then(|account| account.latest), replica.tip().height)
        };
        let (latest, height) = self.look(look).await?;
        let from = from.map_or(latest, |place| Some(ReceiptPointer { height: place.height, index: place.index }));
        if let Some(from) = from {
            self.refuse_before_beginning(from.height)?;
        }
        let limit = limit.map_or(MAX_ENTRIES, |limit| (limit as usize).clamp(1, MAX_ENTRIES));
        let (chain, first) = (self.identity.genesis_hash, self.store.first_height());
        let walk = move |store: &Store| Walk { store, chain, address, first }.back_from(from, limit);
        let (entries, next) = match self.read_written(Fenced::Blocks, walk).await? {
            Walked::Page { entries, next } => (entries, next.map(json::place)),
            Walked::NoReceipt(ReceiptPointer { height, index }) => {
                return Err(Error::NoSuchReceipt { account: address, height, index });
            }
        };
        Ok(HistoryPage { address, entries, next, height })
    }
}

fn transaction_info(transaction: &Transaction) -> anyhow::Result<TransactionInfo> {
    let Payload { payer, valid_until, salt, instructions, .. } = &transaction.payload;
    Ok(TransactionInfo {
        payer: *payer,
        valid_until: *valid_until,
        salt: salt.to_string(),
        instructions: instructions.iter().map(serde_json::to_value).collect::<Result<_, _>>()?,
        signers: transaction.authorization.signatures().iter().map(|signature| signature.key).collect(),
        sponsor: transaction.sponsorship.as_ref().map(|by| by.sponsor),
        bytes: HexBytes(hex::encode(encode(transaction))),
    })
}

fn block_bytes(stored: StoredBlock) -> BlockBytes {
    let hexadecimal = |bytes: &Vec<u8>| HexBytes(hex::encode(bytes));
    BlockBytes {
        height: stored.height,
        block: hexadecimal(&stored.block),
        certificate: stored.certificate.as_ref().map(hexadecimal),
        batches: stored.batches.iter().map(hexadecimal).collect(),
    }
}

/// The way back through an account's receipts.
struct Walk<'s> {
    store: &'s Store,
    chain: Hash,
    address: Address,
    /// The first block that is kept.
    first: Height,
}

enum Walked {
    Page { entries: Vec<HistoryEntry>, next: Option<ReceiptPointer> },
    NoReceipt(ReceiptPointer),
}

/// A block that the walk goes through.
struct Opened {
    height: Height,
    hash: Hash,
    timestamp: Timestamp,
    receipts: Vec<Receipt>,
    batches: Vec<Batch>,
}

impl Walk<'_> {
    fn back_from(&self, from: Option<ReceiptPointer>, limit: usize) -> anyhow::Result<Walked> {
        let mut next = from;
        let (mut entries, mut read) = (Vec::new(), 0);
        let mut opened: Option<Opened> = None;
        while let Some(at) = next.filter(|at| at.height >= self.first && entries.len() < limit) {
            let block = match opened.take().filter(|block| block.height == at.height) {
                Some(block) => block,
                None if read == MAX_BLOCKS_READ => break,
                None => {
                    read += 1;
                    match Opened::read(self.store, at.height)? {
                        Some(block) => block,
                        None => return Ok(Walked::NoReceipt(at)),
                    }
                }
            };
            let receipt = block.receipts.get(at.index as usize);
            let found = receipt
                .and_then(|receipt| Some((receipt, receipt.links.iter().find(|link| link.account == self.address)?)));
            let Some((receipt, link)) = found else { return Ok(Walked::NoReceipt(at)) };
            let transaction = block.transaction(&self.chain, &receipt.id)?;
            entries.push(HistoryEntry {
                receipt: json::receipt_info(at, block.hash, block.timestamp, receipt),
                transaction: transaction_info(&transaction)?,
            });
            next = link.previous;
            opened = Some(block);
        }
        Ok(Walked::Page { entries, next })
    }
}

impl Opened {
    fn read(store: &Store, height: Height) -> anyhow::Result<Option<Opened>> {
        // One byte is less than any block: so just this one is read.
        let Some(stored) = store.blocks(height, 1)?.into_iter().next() else { return Ok(None) };
        let receipts = store.receipts(height)?.context("a block's receipts are missing")?;
        let receipts: List<Receipt> = decode(&receipts).context("receipts")?;
        let block: Block = decode(&stored.block).context("a block")?;
        let batches = stored.batches.iter().map(|bytes| decode(bytes)).collect::<Result<_, _>>().context("a batch")?;
        let (hash, timestamp) = (block.header.hash(), block.header.timestamp);
        Ok(Some(Opened { height, hash, timestamp, receipts: receipts.into_vec(), batches }))
    }

    fn transaction(&self, chain: &Hash, id: &TransactionId) -> anyhow::Result<Transaction> {
        for bytes in self.batches.iter().flat_map(|batch| batch.transactions.iter()) {
            let transaction: Transaction = decode(bytes).context("a transaction")?;
            // Most others differ in this already, and it costs no hash.
            let may_be = transaction.payload.valid_until == id.deadline();
            if may_be && transaction.payload.id(chain) == *id {
                return Ok(transaction);
            }
        }
        anyhow::bail!("transaction {id} is not in the block that has its receipt")
    }
}
