//! What a holder has paid lately.

use bincode::{Decode, Encode};
use types::codec::Bounded;
use types::{Address, Amount, AssetId, Timestamp};

use crate::state::overlay::{Overlay, Slot};
use crate::{Record, RecordKey};

/// How many hours count: the present one and the 24 before it, which hold any 24 hours that end now.
pub const USAGE_HOURS: usize = 25;

/// What a holder has paid in an asset, by the hour.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Usage {
    /// Hours since the Unix epoch in which something was paid, ascending, with the sum.
    pub hours: Bounded<(u32, Amount), USAGE_HOURS>,
}

fn hour(now: Timestamp) -> u32 {
    u32::try_from(now.second() / 3_600).unwrap_or(u32::MAX)
}

impl Usage {
    /// The hours that count at `now`.
    fn counting(&self, now: Timestamp) -> impl Iterator<Item = (u32, Amount)> {
        let hour = hour(now);
        self.hours.iter().copied().filter(move |(paid, _)| hour.saturating_sub(*paid) < USAGE_HOURS as u32)
    }

    /// What counts at `now`.
    pub fn sum(&self, now: Timestamp) -> Amount {
        let amounts = self.counting(now).map(|(_, amount)| amount);
        amounts.fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(Amount(u128::MAX)))
    }

    /// With another payment at `now`.
    fn with(&self, now: Timestamp, amount: Amount) -> Usage {
        let mut hours: Vec<(u32, Amount)> = self.counting(now).collect();
        match hours.last_mut() {
            Some((last, sum)) if *last == hour(now) => *sum = sum.checked_add(amount).unwrap_or(Amount(u128::MAX)),
            _ => hours.push((hour(now), amount)),
        }
        Usage { hours: Bounded::new(hours).expect("different hours among those that count") }
    }
}

fn usage<'o>(overlay: &'o Overlay<'_>, asset: AssetId, holder: Address) -> Option<&'o Usage> {
    match overlay.record(&RecordKey::Usage(asset, holder)) {
        Some(Record::Usage(usage)) => Some(usage),
        _ => None,
    }
}

/// What the holder has paid in the hours that count.
pub(crate) fn used_lately(overlay: &Overlay<'_>, asset: AssetId, holder: Address) -> Amount {
    usage(overlay, asset, holder).map_or(Amount::ZERO, |usage| usage.sum(overlay.block().timestamp))
}

/// Counts a payment towards the sender's day.
pub(crate) fn count_payment(overlay: &mut Overlay<'_>, sender: Slot, asset: AssetId, amount: Amount) {
    let (holder, now) = (overlay.account(sender).address, overlay.block().timestamp);
    let after = match usage(overlay, asset, holder) {
        Some(usage) => usage.with(now, amount),
        None => Usage::default().with(now, amount),
    };
    overlay.put_record(RecordKey::Usage(asset, holder), Record::Usage(after));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u64) -> Timestamp {
        Timestamp(hour * 3_600_000)
    }

    #[test]
    fn what_was_paid_counts_for_any_24_hours() {
        let usage = Usage::default().with(at(100), Amount(5)).with(Timestamp(at(101).0 - 1), Amount(2));
        assert_eq!(usage.hours.to_vec(), [(100, Amount(7))], "an hour is one entry");
        let usage = usage.with(at(110), Amount(10));
        assert_eq!(usage.sum(at(110)), Amount(17));
        // 24 hours and a half after the first payment it counts still, and from the 25th hour on no more.
        assert_eq!(usage.sum(Timestamp(at(124).0 + 1_800_000)), Amount(17));
        assert_eq!(usage.sum(at(125)), Amount(10));
        assert_eq!(usage.with(at(125), Amount(1)).hours.to_vec(), [(110, Amount(10)), (125, Amount(1))]);
        assert_eq!(usage.sum(at(135)), Amount::ZERO);
    }

    #[test]
    fn a_year_of_payments_keeps_25_hours() {
        let usage = (0..9_000).fold(Usage::default(), |usage, hour| usage.with(at(hour), Amount(1)));
        assert_eq!((usage.hours.len(), usage.sum(at(8_999))), (25, Amount(25)));
    }

    #[test]
    fn more_than_can_be_counted_is_the_most() {
        let usage = Usage::default().with(at(1), Amount(u128::MAX)).with(at(1), Amount(1)).with(at(2), Amount(1));
        assert_eq!(usage.sum(at(2)), Amount(u128::MAX));
    }
}
