//! Sanction lists, with version and effective height.

use bincode::{Decode, Encode};
use types::{Address, AssetId, Height, ListId};

use super::ComplianceFailure;
use super::keeping::{begin, expect_keeper};
use crate::rules::turn::Turn;
use crate::state::account::Marks;
use crate::state::overlay::Overlay;
use crate::{Account, Asset, Failure, Record, RecordKey};

/// How many blocks ahead a version may be announced, at most. No version holds before the one that came before it, so
/// that a slip of the keyboard would otherwise close the list for ever.
pub const MAX_NOTICE_BLOCKS: u64 = 1_000_000;

/// The newest version of a sanction list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SanctionList {
    /// The asset whose compliance changes it.
    pub home: AssetId,
    /// The version, from 1.
    pub version: u32,
    /// The first block in which it holds.
    pub effective: Height,
}

/// An entry of a sanction list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Sanction {
    /// The first block in which it holds.
    pub from: Height,
    /// The first block in which it holds no more, if that is known.
    pub until: Option<Height>,
}

impl Sanction {
    /// True if it holds in the block at `height`.
    pub fn holds(&self, height: Height) -> bool {
        self.from <= height && self.until.is_none_or(|until| height < until)
    }
}

/// The first list of the asset's policy that the account is on, if there is one.
pub(crate) fn sanction(overlay: &Overlay<'_>, asset: &Asset, account: &Account) -> Option<ListId> {
    if !account.marks.contain(Marks::LISTED) {
        return None;
    }
    let policy = overlay.policy(asset.controls.policy?)?;
    let height = overlay.block().height;
    policy.terms.sanctions.iter().copied().find(|list| {
        let entry = overlay.record(&RecordKey::Sanction(*list, account.address));
        matches!(entry, Some(Record::Sanction(sanction)) if sanction.holds(height))
    })
}

pub(super) fn update(
    turn: &mut Turn<'_, '_>,
    list: ListId,
    version: u32,
    effective: Height,
    add: &[Address],
    remove: &[Address],
) -> Result<(), Failure> {
    let key = RecordKey::SanctionList(list);
    let before = match turn.overlay.record(&key) {
        Some(Record::SanctionList(before)) => Some(*before),
        _ => None,
    };
    let home = match before {
        Some(SanctionList { home, .. }) => {
            expect_keeper(turn, home)?;
            home
        }
        None => begin(turn)?,
    };
    let expected = before.map_or(0, |before| before.version).saturating_add(1);
    if version != expected {
        return Err(ComplianceFailure::WrongVersion { list, expected, got: version }.into());
    }
    let height = turn.overlay.block().height;
    let earliest = before.map_or(Height(0), |before| before.effective).max(height);
    if effective < earliest {
        return Err(ComplianceFailure::TooEarly { list, earliest, got: effective }.into());
    }
    let latest = Height(earliest.0.saturating_add(MAX_NOTICE_BLOCKS));
    if effective > latest {
        return Err(ComplianceFailure::TooLate { list, latest, got: effective }.into());
    }
    turn.overlay.put_record(key, Record::SanctionList(SanctionList { home, version, effective }));
    for address in add {
        let key = RecordKey::Sanction(list, *address);
        let from = match turn.overlay.record(&key) {
            // It stays on the list: a removal that has not taken effect never does.
            Some(Record::Sanction(entry)) if entry.until.is_none_or(|until| height < until) => entry.from,
            _ => effective,
        };
        turn.overlay.put_record(key, Record::Sanction(Sanction { from, until: None }));
        let account = turn.overlay.find_or_create(address);
        turn.overlay.mark(account, Marks::LISTED);
        turn.touched.add(account)?;
    }
    for address in remove {
        let key = RecordKey::Sanction(list, *address);
        if let Some(Record::Sanction(Sanction { from, until: None })) = turn.overlay.record(&key) {
            let entry = Sanction { from: *from, until: Some(effective) };
            turn.overlay.put_record(key, Record::Sanction(entry));
            let account = turn.overlay.find_or_create(address);
            turn.touched.add(account)?;
        }
    }
    Ok(())
}
