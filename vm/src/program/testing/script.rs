//! A test's text: scenarios, and what became of them.

use super::scenario::Scenario;
use super::stage::named;
use super::{Sandbox, Stage};
use crate::program::Word;
use crate::program::assembler::token::{Token, tokens};
use crate::program::assembler::{Assembly, AssemblyError, Problem};

/// What became of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// How many calls were made.
    pub calls: usize,
    /// The gas of the dearest of them.
    pub dearest: u64,
    /// Whether all came out as the text says; or what did not, first.
    pub outcome: Result<(), Mismatch>,
}

/// Where a test's text and the program part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct Mismatch {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub problem: ScriptProblem,
}

impl From<AssemblyError> for Mismatch {
    fn from(error: AssemblyError) -> Self {
        Self { line: error.line, column: error.column, problem: error.problem.into() }
    }
}

/// What is wrong with a line of a test, or with what the program did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptProblem {
    /// The line cannot be read.
    #[error(transparent)]
    Form(#[from] Problem),
    /// A statement that does not exist.
    #[error("{word:?} begins no statement")]
    UnknownStatement {
        /// How the line begins.
        word: String,
    },
    /// A name that was not given to anything.
    #[error("{name:?} is no account, asset or constant of the program")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// A name that was given before.
    #[error("the name {name:?} is taken")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Nothing was called of which the line could say anything.
    #[error("no call stands above")]
    NoCall,
    /// More was given than can be counted.
    #[error("more would exist than can be counted")]
    TooMuch,
    /// A call ended in another way.
    #[error("the call {got}, expected that it {expected}")]
    Ended {
        /// What the text says.
        expected: String,
        /// How it ended.
        got: String,
    },
    /// Another event, or none.
    #[error("the event is {got}, expected {expected}")]
    Event {
        /// What the text says.
        expected: String,
        /// What there is.
        got: String,
    },
    /// Events that the text does not name.
    #[error("the call has {count} more events, the first is {first}")]
    MoreEvents {
        /// How many.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// Another number than the text says.
    #[error("{what} is {got}, expected {expected}")]
    Differs {
        /// Of what.
        what: String,
        /// What the text says.
        expected: Word,
        /// What there is.
        got: Word,
    },
    /// Nothing would be tested.
    #[error("there is no scenario: begin one with `scenario \"name\"`")]
    NoScenario,
}

/// Runs the test `text` on the program; a report for each scenario. A text that cannot be read has one report.
pub fn run_script(assembly: &Assembly, text: &str) -> Vec<Report> {
    run_script_on(|| Sandbox::new(named("self")), assembly, text)
}

/// As [`run_script`], each scenario on a stage of its own.
pub fn run_script_on<S: Stage>(stage: impl Fn() -> S, assembly: &Assembly, text: &str) -> Vec<Report> {
    let failed = |mismatch| {
        let name = "the test itself".to_owned();
        vec![Report { name, calls: 0, dearest: 0, outcome: Err(mismatch) }]
    };
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(error) => return failed(error.into()),
    };
    let lines: Vec<&[Token<'_>]> = tokens.chunk_by(|a, b| a.place.line == b.place.line).collect();
    let begins = |line: &&[Token<'_>]| line.first().is_some_and(|token| token.text == "scenario");
    let first = lines.iter().position(begins).unwrap_or(lines.len());
    let (prelude, scenarios) = lines.split_at(first);
    if scenarios.is_empty() {
        return failed(Mismatch { line: 1, column: 1, problem: ScriptProblem::NoScenario });
    }
    scenarios
        .chunk_by(|_, next| !begins(next))
        .map(|scenario| run_scenario(stage(), assembly, prelude, scenario))
        .collect()
}

fn run_scenario<S: Stage>(stage: S, assembly: &Assembly, prelude: &[&[Token<'_>]], lines: &[&[Token<'_>]]) -> Report {
    let (heading, steps) = lines.split_at(1);
    let name = heading[0].get(1).map_or("", |token| token.text).trim_matches('"').to_owned();
    let mut scenario = Scenario::new(stage, assembly);
    let outcome = prelude.iter().chain(steps).try_for_each(|line| scenario.statement(line));
    let outcome = outcome.and_then(|()| scenario.settle());
    Report { name, calls: scenario.calls, dearest: scenario.dearest, outcome }
}
