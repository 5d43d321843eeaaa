//! One random world: a ledger and the model of it, block by block.

use std::sync::Arc;

use types::{Amount, AuthorizedTransaction, Height, Timestamp, Transaction};
use vm::{BlockContext, Delta, FeeSchedule, Ledger, Parameters, execute_traced};

use super::Tally;
use super::books;
use super::dice::Dice;
use super::draft::Drafter;
use super::people::People;
use super::programs::Codes;
use crate::bank::{BOB, CHAIN, ISSUER, PARAMETERS, SECOND, WON, address};
use crate::desk::{COLLECTOR, accounts, regulated_with};
use crate::model::authority::Authority;
use crate::model::state::State;
use crate::model::{Model, ModelReceipt, receipts_root};

pub(crate) struct World {
    dice: Dice,
    people: People,
    codes: Codes,
    ledger: Ledger,
    /// Blocks that are not final yet, oldest first.
    pending: Vec<Arc<Delta>>,
    model: Model,
    height: u64,
    now: Timestamp,
    sent: Vec<AuthorizedTransaction>,
    pub(crate) tally: Tally,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // A third of all worlds have fees.
        let collector = address(dice.pick(&[COLLECTOR, ISSUER, BOB, BOB]));
        let per_instruction = Amount(u128::from(dice.below(3)));
        let schedule = FeeSchedule { asset: WON, per_transaction: Amount(1), per_instruction, collector };
        let fees = if dice.chance(33) { Some(schedule) } else { None };
        let ledger = regulated_with(Parameters { fees, ..PARAMETERS }, if fees.is_some() { 2_000 } else { 0 });
        let model = Model::beginning(&ledger, accounts());
        assert_eq!(ledger.state_root(), model.state_root());
        Self {
            dice,
            people: People::new(),
            codes: Codes::new(),
            ledger,
            pending: Vec::new(),
            model,
            height: 0,
            now: Timestamp(u64::from(SECOND) * 1_000),
            sent: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// A world of so many operations, or fewer where nobody can pay fees any more. Panics where ledger and model differ.
    pub(crate) fn run(seed: u64, operations: u64) -> Tally {
        let mut world = World::new(seed);
        while world.tally.operations < operations && world.tally.blocks < operations {
            world.block();
        }
        world.finalize();
        world.tally
    }

    /// How much later the next block is.
    fn pause(&mut self) -> u64 {
        const HOUR: u64 = 3_600_000;
        match self.dice.weighted(&[1_000, 60, 20, 6, 3]) {
            0 => 1 + self.dice.below(1_500),
            1 => self.dice.below(HOUR),
            2 => self.dice.below(26 * HOUR),
            3 => 7 * 24 * HOUR + self.dice.below(HOUR),
            _ => 30 * 24 * HOUR + self.dice.below(HOUR),
        }
    }

    fn drafts(&mut self, context: BlockContext) -> Vec<AuthorizedTransaction> {
        let mut signed: Vec<Transaction> = Vec::new();
        for _ in 0..self.dice.below(24) {
            let mut drafter = Drafter {
                dice: &mut self.dice,
                people: &self.people,
                codes: &self.codes,
                state: &self.model.state,
                now: context.timestamp,
                height: context.height.0,
            };
            signed.extend(drafter.signed(self.ledger.parameters().fees.is_some()));
        }
        let verdicts = Transaction::authorize_all(signed, &CHAIN).into_iter();
        let mut transactions: Vec<AuthorizedTransaction> = verdicts.map(|verdict| verdict.unwrap()).collect();
        if self.dice.chance(20) && !self.sent.is_empty() {
            transactions.push(self.dice.pick(&self.sent));
        }
        transactions
    }

    fn block(&mut self) {
        let pause = self.pause();
        let context = BlockContext { height: Height(self.height + 1), timestamp: self.now.plus_millis(pause) };
        let transactions = self.drafts(context);
        let (execution, moved) = execute_traced(&self.ledger, &self.pending, context, &transactions).unwrap();
        let before = self.model.state.clone();
        let expected = self.model.block(context, &transactions);

        assert_eq!(execution.receipts.len(), expected.receipts.len());
        for (receipt, expected) in execution.receipts.iter().zip(&expected.receipts) {
            assert_eq!(&ModelReceipt::of(receipt), expected, "{:?}", self.transaction(&transactions, receipt.id));
        }
        assert_eq!(execution.skipped, expected.skipped);
        assert_eq!(execution.state_root, self.model.state_root());
        assert_eq!(execution.receipts_root, receipts_root(&execution.receipts));
        books::check(&before, &expected.states, &moved);

        for receipt in &execution.receipts {
            self.tally.count(&receipt.outcome);
            let transaction = transactions.iter().find(|transaction| transaction.id() == receipt.id).unwrap();
            if receipt.failure().is_none() {
                self.count_signers(&before, transaction);
            }
        }
        self.tally.skip(execution.skipped);
        self.tally.blocks += 1;
        let instructions = transactions.iter().map(|transaction| transaction.payload().instructions.len() as u64);
        self.tally.instructions += instructions.sum::<u64>();
        (self.height, self.now) = (context.height.0, context.timestamp);
        self.sent = transactions;
        self.pending.push(Arc::new(execution.delta));
        if self.dice.chance(50) {
            self.finalize();
        }
    }

    /// By what the signers could do before the block.
    fn count_signers(&mut self, before: &State, transaction: &AuthorizedTransaction) {
        let authority = before.authority(transaction, self.now);
        self.tally.by_sessions += u64::from(matches!(authority, Some(Authority::Session(_))));
        self.tally.by_several_keys += u64::from(transaction.signers().keys().len() > 1);
        self.tally.sponsored += u64::from(transaction.sponsor().is_some());
    }

    fn transaction<'t>(
        &self,
        transactions: &'t [AuthorizedTransaction],
        id: types::TransactionId,
    ) -> Option<&'t types::Payload> {
        transactions.iter().find(|transaction| transaction.id() == id).map(AuthorizedTransaction::payload)
    }

    /// All blocks become final; every balance and record is compared.
    fn finalize(&mut self) {
        for delta in std::mem::take(&mut self.pending) {
            self.ledger.apply(Arc::unwrap_or_clone(delta));
        }
        if self.dice.chance(3) {
            let chunks: Vec<Vec<u8>> = self.ledger.snapshot().chunks().collect();
            self.ledger = Ledger::restore(chunks, self.ledger.state_root()).unwrap();
        }
        let (ledger, model) = (&self.ledger, &self.model);
        assert_eq!(ledger.state_root(), model.state_root());
        assert_eq!(ledger.account_count() as usize, model.accounts().len());
        assert_eq!(ledger.assets(), model.state.assets);
        for (asset, number) in ledger.assets().iter().zip(0..) {
            let number = types::AssetId(number);
            assert_eq!(ledger.held(number), asset.supply, "the ledger's books");
            for account in model.accounts() {
                assert_eq!(ledger.account(account).unwrap().balance(number).0, model.balance(*account, number));
            }
        }
        assert!(ledger.records(..).eq(model.records()));
    }
}
