//! The audit itself: block by block, in order.

use types::{AuthorizedTransaction, Ballot, Certificate, Committee, Hash, Header, Height, Transaction, Verified};
use vm::{BlockContext, Execution, Ledger, Movements, Receipt, execute_traced, receipts_root};

use crate::books::Opened;
use crate::entry::{Prepared, PreparedBlock};
use crate::{Books, EntryError, Fault, Finding, Start, chain};

/// The most findings that are kept; the others are counted.
const MAX_FINDINGS: usize = 1_000;

/// The most transactions of a block that are named because their outcome differs.
const MAX_OUTCOMES: usize = 8;

/// The longest run of blocks without a certificate that is held: no chain has a longer one.
const MAX_RUN_BLOCKS: usize = 4_096;

/// A block that was executed again.
#[derive(Debug)]
pub struct Audited<'a> {
    /// Its header.
    pub header: &'a Header,
    /// The header's hash.
    pub hash: Hash,
    /// The transactions that have a receipt, in the order of the receipts.
    pub transactions: Vec<&'a AuthorizedTransaction>,
    /// What became of them.
    pub receipts: &'a [Receipt],
    /// What they moved.
    pub movements: &'a [Movements],
}

/// Why and where an audit stopped before the end.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The block that could not be passed.
    pub height: Height,
    /// Why.
    pub reason: String,
}

/// How far an audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Blocks executed.
    pub blocks: u64,
    /// Transactions with a receipt.
    pub transactions: u64,
    /// Transactions in batches whose payers' signatures were verified, copies and expired ones included.
    pub signatures: u64,
    /// Certificates verified.
    pub certificates: u64,
}

/// Re-verifies a chain.
pub struct Auditor {
    chain: Hash,
    from: Height,
    committee: Committee,
    ledger: Ledger,
    /// The latest block that was executed.
    tip: (Header, Hash),
    /// Blocks after it whose certificate has not come yet.
    run: Vec<PreparedBlock>,
    books: Books,
    findings: Vec<Finding>,
    more_findings: u64,
    stop: Option<Stop>,
    progress: Progress,
}

/// Where executed blocks are shown, each with the ledger after it.
type Observer<'o> = dyn FnMut(&Audited<'_>, &Ledger) + 'o;

impl Auditor {
    /// An audit from there on.
    pub fn new(start: Start) -> Auditor {
        let Start { chain, committee, header, hash, ledger } = start;
        Auditor {
            chain,
            from: header.height.next(),
            committee,
            ledger,
            tip: (header, hash),
            run: Vec::new(),
            books: Books::default(),
            findings: Vec::new(),
            more_findings: 0,
            stop: None,
            progress: Progress::default(),
        }
    }

    /// Takes the next block, and shows the blocks that it makes final to `observe`. False once the audit has stopped.
    pub fn take(&mut self, block: Result<PreparedBlock, (Height, EntryError)>, observe: &mut Observer<'_>) -> bool {
        if self.stop.is_some() {
            return false;
        }
        match block {
            Ok(prepared) => self.take_prepared(prepared, observe),
            Err((height, error)) => {
                self.find(height, Fault::Malformed(error));
                self.stop_at(height, "what follows cannot be told from bytes that are no block");
            }
        }
        self.stop.is_none()
    }

    fn take_prepared(&mut self, prepared: PreparedBlock, observe: &mut Observer<'_>) {
        let parent = self.run.last().map_or((&self.tip.0, self.tip.1), |last| (&last.block.header, last.hash));
        let height = parent.0.height.next();
        let (faults, goes_on) = chain::faults(&prepared, parent, &self.committee);
        faults.into_iter().for_each(|fault| self.find(height, fault));
        if !goes_on {
            return self.stop_at(height, "what follows would rest on a block that is not the chain's");
        }
        let is_last = prepared.block.header.next_validators != self.committee.validators.hash();
        let certificate = prepared.certificate.clone();
        self.run.push(prepared);
        match certificate {
            Some(certificate) => {
                let verified = self.verify(certificate, is_last);
                self.execute_run(verified.as_ref(), observe);
            }
            None if is_last => {
                self.find(height, Fault::NoHandover(self.committee.epoch));
                self.stop_at(height, "without it nobody can tell who votes in the next epoch");
            }
            None if self.run.len() > MAX_RUN_BLOCKS => {
                self.stop_at(height, "no certificate covers the blocks before it");
            }
            None => {}
        }
    }

    /// The certificate, if it finalizes the last block of the run.
    fn verify(&mut self, certificate: Certificate, is_last_of_epoch: bool) -> Option<Verified<Certificate>> {
        let last = self.run.last()?;
        let (height, hash, view) = (last.block.header.height, last.hash, last.block.header.view);
        // The last block of an epoch is proposed again until it is final.
        let fits = match certificate.ballot {
            Ballot::Finalize { view: at, block } => block == hash && (at == view || is_last_of_epoch && at > view),
            Ballot::Notarize { .. } | Ballot::Nullify { .. } => false,
        };
        if !fits {
            self.find(height, Fault::OtherBlock);
            return None;
        }
        match certificate.verify(&self.committee) {
            Ok(verified) => {
                self.progress.certificates += 1;
                Some(verified)
            }
            Err(error) => {
                self.find(height, Fault::Certificate(error));
                None
            }
        }
    }

    fn execute_run(&mut self, certificate: Option<&Verified<Certificate>>, observe: &mut Observer<'_>) {
        for block in std::mem::take(&mut self.run) {
            self.execute(block, certificate, observe);
            if self.stop.is_some() {
                return;
            }
        }
    }

    fn execute(
        &mut self,
        prepared: PreparedBlock,
        certificate: Option<&Verified<Certificate>>,
        observe: &mut Observer<'_>,
    ) {
        let PreparedBlock { block, hash, batches, receipts: theirs, .. } = prepared;
        let header = block.header;
        let height = header.height;
        let all = batches.into_iter().flat_map(|batch| batch.transactions).collect();
        let transactions = self.authorize(height, all, certificate);
        let context = BlockContext { height, timestamp: header.timestamp };
        let (execution, movements) = match execute_traced(&self.ledger, &[], context, &transactions) {
            Ok(executed) => executed,
            Err(error) => return self.stop_at(height, &format!("it cannot be executed: {error}")),
        };
        let faults = compare(&header, &execution, theirs.as_deref());
        let has_diverged = execution.state_root != header.state_root;
        faults.into_iter().for_each(|fault| self.find(height, fault));
        if has_diverged {
            return self.stop_at(height, "what follows would rest on another ledger than the chain's");
        }
        let Execution { delta, receipts, .. } = execution;
        let audited = Audited {
            header: &header,
            hash,
            transactions: with_receipts(&transactions, &receipts),
            receipts: &receipts,
            movements: &movements,
        };
        let opened = Opened::of(&audited, &self.ledger);
        self.ledger.apply(delta);
        let faults = self.books.enter(&audited, opened, &self.ledger);
        observe(&audited, &self.ledger);
        faults.into_iter().for_each(|fault| self.find(height, fault));
        self.progress.blocks += 1;
        self.progress.transactions += receipts.len() as u64;
        if header.next_validators != self.committee.validators.hash() {
            self.committee = self.committee.next(self.ledger.council().validators());
        }
        self.tip = (header, hash);
    }

    /// The transactions to execute. One that its payer did not authorize is executed on the certificate's word: that it
    /// is in the chain is a finding already, and what follows rests on it.
    fn authorize(
        &mut self,
        height: Height,
        transactions: Vec<Prepared>,
        certificate: Option<&Verified<Certificate>>,
    ) -> Vec<AuthorizedTransaction> {
        let mut authorized = Vec::with_capacity(transactions.len());
        for prepared in transactions {
            match (prepared, certificate) {
                (Prepared::Authorized(transaction), _) => {
                    self.progress.signatures += 1;
                    authorized.push(transaction);
                }
                (Prepared::Unchecked(transaction), Some(certificate)) => {
                    authorized.push(AuthorizedTransaction::certified(transaction, &self.chain, certificate));
                }
                (Prepared::Refused { transaction, .. }, Some(certificate)) => {
                    authorized.push(AuthorizedTransaction::certified(*transaction, &self.chain, certificate));
                }
                (Prepared::Unchecked(transaction), None) => {
                    let id = transaction.payload.id(&self.chain);
                    match Transaction::authorize_all(vec![transaction], &self.chain).pop() {
                        Some(Ok(transaction)) => authorized.push(transaction),
                        Some(Err(refusal)) => self.find(height, Fault::Unauthorized { id, refusal }),
                        None => {}
                    }
                }
                (Prepared::Refused { .. }, None) => {}
            }
        }
        authorized
    }

    /// Ends the audit: compares all balances with the supplies once more.
    pub fn finish(&mut self) {
        for trial in self.ledger.trial_balances() {
            if !trial.balances() {
                let fault = Fault::Books { asset: trial.asset, held: trial.held(), supply: trial.supply };
                self.find(self.tip.0.height, fault);
            }
        }
    }

    fn find(&mut self, height: Height, fault: Fault) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { height, fault });
        } else {
            self.more_findings += 1;
        }
    }

    fn stop_at(&mut self, height: Height, reason: &str) {
        self.stop.get_or_insert_with(|| Stop { height, reason: reason.to_owned() });
    }

    /// What is wrong, in the order in which it was found; at most the first thousand.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings there are beyond those that are kept.
    pub fn more_findings(&self) -> u64 {
        self.more_findings
    }

    /// Why the audit stopped, if it did.
    pub fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The chain: the hash of its genesis block.
    pub fn chain(&self) -> Hash {
        self.chain
    }

    /// The first block that is audited.
    pub fn from(&self) -> Height {
        self.from
    }

    /// The latest block that was executed, or the one at which the audit starts.
    pub fn tip(&self) -> (&Header, Hash) {
        (&self.tip.0, self.tip.1)
    }

    /// Blocks at the end that no certificate covers: they are not final as far as this source shows, and not executed.
    pub fn uncertified(&self) -> usize {
        self.run.len()
    }

    /// The ledger after the latest block.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The supplies.
    pub fn books(&self) -> &Books {
        &self.books
    }
}

/// What the header and the stored receipts say otherwise than execution.
fn compare(header: &Header, execution: &Execution, theirs: Option<&[Receipt]>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let ours = &execution.receipts;
    if let Some(theirs) = theirs {
        let is_chains = receipts_root(theirs) == header.receipts_root;
        if is_chains && execution.receipts_root != header.receipts_root {
            let differing = ours.iter().zip(theirs).filter(|(ours, theirs)| ours.outcome != theirs.outcome);
            faults.extend(differing.take(MAX_OUTCOMES).map(|(ours, theirs)| Fault::Outcome {
                id: theirs.id,
                ours: Box::new(ours.outcome.clone()),
                theirs: Box::new(theirs.outcome.clone()),
            }));
        }
        if !is_chains && theirs != ours {
            let place = ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count();
            faults.push(Fault::StoredReceipts { expected: ours.len(), place });
        }
    }
    let (computed, found) = (execution.receipts_root, header.receipts_root);
    if computed != found {
        faults.push(Fault::ReceiptsRoot { computed, found });
    }
    let (computed, found) = (execution.state_root, header.state_root);
    if computed != found {
        faults.push(Fault::StateRoot { computed, found });
    }
    let (computed, found) = (execution.next_validators, header.next_validators);
    if computed != found {
        faults.push(Fault::NextValidators { computed, found });
    }
    faults
}

/// The transactions that have a receipt: all but the skipped ones.
fn with_receipts<'t>(
    transactions: &'t [AuthorizedTransaction],
    receipts: &[Receipt],
) -> Vec<&'t AuthorizedTransaction> {
    let mut receipts = receipts.iter().peekable();
    transactions.iter().filter(|transaction| receipts.next_if(|next| next.id == transaction.id()).is_some()).collect()
}
