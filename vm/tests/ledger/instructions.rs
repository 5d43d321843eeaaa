//! What officers, holders and callers say, in as few words as a test has room for.

use types::codec::{Blob, Bounded, Text};
use types::{
    Action, Address, Amount, AssetId, AssetRoles, CaseReference, Compliance, CustodialPayment, Deployment, Extent,
    Hash, Height, Instruction, Issuance, ListId, Operations, OrderId, Origin, Payment, PolicyId, PolicyTerms,
    ProgramCall, Tier, Timestamp,
};
use vm::program::Word;

pub(crate) fn case() -> CaseReference {
    Text::new("2026-17").unwrap()
}

fn issuance(step: Issuance) -> Instruction {
    Instruction::Issuance(Box::new(step))
}

fn compliance(step: Compliance) -> Instruction {
    Instruction::Compliance(Box::new(step))
}

pub(crate) fn propose(asset: AssetId, action: Action, valid_seconds: u32) -> Instruction {
    issuance(Issuance::Propose { asset, action, valid_seconds })
}

pub(crate) fn approve_proposal(proposal: Origin) -> Instruction {
    issuance(Issuance::Approve { proposal })
}

pub(crate) fn dismiss(proposal: Origin) -> Instruction {
    issuance(Issuance::Dismiss { proposal })
}

pub(crate) fn attest(asset: AssetId, reserve: u128, as_of: Timestamp) -> Instruction {
    issuance(Issuance::Attest { asset, reserve: Amount(reserve), as_of, document: Hash([9; 32]) })
}

pub(crate) fn redeem(asset: AssetId, amount: u128) -> Instruction {
    issuance(Issuance::Redeem { asset, amount: Amount(amount), payout: case() })
}

pub(crate) fn pay_out(redemption: Origin) -> Instruction {
    issuance(Issuance::PayOut { redemption, bank_reference: case() })
}

pub(crate) fn confirm(redemption: Origin) -> Instruction {
    issuance(Issuance::ConfirmPayOut { redemption })
}

pub(crate) fn give_back(redemption: Origin) -> Instruction {
    issuance(Issuance::ReturnRedemption { redemption })
}

pub(crate) fn mint_action(to: Address, amount: u128) -> Action {
    Action::Mint { to, amount: Amount(amount) }
}

pub(crate) fn burn_action(amount: u128) -> Action {
    Action::Burn { amount: Amount(amount) }
}

pub(crate) fn seize_action(from: Address, to: Address, amount: u128) -> Action {
    Action::Seize { from, to, amount: Amount(amount), case: case() }
}

pub(crate) fn seize_parked_action(receiver: Address, sender: Address, to: Address, amount: u128) -> Action {
    Action::SeizeParked { receiver, sender, to, amount: Amount(amount), case: case() }
}

pub(crate) fn roles_action(roles: AssetRoles) -> Action {
    Action::SetRoles(roles)
}

pub(crate) fn freeze(asset: AssetId, account: Address) -> Instruction {
    compliance(Compliance::Freeze { asset, account, extent: Extent::Whole, case: case() })
}

pub(crate) fn freeze_amount(asset: AssetId, account: Address, amount: u128) -> Instruction {
    compliance(Compliance::Freeze { asset, account, extent: Extent::Amount(Amount(amount)), case: case() })
}

pub(crate) fn thaw(asset: AssetId, account: Address) -> Instruction {
    compliance(Compliance::Thaw { asset, account, case: case() })
}

pub(crate) fn pause(asset: AssetId, operations: Operations) -> Instruction {
    compliance(Compliance::Pause { asset, operations })
}

pub(crate) fn define(policy: PolicyId, terms: PolicyTerms) -> Instruction {
    compliance(Compliance::DefinePolicy { policy, terms: Box::new(terms) })
}

pub(crate) fn set_tier(policy: PolicyId, account: Address, tier: Option<u8>) -> Instruction {
    compliance(Compliance::SetTier { policy, account, tier })
}

pub(crate) fn sanctions(
    list: ListId,
    version: u32,
    effective: u64,
    add: &[Address],
    remove: &[Address],
) -> Instruction {
    let (add, remove) = (Bounded::new(add.to_vec()).unwrap(), Bounded::new(remove.to_vec()).unwrap());
    compliance(Compliance::UpdateSanctions { list, version, effective: Height(effective), add, remove })
}

pub(crate) fn travel(reference: &str) -> Instruction {
    compliance(Compliance::DeclareTravel { reference: Text::new(reference).unwrap() })
}

/// Terms with these tiers, the first of which is the default.
pub(crate) fn terms(tiers: &[Tier], sanctions: &[ListId], travel_rule_from: Option<u128>) -> PolicyTerms {
    PolicyTerms {
        tiers: Bounded::new(tiers.to_vec()).unwrap(),
        default_tier: 0,
        sanctions: Bounded::new(sanctions.to_vec()).unwrap(),
        travel_rule_from: travel_rule_from.map(Amount),
    }
}

/// A tier with limits; `u128::MAX` stands for none.
pub(crate) fn tier(per_payment: u128, per_day: u128, holding: u128) -> Tier {
    let limit = |amount| if amount == u128::MAX { None } else { Some(Amount(amount)) };
    Tier { per_payment: limit(per_payment), per_day: limit(per_day), holding: limit(holding) }
}

fn payment(step: Payment) -> Instruction {
    Instruction::Payment(Box::new(step))
}

pub(crate) fn order(name: &str) -> OrderId {
    Text::new(name).unwrap()
}

pub(crate) fn claim(asset: AssetId, receiver: Address, sender: Address) -> Instruction {
    payment(Payment::Claim { asset, receiver, sender, amount: None })
}

pub(crate) fn claim_part(asset: AssetId, receiver: Address, sender: Address, amount: u128) -> Instruction {
    payment(Payment::Claim { asset, receiver, sender, amount: Some(Amount(amount)) })
}

pub(crate) fn charge(merchant: Address, name: &str, asset: AssetId, amount: u128) -> Instruction {
    payment(Payment::Charge { merchant, order: order(name), asset, amount: Amount(amount) })
}

pub(crate) fn hold(merchant: Address, name: &str, asset: AssetId, amount: u128, valid_seconds: u32) -> Instruction {
    payment(Payment::Hold { merchant, order: order(name), asset, amount: Amount(amount), valid_seconds })
}

pub(crate) fn capture(name: &str, amount: u128, release_rest: bool) -> Instruction {
    payment(Payment::Capture { order: order(name), amount: Amount(amount), release_rest })
}

pub(crate) fn void(name: &str) -> Instruction {
    payment(Payment::Void { order: order(name) })
}

pub(crate) fn expire(merchant: Address, name: &str) -> Instruction {
    payment(Payment::Expire { merchant, order: order(name) })
}

pub(crate) fn refund(name: &str, amount: u128) -> Instruction {
    payment(Payment::Refund { order: order(name), amount: Amount(amount) })
}

pub(crate) fn open_order(name: &str, asset: AssetId, amount: u128) -> Instruction {
    payment(Payment::OpenOrder { order: order(name), asset, amount: Amount(amount) })
}

/// A custodian's payments, each of a customer to somebody.
pub(crate) fn batch(asset: AssetId, payments: &[(u64, Address, u128)]) -> Instruction {
    let payment_of = |(customer, to, amount): &(u64, Address, u128)| CustodialPayment {
        customer: *customer,
        to: *to,
        amount: Amount(*amount),
        reference: Text::default(),
    };
    let payments = Bounded::new(payments.iter().map(payment_of).collect()).unwrap();
    payment(Payment::Batch { asset, payments })
}

/// A transfer to an address.
pub(crate) fn send(asset: AssetId, to: Address, amount: u128) -> Instruction {
    Instruction::Transfer { asset, to, amount: Amount(amount), memo: Text::default(), reference: Text::default() }
}

pub(crate) fn deploy(code: Vec<u8>, args: &[Word], gas_limit: u64) -> Instruction {
    let args = Bounded::new(args.iter().map(|word| word.0).collect()).unwrap();
    Instruction::DeployProgram(Box::new(Deployment { code: Blob::new(code).unwrap(), args, gas_limit }))
}

pub(crate) fn call(
    program: Address,
    entry: &str,
    args: &[Word],
    attach: Option<(AssetId, u128)>,
    gas_limit: u64,
) -> Instruction {
    let (entry, attach) = (Text::new(entry).unwrap(), attach.map(|(asset, amount)| (asset, Amount(amount))));
    let args = Bounded::new(args.iter().map(|word| word.0).collect()).unwrap();
    Instruction::CallProgram(Box::new(ProgramCall { program, entry, args, attach, gas_limit }))
}
