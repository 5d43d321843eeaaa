//! Programs and what calls leave, in their JSON form.

use replica::Replica;
use rpc::{CallInfo, CellInfo, EntryInfo, EventInfo, HexBytes, InProgramInfo, ProgramInfo, WordInfo};
use types::{Address, Hash};
use vm::program::{Entry, GasBound, Trap, Word, gas_bound};
use vm::{CallResult, DeployedProgram, Failure, Ledger, Outcome, Record, RecordKey};

/// The program at an address. It is shared with the ledger, so that its JSON is made elsewhere.
pub(super) fn deployed(ledger: &Ledger, address: Address) -> Option<DeployedProgram> {
    match ledger.record(&RecordKey::Program(address))? {
        Record::Program(deployed) => Some(deployed.clone()),
        _ => None,
    }
}

/// A program with its code.
pub(super) fn program(address: Address, deployed: &DeployedProgram) -> ProgramInfo {
    let entry = |entry: &Entry| EntryInfo {
        name: entry.name.to_string(),
        arguments: entry.arguments,
        payable: entry.payable,
        most_gas: match gas_bound(&deployed.program, entry) {
            GasBound::AtMost(gas) => Some(gas),
            GasBound::Loops => None,
        },
    };
    let program = deployed.program.program();
    ProgramInfo {
        address,
        deployer: deployed.deployer,
        height: deployed.height,
        code_hash: deployed.code_hash(),
        entries: program.entries.iter().map(entry).collect(),
        code: HexBytes(hex::encode(program.to_bytes())),
    }
}

/// What a program's cell holds.
pub(super) fn cell(replica: &Replica, program: Address, Hash(key): Hash) -> Option<CellInfo> {
    let ledger = replica.ledger();
    ledger.record(&RecordKey::Program(program))?;
    let value = match ledger.record(&RecordKey::Cell(program, Word(key))) {
        Some(Record::Cell(value)) => *value,
        _ => Word::ZERO,
    };
    Some(CellInfo { program, key: word(&Word(key)), value: word(&value), height: replica.tip().height })
}

/// What came of a call.
pub(super) fn call(result: &CallResult) -> CallInfo {
    let event = |event: &vm::program::Event| EventInfo { topic: word(&event.topic), value: word(&event.value) };
    CallInfo {
        program: result.program,
        value: word(&result.value),
        events: result.events.iter().map(event).collect(),
        gas: result.gas,
    }
}

/// Where in a program the transaction failed, if in one.
pub(super) fn stopped(outcome: &Outcome) -> Option<InProgramInfo> {
    let Outcome::FailedInProgram { failure, at, gas, .. } = outcome else { return None };
    let (trap, code) = match failure {
        Failure::Trapped { trap: trap @ Trap::Failed { code } } => (Some(trap), Some(*code)),
        Failure::Trapped { trap } => (Some(trap), None),
        _ => (None, None),
    };
    Some(InProgramInfo { at: *at, gas: *gas, trap: trap.map(|trap| trap.kind().to_owned()), code })
}

/// A word with its likeliest reading.
fn word(word: &Word) -> WordInfo {
    let number = word.number().map(|number| number.to_string());
    let address = if number.is_none() { word.address() } else { None };
    let text = if address.is_none() { word.spelled().map(str::to_owned) } else { None };
    WordInfo { hex: Hash(word.0), text: text.filter(|_| number.is_none()), number, address }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::codec::Bounded;

    #[test]
    fn a_word_has_one_reading_at_most() {
        let address = Address([0xab; 20]);
        let words = [Word::from(112), Word::from(address), Word::text("fee").unwrap(), Word([0xee; 32])];
        let readings = words.map(|each| serde_json::to_value(word(&each)).unwrap());
        assert_eq!(readings[0]["number"], "112");
        assert_eq!(readings[1]["address"], address.to_string());
        assert_eq!(readings[2]["text"], "fee");
        assert_eq!(readings.map(|reading| reading.as_object().unwrap().len()), [2, 2, 2, 1]);
        let shown = words.map(|each| word(&each).to_string());
        assert_eq!(shown, ["112".to_owned(), address.to_string(), "fee".to_owned(), format!("0x{}", "ee".repeat(32))]);
    }

    #[test]
    fn a_failure_in_a_program_says_where_and_with_which_code() {
        let outcome = |failure| Outcome::FailedInProgram { instruction: 1, failure, at: 7, gas: 90 };
        let refused = stopped(&outcome(Failure::Trapped { trap: Trap::Failed { code: 4 } })).unwrap();
        assert_eq!((refused.at, refused.gas, refused.trap.as_deref(), refused.code), (7, 90, Some("failed"), Some(4)));
        let ran_out = stopped(&outcome(Failure::Trapped { trap: Trap::OutOfGas { limit: 90 } })).unwrap();
        assert_eq!((ran_out.trap.as_deref(), ran_out.code), (Some("out_of_gas"), None));
        let ledgers = stopped(&outcome(Failure::ZeroAmount)).unwrap();
        assert_eq!((ledgers.trap, ledgers.code), (None, None));
        assert_eq!(stopped(&Outcome::Failed { instruction: 0, failure: Failure::ZeroAmount }), None);
        let event = vm::program::Event { topic: Word::text("fee").unwrap(), value: Word::from(112) };
        let result = CallResult {
            program: Address([1; 20]),
            value: Word::ZERO,
            events: Bounded::new(vec![event]).unwrap(),
            gas: 5,
        };
        assert_eq!(call(&result).events[0].topic.text.as_deref(), Some("fee"));
    }
}
