//! The table with blocks on top of it against a list of slots and maps that are copied.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashSet;
use proptest::prelude::*;
use types::codec::{Bounded, Text};
use types::{Address, Hash, Height, Member, Merchant, PublicKey, Timestamp};

use super::*;
use crate::BlockContext;
use crate::state::delta::Changes;
use crate::state::merkle::Tree;
use crate::state::overlay::{Overlay, Parent};
use crate::{Delta, Ledger, Parameters};

fn key(number: u8) -> RecordKey {
    RecordKey::Merchant(Address([number; 20]))
}

fn record(region: u16) -> Record {
    Record::Merchant(Merchant {
        business_number: Text::default(),
        name: Text::default(),
        category: 0,
        region,
        is_active: true,
        settlement: None,
        terminals: Bounded::default(),
    })
}

/// What a block does to the records. A transaction either fails, or does not.
#[derive(Debug, Clone)]
enum Act {
    Put(u8, u16),
    Remove(u8),
}

#[derive(Debug, Clone)]
enum Step {
    Block(Vec<(bool, Vec<Act>)>),
    Finalize,
    Rebuild,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few keys, so that slots are emptied and given out again and again.
    let act = prop_oneof![
        4 => (0..24u8, 0..4u16).prop_map(|(number, region)| Act::Put(number, region)),
        3 => (0..24u8).prop_map(Act::Remove),
    ];
    let transaction = (prop::bool::weighted(0.7), prop::collection::vec(act, 1..6));
    let step = prop_oneof![
        4 => prop::collection::vec(transaction, 0..6).prop_map(Step::Block),
        3 => Just(Step::Finalize),
        1 => Just(Step::Rebuild),
    ];
    prop::collection::vec(step, 1..40)
}

/// The records in their slots.
#[derive(Clone, Default)]
struct Model {
    records: BTreeMap<RecordKey, Record>,
    slots: Vec<Option<RecordKey>>,
}

impl Model {
    fn settle(&mut self) {
        let is_there = |key: &RecordKey| self.records.contains_key(key);
        self.slots.iter_mut().for_each(|slot| *slot = slot.take().filter(is_there));
        for key in self.records.keys() {
            if self.slots.contains(&Some(key.clone())) {
                continue;
            }
            match self.slots.iter_mut().find(|slot| slot.is_none()) {
                Some(slot) => *slot = Some(key.clone()),
                None => self.slots.push(Some(key.clone())),
            }
        }
    }

    fn leaves(&self) -> Vec<Hash> {
        let leaf = |key: &RecordKey| Entry::new(key.clone(), self.records[key].clone()).leaf();
        self.slots.iter().map(|slot| slot.as_ref().map_or(Hash::ZERO, leaf)).collect()
    }
}

/// A block's delta that changes nothing but records.
fn delta(records: RecordsDelta) -> Arc<Delta> {
    let after = crate::state::commitments::tests::some();
    Arc::new(Delta {
        parent: Hash::ZERO,
        height: Height(0),
        timestamp: Timestamp(0),
        changes: Changes::default(),
        tree: Tree::default().patch([].into_iter(), Vec::new(), 0),
        records,
        executed: Vec::new(),
        executed_set: HashSet::default(),
        closed: Vec::new(),
        after,
    })
}

/// Runs a block's transactions on the records and on the model, and compares after each act.
fn run(working: &mut Working<'_>, model: &mut Model, transactions: Vec<(bool, Vec<Act>)>) {
    for (succeeds, acts) in transactions {
        let before = model.clone();
        let mut undo = Vec::new();
        for act in acts {
            match act {
                Act::Put(number, region) => {
                    undo.push(working.put(key(number), record(region)));
                    model.records.insert(key(number), record(region));
                }
                Act::Remove(number) => {
                    undo.push(working.remove(key(number)));
                    model.records.remove(&key(number));
                }
            }
        }
        if !succeeds {
            undo.into_iter().rev().for_each(|before| working.take_back(before));
            *model = before;
        }
        compare(working, model);
    }
}

fn compare(working: &Working<'_>, model: &Model) {
    for number in 0..24 {
        assert_eq!(working.get(&key(number)), model.records.get(&key(number)));
    }
    assert!(working.range(..).eq(&model.records), "all in order");
    for (first, last) in [(0, 0), (3, 9), (10, 23), (23, 23)] {
        let range = key(first)..=key(last);
        assert!(working.range(range.clone()).eq(model.records.range(range)), "{first} to {last}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_does_as_the_model_does(steps in steps()) {
        let (mut table, mut finalized) = (Table::default(), Model::default());
        let mut pending: Vec<(Arc<Delta>, Model)> = Vec::new();
        for step in steps {
            match step {
                Step::Block(transactions) => {
                    let deltas: Vec<Arc<Delta>> = pending.iter().map(|(delta, _)| delta.clone()).collect();
                    let mut model = pending.last().map_or(&finalized, |(_, model)| model).clone();
                    let mut working = Working::new(Base::new(&table, &deltas));
                    run(&mut working, &mut model, transactions);
                    model.settle();
                    let settled = working.settle();
                    let root = Tree::new(model.leaves()).root();
                    assert_eq!(settled.summary(), (model.slots.len() as u32, root), "as a tree made at once");
                    pending.push((delta(settled), model));
                }
                Step::Finalize if pending.is_empty() => {}
                Step::Finalize => {
                    let (delta, model) = pending.remove(0);
                    table.apply(Arc::unwrap_or_clone(delta).records);
                    finalized = model;
                }
                Step::Rebuild => table = Table::assemble(table.slots().clone()).unwrap(),
            }
            let slots: Vec<Option<RecordKey>> =
                table.slots().iter().map(|slot| slot.as_ref().map(|entry| entry.key.clone())).collect();
            assert_eq!(slots, finalized.slots);
            assert_eq!(table.summary(), (slots.len() as u32, Tree::new(finalized.leaves()).root()));
            compare(&Working::new(Base::new(&table, &[])), &finalized);
        }
    }
}

#[test]
fn a_removed_record_leaves_a_zero_leaf_and_the_lowest_slot_is_given_out_first() {
    let mut table = Table::default();
    let mut block = |acts: &[Act]| {
        let mut working = Working::new(Base::new(&table, &[]));
        run(&mut working, &mut Model { records: all(&table), ..Model::default() }, vec![(true, acts.to_vec())]);
        table.apply(working.settle());
        let number = |slot: &Option<Arc<Entry>>| slot.as_ref().map(|entry| entry.key.clone());
        (table.slots().iter().map(number).collect::<Vec<_>>(), table.summary().1)
    };
    let some = |number| Some(key(number));
    let (slots, root) = block(&[Act::Put(9, 0), Act::Put(5, 0), Act::Put(7, 0)]);
    assert_eq!(slots, [some(5), some(7), some(9)], "in the order of keys");

    let (slots, emptied) = block(&[Act::Remove(5), Act::Remove(9)]);
    assert_eq!(slots, [None, some(7), None]);
    let leaf = Entry::new(key(7), record(0)).leaf();
    let zero = Hash::node(&Hash::ZERO, &Hash::ZERO);
    assert_eq!(emptied, Hash::node(&Hash::node(&Hash::ZERO, &leaf), &zero));

    let (slots, _) = block(&[Act::Put(8, 0), Act::Put(2, 0), Act::Put(3, 0), Act::Put(3, 1)]);
    assert_eq!(slots, [some(2), some(7), some(3), some(8)]);
    let (slots, _) = block(&[Act::Remove(7), Act::Put(1, 0), Act::Put(4, 0), Act::Remove(4), Act::Put(6, 0)]);
    assert_eq!(slots, [some(2), some(1), some(3), some(8), some(6)], "what is emptied in a block is given out in it");
    assert_ne!(root, emptied);
}

#[test]
fn a_rollback_takes_back_what_its_transaction_did_and_no_more() {
    let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: 10_000, fees: None };
    let members = vec![Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap()];
    let ledger = Ledger::genesis(parameters, members, vec![], vec![]).unwrap();
    let mut overlay = Overlay::new(
        Parent::new(&ledger, &[]).unwrap(),
        BlockContext { height: Height(1), timestamp: Timestamp(1_000) },
        0,
    );
    overlay.begin();
    overlay.put_record(key(1), record(1));
    overlay.put_record(key(2), record(2));
    overlay.begin();
    overlay.put_record(key(1), record(7));
    overlay.remove_record(key(1));
    overlay.put_record(key(1), record(8));
    overlay.remove_record(key(2));
    overlay.remove_record(key(3));
    overlay.put_record(key(4), record(4));
    assert!(overlay.records(..).eq([(&key(1), &record(8)), (&key(4), &record(4))]));
    overlay.roll_back();
    assert!(overlay.records(..).eq([(&key(1), &record(1)), (&key(2), &record(2))]));
    assert_eq!(overlay.record(&key(2)), Some(&record(2)));
    let (.., records) = overlay.into_parts();
    assert_eq!(records.settle().summary().0, 2, "no slot for what was taken back");
}

fn all(table: &Table) -> BTreeMap<RecordKey, Record> {
    table.range(..).map(|entry| (entry.key.clone(), entry.record.clone())).collect()
}

#[test]
fn two_slots_with_one_key_are_no_table() {
    let mut slots = Slots::default();
    for number in [1, 2, 1] {
        slots.push(Some(Arc::new(Entry::new(key(number), record(number.into())))));
        slots.push(None);
    }
    assert_eq!(Table::assemble(slots).err(), Some(key(1)));
}
