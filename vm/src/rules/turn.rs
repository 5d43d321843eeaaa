//! An instruction's turn: who acts, on what, and which accounts that touches.

use hashbrown::HashSet;
use types::{Address, AssetId, Origin, Role, Timestamp};

use crate::rules::gate::{self, Movement};
use crate::state::overlay::{Overlay, Slot};
use crate::{Failure, MAX_LINKS};

/// The accounts that a transaction has touched so far.
pub(crate) struct Touched<'t> {
    slots: &'t mut Vec<Slot>,
    /// How many there may be once this instruction is done.
    limit: usize,
}

impl<'t> Touched<'t> {
    /// While an instruction runs that `after` others follow: each of these may touch an account, and all must fit into
    /// the receipt.
    pub(crate) fn new(slots: &'t mut Vec<Slot>, after: usize) -> Self {
        Self { slots, limit: MAX_LINKS.saturating_sub(after) }
    }

    /// Each account counts once, in the order in which it was first touched.
    pub(crate) fn add(&mut self, slot: Slot) -> Result<(), Failure> {
        if self.slots.last() == Some(&slot) || self.slots.first() == Some(&slot) {
            return Ok(());
        }
        if self.slots.len() >= self.limit {
            if self.slots.contains(&slot) {
                return Ok(());
            }
            let mut seen = HashSet::with_capacity(self.slots.len());
            self.slots.retain(|slot| seen.insert(*slot));
            if self.slots.len() >= self.limit {
                return Err(Failure::TooManyAccounts);
            }
        }
        self.slots.push(slot);
        Ok(())
    }
}

/// An instruction's turn.
pub(crate) struct Turn<'t, 'a> {
    pub(crate) overlay: &'t mut Overlay<'a>,
    /// Who acts: the transaction's payer.
    pub(crate) actor: Address,
    /// The actor's account, if it has one.
    pub(crate) account: Option<Slot>,
    /// The instruction's place.
    pub(crate) origin: Origin,
    pub(crate) touched: Touched<'t>,
}

impl Turn<'_, '_> {
    /// The actor's account.
    pub(crate) fn payer(&self) -> Result<Slot, Failure> {
        self.account.ok_or(Failure::UnknownAccount)
    }

    /// The block's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.overlay.block().timestamp
    }

    /// Who has the role for an asset acts.
    pub(crate) fn expect_role(&self, asset: AssetId, role: Role) -> Result<(), Failure> {
        match self.overlay.asset(asset)?.holder(role) {
            Some(holder) if holder == self.actor => Ok(()),
            _ => Err(Failure::WithoutRole { asset, role }),
        }
    }

    /// Lets money through the gate.
    pub(crate) fn pass(&mut self, movement: Movement) -> Result<(), Failure> {
        match gate::pass(self.overlay, movement)? {
            Some(receiver) => self.touched.add(receiver),
            None => Ok(()),
        }
    }
}
