//! Redemptions: money on its way back to the bank.

use bincode::{Decode, Encode};
use types::{Address, Amount, AssetId, CaseReference, Operation, Origin, Role, Timestamp};

use super::IssuanceFailure;
use crate::rules::compliance::expect_reference;
use crate::rules::gate::{self, Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::{Failure, Record, RecordKey};

/// Money that is to be redeemed. In no balance; counts towards the supply until it is burnt.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Redemption {
    /// Whose it is.
    pub owner: Address,
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
    /// Where the bank is to pay.
    pub payout: CaseReference,
    /// The issuer's last moment: after it anybody may return the money, unless it was paid out.
    pub deadline: Timestamp,
    /// The bank's reference, once the issuer has said that it has paid.
    pub paid_out: Option<CaseReference>,
}

pub(super) fn request(
    turn: &mut Turn<'_, '_>,
    asset: AssetId,
    amount: Amount,
    payout: &CaseReference,
) -> Result<(), Failure> {
    expect_reference(payout)?;
    let from = Source::Account(turn.payer()?);
    turn.pass(Movement { asset, amount, operation: Operation::Redeem, from, to: Sink::Record(None) })?;
    let seconds = turn.overlay.asset(asset)?.controls.redemption_seconds;
    let deadline = turn.now().plus_millis(u64::from(seconds) * 1_000);
    let redemption = Redemption { owner: turn.actor, asset, amount, payout: payout.clone(), deadline, paid_out: None };
    turn.overlay.put_record(RecordKey::Redemption(turn.origin), Record::Redemption(redemption));
    Ok(())
}

pub(super) fn pay_out(turn: &mut Turn<'_, '_>, origin: Origin, bank_reference: &CaseReference) -> Result<(), Failure> {
    expect_reference(bank_reference)?;
    let redemption = find(turn, origin)?;
    turn.expect_role(redemption.asset, Role::Issuer)?;
    if redemption.paid_out.is_some() {
        return Err(IssuanceFailure::PaidOut.into());
    }
    if turn.overlay.asset(redemption.asset)?.holder(Role::Approver).is_none() {
        return burn(turn, origin, &redemption);
    }
    // What cannot be burnt is not paid.
    gate::expect_free(turn.overlay, redemption.owner, redemption.asset)?;
    let redemption = Redemption { paid_out: Some(bank_reference.clone()), ..redemption };
    turn.overlay.put_record(RecordKey::Redemption(origin), Record::Redemption(redemption));
    Ok(())
}

pub(super) fn confirm(turn: &mut Turn<'_, '_>, origin: Origin) -> Result<(), Failure> {
    let redemption = find(turn, origin)?;
    turn.expect_role(redemption.asset, Role::Approver)?;
    if redemption.paid_out.is_none() {
        return Err(IssuanceFailure::NotPaidOut.into());
    }
    burn(turn, origin, &redemption)
}

pub(super) fn give_back(turn: &mut Turn<'_, '_>, origin: Origin) -> Result<(), Failure> {
    let Redemption { owner, asset, amount, deadline, paid_out, .. } = find(turn, origin)?;
    let is = |role| turn.expect_role(asset, role).is_ok();
    match paid_out {
        // The owner may have the money twice: only who watches the issuer may say that it is not so.
        Some(_) if !is(Role::Approver) => return Err(IssuanceFailure::PaidOut.into()),
        None if !is(Role::Approver) && !is(Role::Issuer) && turn.now() <= deadline => {
            return Err(IssuanceFailure::NotDue { deadline }.into());
        }
        _ => {}
    }
    turn.overlay.remove_record(RecordKey::Redemption(origin));
    let (from, to) = (Source::Record(owner), Sink::Account(owner));
    turn.pass(Movement { asset, amount, operation: Operation::Release, from, to })
}

fn burn(turn: &mut Turn<'_, '_>, origin: Origin, redemption: &Redemption) -> Result<(), Failure> {
    let Redemption { owner, asset, amount, .. } = *redemption;
    turn.overlay.remove_record(RecordKey::Redemption(origin));
    let account = turn.overlay.find_or_create(&owner);
    turn.touched.add(account)?;
    let (operation, from) = (Operation::Burn, Source::Record(owner));
    turn.pass(Movement { asset, amount, operation, from, to: Sink::Nowhere })
}

fn find(turn: &Turn<'_, '_>, redemption: Origin) -> Result<Redemption, Failure> {
    match turn.overlay.record(&RecordKey::Redemption(redemption)) {
        Some(Record::Redemption(found)) => Ok(found.clone()),
        _ => Err(IssuanceFailure::UnknownRedemption { redemption }.into()),
    }
}
