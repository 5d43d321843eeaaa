//! Real values from pinned seeds.

use types::codec::{Blob, Bounded, Text, encode};
use types::{
    AccountSecret, Address, Amount, AssetId, Ballot, Batch, Block, Certificate, ChainTag, Committee, Deadline, Epoch,
    Evidence, Hash, Header, Height, Instruction, KeyKind, KeyPolicy, KeyRoles, Payload, PolicyKey, SecretKey,
    SessionGrant, SessionScope, Sponsorship, Thresholds, Timestamp, Transaction, ValidatorIndex, ValidatorSet,
    Verified, View, Vote,
};

/// The chain of all values here.
pub const CHAIN: Hash = Hash([7; 32]);

/// The consensus keys of the chain's validators.
pub fn secrets() -> Vec<SecretKey> {
    (1..=4).map(|byte| SecretKey::from_seed([byte; 32])).collect()
}

/// The committee of the first epoch.
pub fn committee() -> Committee {
    let keys = secrets().iter().map(SecretKey::public).collect();
    Committee { chain: CHAIN, epoch: Epoch(0), validators: ValidatorSet::new(keys).expect("distinct keys") }
}

/// The vote of a validator.
pub fn vote(ballot: Ballot, signer: u16) -> Verified<Vote> {
    Vote::sign(ballot, ValidatorIndex(signer), &secrets()[usize::from(signer)], &committee())
}

/// The certificate that a quorum's votes make.
pub fn certificate(ballot: Ballot) -> Certificate {
    let votes: Vec<Verified<Vote>> = (0..3).map(|signer| vote(ballot, signer)).collect();
    Certificate::assemble(&votes, &committee()).expect("a quorum").into_inner()
}

/// Each kind of ballot.
pub fn ballots() -> [Ballot; 3] {
    let (view, block) = (View(300), block(2).header.hash());
    [Ballot::Notarize { view, block }, Ballot::Nullify { view }, Ballot::Finalize { view, block }]
}

/// Two votes that contradict each other.
pub fn evidence() -> Evidence {
    let [notarize, ..] = ballots();
    let other = Ballot::Notarize { view: View(300), block: Hash([1; 32]) };
    Evidence::of(&vote(notarize, 2), &vote(other, 2)).expect("a contradiction")
}

/// A signed transaction of each kind of instruction.
pub fn transaction(salt: u64) -> Transaction {
    let secret = SecretKey::from_seed([9; 32]);
    let (asset, to) = (AssetId(0), Address([2; 20]));
    let instructions = vec![
        Instruction::Transfer {
            asset,
            to,
            amount: Amount(4_500),
            memo: Text::new("americano").expect("short"),
            reference: Text::new("order-1").expect("short"),
        },
        Instruction::Mint { asset, to, amount: Amount(u128::MAX) },
        Instruction::Burn { asset: AssetId(300), amount: Amount(1) },
    ];
    let payload = Payload {
        chain: ChainTag::of(&CHAIN),
        payer: Address::of(&secret.public()),
        valid_until: Deadline(1_800_000_000),
        salt,
        instructions: Bounded::new(instructions).expect("few"),
    };
    Transaction::sign(payload, &secret, &CHAIN)
}

/// A transaction that changes keys, signed with keys of all kinds and sponsored.
pub fn key_change() -> Transaction {
    let secrets = KeyKind::ALL.map(|kind| AccountSecret::from_seed(kind, [9; 32]).expect("a scalar"));
    let [ed25519, secp256k1, p256] = &secrets;
    let entry = |secret: &AccountSecret| PolicyKey { key: secret.key(), weight: 300, roles: KeyRoles::ALL };
    let policy = KeyPolicy {
        keys: Bounded::new(secrets.iter().map(entry).collect()).expect("few"),
        thresholds: Thresholds { pay: 1, manage: 600, sponsor: 1 },
    };
    let session = SessionGrant {
        asset: AssetId(0),
        limit_total: Amount(100_000),
        limit_per_payment: Amount(10_000),
        scope: SessionScope::Receivers(Bounded::new(vec![Address([2; 20])]).expect("one")),
        valid_until: Deadline(1_800_000_000),
    };
    let instructions = vec![
        Instruction::SetKeys { policy: Some(Box::new(policy)) },
        Instruction::GrantSession { key: p256.key(), session: Box::new(session) },
        Instruction::RevokeSession { key: secp256k1.key() },
    ];
    let payload = Payload { instructions: Bounded::new(instructions).expect("few"), ..transaction(2).payload };
    let id = payload.id(&CHAIN);
    let sponsorship = Sponsorship::sign(Address([3; 20]), &id, &[p256, ed25519], &CHAIN).expect("each once");
    let by: Vec<&AccountSecret> = secrets.iter().collect();
    Transaction::sign_with(payload, &by, &CHAIN).expect("each once").sponsored(sponsorship)
}

/// A batch of so many transactions.
pub fn batch(count: u64) -> Batch {
    let transactions = (0..count).map(|salt| Blob::new(encode(&transaction(salt))).expect("short")).collect();
    let transactions = Bounded::new(transactions).expect("few");
    Batch { epoch: Epoch(0), creator: ValidatorIndex(1), number: 70_000, transactions }
}

/// A block of so many batches.
pub fn block(count: u64) -> Block {
    let batches = Bounded::new((0..count).map(|size| Batch::digest(&encode(&batch(size)))).collect()).expect("few");
    let header = Header {
        epoch: Epoch(0),
        height: Height(7),
        view: View(300),
        parent: Hash([3; 32]),
        timestamp: Timestamp(1_799_999_990_000),
        proposer: ValidatorIndex(0),
        batches: Block::batches_hash(&batches),
        state_root: Hash([4; 32]),
        receipts_root: Hash([5; 32]),
        next_validators: committee().validators.hash(),
    };
    Block { header, batches }
}
