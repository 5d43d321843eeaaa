//! The gate: the one function through which every movement of money passes, whatever asks for it.
//!
//! What forbids a movement is looked for in a fixed order, so that each transaction fails for one reason everywhere.
//! Which of the controls a movement meets follows from its kind ([`Checks::of`]).
//!
//! 1. The asset exists ([`Failure::UnknownAsset`]).
//! 2. The amount is not zero ([`Failure::ZeroAmount`]).
//! 3. Movements of this kind are not paused ([`Refusal::Paused`]). A fee never is: whoever is to resume must pay one.
//! 4. The sender is on no sanction list of the asset's policy ([`Refusal::Sanctioned`]).
//! 5. The sender is not frozen whole ([`Refusal::Frozen`]). Where another account directs the sender, as a program's
//!    caller and a custodian do, it is looked at in the same way, before the sender: who must not move money does not
//!    have it moved either.
//! 6. The sender holds enough ([`Failure::Overdraft`]), and enough of it is not frozen ([`Refusal::FrozenFunds`]).
//! 7. From the policy's threshold on the transaction has a travel-rule reference ([`Refusal::NoTravelReference`]).
//! 8. The sender's tier allows this payment ([`Refusal::AbovePaymentLimit`]) and this day's
//!    ([`Refusal::AboveDayLimit`]).
//! 9. The receiver is on no sanction list, is not frozen whole, and does not come to hold more than its tier allows
//!    ([`Refusal::Sanctioned`], [`Refusal::Frozen`], [`Refusal::AboveHoldingLimit`]). It is no order's address, which only
//!    a plain transfer pays ([`Refusal::OrderAddress`]). Here some kinds of movements do not
//!    fail: the money is [`Parked`] for the receiver.
//! 10. What there is after a mint can be counted ([`Failure::SupplyOverflow`]), is in reserve
//!     ([`Refusal::BeyondReserve`]) and within the cap ([`Refusal::AboveSupplyCap`]).
//! 11. What the receiver holds can be counted ([`Failure::BalanceOverflow`]).
//!
//! The asset's issuer is under no tier. A transfer to oneself is checked like any other and changes nothing.
//!
//! Controls cost nothing where there are none: an asset without policy needs no look-up, nor does an account without
//! [marks](crate::state::account::Marks).

mod checks;
mod parked;
mod receiver;
mod refusal;
mod sender;

use types::breakage::{Breakage, is_on};
use types::{Address, Amount, AssetId, Operation};

pub use checks::{Checks, Receiver};
pub use parked::{PARKED_SECONDS, Parked};
pub(crate) use parked::{claim, unpark};
pub use refusal::Refusal;
pub(crate) use sender::expect_free;

use crate::Failure;
use crate::rules::compliance::count_payment;
use crate::state::overlay::{Overlay, Slot};

/// Money that is to move.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Movement {
    pub(crate) asset: AssetId,
    pub(crate) amount: Amount,
    pub(crate) operation: Operation,
    pub(crate) from: Source,
    pub(crate) to: Sink,
}

/// Where money comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// It comes into being.
    Nowhere,
    /// From an account.
    Account(Slot),
    /// From an account that another one directs: a program's, whose caller that is, or that of a custodian's customer.
    Directed { account: Slot, by: Option<Slot> },
    /// Out of a record, where it is still this sender's. The rule that keeps the record changes it.
    Record(Address),
}

impl Source {
    /// The account that the money is in.
    fn account(self) -> Option<Slot> {
        match self {
            Source::Account(account) | Source::Directed { account, .. } => Some(account),
            Source::Nowhere | Source::Record(_) => None,
        }
    }
}

/// Where money goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sink {
    /// It ceases to be.
    Nowhere,
    /// To an account.
    Account(Address),
    /// Into a record, for this receiver if there is one. The rule that keeps the record changes it.
    Record(Option<Address>),
}

/// Moves money, or says what forbids it. After a failure the caller rolls the overlay back. Returns the receiver's slot,
/// if there is a receiver.
pub(crate) fn pass(overlay: &mut Overlay<'_>, movement: Movement) -> Result<Option<Slot>, Failure> {
    let Movement { asset, amount, operation, from, to } = movement;
    let rules = overlay.asset(asset)?;
    if amount == Amount::ZERO && !is_on(Breakage::ZeroAccepted) {
        return Err(Failure::ZeroAmount);
    }
    if rules.controls.paused.contains(operation) && operation != Operation::Fee {
        return Err(Refusal::Paused { asset, operation }.into());
    }
    let checks = Checks::of(operation);
    let sender = match from {
        Source::Nowhere => None,
        Source::Account(slot) | Source::Directed { account: slot, .. } => Some(slot),
        Source::Record(owner) => overlay.find(&owner),
    };
    let counts = match sender {
        Some(slot) => sender::check(overlay, slot, &movement, &checks)?,
        None => false,
    };
    let receiver = match to {
        Sink::Account(address) | Sink::Record(Some(address)) => Some((address, overlay.find_or_create(&address))),
        Sink::Nowhere | Sink::Record(None) => None,
    };
    let refused = match (receiver, checks.receiver) {
        (None, _) | (_, Receiver::Unchecked) => None,
        (Some((_, slot)), _) => receiver::check(overlay, slot, sender, &movement).err(),
    };
    let is_parked = match (refused, checks.receiver) {
        (None, _) => false,
        (Some(_), Receiver::Parked) => true,
        (Some(refusal), _) => return Err(refusal.into()),
    };

    change_supply(overlay, &movement)?;
    if let Some(slot) = from.account() {
        let held = overlay.account(slot).balance(asset);
        overlay.set_balance(slot, asset, Amount(held.0 - amount.0));
    }
    if counts && let Some(slot) = sender {
        count_payment(overlay, slot, asset, amount);
    }
    match receiver {
        Some((address, _)) if is_parked => {
            let from = sender.map_or(address, |slot| overlay.account(slot).address);
            parked::park(overlay, asset, amount, address, from)?;
        }
        Some((_, slot)) if matches!(to, Sink::Account(_)) => {
            let amount = Amount(amount.0 * if is_on(Breakage::CreditedTwice) { 2 } else { 1 });
            let credited = overlay.account(slot).balance(asset).checked_add(amount);
            overlay.set_balance(slot, asset, credited.ok_or(Failure::BalanceOverflow { asset })?);
        }
        _ => {}
    }
    Ok(receiver.map(|(_, slot)| slot))
}

/// Money comes into being or ceases to be, if it does.
fn change_supply(overlay: &mut Overlay<'_>, movement: &Movement) -> Result<(), Failure> {
    let Movement { asset, amount, from, to, .. } = *movement;
    let rules = overlay.asset(asset)?;
    match (from, to) {
        (Source::Nowhere, _) => {
            let supply = rules.supply.checked_add(amount).ok_or(Failure::SupplyOverflow { asset })?;
            let controls = &rules.controls;
            if controls.roles.attestor.is_some() {
                let reserve = controls.reserve.map_or(Amount::ZERO, |attestation| attestation.reserve);
                if supply > reserve {
                    return Err(Refusal::BeyondReserve { asset, reserve, supply }.into());
                }
            }
            match controls.supply_cap {
                Some(cap) if supply > cap => return Err(Refusal::AboveSupplyCap { asset, cap, supply }.into()),
                _ => overlay.set_supply(asset, supply),
            }
        }
        // There is what the sender holds; were the books wrong, the check of them after the block would say so.
        (_, Sink::Nowhere) => {
            let supply = Amount(rules.supply.0.saturating_sub(amount.0));
            overlay.set_supply(asset, supply);
        }
        _ => {}
    }
    Ok(())
}
