//! Money that a control has kept from arriving.

use bincode::{Decode, Encode};
use types::{Address, Amount, AssetId, Operation, Timestamp};

use crate::Failure;
use crate::Record;
use crate::RecordKey;
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::state::overlay::Overlay;

/// After how long parked money may be sent back, in seconds since the last of it was parked: 30 days.
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

/// Takes money out of what is parked for `receiver` from `sender`: `amount`, or all of it. The caller moves it on.
pub(crate) fn unpark(
    turn: &mut Turn<'_, '_>,
    asset: AssetId,
    receiver: Address,
    sender: Address,
    amount: Option<Amount>,
) -> Result<Amount, Failure> {
    let (key, parked) = find(turn, asset, receiver, sender)?;
    let amount = amount.unwrap_or(parked.amount);
    let overdraft = Failure::Overdraft { asset, balance: parked.amount, needed: amount };
    let left = parked.amount.checked_sub(amount).ok_or(overdraft)?;
    match left {
        Amount::ZERO => turn.overlay.remove_record(key),
        left => turn.overlay.put_record(key, Record::Parked(Parked { amount: left, ..parked })),
    }
    Ok(amount)
}

/// Moves what is parked for `receiver` from `sender`, or a part of it: to the receiver, who asks for it, or, once
/// [`PARKED_SECONDS`] have passed, back to the sender, whoever asks. So what was sent to an address that nobody has the key
/// of comes back too.
///
/// What a program has sent does not go back to it: its cells say that it was paid, and no entry point would pay it again. It
/// waits for its receiver, or is seized by a case.
pub(crate) fn claim(
    turn: &mut Turn<'_, '_>,
    asset: AssetId,
    receiver: Address,
    sender: Address,
    amount: Option<Amount>,
) -> Result<(), Failure> {
    let to = if turn.actor == receiver {
        receiver
    } else {
        let (_, Parked { since, .. }) = find(turn, asset, receiver, sender)?;
        if turn.overlay.record(&RecordKey::Program(sender)).is_some() {
            return Err(Failure::ParkedByProgram { program: sender });
        }
        let until = since.plus_millis(PARKED_SECONDS * 1_000);
        if turn.now() < until {
            return Err(Failure::ParkedForReceiver { until });
        }
        sender
    };
    let amount = unpark(turn, asset, receiver, sender, amount)?;
    let (operation, from, to) = (Operation::Claim, Source::Record(sender), Sink::Account(to));
    turn.pass(Movement { asset, amount, operation, from, to })
}

fn find(
    turn: &Turn<'_, '_>,
    asset: AssetId,
    receiver: Address,
    sender: Address,
) -> Result<(RecordKey, Parked), Failure> {
    let key = RecordKey::Parked(asset, receiver, sender);
    match turn.overlay.record(&key) {
        Some(Record::Parked(parked)) => Ok((key, *parked)),
        _ => Err(Failure::NothingParked { asset, receiver, sender }),
    }
}
