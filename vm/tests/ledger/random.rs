//! Random blocks and forks against the plain model.

use std::sync::Arc;

use proptest::prelude::*;
use types::codec::Text;
use types::{AssetId, Epoch, Instruction, Member, Timestamp, ValidatorChange};
use vm::{BlockContext, Delta, Ledger};

use crate::bank::*;
use crate::model::{Model, ModelReceipt, receipts_root};
use crate::outcomes::Archive;

/// Issuers, Alice, Bob and strangers that come to hold money.
const CUSTOMERS: u8 = 12;

/// Stands for whatever epoch it is when the transaction is signed.
const PRESENT: u64 = u64::MAX;

#[derive(Debug, Clone)]
struct Draft {
    payer: u8,
    /// Seconds from [`SECOND`].
    deadline: i64,
    /// Few values, so that transactions repeat.
    salt: u64,
    instructions: Vec<Instruction>,
}

#[derive(Debug, Clone)]
enum Step {
    /// A block on the newest one, so many milliseconds later.
    Extend(u64, Vec<Draft>),
    /// A block beside the newest unfinalized one, which it replaces if the flag is set.
    Fork(bool, Vec<Draft>),
    /// The oldest unfinalized block becomes final.
    Finalize,
    /// The ledger is written and read back.
    Restart,
}

fn instruction() -> impl Strategy<Value = Instruction> {
    let amount = prop_oneof![
        1 => Just(0u128),
        8 => 1..300u128,
        2 => 300..3_000u128,
        1 => Just(u128::MAX - 2_000),
        1 => Just(u128::MAX),
    ];
    let asset = prop_oneof![8 => Just(WON), 3 => Just(DOLLAR), 1 => Just(NO_ASSET)];
    (0..10u8, asset, 0..CUSTOMERS, amount).prop_map(|(kind, asset, to, amount): (u8, AssetId, u8, u128)| match kind {
        0 | 1 => mint(asset, to, amount),
        2 => burn(asset, amount),
        _ => transfer(asset, to, amount),
    })
}

/// Few lists, so that approvals meet.
fn changes() -> impl Strategy<Value = Vec<ValidatorChange>> {
    let moved = |customer| Member { address: Text::new("/moved").unwrap(), ..member(customer) };
    prop::sample::select(vec![
        vec![],
        vec![add(VALIDATOR + 3)],
        vec![add(VALIDATOR + 3), add(VALIDATOR + 4), add(VALIDATOR + 5)],
        vec![remove(VALIDATOR)],
        vec![remove(BOB), add(VALIDATOR + 4)],
        vec![remove(VALIDATOR + 4), add(BOB)],
        vec![replace(VALIDATOR + 1, member(VALIDATOR + 5))],
        vec![replace(VALIDATOR + 2, moved(VALIDATOR + 2))],
        vec![replace(VALIDATOR + 2, moved(VALIDATOR)), remove(VALIDATOR + 1)],
        vec![add(VALIDATOR + 3), remove(VALIDATOR + 3)],
        (0..5).map(|number| remove(VALIDATOR + number)).chain([remove(BOB)]).collect(),
    ])
}

fn approval() -> impl Strategy<Value = Instruction> {
    (prop_oneof![6 => Just(PRESENT), 1 => 0..3u64], changes()).prop_map(|(epoch, changes)| approve(epoch, changes))
}

/// Few merchants, so that their slots are emptied and given out again.
fn registration() -> impl Strategy<Value = Instruction> {
    let name = prop_oneof![6 => Just("Cafe"), 6 => Just("Bakery"), 1 => Just("")];
    (0..6u8, CUSTOMERS..CUSTOMERS + 16, name, 0..3u8).prop_map(|(kind, merchant, name, tills)| match kind {
        0..=2 => register(merchant, shop(name, tills)),
        3 => update(merchant, shop(name, tills)),
        _ => close(merchant),
    })
}

/// Changes of the registry by its registrar, some of which fail at a later instruction.
fn registrations() -> impl Strategy<Value = Vec<Draft>> {
    let payer = prop_oneof![9 => Just(ISSUER), 1 => Just(ALICE)];
    let ending = prop_oneof![4 => Just(vec![]), 1 => Just(vec![burn(WON, 1)]), 1 => Just(vec![burn(WON, u128::MAX)])];
    let draft = (payer, 0..40u64, prop::collection::vec(registration(), 1..4), ending);
    let draft = draft.prop_map(|(payer, salt, mut instructions, ending)| {
        instructions.extend(ending);
        Draft { payer, deadline: 3, salt, instructions }
    });
    prop::collection::vec(draft, 0..12)
}

fn validator() -> impl Strategy<Value = u8> {
    prop_oneof![4 => VALIDATOR..VALIDATOR + 3, 2 => Just(BOB), 1 => VALIDATOR + 3..VALIDATOR + 6]
}

/// Several validators approve one list.
fn campaign() -> impl Strategy<Value = Vec<Draft>> {
    (prop::collection::vec(validator(), 1..7), approval(), 0..3u64).prop_map(|(payers, approval, salt)| {
        let draft = |payer| Draft { payer, deadline: 3, salt, instructions: vec![approval.clone()] };
        payers.into_iter().map(draft).collect()
    })
}

fn block() -> impl Strategy<Value = Vec<Draft>> {
    let deadline = prop_oneof![8 => 0..4i64, 1 => Just(-1), 1 => 58..64i64];
    let payer = prop_oneof![1 => Just(ISSUER), 1 => Just(DOLLAR_ISSUER), 2 => Just(ALICE), 4 => BOB..CUSTOMERS];
    let draft = (payer, deadline, 0..3u64, prop::collection::vec(instruction(), 1..4))
        .prop_map(|(payer, deadline, salt, instructions)| Draft { payer, deadline, salt, instructions });
    let mixed = (validator(), 0..3u64, prop::collection::vec(prop_oneof![approval(), instruction()], 1..4))
        .prop_map(|(payer, salt, instructions)| Draft { payer, deadline: 3, salt, instructions });
    let drafts = prop::collection::vec(prop_oneof![8 => draft, 1 => mixed], 0..12);
    prop_oneof![6 => drafts, 2 => campaign(), 1 => registrations()]
}

fn steps<B: Strategy<Value = Vec<Draft>>>(block: fn() -> B) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (1..1_500u64, block()).prop_map(|(millis, block)| Step::Extend(millis, block)),
        2 => (any::<bool>(), block()).prop_map(|(wins, block)| Step::Fork(wins, block)),
        4 => Just(Step::Finalize),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..20)
}

/// The ledger with blocks on top of it, each with the model after it.
struct Chain {
    ledger: Ledger,
    finalized: (Model, BlockContext),
    pending: Vec<(Arc<Delta>, Model, BlockContext)>,
    /// Everything ever sent: some of it is sent again.
    sent: Vec<types::AuthorizedTransaction>,
    archive: Archive,
}

impl Chain {
    fn tip(&self, depth: usize) -> (&Model, BlockContext) {
        match depth.checked_sub(1) {
            Some(last) => (&self.pending[last].1, self.pending[last].2),
            None => (&self.finalized.0, self.finalized.1),
        }
    }

    /// Executes a block on top of the first `depth` unfinalized ones.
    fn execute(&mut self, depth: usize, millis: u64, drafts: Vec<Draft>) -> (Arc<Delta>, Model, BlockContext) {
        let (parent, BlockContext { height, timestamp }) = self.tip(depth);
        let mut model = parent.clone();
        let context = BlockContext { height: height.next(), timestamp: Timestamp(timestamp.0 + millis) };
        let epoch = model.state.council.epoch();
        let sign = |Draft { payer, deadline, salt, mut instructions }| {
            for instruction in &mut instructions {
                if let Instruction::ApproveValidators { epoch: named @ Epoch(PRESENT), .. } = instruction {
                    *named = epoch;
                }
            }
            sign(payer, (i64::from(SECOND) + deadline) as u32, salt, instructions)
        };
        let mut transactions = authorize(drafts.into_iter().map(sign).collect());
        transactions.extend(self.sent.iter().rev().step_by(5).take(3).cloned());
        self.sent.extend(transactions.iter().cloned());

        let ancestors: Vec<Arc<Delta>> = self.pending[..depth].iter().map(|(delta, ..)| delta.clone()).collect();
        let execution = run(&self.ledger, &ancestors, context, &transactions);
        let expected = model.block(context, &transactions);
        let receipts: Vec<ModelReceipt> = execution.receipts.iter().map(ModelReceipt::of).collect();
        assert_eq!(receipts, expected.receipts);
        assert_eq!(execution.skipped, expected.skipped);
        assert_eq!(execution.state_root, model.state_root());
        assert_eq!(execution.receipts_root, receipts_root(&execution.receipts));
        assert_eq!(execution.next_validators, model.validators_hash());
        (Arc::new(execution.delta), model, context)
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Extend(millis, drafts) => {
                let block = self.execute(self.pending.len(), millis, drafts);
                self.pending.push(block);
            }
            Step::Fork(wins, drafts) => {
                let Some(depth) = self.pending.len().checked_sub(1) else { return };
                let block = self.execute(depth, 700, drafts);
                if wins {
                    self.pending[depth] = block;
                }
            }
            Step::Finalize if self.pending.is_empty() => {}
            Step::Finalize => {
                let (delta, model, context) = self.pending.remove(0);
                self.archive.keep(self.ledger.apply(Arc::unwrap_or_clone(delta)).seconds);
                self.finalized = (model, context);
            }
            Step::Restart => {
                let chunks: Vec<Vec<u8>> = self.ledger.snapshot().chunks().collect();
                self.ledger = Ledger::restore(chunks, self.ledger.state_root()).unwrap();
            }
        }
        let (model, BlockContext { timestamp, .. }) = &self.finalized;
        for id in self.sent.iter().map(|sent| sent.id()).filter(|id| id.deadline().has_passed(*timestamp)) {
            let shown = self.archive.prove(&self.ledger, &id).verify(&id, &self.ledger.state_root(), *timestamp);
            assert_eq!(shown, Ok(model.executed(&id)));
        }
        assert_eq!(self.ledger.state_root(), model.state_root());
        assert_eq!(self.ledger.account_count() as usize, model.accounts().len());
        for asset in [WON, DOLLAR] {
            assert_eq!(self.ledger.held(asset), self.ledger.asset(asset).unwrap().supply);
            for account in model.accounts() {
                assert_eq!(self.ledger.account(account).unwrap().balance(asset).0, model.balance(*account, asset));
            }
        }
        assert!(self.ledger.records(..).eq(model.records()));
        assert!(model.records().iter().all(|(key, record)| self.ledger.record(key) == Some(record)));
    }
}

fn run_steps(steps: Vec<Step>) {
    let start = context(0, u64::from(SECOND) * 1_000 - 1);
    let mut chain = Chain {
        ledger: ledger(),
        finalized: (Model::beginning(&ledger(), accounts()), start),
        pending: Vec::new(),
        sent: Vec::new(),
        archive: Archive::default(),
    };
    steps.into_iter().for_each(|step| chain.step(step));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_does_as_the_model_does(steps in steps(block)) {
        run_steps(steps);
    }

    #[test]
    fn the_registry_does_as_the_model_does(steps in steps(registrations)) {
        run_steps(steps);
    }
}
