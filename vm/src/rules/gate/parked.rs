//! Money that a control has kept from arriving.

use bincode::{Decode, Encode};
use types::{Address, Amount, AssetId, Timestamp};

use crate::Failure;
use crate::Record;
use crate::RecordKey;
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::state::overlay::Overlay;

/// How long the sender waits before it may take parked money back, in seconds since the last of it was parked: 30 days.
pub const PARKED_SECONDS: u64 = 2_592_000;

/// Money of one sender for one receiver. In no balance; counts towards the supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Parked {
    /// The asset.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
    /// When the last of it was parked.
    pub since: Timestamp,
}

/// Adds to what is parked for `receiver` from `sender`.
pub(super) fn park(
    overlay: &mut Overlay<'_>,
    asset: AssetId,
    amount: Amount,
    receiver: Address,
    sender: Address,
) -> Result<(), Failure> {
    let key = RecordKey::Parked(asset, receiver, sender);
    let before = match overlay.record(&key) {
        Some(Record::Parked(parked)) => parked.amount,
        _ => Amount::ZERO,
    };
    let amount = before.checked_add(amount).ok_or(Failure::BalanceOverflow { asset })?;
    let since = overlay.block().timestamp;
    overlay.put_record(key, Record::Parked(Parked { asset, amount, since }));
    Ok(())
}

/// Claims all that is parked for `receiver` from `sender`. The actor is the receiver, or the sender once
/// [`PARKED_SECONDS`] have passed.
pub(crate) fn claim(
    turn: &mut Turn<'_, '_>,
    asset: AssetId,
    receiver: Address,
    sender: Address,
) -> Result<(), Failure> {
    let account = turn.payer()?;
    let nothing = Failure::NothingParked { asset, receiver, sender };
    let key = RecordKey::Parked(asset, receiver, sender);
    let Some(Record::Parked(parked)) = turn.overlay.record(&key) else { return Err(nothing) };
    let Parked { amount, since, .. } = *parked;
    let free_from = Timestamp(since.0.saturating_add(PARKED_SECONDS * 1_000));
    if turn.actor != receiver {
        if turn.actor != sender {
            return Err(nothing);
        }
        if turn.now() < free_from {
            return Err(Failure::ParkedForReceiver { until: free_from });
        }
    }
    turn.overlay.remove_record(key);
    let to = Sink::Account(turn.overlay.account(account).address);
    let movement = Movement { asset, amount, operation: types::Operation::Claim, from: Source::Record(sender), to };
    turn.pass(movement)
}
