//! `baro program show` and `baro program cell`.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, anyhow};
use rpc::{BaroApiClient, ProgramInfo};
use serde_json::json;
use types::Address;
use vm::program::assembler::disassemble;
use vm::program::{Entry, GasBound, VerifiedProgram, code_hash, gas, gas_bound, verify};

use super::read_program;
use super::value::Values;
use crate::cli::network::{Network, NetworkArgs, Validator};
use crate::cli::text::amount::grouped;
use crate::cli::{Failure, Outcome};

/// Shows the program in a file, or at an address.
pub(super) async fn show(program: &str, network: &NetworkArgs, json: bool) -> Outcome {
    let file = Path::new(program);
    if file.exists() {
        return print(&read_program(file)?, None, json);
    }
    let network = network.open()?;
    let address = network
        .address(program)
        .with_context(|| format!("{program} is no file, and no address of a program on the ledger"))?;
    let found = deployed(&network, address).await?;
    let program = verified(&found)?;
    print(&program, Some(&found), json)
}

/// The program at an address of the ledger.
pub(super) async fn deployed(network: &Network, address: Address) -> Result<ProgramInfo, Failure> {
    let Validator { url, client } = network.any().await?;
    let found = client.program(address).await.map_err(|error| Failure::of_call(&url, error))?;
    Ok(found
        .with_context(|| format!("there is no program at {address}: `baro program deploy` puts one on the ledger"))?)
}

/// What a node says a program is, checked here.
pub(super) fn verified(program: &ProgramInfo) -> Result<VerifiedProgram, Failure> {
    let bytes = hex::decode(&program.code.0).context("the node's answer has no code in it")?;
    Ok(verify(&bytes).context("the node's answer is no program: ask another one")?)
}

/// Shows what a cell holds.
pub(super) async fn cell(program: &str, cell: &str, network: &NetworkArgs, json: bool) -> Outcome {
    let network = network.open()?;
    let address = network.address(program)?;
    let Validator { url, client } = network.any().await?;
    let chain = client.chain().await.map_err(|error| Failure::of_call(&url, error))?;
    let key = types::Hash(Values::new(&network, &chain).cell(cell)?.0);
    let found = client.program_cell(address, key).await.map_err(|error| Failure::of_call(&url, error))?;
    let found = found.with_context(|| format!("there is no program at {address}"))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&found).context("a cell as JSON")?);
    } else {
        println!("{}", found.value);
    }
    Ok(())
}

fn print(program: &VerifiedProgram, on_ledger: Option<&ProgramInfo>, json: bool) -> Outcome {
    let bytes = program.program().to_bytes();
    let entries = &program.program().entries;
    if json {
        let entry = |entry: &Entry| {
            json!({
                "name": &*entry.name,
                "arguments": entry.arguments,
                "payable": entry.payable,
                "most_gas": most_gas(program, entry),
            })
        };
        let mut value = json!({
            "hash": code_hash(&bytes),
            "bytes": bytes.len(),
            "code_bytes": program.program().code.len(),
            "constants": program.program().constants.len(),
            "entries": entries.iter().map(entry).collect::<Vec<_>>(),
            "text": disassemble(program),
        });
        if let Some(ProgramInfo { address, deployer, height, .. }) = on_ledger {
            value["on_ledger"] = json!({ "address": address, "deployer": deployer, "height": height });
        }
        println!("{}", serde_json::to_string_pretty(&value).context("a program as JSON")?);
        return Ok(());
    }
    let mut text = String::new();
    if let Some(ProgramInfo { address, deployer, height, .. }) = on_ledger {
        text += &format!("program  {address}\ndeployed by {deployer} in block {height}\n");
    }
    text += &format!("hash   {}\n", code_hash(&bytes));
    let (all, code) = (grouped(bytes.len() as u128), grouped(program.program().code.len() as u128));
    text += &format!("bytes  {all} ({code} of code)\nentry points\n");
    for entry in entries.iter() {
        text += &format!("  {}\n", entry_line(program, entry));
    }
    text += &format!("\n{}", disassemble(program));
    // This is long, and read with a pager that may end first.
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(anyhow!("cannot print: {error}").into()),
        _ => Ok(()),
    }
}

/// The most gas that a call of an entry point uses, where that can be told.
pub(super) fn most_gas(program: &VerifiedProgram, entry: &Entry) -> Option<u64> {
    match gas_bound(program, entry) {
        GasBound::AtMost(gas) => Some(gas),
        GasBound::Loops => None,
    }
}

pub(super) fn entry_line(program: &VerifiedProgram, entry: &Entry) -> String {
    let arguments = match entry.arguments {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    };
    let money = if entry.payable { "takes money" } else { "takes no money" };
    let gas = match most_gas(program, entry) {
        Some(gas) => format!("at most {} gas", grouped(u128::from(gas))),
        None => {
            format!("loops: only the call's limit bounds it, at most {} gas", grouped(u128::from(gas::MAX)))
        }
    };
    format!("{:<16} {arguments:<13} {money:<15} {gas}", &*entry.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOUCHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vm/programs/voucher.baro");

    #[test]
    fn a_source_is_shown_with_its_entry_points() {
        let program = read_program(Path::new(VOUCHER)).unwrap();
        assert!(print(&program, None, true).is_ok() && print(&program, None, false).is_ok());
        let line = entry_line(&program, program.entry("spend").unwrap());
        assert!(line.starts_with("spend            3 arguments   takes money     at most "), "{line}");
    }
}
