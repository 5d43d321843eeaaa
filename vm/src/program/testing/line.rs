//! One line of a test, taken word by word.

use std::collections::BTreeMap;

use types::{Address, Amount, AssetId};

use super::script::{Mismatch, ScriptProblem};
use crate::program::Word;
use crate::program::assembler::Problem;
use crate::program::assembler::error::Place;
use crate::program::assembler::token::Token;

/// What is left of a line, with the names that stand for values.
pub(super) struct Line<'a> {
    tokens: &'a [Token<'a>],
    place: Place,
    names: &'a BTreeMap<String, Word>,
}

impl<'a> Line<'a> {
    /// A line has at least one token.
    pub(super) fn new(tokens: &'a [Token<'a>], names: &'a BTreeMap<String, Word>) -> Self {
        let place = tokens.first().map_or(Place { line: 1, column: 1 }, |token| token.place);
        Self { tokens, place, names }
    }

    /// A mismatch at the word taken last.
    pub(super) fn wrong(&self, problem: impl Into<ScriptProblem>) -> Mismatch {
        Mismatch { line: self.place.line, column: self.place.column, problem: problem.into() }
    }

    /// The place of the word taken last.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    fn take(&mut self) -> Option<Token<'a>> {
        let (token, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        self.place = token.place;
        Some(*token)
    }

    pub(super) fn take_if(&mut self, text: &str) -> bool {
        self.tokens.first().is_some_and(|token| token.text == text) && self.take().is_some()
    }

    /// The word that comes next, which stays; empty at the end.
    pub(super) fn next_word(&self) -> &'a str {
        self.tokens.first().map_or("", |token| token.text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn word(&mut self, expected: &'static str) -> Result<&'a str, Mismatch> {
        match self.take() {
            Some(token) => Ok(token.text),
            None => Err(self.wrong(Problem::Expected { expected, found: "the end of the line".to_owned() })),
        }
    }

    pub(super) fn expect(&mut self, text: &'static str) -> Result<(), Mismatch> {
        match self.word(text)? {
            found if found == text => Ok(()),
            found => Err(self.wrong(Problem::Expected { expected: text, found: format!("{found:?}") })),
        }
    }

    pub(super) fn end(&mut self) -> Result<(), Mismatch> {
        match self.take() {
            None => Ok(()),
            Some(token) => {
                let found = format!("{:?}", token.text);
                Err(self.wrong(Problem::Expected { expected: "the end of the line", found }))
            }
        }
    }

    pub(super) fn value(&mut self) -> Result<Word, Mismatch> {
        let text = self.word("a value")?;
        match self.names.get(text) {
            Some(word) => Ok(*word),
            None if text.starts_with(|first: char| first.is_ascii_digit() || first == '"') => {
                text.parse().map_err(|error| self.wrong(Problem::Value(error)))
            }
            None => Err(self.wrong(ScriptProblem::UnknownName { name: text.to_owned() })),
        }
    }

    pub(super) fn number(&mut self) -> Result<u128, Mismatch> {
        let word = self.value()?;
        word.number().ok_or_else(|| self.expected("a number", word))
    }

    /// A number that fits into 64 bits.
    pub(super) fn small_number(&mut self) -> Result<u64, Mismatch> {
        let most = u128::from(u64::MAX);
        u64::try_from(self.number()?).map_err(|_| self.wrong(Problem::TooLarge { most }))
    }

    pub(super) fn address(&mut self) -> Result<Address, Mismatch> {
        let word = self.value()?;
        word.address().ok_or_else(|| self.expected("an account", word))
    }

    /// An amount and its asset.
    pub(super) fn money(&mut self) -> Result<(AssetId, Amount), Mismatch> {
        let amount = Amount(self.number()?);
        let word = self.value()?;
        Ok((word.asset().ok_or_else(|| self.expected("an asset", word))?, amount))
    }

    fn expected(&self, expected: &'static str, found: Word) -> Mismatch {
        self.wrong(Problem::Expected { expected, found: found.to_string() })
    }
}
