//! `baro program deploy`.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use serde_json::json;
use types::codec::{Blob, Bounded};
use types::{Address, CallArguments, Deployment, Instruction};
use vm::program::{INIT, VerifiedProgram, Word, gas};

use super::read_program;
use super::show::most_gas;
use super::value::Values;
use crate::cli::sending::Sending;
use crate::cli::{Failure, Outcome};

/// Put a program on the ledger and wait until it is there
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A program that is deployed never changes. Its address is new with each deployment.

Example:
  baro program deploy --from alice vm/programs/settlement.baro --init cafe acquirer treasury KRW 250 1_000 3_600_000")]
pub(in crate::cli) struct Args {
    /// The source (.baro), or what was built
    file: PathBuf,
    /// The arguments of its entry point init, if it has one: numbers, addresses, names of accounts and assets, times from
    /// now such as +2h
    #[arg(long, value_name = "VALUE", num_args = 1..)]
    init: Vec<String>,
    /// The most gas that init may use [default: what it can need]
    #[arg(long, value_name = "GAS")]
    gas: Option<u64>,
    #[command(flatten)]
    sending: Sending,
}

pub(super) async fn run(args: Args) -> Outcome {
    let Args { file, init, gas, sending } = args;
    let program = read_program(&file)?;
    check_init(&program, init.len())?;
    let needed = program.entry(INIT).map_or(Some(0), |entry| most_gas(&program, entry));
    let gas_limit = gas.or(needed).unwrap_or(gas::MAX);
    let code = Blob::new(program.program().to_bytes()).context("the program")?;

    let network = sending.network()?;
    let sent = sending
        .submit(&network, |chain, _| {
            let values = Values::new(&network, chain);
            let args = arguments(&values, &init)?;
            Ok(Instruction::DeployProgram(Box::new(Deployment { code, args, gas_limit })))
        })
        .await?;
    let address = Address::of_program(&sent.payer, &sent.id, sent.number);
    if !sending.json() {
        println!("program {address}");
    }
    let more = json!({ "program": address }).as_object().cloned().unwrap_or_default();
    sending.conclude(sent, more).await.map(|_| ())
}

/// Words as a transaction carries them.
pub(super) fn arguments(values: &Values<'_>, texts: &[String]) -> Result<CallArguments, Failure> {
    let words = texts.iter().map(|text| values.word(text)).collect::<Result<Vec<Word>, _>>()?;
    Ok(Bounded::new(words.iter().map(|word| word.0).collect()).context("too many arguments")?)
}

fn check_init(program: &VerifiedProgram, given: usize) -> anyhow::Result<()> {
    match program.entry(INIT) {
        None if given > 0 => Err(anyhow!("the program has no entry point {INIT}: deploy it without --init")),
        Some(entry) if usize::from(entry.arguments) != given => Err(anyhow!(
            "{INIT} takes {} arguments, {given} were given: name them after --init in the order of the source",
            entry.arguments
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm::program::assembler::assemble;

    #[test]
    fn init_gets_what_it_takes() {
        let with = assemble("entry init(a, b) stop\nentry go() stop").unwrap().program;
        let without = assemble("entry go() stop").unwrap().program;
        assert!(check_init(&with, 2).is_ok() && check_init(&without, 0).is_ok());
        assert!(check_init(&with, 0).is_err() && check_init(&with, 3).is_err() && check_init(&without, 1).is_err());
    }
}
