//! A small chain with real committees, real blocks of the ledger and an archive of its closed seconds.

use proof::{Claim, Finality, Proof, ProofFile};
use types::codec::{Bounded, Text};
use types::{
    Address, Amount, AssetId, Ballot, Certificate, ChainTag, Committee, Deadline, Epoch, Handover, Hash, Header,
    Height, Instruction, Member, Payload, SecretKey, Timestamp, Transaction, TransactionId, ValidatorIndex,
    ValidatorSet, View, Vote,
};
use vm::{
    AssetSpec, BlockContext, ClosedSecond, Finding, Ledger, OutcomeProof, Parameters, Receipt, ReceiptProof,
    SecondProof, execute,
};

pub(crate) const CHAIN: Hash = Hash([7; 32]);
pub(crate) const WON: AssetId = AssetId(0);
/// The second of the first block.
pub(crate) const START: u32 = 1_000;

pub(crate) fn secrets(epoch: u8) -> Vec<SecretKey> {
    (0..4).map(|byte| SecretKey::from_seed([100 + 10 * epoch + byte; 32])).collect()
}

fn set(epoch: u8) -> ValidatorSet {
    ValidatorSet::new(secrets(epoch).iter().map(SecretKey::public).collect()).unwrap()
}

/// The validators of genesis.
pub(crate) fn genesis() -> Committee {
    Committee { chain: CHAIN, epoch: Epoch(0), validators: set(0) }
}

pub(crate) fn payer() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

pub(crate) fn payee(number: u8) -> Address {
    Address([number; 20])
}

pub(crate) fn pay(salt: u64, valid_until: u32) -> Transaction {
    let transfer = Instruction::Transfer {
        asset: WON,
        to: payee(salt as u8),
        amount: Amount(10),
        memo: Text::default(),
        reference: Text::default(),
    };
    let payload = Payload {
        chain: ChainTag::of(&CHAIN),
        payer: Address::of(&payer().public()),
        valid_until: Deadline(valid_until),
        salt,
        instructions: Bounded::new(vec![transfer]).unwrap(),
    };
    Transaction::sign(payload, &payer(), &CHAIN)
}

pub(crate) fn id(transaction: &Transaction) -> TransactionId {
    transaction.payload.id(&CHAIN)
}

/// A chain: block `n` of it has height `n + 1`.
pub(crate) struct Chain {
    pub(crate) ledger: Ledger,
    blocks: Vec<(Header, Vec<Receipt>)>,
    closed: Vec<ClosedSecond>,
    handovers: Vec<Handover>,
    epoch: u8,
}

impl Chain {
    pub(crate) fn new() -> Chain {
        let won = AssetSpec::new(Text::new("KRW").unwrap(), 0, payee(200));
        let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: 10_000, fees: None };
        let members = vec![Member::new("only", secrets(0)[0].public(), "peer", "/address").unwrap()];
        let accounts = vec![(Address::of(&payer().public()), vec![(WON, Amount(1_000))])];
        let ledger = Ledger::genesis(parameters, members, vec![won], accounts).unwrap();
        Chain { ledger, blocks: Vec::new(), closed: Vec::new(), handovers: Vec::new(), epoch: 0 }
    }

    /// Makes a block of `second`. The last one of an epoch is followed by other validators.
    pub(crate) fn block(&mut self, second: u32, transactions: Vec<Transaction>, ends_epoch: bool) -> Height {
        let height = Height(self.blocks.len() as u64 + 1);
        let timestamp = Timestamp(u64::from(second) * 1_000 + height.0);
        let transactions: Vec<_> =
            Transaction::authorize_all(transactions, &CHAIN).into_iter().map(|verdict| verdict.unwrap()).collect();
        let execution = execute(&self.ledger, &[], BlockContext { height, timestamp }, &transactions).unwrap();
        self.closed.extend(self.ledger.apply(execution.delta).seconds);
        let parent = self.blocks.last().map_or(CHAIN, |(header, _)| header.hash());
        let header = Header {
            epoch: Epoch(self.epoch.into()),
            height,
            view: View(height.0),
            parent,
            timestamp,
            proposer: ValidatorIndex(0),
            batches: Hash::ZERO,
            state_root: execution.state_root,
            receipts_root: execution.receipts_root,
            next_validators: set(self.epoch + u8::from(ends_epoch)).hash(),
        };
        if ends_epoch {
            let certificate = self.certify(&header);
            self.handovers.push(Handover { header: header.clone(), certificate, validators: set(self.epoch + 1) });
            self.epoch += 1;
        }
        self.blocks.push((header, execution.receipts));
        height
    }

    fn committee(&self, epoch: Epoch) -> Committee {
        Committee { epoch, validators: set(epoch.0 as u8), ..genesis() }
    }

    fn certify(&self, header: &Header) -> Certificate {
        let ballot = Ballot::Finalize { view: header.view, block: header.hash() };
        let (committee, secrets) = (self.committee(header.epoch), secrets(header.epoch.0 as u8));
        let votes: Vec<_> = [0u16, 1, 3]
            .map(|index| Vote::sign(ballot, ValidatorIndex(index), &secrets[usize::from(index)], &committee))
            .into();
        Certificate::assemble(&votes, &committee).unwrap().into_inner()
    }

    /// What shows that the block at `height` is final, by the certificate of the block `above` it.
    pub(crate) fn finality(&self, height: Height, above: usize) -> Finality {
        let place = height.0 as usize - 1;
        let headers: Vec<Header> =
            self.blocks[place..=place + above].iter().map(|(header, _)| header.clone()).collect();
        let last = &headers[above];
        let handovers = self.handovers[..last.epoch.0 as usize].to_vec();
        let certificate = self.certify(last);
        Finality { handovers: Bounded::new(handovers).unwrap(), headers: Bounded::new(headers).unwrap(), certificate }
    }

    /// The proof of a receipt.
    pub(crate) fn receipt(&self, height: Height, index: u32, above: usize) -> Proof {
        let receipts = &self.blocks[height.0 as usize - 1].1;
        let claim = Claim::Receipt(ReceiptProof::new(receipts, index).unwrap());
        Proof { finality: self.finality(height, above), claim }
    }

    fn tip(&self) -> Height {
        Height(self.blocks.len() as u64)
    }

    /// The proof of a balance after the latest block.
    pub(crate) fn balance(&self, address: Address) -> Proof {
        let claim = Claim::Balance { asset: WON, proof: self.ledger.prove_account(&address).unwrap() };
        Proof { finality: self.finality(self.tip(), 0), claim }
    }

    fn second(&self, second: &ClosedSecond) -> SecondProof {
        let siblings = self.ledger.closed_seconds().siblings(second.place).unwrap();
        let nodes = siblings.iter().map(|at| self.closed[at.last_leaf as usize].nodes[at.level as usize]);
        SecondProof { leaf: second.leaf, place: second.place, siblings: Bounded::new(nodes.collect()).unwrap() }
    }

    /// What the closed seconds say of a transaction after the latest block, as a proof that it was not executed.
    pub(crate) fn not_executed(&self, id: TransactionId) -> Proof {
        let next = self.closed.iter().find(|second| id.deadline() <= second.leaf.second);
        let finding = match next {
            Some(second) if second.leaf.second == id.deadline() => {
                let place = second.ids.place_of(&id);
                let page = second.ids.page(place).unwrap();
                self.second(second).on_page(second.ids.leaves().to_vec(), place, page).unwrap()
            }
            Some(next) => Finding::NoSuchSecond { next: self.second(next) },
            None => Finding::AfterTheLast,
        };
        let (closed, opening) = (self.ledger.closed_seconds().clone(), self.ledger.opening());
        let claim = Claim::NotExecuted { id, proof: Box::new(OutcomeProof { finding, closed, opening }) };
        Proof { finality: self.finality(self.tip(), 0), claim }
    }
}

/// The file of a proof, as text.
pub(crate) fn text(proof: &Proof) -> String {
    serde_json::to_string(&ProofFile::new(proof, &genesis()).unwrap()).unwrap()
}
