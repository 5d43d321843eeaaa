//! One validator alone, its clocks in the test's hands, on a store whose volumes are small: a block is half an
//! hour after the one before, and what is older than a day goes.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use genesis::{Account, Asset, ChainSpec, Genesis, Parameters};
use replica::{Effect, Input, Limits, Now, Replica};
use tokio::sync::mpsc;
use types::codec::{Bounded, Text, encode};
use types::{
    Address, Amount, AssetId, ChainTag, Deadline, Height, Instruction, Moment, Payload, SecretKey, Timestamp,
    Transaction, TransactionId,
};
use vm::{Finding, OutcomeProof};

use super::checkpoints::Checkpoints;
use super::deferred::Deferred;
use super::start::recover;
use super::writer::put;
use crate::home::History;
use crate::store::{Store, StoreError};
use crate::{closed_seconds, pruning};

const START: u64 = 1_800_000_000_000;
const BLOCK_MILLIS: u64 = 1_800_000;

/// Of block time.
const BLOCKS_PER_DAY: u64 = 48;

/// A volume is full at each flush, and flushes come after so many blocks.
const BLOCKS_PER_VOLUME: u64 = 5;

struct Machine {
    genesis: Genesis,
    payer: SecretKey,
    store: Store,
    deferred: Deferred,
    replica: Replica,
    effects: Vec<Effect>,
    inputs: VecDeque<Input>,
    now: Now,
    unflushed: u64,
    /// What was paid, by the height of the block before it.
    paid: Vec<(Height, TransactionId)>,
}

fn secret() -> SecretKey {
    SecretKey::from_seed([1; 32])
}

pub(super) fn genesis(payer: &SecretKey) -> Genesis {
    let address = Address::of(&payer.public());
    let validator = genesis::Validator {
        name: "only".to_owned(),
        key: secret().public(),
        peer_id: crate::network::peer_id_of(&[2; 32]),
        address: "/ip4/127.0.0.1/tcp/9600".to_owned(),
    };
    let spec = ChainSpec {
        chain_id: "test".to_owned(),
        timestamp: Timestamp(START),
        parameters: Parameters { max_valid_seconds: 3_600, ..Parameters::default() },
        validators: vec![validator],
        assets: vec![Asset::new("KRW", 0, address)],
        accounts: vec![Account { address, balances: BTreeMap::from([("KRW".to_owned(), Amount(1_000_000))]) }],
    };
    spec.genesis().unwrap()
}

impl Machine {
    fn start(path: &Path, moment: Moment, time: Timestamp) -> Machine {
        let payer = SecretKey::from_seed([3; 32]);
        let genesis = genesis(&payer);
        let store = Store::open_with(path, genesis.hash(), 1).unwrap();
        let now = Now { moment, time };
        let limits = Limits { checkpoint_blocks: 10, ..Limits::default() };
        let (replica, effects) = Replica::new(&genesis, secret(), limits, recover(&store).unwrap(), now).unwrap();
        Machine {
            genesis,
            payer,
            deferred: Deferred::new(Checkpoints::begin(History::All, mpsc::unbounded_channel().0).unwrap()),
            store,
            replica,
            effects,
            inputs: VecDeque::new(),
            now,
            unflushed: 0,
            paid: Vec::new(),
        }
    }

    fn height(&self) -> Height {
        self.replica.tip().height
    }

    fn carry_out(&mut self) {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Write(write) => put(&self.store, &mut self.deferred, &write).unwrap(),
                Effect::Commit(commit) => {
                    let writes = commit.writes().iter();
                    writes.for_each(|write| put(&self.store, &mut self.deferred, write).unwrap());
                    self.inputs.push_back(Input::Durable { commit: commit.number() });
                }
                Effect::Verify(job) => self.inputs.push_back(Input::Verified(job.run(&self.genesis.hash()))),
                Effect::Reply { results, .. } => assert!(results[0].is_ok(), "{results:?}"),
                Effect::Finalized(_) => {
                    self.unflushed += 1;
                    self.now.time.0 += BLOCK_MILLIS;
                }
                Effect::Checkpoint { height, snapshot } => {
                    // As late as may be.
                    self.deferred.finish(&self.store).unwrap();
                    self.store.flush().unwrap();
                    self.store.write_checkpoint(height, snapshot.chunks()).unwrap();
                    pruning::prune(&self.store, "1d".parse::<History>().unwrap()).unwrap();
                }
                Effect::Diverged(divergence) => panic!("{divergence}"),
                Effect::KeyInUseElsewhere => panic!("it does not vote"),
                _ => {}
            }
        }
        if self.unflushed >= BLOCKS_PER_VOLUME {
            self.unflushed = 0;
            self.store.flush().unwrap();
        }
    }

    /// Goes on until nothing is to be done at this time.
    fn turn(&mut self) {
        loop {
            self.carry_out();
            match self.inputs.pop_front() {
                Some(input) => self.replica.step(self.now, input, &mut self.effects),
                None => self.replica.settle(self.now, &mut self.effects).at(self.now.moment),
            }
            if self.effects.is_empty() && self.inputs.is_empty() {
                return;
            }
        }
    }

    /// Makes at least one block with a payment in it.
    fn pay(&mut self) {
        let transfer = Instruction::Transfer {
            asset: AssetId(0),
            to: Address([9; 20]),
            amount: Amount(1),
            memo: Text::default(),
            reference: Text::default(),
        };
        let payload = Payload {
            chain: ChainTag::of(&self.genesis.hash()),
            payer: Address::of(&self.payer.public()),
            valid_until: Deadline::after(self.now.time, 3_590),
            salt: self.height().0,
            instructions: Bounded::new(vec![transfer]).unwrap(),
        };
        let id = payload.id(&self.genesis.hash());
        let transaction = Transaction::sign(payload, &self.payer, &self.genesis.hash());
        let (before, executed) = (self.height(), self.replica.ledger().executed_total());
        self.inputs.push_back(Input::Submit { ticket: 0, transactions: vec![encode(&transaction)] });
        for _ in 0..1_000 {
            self.turn();
            if self.replica.ledger().executed_total() > executed {
                return self.paid.push((before, id));
            }
            let deadline = self.replica.next_deadline(self.now).unwrap();
            self.now.moment = self.now.moment.max(deadline);
            self.replica.step(self.now, Input::Tick, &mut self.effects);
        }
        panic!("block {} is the last one", self.height());
    }

    /// What the store proves of a transaction; nothing where it does not keep what became of it.
    fn outcome(&self, id: &TransactionId) -> Option<bool> {
        let ledger = self.replica.ledger();
        let closed = ledger.closed_seconds();
        let finding = closed_seconds::prove(&self.store, closed, id).unwrap()?;
        assert!(!matches!(finding, Finding::AfterTheLast), "it has passed");
        let proof = OutcomeProof { finding, closed: closed.clone(), opening: ledger.opening() };
        let tip = self.replica.tip();
        Some(proof.verify(id, &tip.state_root, tip.timestamp).unwrap().is_some())
    }

    /// Checks that what is kept is there and can be proven, and that the rest is told to be not kept.
    fn check(&mut self) {
        self.deferred.finish(&self.store).unwrap();
        let first = self.store.first_height();
        for height in 1..=self.store.latest_height().unwrap().0 {
            match self.store.blocks(Height(height), 1) {
                Ok(blocks) => assert!(Height(height) >= first && blocks[0].height == Height(height)),
                Err(StoreError::NotKept { first: kept }) => assert!(kept == first && Height(height) < first),
                Err(other) => panic!("block {height}: {other}"),
            }
        }
        let passed = |id: &TransactionId| id.deadline().has_passed(self.replica.tip().timestamp);
        // All would open volumes back and forth.
        let is_chosen = |before: &Height| before.0.abs_diff(first.0) <= 3 || before.0.is_multiple_of(7);
        for (before, id) in self.paid.iter().filter(|(before, id)| is_chosen(before) && passed(id)) {
            let other = TransactionId(std::array::from_fn(|place| if place < 4 { id.0[place] } else { 7 }));
            let found = closed_seconds::find(&self.store, id).unwrap();
            let is_kept = *before >= first;
            if is_kept {
                assert!(found.is_some_and(|at| at.height > *before));
                assert_eq!((self.outcome(id), self.outcome(&other)), (Some(true), Some(false)), "{before}");
            } else {
                assert!(matches!(self.outcome(id), None | Some(true)), "it was executed after block {before}");
                if found.is_none() {
                    // Then it is known that it could have been executed.
                    assert!(id.deadline().has_passed(self.store.beginning().unwrap().timestamp));
                    assert_eq!(self.outcome(&other), None);
                }
            }
        }
    }
}

#[test]
fn a_validator_that_keeps_a_day_starts_again_votes_and_proves_what_it_keeps() {
    let dir = tempfile::tempdir().unwrap();
    let mut machine = Machine::start(dir.path(), Moment(0), Timestamp(START));
    while machine.height() < Height(102) {
        machine.pay();
    }
    machine.check();
    let first = machine.store.first_height();
    // The last checkpoint is that of block 100, or one a little later.
    assert!(first > Height(100 - BLOCKS_PER_DAY - 20) && first <= Height(105 - BLOCKS_PER_DAY), "{first}");
    assert!(machine.store.pruned().volumes > 4);

    for round in 0..2 {
        let Machine { now, paid, store, replica, .. } = machine;
        let (before, root) = (replica.tip().height, replica.tip().state_root);
        store.flush().unwrap();
        drop((store, replica));
        machine = Machine::start(dir.path(), now.moment, now.time);
        machine.paid = paid;
        assert_eq!((machine.height(), machine.replica.tip().state_root), (before, root), "round {round}");
        machine.check();
        // Its vote alone makes blocks final.
        let goal = Height(before.0 + 15);
        while machine.height() < goal {
            machine.pay();
        }
        machine.check();
    }
    assert!(machine.store.first_height() > first);
}
