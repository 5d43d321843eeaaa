//! Roots, made from scratch each time.

use std::collections::{BTreeMap, BTreeSet};

use types::codec::encode;
use types::{Address, Amount, AssetId, Deadline, Domain, Hash, TransactionId};
use vm::{Receipt, ReceiptPointer, RecordKey};

use super::Model;
use crate::bank::PARAMETERS;

impl Model {
    pub(crate) fn state_root(&self) -> Hash {
        let state = &self.state;
        let leaf = |account: &Address| {
            let held: Vec<(AssetId, Amount)> = (state.balances.range((*account, AssetId(0))..))
                .take_while(|((holder, _), _)| holder == account)
                .filter(|(_, amount)| **amount > 0)
                .map(|((_, asset), amount)| (*asset, Amount(*amount)))
                .collect();
            let marks = state.marks.get(account).copied().unwrap_or(0);
            Hash::of(Domain::Account, &encode(&(*account, held, self.latest.get(account).copied(), marks)))
        };
        let leaves: Vec<Hash> = state.accounts.iter().map(leaf).collect();
        let fees = self.fees.map(|fees| (fees.asset, fees.per_transaction, fees.per_instruction, fees.collector));
        let accounts = (leaves.len() as u32, merkle(&leaves, leaves.len().next_power_of_two()));
        Hash::of(
            Domain::State,
            &encode(&(
                *b"baro ledger v4",
                (PARAMETERS.max_valid_seconds, PARAMETERS.validator_notice_millis, fees),
                (accounts.1, accounts.0),
                self.records_root(),
                Hash::of(Domain::Asset, &encode(&state.assets)),
                state.council.hash(),
                Hash::of(Domain::State, &encode(&(*b"baro replay v1", self.open()))),
                self.executed.len() as u64,
                self.closed(),
            )),
        )
    }

    /// Empties the slots of records that are gone, then gives each new one the first empty slot.
    pub(super) fn settle_records(&mut self) {
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|key| !self.state.records.contains_key(key)) {
                *slot = None;
            }
        }
        let placed: BTreeSet<RecordKey> = self.slots.iter().flatten().cloned().collect();
        for key in self.state.records.keys().filter(|key| !placed.contains(key)) {
            match self.slots.iter_mut().find(|slot| slot.is_none()) {
                Some(slot) => *slot = Some(key.clone()),
                None => self.slots.push(Some(key.clone())),
            }
        }
    }

    /// The root over all slots, and their number.
    fn records_root(&self) -> (Hash, u32) {
        let leaf = |key: &RecordKey| Hash::of(Domain::Record, &encode(&(key.clone(), self.state.records[key].clone())));
        let leaves: Vec<Hash> = self.slots.iter().map(|slot| slot.as_ref().map_or(Hash::ZERO, leaf)).collect();
        (merkle(&leaves, leaves.len().next_power_of_two()), leaves.len() as u32)
    }

    /// The hash of the seconds that have passed.
    fn closed(&self) -> Hash {
        let mut seconds: BTreeMap<Deadline, Vec<(TransactionId, ReceiptPointer)>> = BTreeMap::new();
        for (id, at) in self.executed.iter().filter(|(id, _)| u64::from(id.deadline().0) < self.now.0 / 1_000) {
            seconds.entry(id.deadline()).or_default().push((*id, *at));
        }
        let (mut previous, mut leaves) = (None, Vec::new());
        for (second, ids) in seconds {
            let mut before: Option<TransactionId> = None;
            let mut pages = Vec::new();
            for page in ids.chunks(64) {
                pages.push(Hash::of(Domain::State, &encode(&(*b"baro ids v1", before, page))));
                before = page.last().map(|(id, _)| *id);
            }
            let leaf = (*b"baro second v2", previous, second, list_root(&pages));
            leaves.push(Hash::of(Domain::State, &encode(&leaf)));
            previous = Some(second);
        }
        let (mut peaks, mut rest) = (Vec::new(), &leaves[..]);
        while !rest.is_empty() {
            let width = 1 << rest.len().ilog2();
            peaks.push(merkle(&rest[..width], width));
            rest = &rest[width..];
        }
        Hash::of(Domain::State, &encode(&(*b"baro closed v1", leaves.len() as u32, previous, peaks)))
    }

    fn open(&self) -> Vec<(Deadline, Hash)> {
        let deadlines: BTreeSet<Deadline> = self.executed.keys().map(TransactionId::deadline).collect();
        let chain = |deadline: Deadline| {
            let mut chain = Hash::ZERO;
            for (height, ids) in &self.blocks {
                let of_second = |(_, id): &(u32, TransactionId)| id.deadline() == deadline;
                let ids: Vec<(TransactionId, u32)> =
                    (0..).zip(ids.iter().copied()).filter(of_second).map(|(index, id)| (id, index)).collect();
                if !ids.is_empty() {
                    chain = Hash::of(Domain::State, &encode(&(*b"baro executed v1", chain, *height, ids)));
                }
            }
            (deadline, chain)
        };
        deadlines.into_iter().filter(|deadline| u64::from(deadline.0) >= self.now.0 / 1_000).map(chain).collect()
    }
}

/// The root over `leaves` and as many zeros as make `width`, a power of two.
pub(crate) fn merkle(leaves: &[Hash], width: usize) -> Hash {
    match width {
        1 => leaves.first().copied().unwrap_or(Hash::ZERO),
        _ => {
            let middle = leaves.len().min(width / 2);
            Hash::node(&merkle(&leaves[..middle], width / 2), &merkle(&leaves[middle..], width / 2))
        }
    }
}

/// The receipts root made from scratch.
pub(crate) fn receipts_root(receipts: &[Receipt]) -> Hash {
    if receipts.is_empty() {
        return Hash::ZERO;
    }
    let leaf = |receipt: &Receipt| {
        let (outcome, links, results) = (receipt.outcome.clone(), receipt.links.to_vec(), receipt.results.to_vec());
        Hash::of(Domain::Receipt, &encode(&(receipt.id, outcome, receipt.fee, links, results)))
    };
    list_root(&receipts.iter().map(leaf).collect::<Vec<_>>())
}

/// The root over a list, with its length bound in.
fn list_root(leaves: &[Hash]) -> Hash {
    let mut count = [0; 32];
    count[..8].copy_from_slice(&(leaves.len() as u64).to_le_bytes());
    Hash::node(&merkle(leaves, leaves.len().next_power_of_two()), &Hash(count))
}
