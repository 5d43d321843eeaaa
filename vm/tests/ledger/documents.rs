//! docs/ledger.md says what the code does: every instruction, kind of movement and error is there.

use std::collections::BTreeSet;

use types::Operation;
use vm::{Checks, Receiver};

const LEDGER: &str = include_str!("../../../docs/ledger.md");

/// The variants of an enum in its source.
fn variants(source: &str, name: &str) -> Vec<String> {
    let start = source.find(&format!("pub enum {name} {{")).unwrap();
    let body = source[start..].lines().skip(1).take_while(|line| *line != "}");
    let variants =
        body.filter_map(|line| line.strip_prefix("    ").filter(|line| line.starts_with(char::is_uppercase)));
    variants.map(|line| line.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()).collect()
}

/// The cells of the table rows below a heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let section = LEDGER.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

fn named(rows: &[Vec<String>]) -> BTreeSet<String> {
    rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect()
}

#[test]
fn every_instruction_has_a_row_and_every_row_an_instruction() {
    let transaction = include_str!("../../../types/src/transaction.rs");
    let mut instructions = variants(transaction, "Instruction");
    instructions.retain(|name| !["Issuance", "Compliance", "Payment"].contains(&name.as_str()));
    let issuance = include_str!("../../../types/src/issuance.rs");
    instructions.extend(variants(issuance, "Issuance"));
    instructions.extend(variants(include_str!("../../../types/src/compliance.rs"), "Compliance"));
    instructions.extend(variants(include_str!("../../../types/src/payment.rs"), "Payment"));
    assert!(instructions.len() > 30);
    assert_eq!(named(&rows("Instructions")), instructions.into_iter().collect());
    assert_eq!(named(&rows("Actions under four eyes")), variants(issuance, "Action").into_iter().collect());
}

#[test]
fn every_error_is_named_and_every_name_is_an_error() {
    let sources = [
        include_str!("../../src/execution/failure.rs"),
        include_str!("../../src/rules/gate/refusal.rs"),
        include_str!("../../src/rules/issuance/failure.rs"),
        include_str!("../../src/rules/compliance/failure.rs"),
        include_str!("../../src/rules/payments/failure.rs"),
    ];
    let kinds = sources.iter().flat_map(|source| source.split("=> \"").skip(1));
    let kinds: BTreeSet<&str> = kinds.map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(kinds.len() > 80);
    let words: BTreeSet<&str> = LEDGER.split('`').skip(1).step_by(2).collect();
    let missing: Vec<&&str> = kinds.iter().filter(|kind| !words.contains(**kind)).collect();
    assert!(missing.is_empty(), "docs/ledger.md does not name {missing:?}");
    let errors = words.iter().filter(|word| word.contains('_') && !word.contains(['/', '.']));
    let unknown: Vec<&&str> = errors.filter(|word| !kinds.contains(**word)).collect();
    assert!(unknown.is_empty(), "docs/ledger.md names errors that there are not: {unknown:?}");
}

#[test]
fn the_table_of_movements_is_the_gates() {
    let yes = |is: bool| if is { "yes" } else { "-" }.to_owned();
    let row = |operation: Operation| {
        let Checks { sender, travel, tier, receiver } = Checks::of(operation);
        let receiver = match receiver {
            Receiver::Unchecked => "-",
            Receiver::Refused => "refused",
            Receiver::Parked => "parked",
        };
        vec![format!("`{operation}`"), yes(sender), yes(travel), yes(tier), receiver.to_owned()]
    };
    assert_eq!(rows("The gate"), Operation::ALL.map(row));
}
