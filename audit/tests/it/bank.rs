//! A small chain with real genesis, batches, blocks and certificates, made by a quorum that signs whatever a test wants.

use std::collections::BTreeMap;

use audit::{Auditor, Entry, Finding, Signatures, Start};
use genesis::{Account, Asset, ChainSpec, Genesis, Parameters, Validator};
use types::codec::{Blob, Bounded, Text, encode};
use types::{
    Address, Amount, AssetId, AssetRoles, Ballot, Batch, Block, Certificate, ChainTag, Committee, Deadline, Handover,
    Hash, Header, Instruction, Payload, SecretKey, Timestamp, Transaction, ValidatorIndex, View, Vote,
};
use vm::{BlockContext, Ledger, Receipt, execute};

pub(crate) const WON: AssetId = AssetId(0);
pub(crate) const ISSUER: u8 = 1;
pub(crate) const ALICE: u8 = 2;
pub(crate) const BOB: u8 = 3;
pub(crate) const STRANGER: u8 = 4;

pub(crate) const APPROVER: u8 = 5;
pub(crate) const ATTESTOR: u8 = 6;

/// An asset under four eyes and with a reserve.
pub(crate) const DOLLAR: AssetId = AssetId(1);

pub(crate) const SECOND: u64 = 1_800_000_000;

pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

pub(crate) fn address(number: u8) -> Address {
    Address::of(&key(number).public())
}

pub(crate) fn validator(number: u8) -> SecretKey {
    key(100 + number)
}

/// Alice has 1000 won and Bob 50; four validators. Whoever acts for the dollar has a few won, hence an account.
pub(crate) fn spec() -> ChainSpec {
    let entry = |number: u8| Validator {
        name: format!("v{number}"),
        key: validator(number).public(),
        peer_id: format!("peer-{number}"),
        address: format!("/{number}"),
    };
    let holding = |number, amount| Account {
        address: address(number),
        balances: BTreeMap::from([("KRW".to_owned(), Amount(amount))]),
    };
    let roles =
        AssetRoles { approver: Some(address(APPROVER)), attestor: Some(address(ATTESTOR)), ..AssetRoles::default() };
    let watched = Asset { roles, supply_cap: Some(Amount(900)), ..Asset::new("USD", 2, address(ISSUER)) };
    ChainSpec {
        chain_id: "audited".to_owned(),
        timestamp: Timestamp(SECOND * 1_000),
        parameters: Parameters { validator_notice_millis: 1_000, ..Parameters::default() },
        validators: (0..4).map(entry).collect(),
        assets: vec![Asset::new("KRW", 0, address(ISSUER)), watched],
        accounts: vec![holding(ALICE, 1_000), holding(BOB, 50)],
    }
}

pub(crate) fn genesis() -> Genesis {
    spec().genesis().unwrap()
}

pub(crate) fn transfer(to: u8, amount: u128) -> Instruction {
    let (memo, reference) = (Text::new("coffee").unwrap(), Text::new(format!("order-{amount}")).unwrap());
    Instruction::Transfer { asset: WON, to: address(to), amount: Amount(amount), memo, reference }
}

pub(crate) fn mint(to: u8, amount: u128) -> Instruction {
    Instruction::Mint { asset: WON, to: address(to), amount: Amount(amount) }
}

pub(crate) fn burn(amount: u128) -> Instruction {
    Instruction::Burn { asset: WON, amount: Amount(amount) }
}

pub(crate) fn signed(payer: &SecretKey, salt: u64, instructions: Vec<Instruction>) -> Transaction {
    signed_for(genesis().hash(), payer, salt, instructions)
}

fn signed_for(chain: Hash, payer: &SecretKey, salt: u64, instructions: Vec<Instruction>) -> Transaction {
    let payload = Payload {
        chain: ChainTag::of(&chain),
        payer: Address::of(&payer.public()),
        valid_until: Deadline(SECOND as u32 + 60),
        salt,
        instructions: Bounded::new(instructions).unwrap(),
    };
    Transaction::sign(payload, payer, &chain)
}

pub(crate) fn pay(payer: u8, salt: u64, instructions: Vec<Instruction>) -> Transaction {
    signed(&key(payer), salt, instructions)
}

/// A chain under construction.
pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) ledger: Ledger,
    pub(crate) tip: Header,
    pub(crate) committee: Committee,
    pub(crate) entries: Vec<Entry>,
    pub(crate) handovers: Vec<Handover>,
    /// The validators' keys in the order of their indices.
    pub(crate) seats: Vec<SecretKey>,
}

/// A block before it is signed: a test may change it.
pub(crate) struct Draft {
    pub(crate) header: Header,
    pub(crate) batches: Vec<Vec<u8>>,
    pub(crate) receipts: Vec<Receipt>,
}

pub(crate) fn batch(number: u64, transactions: &[Transaction]) -> Vec<u8> {
    let blobs = transactions.iter().map(|transaction| Blob::new(encode(transaction)).unwrap()).collect();
    let transactions = Bounded::new(blobs).unwrap();
    encode(&Batch { epoch: types::Epoch(0), creator: ValidatorIndex(0), number, transactions })
}

pub(crate) fn certify(ballot: Ballot, committee: &Committee, seats: &[SecretKey]) -> Certificate {
    let vote = |(key, index)| Vote::sign(ballot, ValidatorIndex(index), key, committee);
    let votes: Vec<_> = seats.iter().zip(0..).take(committee.quorum()).map(vote).collect();
    Certificate::assemble(&votes, committee).unwrap().into_inner()
}

impl Chain {
    pub(crate) fn new() -> Chain {
        Chain::of(genesis())
    }

    pub(crate) fn of(genesis: Genesis) -> Chain {
        let (ledger, tip, committee) = (genesis.ledger().unwrap(), genesis.block().header.clone(), genesis.committee());
        let (entries, handovers, seats) = (Vec::new(), Vec::new(), (0..4).map(validator).collect());
        Chain { genesis, ledger, tip, committee, entries, handovers, seats }
    }

    /// A payment on this chain, whose genesis may be another than that of most tests.
    pub(crate) fn pay(&self, payer: u8, salt: u64, instructions: Vec<Instruction>) -> Transaction {
        signed_for(self.genesis.hash(), &key(payer), salt, instructions)
    }

    /// The next block with these transactions in two batches, as honest validators would make it. The ledger goes on.
    pub(crate) fn draft(&mut self, transactions: Vec<Transaction>) -> Draft {
        let (first, second) = transactions.split_at(transactions.len() / 2);
        let number = self.tip.height.0 * 2;
        let batches: Vec<Vec<u8>> = [(number, first), (number + 1, second)]
            .into_iter()
            .filter(|(_, transactions)| !transactions.is_empty())
            .map(|(number, transactions)| batch(number, transactions))
            .collect();
        // Whatever is in it is executed as if it were authorized: the quorum of these tests signs anything.
        let chain = self.committee.chain;
        let word = certify(Ballot::Nullify { view: View(0) }, &self.committee, &self.seats);
        let word = word.verify(&self.committee).unwrap();
        let authorized: Vec<_> = transactions
            .into_iter()
            .map(|transaction| types::AuthorizedTransaction::certified(transaction, &chain, &word))
            .collect();
        let (height, view) = (self.tip.height.next(), View(self.tip.view.0 + 2));
        let timestamp = self.tip.timestamp.plus_millis(700);
        let context = BlockContext { height, timestamp };
        let execution = execute(&self.ledger, &[], context, &authorized).unwrap();
        self.ledger.apply(execution.delta);
        let header = Header {
            epoch: self.committee.epoch,
            height,
            view,
            parent: self.tip.hash(),
            timestamp,
            proposer: self.committee.leader(view),
            batches: Block::batches_hash(&digests(&batches)),
            state_root: execution.state_root,
            receipts_root: execution.receipts_root,
            next_validators: execution.next_validators,
        };
        Draft { header, batches, receipts: execution.receipts }
    }

    /// Puts a block into the chain, with a certificate or without.
    pub(crate) fn put(&mut self, draft: Draft, is_certified: bool) {
        let Draft { header, batches, receipts } = draft;
        let certificate = is_certified.then(|| {
            let ballot = Ballot::Finalize { view: header.view, block: header.hash() };
            certify(ballot, &self.committee, &self.seats)
        });
        if header.next_validators != self.committee.validators.hash() {
            let validators = self.ledger.council().validators();
            let (header, certificate) = (header.clone(), certificate.clone().unwrap());
            self.handovers.push(Handover { header, certificate, validators: validators.clone() });
            self.committee = self.committee.next(validators);
            let key_of =
                |public: &types::PublicKey| (0..20).map(validator).find(|key| key.public() == *public).unwrap();
            self.seats = self.committee.validators.keys().iter().map(key_of).collect();
        }
        self.tip = header.clone();
        self.entries.push(Entry {
            height: header.height,
            block: encode(&Block { header, batches: digests(&batches) }),
            certificate: certificate.as_ref().map(encode),
            batches,
            receipts: Some(encode(&receipts)),
        });
    }

    pub(crate) fn block(&mut self, transactions: Vec<Transaction>) {
        let draft = self.draft(transactions);
        self.put(draft, true);
    }

    /// Three blocks of ordinary business.
    pub(crate) fn business() -> Chain {
        let mut chain = Chain::new();
        chain.block(vec![
            pay(ISSUER, 0, vec![mint(ALICE, 500)]),
            pay(ALICE, 0, vec![transfer(BOB, 100)]),
            pay(ALICE, 1, vec![transfer(STRANGER, 7), transfer(BOB, 3)]),
        ]);
        let draft =
            chain.draft(vec![pay(BOB, 0, vec![transfer(ALICE, 20)]), pay(BOB, 1, vec![transfer(ALICE, 9_999)])]);
        chain.put(draft, false);
        chain.block(vec![pay(BOB, 2, vec![transfer(ISSUER, 33)]), pay(ISSUER, 1, vec![burn(30)])]);
        chain
    }

    /// Audits from genesis.
    pub(crate) fn audit(&self) -> Auditor {
        audit(&self.genesis, &self.entries)
    }
}

fn digests(batches: &[Vec<u8>]) -> Bounded<types::BatchDigest, { types::MAX_BLOCK_BATCHES }> {
    Bounded::new(batches.iter().map(|bytes| Batch::digest(bytes)).collect()).unwrap()
}

pub(crate) fn audit(genesis: &Genesis, entries: &[Entry]) -> Auditor {
    let mut auditor = Auditor::new(Start::genesis(genesis).unwrap());
    feed(&mut auditor, genesis.hash(), entries, Signatures::Verified);
    auditor
}

pub(crate) fn feed(auditor: &mut Auditor, chain: Hash, entries: &[Entry], signatures: Signatures) {
    for entry in entries {
        let prepared = entry.prepare(&chain, signatures).map_err(|error| (entry.height, error));
        if !auditor.take(prepared, &mut |_, _| {}) {
            return;
        }
    }
    auditor.finish();
}

/// Height and kind of each finding.
pub(crate) fn kinds(findings: &[Finding]) -> Vec<(u64, &'static str)> {
    findings.iter().map(|finding| (finding.height.0, finding.fault.kind())).collect()
}
