//! Programs that nobody wrote, on the ledger: whatever bytes are deployed and however they are called, money is neither made
//! nor lost, gas is kept, a failure moves nothing, and every validator comes to the same state.

#[path = "../program/generator.rs"]
mod generator;

use types::{Address, AssetId, AuthorizedTransaction, Instruction};
use vm::program::{Program, Word, gas, verify};
use vm::{BLOCK_GAS, BlockContext, CALL_GAS, Execution, Failure, Ledger, Outcome};

use crate::bank::*;
use crate::instructions::{call, deploy, send};
use generator::{Dice, interesting, program};

/// How many worlds there are, each with programs of its own.
const WORLDS: u64 = 150;
/// How many blocks a world has.
const BLOCKS: u64 = 12;

struct World {
    ledger: Ledger,
    dice: Dice,
    height: u64,
    salt: u64,
    /// What was deployed, with its address.
    programs: Vec<(Address, Program)>,
    seen: Seen,
}

/// What the worlds have shown.
#[derive(Debug, Default)]
struct Seen {
    deployed: u32,
    good: u32,
    trapped: u32,
    refused: u32,
    paid: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        Self { ledger: ledger(), dice: Dice::new(seed), height: 0, salt: 0, programs: vec![], seen: Seen::default() }
    }

    fn word(&mut self) -> Word {
        match self.dice.below(6) {
            0 => address(self.dice.pick(&[ALICE, BOB, STRANGER, STRANGER + 1])).into(),
            1 => self.programs.get(self.dice.below(8)).map_or(Word::ZERO, |(at, _)| (*at).into()),
            2 | 3 => Word::from(u128::from(self.dice.throw() % 4)),
            4 => Word::from(u128::from(self.dice.throw() % 300)),
            _ => interesting(&mut self.dice),
        }
    }

    fn words(&mut self, count: usize) -> Vec<Word> {
        (0..count).map(|_| self.word()).collect()
    }

    fn attachment(&mut self) -> Option<(AssetId, u128)> {
        let amount = u128::from(self.dice.throw() % 60);
        match self.dice.below(8) {
            0..4 => None,
            4 => Some((DOLLAR, amount % 3)),
            5 => Some((NO_ASSET, amount)),
            _ => Some((WON, amount)),
        }
    }

    fn gas(&mut self) -> u64 {
        match self.dice.below(8) {
            0 => self.dice.throw() % 500,
            1 => u64::MAX,
            _ => 30_000,
        }
    }

    /// A program as it was generated, one with bytes changed, or noise.
    fn deployment(&mut self) -> Instruction {
        let mut bytes = program(&mut self.dice, 30).to_bytes();
        match self.dice.below(4) {
            0 => {
                for _ in 0..self.dice.below(3) + 1 {
                    let place = self.dice.below(bytes.len());
                    bytes[place] = self.dice.throw() as u8;
                }
            }
            1 if self.dice.below(4) == 0 => bytes.iter_mut().for_each(|byte| *byte = self.dice.throw() as u8),
            _ => {}
        }
        let arguments = self.dice.below(8).saturating_sub(6);
        let args = self.words(arguments);
        deploy(bytes, &args, 10_000)
    }

    fn call(&mut self) -> Instruction {
        let (at, entries) = match self.programs.is_empty() || self.dice.below(30) == 0 {
            true => (address(BOB), vec![("first".to_owned(), 2)]),
            false => {
                let place = self.dice.below(self.programs.len());
                let (at, program) = &self.programs[place];
                let entry = |entry: &vm::program::Entry| (entry.name.to_string(), usize::from(entry.arguments));
                (*at, program.entries.iter().map(entry).collect())
            }
        };
        let (name, arguments) = entries[self.dice.below(entries.len())].clone();
        let count = if self.dice.below(12) == 0 { self.dice.below(5) } else { arguments };
        let args = self.words(count);
        let (attach, gas) = (self.attachment(), self.gas());
        call(at, &name, &args, attach, gas)
    }

    fn transaction(&mut self) -> AuthorizedTransaction {
        let count = if self.dice.below(4) == 0 { 1 + self.dice.below(3) } else { 1 };
        let instructions = (0..count)
            .map(|_| match self.dice.below(10) {
                0 | 1 => self.deployment(),
                2 => {
                    let to = self.programs.get(self.dice.below(4)).map_or(address(BOB), |(at, _)| *at);
                    send(WON, to, u128::from(self.dice.throw() % 20))
                }
                _ => self.call(),
            })
            .collect();
        self.salt += 1;
        let payer = self.dice.pick(&[ALICE, ALICE, BOB, ISSUER, STRANGER]);
        signed(payer, self.salt, instructions)
    }

    /// A block of one transaction, so that what a failure leaves can be told.
    fn alone(&mut self) {
        let transaction = self.transaction();
        let before = self.everything();
        let execution = self.block(&[transaction]);
        if execution.receipts.first().is_some_and(|receipt| receipt.failure().is_some()) {
            assert!(self.everything() == before, "a failure has an effect: {:?}", execution.receipts[0]);
        }
    }

    fn everything(&self) -> impl PartialEq + use<> {
        let programs = self.programs.iter().map(|(at, _)| *at);
        let accounts = (0..STRANGER + 2).map(address).chain(programs);
        let balances =
            accounts.map(|at| self.ledger.account(&at).map(|account| account.balances().collect::<Vec<_>>()));
        let records = self.ledger.records(..).map(|(key, record)| (key.clone(), record.clone()));
        (balances.collect::<Vec<_>>(), records.collect::<Vec<_>>(), self.ledger.account_count())
    }

    fn block(&mut self, transactions: &[AuthorizedTransaction]) -> Execution {
        self.height += 1;
        let context: BlockContext = now(self.height);
        let again = run(&self.ledger, &[], context, transactions);
        let execution = finalize(&mut self.ledger, context, transactions);
        assert_eq!((again.state_root, again.receipts_root), (execution.state_root, execution.receipts_root));
        for asset in [WON, DOLLAR] {
            assert_eq!(self.ledger.held(asset), self.ledger.asset(asset).unwrap().supply);
        }
        let mut used = 0;
        for (receipt, transaction) in execution.receipts.iter().zip(transactions) {
            let limits = transaction.payload().instructions.iter().filter_map(|instruction| match instruction {
                Instruction::CallProgram(call) => Some(call.gas_limit.min(gas::MAX)),
                Instruction::DeployProgram(deployment) => Some(deployment.gas_limit),
                _ => None,
            });
            for (result, limit) in receipt.results.iter().zip(limits) {
                assert!(result.gas <= limit, "{} gas of {limit}", result.gas);
                used += result.gas + CALL_GAS;
            }
            self.count(&receipt.outcome, receipt.links.len());
            let deployed = transaction.payload().instructions.iter().zip(0..).filter_map(|pair| match pair {
                (Instruction::DeployProgram(deployment), number) => Some((deployment, number)),
                _ => None,
            });
            if receipt.outcome == Outcome::Succeeded {
                for (deployment, number) in deployed {
                    let at = Address::of_program(&transaction.payload().payer, &transaction.id(), number);
                    self.programs.push((at, verify(&deployment.code).unwrap().program().clone()));
                    self.seen.deployed += 1;
                }
            }
        }
        assert!(used <= BLOCK_GAS);
        execution
    }

    fn count(&mut self, outcome: &Outcome, links: usize) {
        match outcome {
            Outcome::Succeeded => self.seen.good += 1,
            Outcome::FailedInProgram { failure: Failure::Trapped { .. }, gas, .. } => {
                assert!(*gas <= gas::MAX);
                self.seen.trapped += 1;
            }
            Outcome::FailedInProgram { .. } => self.seen.refused += 1,
            Outcome::Failed { .. } => {}
        }
        self.seen.paid += u32::from(links > 2);
    }

    fn restart(&mut self) {
        let chunks: Vec<Vec<u8>> = self.ledger.snapshot().chunks().collect();
        self.ledger = Ledger::restore(chunks, self.ledger.state_root()).unwrap();
    }
}

#[test]
fn whatever_is_deployed_and_called_the_books_are_right() {
    let mut all = Seen::default();
    for seed in 0..WORLDS {
        let mut world = World::new(seed);
        for number in 0..BLOCKS {
            if number % 3 == 2 {
                let transactions: Vec<_> = (0..20).map(|_| world.transaction()).collect();
                world.block(&transactions);
            } else {
                (0..4).for_each(|_| world.alone());
            }
        }
        world.restart();
        world.alone();
        let Seen { deployed, good, trapped, refused, paid } = world.seen;
        all.deployed += deployed;
        all.good += good;
        all.trapped += trapped;
        all.refused += refused;
        all.paid += paid;
    }
    let Seen { deployed, good, trapped, refused, paid } = all;
    let shown = deployed > 1_000 && good > 3_000 && trapped > 1_000 && refused > 40 && paid > 100;
    assert!(shown, "this shows too little: {all:?}");
}
