//! What wallets check their encoding of instructions against: an example of each case, and docs/transactions.md, which
//! gives each case its number.

use std::collections::{BTreeMap, BTreeSet};

use types::codec::{Blob, Bounded, Text, decode, encode};
use types::{
    AccountKey, AccountSecret, Action, Address, Amount, AssetId, AssetRoles, Compliance, CustodialPayment, Deadline,
    Deployment, Epoch, Extent, Hash, Height, Instruction, Issuance, KeyKind, KeyPolicy, KeyRole, KeyRoles, ListId,
    Member, Merchant, Operation, Operations, Origin, Payment, PolicyId, PolicyKey, PolicyTerms, ProgramCall, PublicKey,
    SessionGrant, SessionScope, SettlementRule, Thresholds, Tier, Timestamp, TransactionId, ValidatorChange,
};

const PAGE: &str = include_str!("../../docs/transactions.md");
const PINNED: &str = include_str!("../vectors/instructions.json");

/// A rule of the page that is an enum: the names of its cases, in the order of their numbers.
struct Rule {
    name: &'static str,
    cases: &'static [&'static str],
}

/// Which case of a rule a value is.
struct Case {
    rule: &'static str,
    name: &'static str,
    number: u8,
}

trait Cases {
    const RULE: Rule;

    fn case(&self) -> Case;
}

/// Names the cases of an enum. One that is missing does not compile.
macro_rules! cases {
    ($rule:literal, $type:ident: $($pattern:pat => $name:literal,)*) => {
        impl Cases for $type {
            const RULE: Rule = Rule { name: $rule, cases: &[$($name),*] };

            fn case(&self) -> Case {
                let name = match self {
                    $($pattern => $name,)*
                };
                Case { rule: $rule, name, number: encode(self)[0] }
            }
        }
    };
}

cases! {
    "instruction", Instruction:
    Instruction::Mint { .. } => "mint",
    Instruction::Burn { .. } => "burn",
    Instruction::Transfer { .. } => "transfer",
    Instruction::ApproveValidators { .. } => "approve validators",
    Instruction::RegisterMerchant { .. } => "register merchant",
    Instruction::UpdateMerchant { .. } => "update merchant",
    Instruction::CloseMerchant { .. } => "close merchant",
    Instruction::DeployProgram(_) => "deploy program",
    Instruction::CallProgram(_) => "call program",
    Instruction::Issuance(_) => "issuance",
    Instruction::Compliance(_) => "compliance",
    Instruction::Payment(_) => "payment",
    Instruction::SetKeys { .. } => "set keys",
    Instruction::GrantSession { .. } => "grant session",
    Instruction::RevokeSession { .. } => "revoke session",
}

cases! {
    "change", ValidatorChange:
    ValidatorChange::Add(_) => "add",
    ValidatorChange::Remove(_) => "remove",
    ValidatorChange::Replace { .. } => "replace",
}

cases! {
    "key", AccountKey:
    AccountKey::Ed25519(_) => "ed25519",
    AccountKey::Secp256k1(_) => "secp256k1",
    AccountKey::P256(_) => "p256",
}

cases! {
    "scope", SessionScope:
    SessionScope::Anyone => "anyone",
    SessionScope::Receivers(_) => "receivers",
    SessionScope::Category(_) => "category",
    SessionScope::Program(_) => "program",
}

cases! {
    "issuance", Issuance:
    Issuance::Propose { .. } => "propose",
    Issuance::Approve { .. } => "approve",
    Issuance::Dismiss { .. } => "dismiss",
    Issuance::Attest { .. } => "attest",
    Issuance::Redeem { .. } => "redeem",
    Issuance::PayOut { .. } => "pay out",
    Issuance::ConfirmPayOut { .. } => "confirm pay out",
    Issuance::ReturnRedemption { .. } => "return redemption",
}

cases! {
    "action", Action:
    Action::Mint { .. } => "mint",
    Action::Burn { .. } => "burn",
    Action::Seize { .. } => "seize",
    Action::SetRoles(_) => "set roles",
    Action::SetSupplyCap(_) => "set supply cap",
    Action::SetRedemptionTime(_) => "set redemption time",
    Action::SetPolicy(_) => "set policy",
    Action::CreateAsset { .. } => "create asset",
    Action::SeizeParked { .. } => "seize parked",
}

cases! {
    "compliance", Compliance:
    Compliance::Freeze { .. } => "freeze",
    Compliance::Thaw { .. } => "thaw",
    Compliance::Pause { .. } => "pause",
    Compliance::DefinePolicy { .. } => "define policy",
    Compliance::SetTier { .. } => "set tier",
    Compliance::UpdateSanctions { .. } => "update sanctions",
    Compliance::DeclareTravel { .. } => "declare travel",
}

cases! {
    "extent", Extent:
    Extent::Whole => "whole",
    Extent::Amount(_) => "amount",
}

cases! {
    "payment", Payment:
    Payment::Claim { .. } => "claim",
    Payment::Charge { .. } => "charge",
    Payment::Hold { .. } => "hold",
    Payment::Capture { .. } => "capture",
    Payment::Void { .. } => "void",
    Payment::Expire { .. } => "expire",
    Payment::Refund { .. } => "refund",
    Payment::OpenOrder { .. } => "open order",
    Payment::Batch { .. } => "batch",
}

const RULES: [Rule; 9] = [
    Instruction::RULE,
    ValidatorChange::RULE,
    AccountKey::RULE,
    SessionScope::RULE,
    Issuance::RULE,
    Action::RULE,
    Compliance::RULE,
    Extent::RULE,
    Payment::RULE,
];

/// The cases that name an instruction, from the outside in.
fn path(instruction: &Instruction) -> Vec<Case> {
    let mut path = vec![instruction.case()];
    match instruction {
        Instruction::ApproveValidators { changes, .. } => path.extend(changes.iter().map(Cases::case)),
        Instruction::Issuance(issuance) => {
            path.push(issuance.case());
            if let Issuance::Propose { action, .. } = &**issuance {
                path.push(action.case());
            }
        }
        Instruction::Compliance(compliance) => {
            path.push(compliance.case());
            if let Compliance::Freeze { extent, .. } = &**compliance {
                path.push(extent.case());
            }
        }
        Instruction::Payment(payment) => path.push(payment.case()),
        Instruction::GrantSession { session, .. } => path.push(session.scope.case()),
        Instruction::RevokeSession { key } => path.push(key.case()),
        Instruction::Mint { .. }
        | Instruction::Burn { .. }
        | Instruction::Transfer { .. }
        | Instruction::RegisterMerchant { .. }
        | Instruction::UpdateMerchant { .. }
        | Instruction::CloseMerchant { .. }
        | Instruction::DeployProgram(_)
        | Instruction::CallProgram(_)
        | Instruction::SetKeys { .. } => {}
    }
    path
}

/// The name of an instruction in the file, such as `payment.charge`.
fn name(instruction: &Instruction) -> String {
    let names: Vec<String> = path(instruction).iter().map(|case| case.name.replace(' ', "_")).collect();
    names.join(".")
}

const WON: AssetId = AssetId(0);
const DOLLAR: AssetId = AssetId(1);

/// Each party of the examples has an address of one repeated byte.
const fn at(byte: u8) -> Address {
    Address([byte; 20])
}

const PAYEE: Address = at(2);
const MERCHANT: Address = at(3);
const SENDER: Address = at(4);
const PROGRAM: Address = at(5);
const COURT: Address = at(6);
const ISSUER: Address = at(7);

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).expect("short")
}

fn list<T, const MAX: usize>(values: Vec<T>) -> Bounded<T, MAX> {
    Bounded::new(values).expect("few")
}

/// A number as a program takes it.
fn number(value: u128) -> [u8; 32] {
    let mut word = [0; 32];
    word[16..].copy_from_slice(&value.to_be_bytes());
    word
}

/// An address as a program takes it.
fn address(value: Address) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].copy_from_slice(&value.0);
    word
}

/// The key of the seed that `vectors/transaction.json` has.
fn key(kind: KeyKind) -> AccountKey {
    AccountSecret::from_seed(kind, [1; 32]).expect("a scalar").key()
}

fn member(name: &str, key: u8, host: &str) -> Member {
    Member::new(name, PublicKey([key; 32]), &format!("peer-of-{name}"), host).expect("a good entry")
}

fn approve(change: ValidatorChange) -> Instruction {
    Instruction::ApproveValidators { epoch: Epoch(2), changes: list(vec![change]) }
}

fn accounts_and_validators() -> Vec<Instruction> {
    let grant = |scope, kind| Instruction::GrantSession {
        key: key(kind),
        session: Box::new(SessionGrant {
            asset: WON,
            limit_total: Amount(100_000),
            limit_per_payment: Amount(10_000),
            scope,
            valid_until: Deadline(1_800_000_000),
        }),
    };
    let weighted = |kind, weight, roles: &[KeyRole]| PolicyKey { key: key(kind), weight, roles: KeyRoles::of(roles) };
    let policy = KeyPolicy {
        keys: list(vec![
            weighted(KeyKind::Ed25519, 300, &KeyRole::ALL),
            weighted(KeyKind::Secp256k1, 1, &[KeyRole::Pay]),
            weighted(KeyKind::P256, 2, &[KeyRole::Pay, KeyRole::Manage]),
        ]),
        thresholds: Thresholds { pay: 3, manage: 302, sponsor: 300 },
    };
    assert_eq!(policy.check(), Ok(()));
    vec![
        Instruction::Mint { asset: WON, to: PAYEE, amount: Amount(1_000_000) },
        Instruction::Burn { asset: DOLLAR, amount: Amount(250) },
        Instruction::Transfer {
            asset: WON,
            to: PAYEE,
            amount: Amount(4_500),
            memo: text("americano"),
            reference: text("order-1"),
        },
        approve(ValidatorChange::Add(member("eve", 21, "/ip4/192.0.2.9/tcp/9600"))),
        approve(ValidatorChange::Remove(PublicKey([22; 32]))),
        approve(ValidatorChange::Replace {
            key: PublicKey([23; 32]),
            by: member("frank", 24, "/dns4/frank.example/tcp/9600"),
        }),
        Instruction::SetKeys { policy: Some(Box::new(policy)) },
        grant(SessionScope::Anyone, KeyKind::Ed25519),
        grant(SessionScope::Receivers(list(vec![PAYEE, MERCHANT])), KeyKind::Secp256k1),
        grant(SessionScope::Category(5_814), KeyKind::P256),
        grant(SessionScope::Program(PROGRAM), KeyKind::Ed25519),
        Instruction::RevokeSession { key: key(KeyKind::Ed25519) },
        Instruction::RevokeSession { key: key(KeyKind::Secp256k1) },
        Instruction::RevokeSession { key: key(KeyKind::P256) },
    ]
}

fn merchants_and_programs() -> Vec<Instruction> {
    let shop = Merchant {
        business_number: text("1248100998"),
        name: text("커피 바로"),
        category: 5_814,
        region: 11,
        is_active: true,
        terminals: list(vec![text("till-1"), text("till-2")]),
        settlement: Some(SettlementRule { processor: at(8), fee_points: 150, treasury: at(9), vat_points: 1_000 }),
    };
    let suspended = Merchant { is_active: false, terminals: list(vec![]), settlement: None, ..shop.clone() };
    assert_eq!([shop.check(), suspended.check()], [Ok(()), Ok(())]);
    vec![
        Instruction::RegisterMerchant { merchant: MERCHANT, entry: Box::new(shop) },
        Instruction::UpdateMerchant { merchant: MERCHANT, entry: Box::new(suspended) },
        Instruction::CloseMerchant { merchant: MERCHANT },
        Instruction::DeployProgram(Box::new(Deployment {
            code: Blob::new(b"program".to_vec()).expect("short"),
            args: list(vec![address(MERCHANT), number(150)]),
            gas_limit: 2_000,
        })),
        Instruction::CallProgram(Box::new(ProgramCall {
            program: PROGRAM,
            entry: text("pay"),
            args: list(vec![number(7)]),
            attach: Some((WON, Amount(11_000))),
            gas_limit: 100_000,
        })),
    ]
}

fn life_of_an_asset() -> Vec<Instruction> {
    let issuance = |issuance| Instruction::Issuance(Box::new(issuance));
    let propose = |action| issuance(Issuance::Propose { asset: WON, action, valid_seconds: 86_400 });
    let origin = Origin { transaction: TransactionId([0xab; 32]), instruction: 1 };
    vec![
        propose(Action::Mint { to: PAYEE, amount: Amount(1 << 70) }),
        propose(Action::Burn { amount: Amount(251) }),
        propose(Action::Seize { from: SENDER, to: COURT, amount: Amount(65_535), case: text("case-17") }),
        propose(Action::SetRoles(AssetRoles {
            approver: Some(at(10)),
            compliance: Some(at(11)),
            pauser: None,
            attestor: Some(at(12)),
        })),
        propose(Action::SetSupplyCap(Some(Amount(5_000_000_000)))),
        propose(Action::SetRedemptionTime(172_800)),
        propose(Action::SetPolicy(Some(PolicyId(1)))),
        propose(Action::CreateAsset { symbol: text("USDX"), decimals: 6, issuer: ISSUER }),
        propose(Action::SeizeParked {
            receiver: PAYEE,
            sender: SENDER,
            to: COURT,
            amount: Amount(65_536),
            case: text("case-18"),
        }),
        issuance(Issuance::Approve { proposal: origin }),
        issuance(Issuance::Dismiss { proposal: origin }),
        issuance(Issuance::Attest {
            asset: WON,
            reserve: Amount(5_000_000_000),
            as_of: Timestamp(1_767_225_600_000),
            document: Hash([0xdd; 32]),
        }),
        issuance(Issuance::Redeem { asset: WON, amount: Amount(30_000), payout: text("account-3") }),
        issuance(Issuance::PayOut { redemption: origin, bank_reference: text("transfer-9") }),
        issuance(Issuance::ConfirmPayOut { redemption: origin }),
        issuance(Issuance::ReturnRedemption { redemption: origin }),
    ]
}

fn controls() -> Vec<Instruction> {
    let control = |control| Instruction::Compliance(Box::new(control));
    let freeze = |extent| control(Compliance::Freeze { asset: WON, account: PAYEE, extent, case: text("case-17") });
    let limits =
        Tier { per_payment: Some(Amount(500_000)), per_day: Some(Amount(1_000_000)), holding: Some(Amount(1_000_000)) };
    let terms = PolicyTerms {
        tiers: list(vec![limits, Tier::default()]),
        default_tier: 0,
        sanctions: list(vec![ListId(1), ListId(300)]),
        travel_rule_from: Some(Amount(1_000_000)),
    };
    vec![
        freeze(Extent::Whole),
        freeze(Extent::Amount(Amount(70_000))),
        control(Compliance::Thaw { asset: WON, account: PAYEE, case: text("case-17") }),
        control(Compliance::Pause {
            asset: WON,
            operations: Operations::NONE.with(Operation::Mint).with(Operation::Transfer).with(Operation::Redeem),
        }),
        control(Compliance::DefinePolicy { policy: PolicyId(1), terms: Box::new(terms) }),
        control(Compliance::SetTier { policy: PolicyId(1), account: PAYEE, tier: Some(1) }),
        control(Compliance::UpdateSanctions {
            list: ListId(1),
            version: 2,
            effective: Height(1_000),
            add: list(vec![at(13), at(14)]),
            remove: list(vec![at(15)]),
        }),
        control(Compliance::DeclareTravel { reference: text("travel-5") }),
    ]
}

fn payments() -> Vec<Instruction> {
    let payment = |payment| Instruction::Payment(Box::new(payment));
    let order = || text("order-1");
    let custodial = |customer, to, amount, reference| CustodialPayment {
        customer,
        to,
        amount: Amount(amount),
        reference: text(reference),
    };
    vec![
        payment(Payment::Claim { asset: WON, receiver: PAYEE, sender: SENDER, amount: None }),
        payment(Payment::Charge { merchant: MERCHANT, order: order(), asset: WON, amount: Amount(11_000) }),
        payment(Payment::Hold {
            merchant: MERCHANT,
            order: order(),
            asset: WON,
            amount: Amount(11_000),
            valid_seconds: 3_600,
        }),
        payment(Payment::Capture { order: order(), amount: Amount(9_000), release_rest: true }),
        payment(Payment::Void { order: order() }),
        payment(Payment::Expire { merchant: MERCHANT, order: order() }),
        payment(Payment::Refund { order: order(), amount: Amount(1_100) }),
        payment(Payment::OpenOrder { order: order(), asset: WON, amount: Amount(11_000) }),
        payment(Payment::Batch {
            asset: WON,
            payments: list(vec![custodial(1, PAYEE, 100, ""), custodial(70_000, MERCHANT, 200, "invoice-2")]),
        }),
    ]
}

fn examples() -> Vec<Instruction> {
    [accounts_and_validators(), merchants_and_programs(), life_of_an_asset(), controls(), payments()].concat()
}

/// The numbers and names of a rule's cases on the page, where each has a line: its number first, its name last.
fn on_page(rule: &str) -> Vec<(usize, &'static str)> {
    let begins = |line: &str| line.strip_prefix(rule).is_some_and(|rest| rest.trim_start().starts_with("= "));
    let lines = PAGE.lines().skip_while(|line| !begins(line)).enumerate();
    let lines = lines.take_while(|(place, line)| *place == 0 || line.trim_start().starts_with("| "));
    let case = |line: &'static str| {
        let (_, case) = line.split_once(['=', '|'])?;
        let (number, fields) = case.trim_start().split_once(' ')?;
        let (_, name) = fields.rsplit_once("  ")?;
        Some((number.parse::<usize>().ok()?, name.trim()))
    };
    lines.map(|(_, line)| case(line).unwrap_or_else(|| panic!("a line without number or name: {line}"))).collect()
}

/// A change of these bytes is a change of every wallet.
#[test]
fn the_pinned_instructions_hold() {
    let pinned: BTreeMap<String, String> = serde_json::from_str(PINNED).expect("JSON");
    let examples = examples();
    for example in &examples {
        assert_eq!(decode::<Instruction>(&encode(example)).as_ref(), Ok(example));
    }
    let actual: BTreeMap<String, String> =
        examples.iter().map(|example| (name(example), hex::encode(encode(example)))).collect();
    assert_eq!(actual.len(), examples.len(), "two examples of one name");
    assert_eq!(pinned, actual, "{}", serde_json::to_string_pretty(&actual).expect("JSON"));
}

#[test]
fn every_case_has_an_example_and_its_number() {
    let examples = examples();
    let mut shown = BTreeSet::new();
    for Case { rule, name, number } in examples.iter().flat_map(path) {
        let Rule { cases, .. } = RULES.into_iter().find(|known| known.name == rule).expect("a rule in the list");
        assert_eq!(cases.get(usize::from(number)), Some(&name), "{rule}: the names are in the order of the numbers");
        shown.insert((rule, name));
    }
    let all = RULES.into_iter().flat_map(|rule| rule.cases.iter().map(move |name| (rule.name, *name)));
    let missing: Vec<(&str, &str)> = all.filter(|case| !shown.contains(case)).collect();
    assert!(missing.is_empty(), "without an example: {missing:?}");
}

#[test]
fn every_case_is_on_the_page_with_its_number() {
    for Rule { name, cases } in RULES {
        let expected: Vec<(usize, &str)> = cases.iter().copied().enumerate().collect();
        assert_eq!(on_page(name), expected, "docs/transactions.md, {name}");
    }
}
