//! Payments without an outcome yet.

use hashbrown::HashMap;
use rpc::HexBytes;
use types::TransactionId;

use super::measure::Outcome;

/// A payment without an outcome yet. Times are microseconds after the start.
#[derive(Debug)]
pub struct InFlight {
    /// When it was due.
    pub due: u64,
    /// What is sent.
    pub bytes: HexBytes,
    /// The validator that it was, or is to be, sent to.
    pub validator: usize,
    /// Whether it is part of the measurement.
    pub measured: bool,
    /// Whether it was sent at all.
    pub sent: bool,
    /// Whether a node has admitted it, or may have: it was sent and no answer came.
    pub perhaps_admitted: bool,
    /// When something was last done for it.
    pub touched: u64,
    /// What another validator's block says, in case the one that it was sent to fails.
    pub seen: Option<Outcome>,
}

/// All payments without an outcome, and how many there are at each validator.
pub struct Table {
    entries: HashMap<TransactionId, InFlight>,
    at: Vec<usize>,
}

impl Table {
    /// An empty table for so many validators.
    pub fn new(validators: usize) -> Table {
        Table { entries: HashMap::new(), at: vec![0; validators] }
    }

    /// Adds a payment.
    pub fn insert(&mut self, id: TransactionId, entry: InFlight) {
        self.at[entry.validator] += 1;
        self.entries.insert(id, entry);
    }

    /// Removes a payment that has its outcome.
    pub fn remove(&mut self, id: &TransactionId) -> Option<InFlight> {
        let entry = self.entries.remove(id)?;
        self.at[entry.validator] -= 1;
        Some(entry)
    }

    /// Removes a payment if `condition` holds for it.
    pub fn remove_if(&mut self, id: &TransactionId, condition: impl Fn(&InFlight) -> bool) -> Option<InFlight> {
        if condition(self.entries.get(id)?) { self.remove(id) } else { None }
    }

    /// Gives a payment to another validator.
    pub fn assign(&mut self, id: &TransactionId, validator: usize) {
        if let Some(entry) = self.entries.get_mut(id) {
            self.at[entry.validator] -= 1;
            self.at[validator] += 1;
            entry.validator = validator;
        }
    }

    /// A payment.
    pub fn get(&self, id: &TransactionId) -> Option<&InFlight> {
        self.entries.get(id)
    }

    /// A payment.
    pub fn get_mut(&mut self, id: &TransactionId) -> Option<&mut InFlight> {
        self.entries.get_mut(id)
    }

    /// How many payments are at this validator.
    pub fn at(&self, validator: usize) -> usize {
        self.at[validator]
    }

    /// How many payments there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The ids for which `condition` holds, in order.
    pub fn ids(&self, condition: impl Fn(&InFlight) -> bool) -> Vec<TransactionId> {
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
    fn counts_follow_the_payments() {
        let mut table = Table::new(2);
        let id = TransactionId([1; 32]);
        let entry = InFlight {
            due: 0,
            bytes: HexBytes(String::new()),
            validator: 0,
            measured: true,
            sent: false,
            perhaps_admitted: false,
            touched: 0,
            seen: None,
        };
        table.insert(id, entry);
        table.assign(&id, 1);
        assert_eq!((table.at(0), table.at(1)), (0, 1));
        assert!(table.remove_if(&id, |entry| entry.validator == 0).is_none());
        assert!(table.remove_if(&id, |entry| entry.validator == 1).is_some());
        assert_eq!((table.at(1), table.len()), (0, 0));
    }
}
