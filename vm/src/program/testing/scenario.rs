//! One scenario of a test while it runs.

use std::collections::BTreeMap;

use types::{Address, Amount, AssetId, Timestamp};

use super::line::Line;
use super::sandbox::Call;
use super::script::{Mismatch, ScriptProblem};
use super::stage::Stage;
use crate::program::assembler::error::Place;
use crate::program::assembler::token::Token;
use crate::program::assembler::{Assembly, Problem};
use crate::program::{Abort, Cause, Event, Merchant, Output, Word, gas, hash};

pub(super) struct Scenario<'a, S: Stage> {
    assembly: &'a Assembly,
    stage: S,
    names: BTreeMap<String, Word>,
    assets: u128,
    gas_limit: u64,
    last: Option<Made<S::Refusal>>,
    pub(super) calls: usize,
    pub(super) dearest: u64,
}

/// The call above.
struct Made<R> {
    place: Place,
    result: Result<Output, Abort<R>>,
    /// Whether the text has said how it ends.
    judged: bool,
    /// How many of its events the text has named.
    events_named: usize,
}

impl<'a, S: Stage> Scenario<'a, S> {
    pub(super) fn new(stage: S, assembly: &'a Assembly) -> Self {
        let mut names = assembly.constants.clone();
        names.insert("self".to_owned(), stage.own().into());
        Self { assembly, stage, names, assets: 0, gas_limit: gas::MAX, last: None, calls: 0, dearest: 0 }
    }

    /// Does what a line says, or checks it.
    pub(super) fn statement(&mut self, tokens: &[Token<'_>]) -> Result<(), Mismatch> {
        let names = std::mem::take(&mut self.names);
        let mut line = Line::new(tokens, &names);
        let mut new_names = Vec::new();
        let done = self.do_statement(&mut line, &mut new_names).and_then(|()| line.end());
        let wrong = |name| Err(Line::new(tokens, &names).wrong(ScriptProblem::NameTaken { name }));
        let taken = new_names.iter().find(|(name, _)| names.contains_key(name)).map(|(name, _)| name.clone());
        let done = done.and_then(|()| taken.map_or(Ok(()), wrong));
        self.names = names;
        self.names.insert("self".to_owned(), self.stage.own().into());
        self.names.extend(new_names);
        done
    }

    fn do_statement(&mut self, line: &mut Line<'_>, new_names: &mut Vec<(String, Word)>) -> Result<(), Mismatch> {
        let word = line.word("a statement")?;
        match word {
            "asset" => {
                new_names.push((line.word("a name")?.to_owned(), Word::from(self.assets)));
                self.assets += 1;
            }
            "account" => {
                while !line.is_empty() {
                    let name = line.word("a name")?;
                    new_names.push((name.to_owned(), self.stage.account(name).into()));
                }
            }
            "merchant" => {
                let name = line.word("a name")?;
                let address = self.stage.account(name);
                new_names.push((name.to_owned(), address.into()));
                line.expect("category")?;
                let category = line.small_number()?;
                line.expect("region")?;
                self.stage.register(address, Merchant { category, region: line.small_number()? });
            }
            "blocked" => {
                let address = line.address()?;
                self.stage.block(address);
            }
            "give" => {
                let to = line.address()?;
                let (asset, amount) = line.money()?;
                self.stage.give(to, asset, amount).ok_or_else(|| line.wrong(ScriptProblem::TooMuch))?;
            }
            "at" => {
                let time = Timestamp(line.small_number()?);
                self.stage.set_time(time);
            }
            "gas" => self.gas_limit = line.small_number()?,
            "deploy" => self.call(line, true)?,
            "call" => self.call(line, false)?,
            "returns" => {
                let value = line.value()?;
                self.judge(line, &format!("returns {value}"))?;
            }
            "fails" => {
                let code = line.number()?;
                self.judge(line, &format!("fails with code {code}"))?;
            }
            "traps" => {
                let kind = line.word("a kind")?;
                self.judge(line, &format!("traps: {kind}"))?;
            }
            "refused" => {
                let kind = line.word("a kind")?;
                self.judge(line, &format!("is refused: {kind}"))?;
            }
            "event" => self.event(line)?,
            "holds" => money(line, "what {} holds", |account, asset| self.stage.balance(account, asset))?,
            "parked" => money(line, "what is parked for {}", |account, asset| self.stage.parked(account, asset))?,
            "cell" => self.cell(line)?,
            "cells" => {
                let count = line.number()?;
                let got = u128::try_from(self.stage.cell_count()).unwrap_or(u128::MAX);
                differs(line, "the number of cells".to_owned(), Word::from(count), Word::from(got))?;
            }
            other => return Err(line.wrong(ScriptProblem::UnknownStatement { word: other.to_owned() })),
        }
        Ok(())
    }

    fn call(&mut self, line: &mut Line<'_>, deploying: bool) -> Result<(), Mismatch> {
        self.settle()?;
        let caller = line.address()?;
        let entry = line.word("an entry point")?;
        let place = line.place();
        line.expect("(")?;
        let mut args = Vec::new();
        while !line.take_if(")") {
            if !args.is_empty() {
                line.expect(",")?;
            }
            args.push(line.value()?);
        }
        let paid = if line.take_if("with") { Some(line.money()?) } else { None };
        let call = Call { caller, entry, args: &args, paid, gas_limit: self.gas_limit };
        let program = &self.assembly.program;
        let result = self.stage.play(program, &call, deploying);
        let gas = result.as_ref().map_or_else(|abort| abort.gas, |output| output.gas);
        self.calls += 1;
        self.dearest = self.dearest.max(gas);
        self.last = Some(Made { place, result, judged: false, events_named: 0 });
        Ok(())
    }

    /// Checks what the text left unsaid of the call above: that it ended well, and has no further events.
    pub(super) fn settle(&mut self) -> Result<(), Mismatch> {
        let Some(made) = self.last.take() else { return Ok(()) };
        let Place { line, column } = made.place;
        let wrong = |problem| Err(Mismatch { line, column, problem });
        match &made.result {
            Err(_) if !made.judged => {
                wrong(ScriptProblem::Ended { expected: "ends well".to_owned(), got: self.ending(&made.result) })
            }
            Ok(output) if made.events_named > 0 && made.events_named < output.events.len() => {
                let rest = &output.events[made.events_named..];
                wrong(ScriptProblem::MoreEvents { count: rest.len(), first: told(rest.first()) })
            }
            _ => Ok(()),
        }
    }

    fn judge(&mut self, line: &Line<'_>, expected: &str) -> Result<(), Mismatch> {
        let made = self.last.as_mut().ok_or_else(|| line.wrong(ScriptProblem::NoCall))?;
        made.judged = true;
        let got = self.last.as_ref().map(|made| self.ending(&made.result)).unwrap_or_default();
        // What the machine says may go on, with the name of the code or the numbers of a refusal.
        if got == expected || got.strip_prefix(expected).is_some_and(|rest| rest.starts_with(" (")) {
            return Ok(());
        }
        Err(line.wrong(ScriptProblem::Ended { expected: expected.to_owned(), got }))
    }

    /// How a call ended, in the words of the statements that say so.
    fn ending(&self, result: &Result<Output, Abort<S::Refusal>>) -> String {
        match result {
            Ok(output) => format!("returns {}", output.value),
            Err(Abort { cause: Cause::Trap(crate::program::Trap::Failed { code }), .. }) => {
                let word = Word::from(u128::from(*code));
                let names = self.assembly.constants.iter().filter(|(_, value)| **value == word);
                let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
                let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(" or ")) };
                format!("fails with code {code}{names}")
            }
            Err(Abort { cause: Cause::Trap(trap), .. }) => format!("traps: {} ({trap})", trap.kind()),
            Err(Abort { cause: Cause::Refused(refusal), .. }) => {
                format!("is refused: {} ({refusal})", S::refusal_kind(refusal))
            }
        }
    }

    fn event(&mut self, line: &mut Line<'_>) -> Result<(), Mismatch> {
        let expected = Event { topic: line.value()?, value: line.value()? };
        let made = self.last.as_mut().ok_or_else(|| line.wrong(ScriptProblem::NoCall))?;
        let events = made.result.as_ref().map_or(&[][..], |output| &output.events);
        let got = events.get(made.events_named);
        made.events_named += 1;
        if got == Some(&expected) {
            return Ok(());
        }
        Err(line.wrong(ScriptProblem::Event { expected: told(Some(&expected)), got: told(got) }))
    }

    fn cell(&self, line: &mut Line<'_>) -> Result<(), Mismatch> {
        let name = line.word("a cell")?;
        let unknown = || line.wrong(Problem::UnknownCell { name: name.to_owned() });
        let family = *self.assembly.cells.get(name).ok_or_else(unknown)?;
        let mut key = Word::text(name).ok_or_else(unknown)?;
        if family != line.take_if("[") {
            return Err(line.wrong(Problem::CellForm { name: name.to_owned(), family }));
        }
        if family {
            key = hash(&key, &line.value()?);
            line.expect("]")?;
        }
        let expected = line.value()?;
        differs(line, format!("cell {name}"), expected, self.stage.cell(&key))
    }
}

/// Checks an account's money of a kind, which `what` describes.
fn money(line: &mut Line<'_>, what: &str, got: impl Fn(Address, AssetId) -> Amount) -> Result<(), Mismatch> {
    let name = line.next_word().to_owned();
    let account = line.address()?;
    let (asset, amount) = line.money()?;
    let got = got(account, asset);
    differs(line, what.replace("{}", &name), Word::from(amount.0), Word::from(got.0))
}

fn told(event: Option<&Event>) -> String {
    event.map_or_else(|| "missing".to_owned(), |event| format!("{} {}", event.topic, event.value))
}

fn differs(line: &Line<'_>, what: String, expected: Word, got: Word) -> Result<(), Mismatch> {
    if expected == got { Ok(()) } else { Err(line.wrong(ScriptProblem::Differs { what, expected, got })) }
}
