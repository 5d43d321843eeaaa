//! The ledger as a running program sees it.

use types::{Address, Amount, AssetId, Operation};

use crate::program::{Context, Host, Merchant, Word};
use crate::rules::gate::{Movement, Sink, Source};
use crate::rules::turn::Turn;
use crate::state::overlay::Slot;
use crate::{Failure, Record, RecordKey};

/// One call's view of the overlay. Whatever it changes, a rollback of the transaction takes back.
pub(super) struct OverlayHost<'h, 't, 'a> {
    pub(super) turn: &'h mut Turn<'t, 'a>,
    pub(super) context: Context,
    /// The account of the program.
    pub(super) own: Slot,
}

impl OverlayHost<'_, '_, '_> {
    fn key(&self, key: &Word) -> RecordKey {
        RecordKey::Cell(self.context.own, *key)
    }
}

impl Host for OverlayHost<'_, '_, '_> {
    type Refusal = Failure;

    fn context(&self) -> Context {
        self.context
    }

    fn cell(&self, key: &Word) -> Word {
        match self.turn.overlay.record(&self.key(key)) {
            Some(Record::Cell(value)) => *value,
            _ => Word::ZERO,
        }
    }

    fn set_cell(&mut self, key: Word, value: Word) -> Result<(), Failure> {
        let key = self.key(&key);
        if value.is_true() {
            self.turn.overlay.put_record(key, Record::Cell(value));
        } else {
            self.turn.overlay.remove_record(key);
        }
        Ok(())
    }

    fn balance(&self, asset: AssetId) -> Amount {
        self.turn.overlay.account(self.own).balance(asset)
    }

    fn transfer(&mut self, asset: AssetId, to: Address, amount: Amount) -> Result<bool, Failure> {
        let accounts = self.turn.overlay.account_count();
        let from = Source::Directed { account: self.own, by: self.turn.account };
        let (operation, to) = (Operation::Program, Sink::Account(to));
        self.turn.pass(Movement { asset, amount, operation, from, to })?;
        Ok(self.turn.overlay.account_count() > accounts)
    }

    /// A merchant that is suspended is none: what is bound to a trade is not spent there.
    fn merchant(&self, address: Address) -> Option<Merchant> {
        match self.turn.overlay.record(&RecordKey::Merchant(address)) {
            Some(Record::Merchant(entry)) if entry.is_active => {
                Some(Merchant { category: u64::from(entry.category), region: u64::from(entry.region) })
            }
            _ => None,
        }
    }
}
