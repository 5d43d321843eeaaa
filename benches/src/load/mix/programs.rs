//! Calls of the settlement program that ships with the ledger.

use anyhow::{Context, anyhow};
use types::codec::{Blob, Bounded, Text};
use types::{Address, AssetId, CallArguments, Deployment, Instruction, ProgramCall};
use vm::program::assembler::assemble;
use vm::program::{GasBound, INIT, VerifiedProgram, Word, gas, gas_bound};

use super::Choice;
use super::shop::{FEE_POINTS, Shop, VAT_POINTS, parties, price};
use crate::load::random::Random;

/// So many of the programs are deployed, each for a shop of its own.
const PROGRAMS: usize = 10;

const SETTLEMENT: &str = include_str!("../../../../vm/programs/settlement.baro");

/// The entry point that each payment calls.
const PAY: &str = "pay";

/// For how long the programs hold what was paid: an hour, in milliseconds.
const HOLD_MILLIS: u128 = 3_600_000;

/// The programs on the ledger.
pub(in crate::load) struct Programs {
    addresses: Vec<Address>,
    gas_limit: u64,
}

impl Programs {
    /// The deployments, each an instruction of a transaction of its own; for sales in `asset`.
    pub(in crate::load) fn deployments(seed: u64, asset: AssetId) -> anyhow::Result<Vec<Instruction>> {
        let program = settlement()?;
        let code = Blob::new(program.program().to_bytes()).context("the settlement program is too long")?;
        let (processor, treasury) = parties(seed);
        let deployment = |shop: Address| {
            let args = words(vec![
                shop.into(),
                processor.into(),
                treasury.into(),
                asset.into(),
                Word::from(u128::from(FEE_POINTS)),
                Word::from(u128::from(VAT_POINTS)),
                Word::from(HOLD_MILLIS),
            ]);
            let deployment = Deployment { code: code.clone(), args, gas_limit: most_gas(&program, INIT) };
            Instruction::DeployProgram(Box::new(deployment))
        };
        Ok(Shop::new(seed).addresses().into_iter().take(PROGRAMS).map(deployment).collect())
    }

    /// The programs that were deployed at these addresses.
    pub(in crate::load) fn at(addresses: Vec<Address>) -> anyhow::Result<Programs> {
        Ok(Programs { addresses, gas_limit: most_gas(&settlement()?, PAY) })
    }

    /// A sale at one of them.
    pub(super) fn pay(&self, choice: Choice<'_>, random: &mut Random) -> Instruction {
        let program = self.addresses[random.below(self.addresses.len())];
        Instruction::CallProgram(Box::new(ProgramCall {
            program,
            entry: Text::new(PAY).expect("a short name"),
            args: words(vec![Word::from(u128::from(choice.number))]),
            attach: Some((choice.asset, price(random))),
            gas_limit: self.gas_limit,
        }))
    }
}

fn settlement() -> anyhow::Result<VerifiedProgram> {
    let assembly = assemble(SETTLEMENT).map_err(|error| anyhow!("the settlement program: {error}"))?;
    Ok(assembly.program)
}

/// The most gas that a call of this entry point can use.
fn most_gas(program: &VerifiedProgram, entry: &str) -> u64 {
    match program.entry(entry).map(|entry| gas_bound(program, entry)) {
        Some(GasBound::AtMost(gas)) => gas,
        Some(GasBound::Loops) | None => gas::MAX,
    }
}

fn words(words: Vec<Word>) -> CallArguments {
    Bounded::new(words.into_iter().map(|word| word.0).collect()).expect("a call's arguments are few")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::accounts::Accounts;

    #[test]
    fn deployments_and_calls_fit_the_program() {
        let program = settlement().expect("it assembles");
        let arity = |entry: &str| usize::from(program.entry(entry).expect("an entry point").arguments);
        let deployments = Programs::deployments(1, AssetId(0)).expect("they are made");
        assert_eq!(deployments.len(), PROGRAMS);
        for deployment in &deployments {
            let Instruction::DeployProgram(deployment) = deployment else { panic!("{deployment:?}") };
            assert_eq!(deployment.args.len(), arity(INIT));
        }
        let programs = Programs::at(vec![Address([1; 20])]).expect("it assembles");
        let accounts = Accounts::own(1, 2);
        let choice = Choice { accounts: &accounts, payer: 0, asset: AssetId(0), number: 7 };
        let Instruction::CallProgram(call) = programs.pay(choice, &mut Random::new(1)) else { panic!("a call") };
        assert_eq!((call.args.len(), &call.args[0]), (arity(PAY), &Word::from(7).0));
        assert!(call.gas_limit < gas::MAX, "known beforehand, so that a block has room for many");
        assert!(program.entry(PAY).expect("an entry point").payable && call.attach.is_some());
    }
}
