//! `baro program call`.

use anyhow::anyhow;
use rpc::{CallInfo, ReceiptInfo};
use types::codec::Text;
use types::{Amount, Instruction, ProgramCall};
use vm::program::{Entry, INIT, VerifiedProgram, gas};

use super::deploy::arguments;
use super::show::{deployed, entry_line, most_gas, verified};
use super::value::Values;
use crate::cli::Outcome;
use crate::cli::sending::Sending;
use crate::cli::text::amount::{amount, grouped};

/// Call a program and wait until the call is final
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Money that is attached becomes the program's own before it runs. If the call fails, nothing has moved.

Examples:
  baro program call --from alice 0xADDRESS pay 17 --attach 4500
  baro program call --from alice 0xADDRESS open 1 bob carol +7d --attach 30_000 --asset KRW")]
pub(in crate::cli) struct Args {
    /// The program's address
    program: String,
    /// The entry point
    entry: String,
    /// Its arguments: numbers, addresses, names of accounts and assets, times from now such as +2h, '\"texts\"', 0x and
    /// hexadecimal digits
    #[arg(value_name = "VALUE")]
    arguments: Vec<String>,
    /// What comes with the call, of --asset, in its smallest unit
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    attach: Option<Amount>,
    /// The most gas that the call may use [default: what it can need]
    #[arg(long, value_name = "GAS")]
    gas: Option<u64>,
    #[command(flatten)]
    sending: Sending,
}

pub(super) async fn run(args: Args) -> Outcome {
    let Args { program, entry, arguments: texts, attach, gas, sending } = args;
    let network = sending.network()?;
    let address = network.address(&program)?;
    let program = verified(&deployed(&network, address).await?)?;
    let found = check(&program, &entry, texts.len(), attach)?;
    let gas_limit = gas.or(most_gas(&program, found)).unwrap_or(gas::MAX);

    let sent = sending
        .submit(&network, |chain, asset| {
            let args = arguments(&Values::new(&network, chain), &texts)?;
            let entry = Text::new(entry.as_str()).map_err(anyhow::Error::from)?;
            let attach = attach.map(|amount| (asset, amount));
            Ok(Instruction::CallProgram(Box::new(ProgramCall { program: address, entry, args, attach, gas_limit })))
        })
        .await?;
    let receipt = sending.conclude(sent, serde_json::Map::new()).await?;
    if let Some(receipt) = receipt.filter(|_| !sending.json()) {
        told(&receipt).iter().for_each(|line| println!("{line}"));
    }
    Ok(())
}

/// The entry point, if the call is one that it takes.
fn check<'p>(
    program: &'p VerifiedProgram,
    entry: &str,
    given: usize,
    attach: Option<Amount>,
) -> anyhow::Result<&'p Entry> {
    let Some(found) = program.entry(entry).filter(|_| entry != INIT) else {
        let callable = program.program().entries.iter().filter(|entry| &*entry.name != INIT);
        let lines: Vec<String> = callable.map(|entry| format!("  {}", entry_line(program, entry))).collect();
        return Err(anyhow!("the program has no entry point {entry:?} to be called. It has:\n{}", lines.join("\n")));
    };
    if usize::from(found.arguments) != given {
        return Err(anyhow!("{entry} takes {} arguments, {given} were given", found.arguments));
    }
    if attach.is_some() && !found.payable {
        return Err(anyhow!("{entry} takes no money: call it without --attach"));
    }
    Ok(found)
}

/// What the calls in a receipt returned and told.
fn told(receipt: &ReceiptInfo) -> Vec<String> {
    let lines = |call: &CallInfo| {
        let events = call.events.iter().map(|event| format!("  {:<14} {}", event.topic.to_string(), event.value));
        let mut lines = vec![format!("returned {} ({} gas)", call.value, grouped(u128::from(call.gas)))];
        lines.extend(events);
        lines
    };
    receipt.calls.iter().flat_map(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm::program::assembler::assemble;

    #[test]
    fn a_call_that_cannot_succeed_is_not_sent() {
        let source = "entry init() stop\nentry go(a) stop\nentry fund() payable stop";
        let program = assemble(source).unwrap().program;
        assert_eq!(&*check(&program, "go", 1, None).unwrap().name, "go");
        assert!(check(&program, "fund", 0, Some(Amount(5))).is_ok());
        let message = |entry, given, attach| check(&program, entry, given, attach).unwrap_err().to_string();
        assert!(message("gone", 0, None).contains("go "), "{}", message("gone", 0, None));
        assert!(!message("init", 0, None).contains("  init "));
        assert!(message("go", 0, None).contains("takes 1 arguments, 0 were given"));
        assert!(message("go", 1, Some(Amount(1))).contains("without --attach"));
    }
}
