//! Proofs for strangers: each is checked here, as a stranger would, before it leaves.

use anyhow::{Context, ensure};
use proof::{Claim, Finality, MAX_HEADERS, Proof, ProofFile};
use types::codec::{Bounded, List, decode};
use types::{Address, AssetId, Block, Committee, Epoch, Height, TransactionId};
use vm::{OutcomeProof, Receipt, ReceiptPointer, ReceiptProof};

use super::error::Error;
use super::methods::Backend;
use crate::closed_seconds;
use crate::store::{BlockAlone, Store};
use crate::validator::{Fenced, Outcome, Request};

/// What the store says of a proof: some parts may not be here.
enum Made {
    File(Box<ProofFile>),
    /// The block is not certified in the store yet.
    NotCertified(Height),
    /// The second closed before the chain in this store begins.
    NotKept,
}

impl Backend {
    /// The proof that a transaction was executed.
    pub(super) async fn receipt_proof(&self, id: TransactionId) -> Result<ProofFile, Error> {
        match self.place_of(id).await? {
            Some(place) => self.executed_proof(id, place).await,
            None => {
                self.refuse_closed_before_beginning(&id)?;
                Err(Error::NeverExecuted(id.deadline()))
            }
        }
    }

    /// The proof of what an account holds after the latest finalized block.
    pub(super) async fn balance_proof(&self, address: Address, asset: AssetId) -> Result<ProofFile, Error> {
        let looked = self.look(move |replica| {
            let ledger = replica.ledger();
            (replica.tip().height, ledger.asset(asset).is_some(), ledger.prove_account(&address))
        });
        let (height, has_asset, account) = looked.await?;
        if !has_asset {
            return Err(Error::NoSuchAsset(asset));
        }
        let proof = account.ok_or(Error::NoSuchAccount(address))?;
        let make =
            move |store: &Store, genesis: &Committee| file(store, genesis, height, Claim::Balance { asset, proof });
        self.made(Fenced::Blocks, make).await
    }

    /// The proof of what became of a transaction, either way.
    pub(super) async fn outcome_proof(&self, id: TransactionId) -> Result<ProofFile, Error> {
        if let Some(place) = self.place_of(id).await? {
            return self.executed_proof(id, place).await;
        }
        let looked = self.look(|replica| {
            let ledger = replica.ledger();
            (replica.tip().height, ledger.closed_seconds().clone(), ledger.opening())
        });
        let (height, closed, opening) = looked.await?;
        let make = move |store: &Store, genesis: &Committee| {
            let Some(finding) = closed_seconds::prove(store, &closed, &id)? else { return Ok(Made::NotKept) };
            let proof = Box::new(OutcomeProof { finding, closed, opening });
            file(store, genesis, height, Claim::NotExecuted { id, proof })
        };
        self.made(Fenced::ClosedSeconds, make).await
    }

    /// Where the receipt of a transaction is; nothing if it was not executed and never will be.
    async fn place_of(&self, id: TransactionId) -> Result<Option<ReceiptPointer>, Error> {
        match self.ask(|reply| Request::Outcome { id, reply }).await? {
            Outcome::Executed(placed) => Ok(Some(placed.place)),
            Outcome::Stored(place) => Ok(Some(place)),
            Outcome::Pending | Outcome::Unknown => Err(Error::NotCertain(id.deadline())),
            Outcome::Closed => self.find_closed(id).await,
        }
    }

    async fn executed_proof(&self, id: TransactionId, place: ReceiptPointer) -> Result<ProofFile, Error> {
        self.refuse_before_beginning(place.height)?;
        let make = move |store: &Store, genesis: &Committee| {
            let bytes = store.receipts(place.height)?.context("a block's receipts are missing")?;
            let receipts: List<Receipt> = decode(&bytes).context("receipts")?;
            let proof = ReceiptProof::new(&receipts, place.index).filter(|proof| proof.receipt.id == id);
            let proof = proof.context("a receipt is not where the ledger says")?;
            file(store, genesis, place.height, Claim::Receipt(proof))
        };
        self.made(Fenced::Blocks, make).await
    }

    async fn made(
        &self,
        what: Fenced,
        make: impl FnOnce(&Store, &Committee) -> anyhow::Result<Made> + Send + 'static,
    ) -> Result<ProofFile, Error> {
        let identity = self.identity.clone();
        match self.read_written(what, move |store| make(store, &identity.committee)).await? {
            Made::File(file) => Ok(*file),
            Made::NotCertified(height) => Err(Error::NotCertified(height)),
            Made::NotKept => Err(Error::NotKept(self.store.first_height())),
        }
    }
}

/// The file that shows `claim` of the block at `height`.
fn file(store: &Store, genesis: &Committee, height: Height, claim: Claim) -> anyhow::Result<Made> {
    let mut headers = Vec::new();
    let certificate = loop {
        let next = Height(height.0 + headers.len() as u64);
        ensure!(headers.len() < MAX_HEADERS, "no certificate within {MAX_HEADERS} blocks from block {height}");
        let Some(BlockAlone { block, certificate }) = store.block_alone(next)? else {
            return Ok(Made::NotCertified(height));
        };
        headers.push(decode::<Block>(&block).context("a block")?.header);
        if let Some(certificate) = certificate {
            break decode(&certificate).context("a certificate")?;
        }
    };
    let epochs = headers.last().map_or(0, |last| last.epoch.0);
    let handovers = store.handovers(Epoch(0), usize::try_from(epochs)?)?;
    let handovers = handovers.iter().map(|bytes| decode(bytes)).collect::<Result<Vec<_>, _>>().context("a handover")?;
    let finality = Finality { handovers: Bounded::new(handovers)?, headers: Bounded::new(headers)?, certificate };
    let file = ProofFile::new(&Proof { finality, claim }, genesis).context("the proof does not hold")?;
    Ok(Made::File(Box::new(file)))
}
