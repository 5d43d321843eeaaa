//! docs/receipts.md says byte by byte what a stranger hashes. Here its bytes are written by hand, without the codec, and are
//! those that the ledger hashes.
#![allow(clippy::unwrap_used, reason = "tests")]

use types::codec::{Bounded, Text, decode, encode};
use types::{
    Address, Amount, AssetId, AssetRoles, Certificate, ChainTag, Committee, Compliance, Deadline, Domain, Epoch,
    Extent, Handover, Hash, Header, Height, Instruction, ListId, Member, Merchant, Payload, Payment, PolicyId,
    PolicyTerms, SecretKey, Tier, Timestamp, Transaction, TransactionId, ValidatorIndex, ValidatorSet, View,
};
use vm::program::{Event, Trap, Word};
use vm::{
    AccountProof, AssetSpec, BlockContext, CallResult, Failure, FeePaid, FeeSchedule, Finding, Ledger, Link, Outcome,
    OutcomeProof, Parameters, Receipt, ReceiptPointer, SecondProof, StateOpening, execute, receipts_root,
};

const CHAIN: Hash = Hash([7; 32]);
/// The second of the first block, and a deadline that it accepts.
const SECOND: u32 = 1_000;
const DEADLINE: u32 = SECOND + 5;
const KRW: AssetId = AssetId(0);
const USD: AssetId = AssetId(1);
const HOLDER: Address = Address([9; 20]);

/// Writes values as docs/transactions.md says.
#[derive(Clone, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn new() -> Bytes {
        Bytes::default()
    }

    /// Bytes as they are.
    fn raw(mut self, bytes: &[u8]) -> Bytes {
        self.0.extend_from_slice(bytes);
        self
    }

    /// An integer of more than 8 bits, and so a length or the number of a case.
    fn integer(self, value: u128) -> Bytes {
        let (mark, length) = match value {
            0..=250 => return self.raw(&[value as u8]),
            251..=0xffff => (251, 2),
            0x1_0000..=0xffff_ffff => (252, 4),
            0x1_0000_0000..=0xffff_ffff_ffff_ffff => (253, 8),
            _ => (254, 16),
        };
        self.raw(&[mark]).raw(&value.to_le_bytes()[..length])
    }

    fn then(self, more: &Bytes) -> Bytes {
        self.raw(&more.0)
    }
}

/// `N(root, count as 8 bytes little-endian and 24 zeros)`.
fn bound(root: &Hash, count: u64) -> Hash {
    let mut length = [0; 32];
    length[..8].copy_from_slice(&count.to_le_bytes());
    Hash::node(root, &Hash(length))
}

fn state_hash(tag: &[u8], bytes: &Bytes) -> Hash {
    Hash::of(Domain::State, &Bytes::new().raw(tag).then(bytes).0)
}

#[test]
fn a_receipt() {
    let id = TransactionId([1; 32]);
    let (payer, collector, program) = (Address([2; 20]), Address([3; 20]), Address([4; 20]));
    let receipt = |outcome, results| Receipt {
        id,
        outcome,
        fee: Some(FeePaid { by: payer, asset: KRW, amount: Amount(1 << 64) }),
        links: Bounded::new(vec![
            Link { account: payer, previous: Some(ReceiptPointer { height: Height(1 << 40), index: 251 }) },
            Link { account: collector, previous: None },
        ])
        .unwrap(),
        results: Bounded::new(results).unwrap(),
    };
    let event = Event { topic: Word::text("fee").unwrap(), value: Word([6; 32]) };
    let result = CallResult { program, value: Word([5; 32]), events: Bounded::new(vec![event]).unwrap(), gas: 70_000 };
    let failure = Failure::Trapped { trap: Trap::Failed { code: 300 } };
    let overdraft = Failure::Overdraft { asset: USD, balance: Amount(250), needed: Amount(251) };

    let mut topic = [0; 32];
    topic[..3].copy_from_slice(b"fee");
    let paid = Bytes::new().integer(1).raw(&payer.0).integer(0).integer(1 << 64);
    let links = Bytes::new().integer(2);
    let links = links.raw(&payer.0).integer(1).integer(1 << 40).integer(251).raw(&collector.0).integer(0);
    let results = Bytes::new().integer(1).raw(&program.0).raw(&[5; 32]);
    let results = results.integer(1).raw(&topic).raw(&[6; 32]).integer(70_000);
    let cases = [
        (Outcome::Succeeded, Bytes::new().integer(0)),
        // An overdraft is failure 4.
        (
            Outcome::Failed { instruction: 1, failure: overdraft },
            Bytes::new().integer(1).integer(1).integer(4).integer(1).integer(250).integer(251),
        ),
        // What was trapped is failure 26; trap 11 is the program's own refusal, with its code.
        (
            Outcome::FailedInProgram { instruction: 2, failure, at: 1_000, gas: 65_536 },
            Bytes::new().integer(2).integer(2).integer(26).integer(11).integer(300).integer(1_000).integer(65_536),
        ),
    ];
    for (outcome, written) in cases {
        let receipt = receipt(outcome, vec![result.clone()]);
        let bytes = Bytes::new().raw(&id.0).then(&written).then(&paid).then(&links).then(&results).0;
        assert_eq!(hex::encode(&bytes), hex::encode(encode(&receipt)));
        assert_eq!(receipts_root(&[receipt]), bound(&Hash::of(Domain::Receipt, &bytes), 1));
    }
    let bare = Receipt { fee: None, links: Bounded::default(), ..receipt(Outcome::Succeeded, vec![]) };
    assert_eq!(Bytes::new().raw(&id.0).raw(&[0, 0, 0, 0]).0, encode(&bare));
}

fn officer() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

fn fees() -> FeeSchedule {
    let (per_transaction, per_instruction) = (Amount(3), Amount(300));
    FeeSchedule { asset: KRW, per_transaction, per_instruction, collector: Address([60; 20]) }
}

/// A ledger with fees. Its officer issues both assets, and is compliance of both.
fn ledger() -> Ledger {
    let officer = Address::of(&officer().public());
    let asset = |symbol: &str| AssetSpec {
        roles: AssetRoles { compliance: Some(officer), ..AssetRoles::default() },
        ..AssetSpec::new(Text::new(symbol).unwrap(), 0, officer)
    };
    let holding = |krw, usd| vec![(KRW, Amount(krw)), (USD, Amount(usd))];
    let accounts = vec![(officer, holding(1_000_000, 7)), (HOLDER, holding(70_000, 1))];
    let members = vec![Member::new("only", self::officer().public(), "peer", "/address").unwrap()];
    let parameters = Parameters { max_valid_seconds: 600, validator_notice_millis: 10_000, fees: Some(fees()) };
    Ledger::genesis(parameters, members, vec![asset("KRW"), asset("USD")], accounts).unwrap()
}

/// Everything that leaves a mark on an account: the holder is frozen, listed and given a tier, and an order has an address.
fn marking() -> Transaction {
    let officer = Address::of(&officer().public());
    let control = |compliance| Instruction::Compliance(Box::new(compliance));
    let terms = PolicyTerms {
        tiers: Bounded::new(vec![Tier::default()]).unwrap(),
        default_tier: 0,
        sanctions: Bounded::default(),
        travel_rule_from: None,
    };
    let entry = Merchant {
        business_number: Text::new("1248100998").unwrap(),
        name: Text::new("cafe").unwrap(),
        category: 5_814,
        region: 11,
        is_active: true,
        terminals: Bounded::default(),
        settlement: None,
    };
    let (policy, case) = (PolicyId(1), Text::new("case").unwrap());
    let open = Payment::OpenOrder { order: Text::new("order").unwrap(), asset: KRW, amount: Amount(5) };
    let instructions = vec![
        control(Compliance::Freeze { asset: KRW, account: HOLDER, extent: Extent::Amount(Amount(5)), case }),
        control(Compliance::UpdateSanctions {
            list: ListId(1),
            version: 1,
            effective: Height(5),
            add: Bounded::new(vec![HOLDER]).unwrap(),
            remove: Bounded::default(),
        }),
        control(Compliance::DefinePolicy { policy, terms: Box::new(terms) }),
        control(Compliance::SetTier { policy, account: HOLDER, tier: Some(0) }),
        Instruction::RegisterMerchant { merchant: officer, entry: Box::new(entry) },
        Instruction::Payment(Box::new(open)),
    ];
    let payload = Payload {
        chain: ChainTag::of(&CHAIN),
        payer: officer,
        valid_until: Deadline(DEADLINE),
        salt: 1,
        instructions: Bounded::new(instructions).unwrap(),
    };
    Transaction::sign(payload, &self::officer(), &CHAIN)
}

/// The ledger after a block with that transaction, if there is one.
fn block(ledger: &mut Ledger, height: u64, second: u32, transaction: Option<Transaction>) -> Hash {
    let transactions = Transaction::authorize_all(transaction.into_iter().collect(), &CHAIN);
    let transactions: Vec<_> = transactions.into_iter().map(|verdict| verdict.unwrap()).collect();
    let context = BlockContext { height: Height(height), timestamp: Timestamp(u64::from(second) * 1_000) };
    let execution = execute(ledger, &[], context, &transactions).unwrap();
    assert_eq!(execution.receipts.len(), transactions.len());
    assert!(execution.receipts.iter().all(|receipt| receipt.outcome == Outcome::Succeeded), "{:?}", execution.receipts);
    ledger.apply(execution.delta);
    execution.state_root
}

/// The way up from a leaf as step 2 of the page says.
fn climbed(leaf: Hash, AccountProof { path, .. }: &AccountProof) -> Hash {
    let levels = path.siblings.iter().enumerate();
    levels.fold(leaf, |branch, (level, sibling)| match path.place >> level & 1 {
        0 => Hash::node(&branch, sibling),
        _ => Hash::node(sibling, &branch),
    })
}

#[test]
fn accounts() {
    let mut ledger = ledger();
    block(&mut ledger, 1, SECOND, Some(marking()));
    let order = Address::of_order(&Address::of(&officer().public()), &Text::new("order").unwrap());
    // Two balances and the first three marks; no balance and the last.
    let holding = Bytes::new().integer(2).integer(0).integer(70_000).integer(1).integer(1);
    for (address, balances, marks) in [(HOLDER, holding, 7), (order, Bytes::new().integer(0), 8)] {
        let proof = ledger.prove_account(&address).unwrap();
        // Both were touched by the first transaction of block 1.
        let latest = Bytes::new().integer(1).integer(1).integer(0);
        let bytes = Bytes::new().raw(&address.0).then(&balances).then(&latest).raw(&[marks]).0;
        assert_eq!(hex::encode(&bytes), hex::encode(encode(&proof.account)));
        let root = climbed(Hash::of(Domain::Account, &bytes), &proof);
        assert_eq!(root, proof.opening.accounts_root);
    }
}

#[test]
fn the_state() {
    let mut ledger = ledger();
    let root = block(&mut ledger, 1, SECOND, Some(marking()));
    let StateOpening { accounts_root, account_count, records_root, slot_count, assets, council, open, closed, .. } =
        ledger.opening();
    let fees = Bytes::new().integer(1).integer(0).integer(3).integer(300).raw(&fees().collector.0);
    let bytes = Bytes::new().integer(600).integer(10_000).then(&fees);
    let bytes = bytes.raw(&accounts_root.0).integer(account_count.into()).raw(&records_root.0);
    let bytes = bytes.integer(slot_count.into()).raw(&assets.0).raw(&council.0).raw(&open.0);
    // One transaction was executed, and no second is closed.
    let bytes = bytes.integer(1).raw(&closed.0);
    assert_eq!(hex::encode(&bytes.0), hex::encode(encode(&ledger.opening())));
    assert_eq!(state_hash(b"baro ledger v4", &bytes), root);
    assert_eq!(state_hash(b"baro closed v1", &Bytes::new().integer(0).integer(0).integer(0)), closed);
}

#[test]
fn a_closed_second() {
    let mut ledger = ledger();
    let transaction = marking();
    let id = transaction.payload.id(&CHAIN);
    block(&mut ledger, 1, SECOND, Some(transaction));
    block(&mut ledger, 2, DEADLINE + 1, None);

    let at = ReceiptPointer { height: Height(1), index: 0 };
    let page = Bytes::new().integer(0).integer(1).raw(&id.0).integer(1).integer(0);
    let page_leaf = state_hash(b"baro ids v1", &page);
    let ids = bound(&page_leaf, 1);
    let leaf = Bytes::new().integer(0).integer(DEADLINE.into()).raw(&ids.0);
    let peak = state_hash(b"baro second v2", &leaf);
    let closed = Bytes::new().integer(1).integer(1).integer(DEADLINE.into()).integer(1).raw(&peak.0);
    assert_eq!(hex::encode(&closed.0), hex::encode(encode(ledger.closed_seconds())));
    assert_eq!(state_hash(b"baro closed v1", &closed), ledger.opening().closed);

    let second = || SecondProof { leaf: decode(&leaf.0).unwrap(), place: 0, siblings: Bounded::default() };
    let second_bytes = leaf.clone().integer(0).integer(0);
    let on_page = second().on_page(vec![page_leaf], 0, decode(&page.0).unwrap()).unwrap();
    let page = page.integer(0).integer(0);
    assert_eq!(Bytes::new().integer(0).then(&second_bytes).integer(1).then(&page).0, encode(&on_page));
    let outcome = OutcomeProof { finding: on_page, closed: ledger.closed_seconds().clone(), opening: ledger.opening() };
    let shown = |id: &TransactionId| outcome.verify(id, &ledger.state_root(), Timestamp::default());
    let mut other = id;
    other.0[4..].fill(0);
    assert_eq!((shown(&id), shown(&other)), (Ok(Some(at)), Ok(None)));
    let later = Finding::NoSuchSecond { next: second() };
    assert_eq!(Bytes::new().integer(1).then(&second_bytes).0, encode(&later));
    assert_eq!(Bytes::new().integer(2).0, encode(&Finding::AfterTheLast));
}

/// Step 1 of the page: from the validators of one epoch to those of the next.
#[test]
fn a_handover() {
    let secrets: Vec<SecretKey> = (10..14).map(|byte| SecretKey::from_seed([byte; 32])).collect();
    let keys = |secrets: &[SecretKey]| {
        let list = Bytes::new().integer(secrets.len() as u128);
        secrets.iter().fold(list, |list, secret| list.raw(&secret.public().0))
    };
    let set = |secrets: &[SecretKey]| ValidatorSet::new(secrets.iter().map(SecretKey::public).collect()).unwrap();
    let (epoch, next) = (Epoch(300), &secrets[1..]);
    let header = Header {
        epoch,
        height: Height(70_000),
        view: View(1 << 33),
        parent: Hash([1; 32]),
        timestamp: Timestamp(1_800_000_000_000),
        proposer: ValidatorIndex(3),
        batches: Hash([2; 32]),
        state_root: Hash([3; 32]),
        receipts_root: Hash([4; 32]),
        next_validators: Hash::of(Domain::Validators, &keys(next).0),
    };
    let bytes = Bytes::new().integer(300).integer(70_000).integer(1 << 33).raw(&[1; 32]).integer(1_800_000_000_000);
    let bytes = bytes.integer(3).raw(&[2; 32]).raw(&[3; 32]).raw(&[4; 32]).raw(&header.next_validators.0);
    assert_eq!(hex::encode(&bytes.0), hex::encode(encode(&header)));
    assert_eq!(Hash::of(Domain::Header, &bytes.0), header.hash());

    // Three of four have signed: 0, 1 and 3.
    let ballot = Bytes::new().integer(2).integer(1 << 33).raw(&header.hash().0);
    let message = Bytes::new().raw(b"baro vote v1").raw(&CHAIN.0).integer(300).then(&ballot);
    let certificate = ballot.integer(0b1011).integer(3);
    let signers = [0, 1, 3].map(|index: usize| secrets[index].sign(&message.0));
    let certificate = signers.iter().fold(certificate, |bytes, signature| bytes.raw(&signature.0));
    let committee = Committee { chain: CHAIN, epoch, validators: set(&secrets) };
    assert!(decode::<Certificate>(&certificate.0).unwrap().verify(&committee).is_ok());
    let handover: Handover = decode(&bytes.then(&certificate).then(&keys(next)).0).unwrap();
    let successor = Committee { chain: CHAIN, epoch: Epoch(301), validators: set(next) };
    assert_eq!(handover.verify(&committee).unwrap(), successor);
}

const PAGE: &str = include_str!("../../docs/receipts.md");

/// The enums that a failure is made of: their rules on the page, their sources and their names there.
const ENUMS: [(&str, &str, &str); 14] = [
    ("failure", include_str!("../../vm/src/execution/failure.rs"), "Failure"),
    ("refusal", include_str!("../../vm/src/rules/gate/refusal.rs"), "Refusal"),
    ("issuance_failure", include_str!("../../vm/src/rules/issuance/failure.rs"), "IssuanceFailure"),
    ("compliance_failure", include_str!("../../vm/src/rules/compliance/failure.rs"), "ComplianceFailure"),
    ("payment_failure", include_str!("../../vm/src/rules/payments/failure.rs"), "PaymentFailure"),
    ("trap", include_str!("../../vm/src/program/trap.rs"), "Trap"),
    ("session_limit", include_str!("../../vm/src/rules/authority/limit.rs"), "SessionLimit"),
    ("policy_fault", include_str!("../../types/src/account/policy.rs"), "PolicyFault"),
    ("session_fault", include_str!("../../types/src/account/session.rs"), "SessionFault"),
    ("role", include_str!("../../types/src/issuance.rs"), "Role"),
    ("key_role", include_str!("../../types/src/account/policy.rs"), "KeyRole"),
    ("operation", include_str!("../../types/src/operation.rs"), "Operation"),
    ("validator_field", include_str!("../../types/src/member.rs"), "MemberField"),
    ("merchant_field", include_str!("../../types/src/merchant.rs"), "MerchantField"),
];

/// A field as the page writes it.
fn field(name: &str, of: &str) -> String {
    let form = match of {
        "Address" => "[20]",
        "PublicKey" => "[32]",
        "u8" => ":u8",
        "u16" | "PolicyId" | "ListId" => ":u16",
        "u32" | "AssetId" => ":u32",
        "u64" | "Epoch" | "Height" | "Timestamp" => ":u64",
        "Amount" => ":u128",
        _ => {
            let rule = ENUMS.iter().find(|(_, _, source)| *source == of).map(|(rule, ..)| *rule);
            let rule = rule.or((of == "Origin").then_some("origin")).unwrap_or_else(|| panic!("no rule for {of}"));
            return if name.is_empty() || name == rule { rule.to_owned() } else { format!("{name}:{rule}") };
        }
    };
    format!("{name}{form}")
}

/// `UnknownAsset` as `unknown_asset`.
fn word(name: &str) -> String {
    let letter = |(place, letter): (usize, char)| {
        let joint = if place > 0 && letter.is_uppercase() { "_" } else { "" };
        format!("{joint}{}", letter.to_lowercase())
    };
    name.chars().enumerate().map(letter).collect()
}

/// The cases of an enum as the page writes them, read from its source.
fn cases_in_source(source: &str, name: &str) -> Vec<String> {
    let start = source.find(&format!("pub enum {name} {{")).unwrap();
    let mut cases: Vec<(Vec<String>, String)> = Vec::new();
    for line in source[start..].lines().skip(1).take_while(|line| *line != "}") {
        let Some(line) = line.strip_prefix("    ") else { continue };
        if line.starts_with(char::is_uppercase) {
            let end = line.find(|letter: char| !letter.is_alphanumeric()).unwrap();
            let inner = line[end..].strip_prefix('(').map(|rest| rest.trim_start_matches("#[from] "));
            let inner = inner.map(|rest| rest.trim_end_matches("),"));
            // What only holds another failure has that one's word.
            let is_group = inner.is_some_and(|inner| inner.ends_with("Failure") || inner == "Refusal");
            let word = if is_group { String::new() } else { word(&line[..end]) };
            cases.push((inner.map(|inner| field("", inner)).into_iter().collect(), word));
        } else if let Some((name, of)) = line.strip_prefix("    ").and_then(|line| line.split_once(": "))
            && name.chars().all(|letter| letter.is_lowercase() || letter == '_')
        {
            cases.last_mut().unwrap().0.push(field(name, of.trim_end_matches(',')));
        }
    }
    let written = |(number, (fields, word)): (usize, (Vec<String>, String))| {
        let parts = std::iter::once(number.to_string()).chain(fields).chain(Some(word).filter(|word| !word.is_empty()));
        parts.collect::<Vec<_>>().join(" ")
    };
    cases.into_iter().enumerate().map(written).collect()
}

/// The cases of a rule as the page has them.
fn cases_on_page(rule: &str) -> Vec<String> {
    let mut lines = PAGE.lines().skip_while(|line| {
        let rest = line.strip_prefix(rule);
        !rest.is_some_and(|rest| rest.trim_start().starts_with("= "))
    });
    let first = lines.next().unwrap_or_else(|| panic!("docs/receipts.md has no rule {rule}"));
    let (_, first) = first.split_once('=').unwrap();
    let more = lines.take_while(|line| line.starts_with(' '));
    let text: Vec<&str> = std::iter::once(first).chain(more).collect();
    let tidy = |case: &str| case.split_whitespace().collect::<Vec<_>>().join(" ");
    text.join(" ").split('|').map(tidy).collect()
}

#[test]
fn every_failure() {
    for (rule, source, name) in ENUMS {
        assert_eq!(cases_on_page(rule), cases_in_source(source, name), "{rule} on docs/receipts.md");
    }
    assert!(cases_on_page("failure").len() > 40);
}
