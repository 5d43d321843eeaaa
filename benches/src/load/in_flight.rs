//! Transactions without an outcome yet, and the payments that they belong to.

use hashbrown::HashMap;
use rpc::HexBytes;
use types::TransactionId;

use super::chain::Chain;
use super::measure::Outcome;

/// A payment without an outcome yet. Times are microseconds after the start.
#[derive(Debug)]
pub(super) struct Underway {
    /// When it was due.
    pub due: u64,
    /// Whether it is part of the measurement.
    pub measured: bool,
    /// Whether anything of it was sent.
    pub begun: bool,
    /// When it was made, if it was. What comes after that, a refund, does not change it.
    pub made: Option<u64>,
    /// What is to be sent later.
    pub rest: Chain,
}

/// A transaction without an outcome yet. Times are microseconds after the start.
#[derive(Debug)]
pub(super) struct InFlight {
    /// The payment, which has no other transaction in flight.
    pub payment: Underway,
    /// Whether the payment is made once this is final.
    pub pays: bool,
    /// What is sent.
    pub bytes: HexBytes,
    /// The validator that it was, or is to be, sent to.
    pub validator: usize,
    /// Whether it was sent at all.
    pub sent: bool,
    /// Whether an answer to its sending is awaited.
    pub awaiting_answer: bool,
    /// Whether a node has admitted it, or may have: it was sent and no answer came.
    pub perhaps_admitted: bool,
    /// When something was last done for it.
    pub touched: u64,
    /// What another validator's block says, in case the one that it was sent to fails.
    pub seen: Option<Outcome>,
}

/// All transactions without an outcome, and how many there are at each validator.
pub(super) struct Table {
    entries: HashMap<TransactionId, InFlight>,
    at: Vec<usize>,
}

impl Table {
    /// An empty table for so many validators.
    pub(super) fn new(validators: usize) -> Table {
        Table { entries: HashMap::new(), at: vec![0; validators] }
    }

    /// Adds a transaction.
    pub(super) fn insert(&mut self, id: TransactionId, entry: InFlight) {
        self.at[entry.validator] += 1;
        self.entries.insert(id, entry);
    }

    /// Removes a transaction that has its outcome.
    pub(super) fn remove(&mut self, id: &TransactionId) -> Option<InFlight> {
        let entry = self.entries.remove(id)?;
        self.at[entry.validator] -= 1;
        Some(entry)
    }

    /// Gives a transaction to another validator.
    pub(super) fn assign(&mut self, id: &TransactionId, validator: usize) {
        if let Some(entry) = self.entries.get_mut(id) {
            self.at[entry.validator] -= 1;
            self.at[validator] += 1;
            entry.validator = validator;
        }
    }

    /// A transaction.
    pub(super) fn get(&self, id: &TransactionId) -> Option<&InFlight> {
        self.entries.get(id)
    }

    /// A transaction.
    pub(super) fn get_mut(&mut self, id: &TransactionId) -> Option<&mut InFlight> {
        self.entries.get_mut(id)
    }

    /// How many transactions are at this validator.
    pub(super) fn at(&self, validator: usize) -> usize {
        self.at[validator]
    }

    /// How many transactions there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The ids for which `condition` holds, in order.
    pub(super) fn ids(&self, condition: impl Fn(&InFlight) -> bool) -> Vec<TransactionId> {
        let chosen = self.entries.iter().filter(|(_, entry)| condition(entry));
        let mut ids: Vec<TransactionId> = chosen.map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_the_transactions() {
        let mut table = Table::new(2);
        let id = TransactionId([1; 32]);
        let entry = InFlight {
            payment: Underway { due: 0, measured: true, begun: false, made: None, rest: Chain::new(Vec::new()) },
            pays: true,
            bytes: HexBytes(String::new()),
            validator: 0,
            sent: false,
            awaiting_answer: false,
            perhaps_admitted: false,
            touched: 0,
            seen: None,
        };
        table.insert(id, entry);
        table.assign(&id, 1);
        assert_eq!((table.at(0), table.at(1)), (0, 1));
        assert_eq!(table.ids(|entry| entry.validator == 1), [id]);
        assert!(table.remove(&id).is_some());
        assert_eq!((table.at(1), table.len()), (0, 0));
    }
}
