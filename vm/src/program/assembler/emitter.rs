//! The code that comes out of a text.

use std::collections::BTreeMap;

use types::codec::{Blob, Bounded};

use super::error::{AssemblyError, Place, Problem};
use super::token::Token;
use crate::program::container::{Entry, MAX_CODE_BYTES, MAX_CONSTANTS, MAX_ENTRIES, Program, VERSION};
use crate::program::operation::{Instruction, Op};
use crate::program::verify::{VerifiedProgram, verify};
use crate::program::word::Word;

/// Code, the pool, and what is still to be filled in.
#[derive(Debug, Default)]
pub(super) struct Emitter<'a> {
    code: Vec<u8>,
    constants: Vec<Word>,
    entries: Vec<(Entry, Place)>,
    labels: BTreeMap<&'a str, u16>,
    /// Where a jump's operand is, and the label that it names.
    jumps: Vec<(usize, Token<'a>)>,
    /// Where each instruction begins, in the code and in the text.
    places: Vec<(u16, Place)>,
}

const TOO_LONG: Problem = Problem::TooMany { what: "bytes of code", most: MAX_CODE_BYTES };

impl<'a> Emitter<'a> {
    /// The offset of what comes next.
    fn here(&self, place: Place) -> Result<u16, AssemblyError> {
        let here = u16::try_from(self.code.len()).ok().filter(|&here| usize::from(here) < MAX_CODE_BYTES);
        here.ok_or(AssemblyError::new(place, TOO_LONG))
    }

    pub(super) fn emit(&mut self, op: Op, operand: u16, place: Place) -> Result<(), AssemblyError> {
        let here = self.here(place)?;
        self.places.push((here, place));
        Instruction { op, operand }.encode(&mut self.code);
        Ok(())
    }

    /// Pushes `word` in the shorter of the two ways.
    pub(super) fn push(&mut self, word: Word, place: Place) -> Result<(), AssemblyError> {
        if let Some(small) = word.number().filter(|&number| number < 256) {
            return self.emit(Op::PushByte, u16::try_from(small).unwrap_or(u16::MAX), place);
        }
        let known = self.constants.iter().position(|constant| *constant == word);
        let number = known.unwrap_or(self.constants.len());
        if number >= MAX_CONSTANTS {
            return Err(AssemblyError::new(place, Problem::TooMany { what: "constants", most: MAX_CONSTANTS }));
        }
        if known.is_none() {
            self.constants.push(word);
        }
        self.emit(Op::PushConstant, u16::try_from(number).unwrap_or(u16::MAX), place)
    }

    pub(super) fn jump(&mut self, op: Op, label: Token<'a>, place: Place) -> Result<(), AssemblyError> {
        self.emit(op, 0, place)?;
        self.jumps.push((self.code.len() - 2, label));
        Ok(())
    }

    pub(super) fn label(&mut self, label: Token<'a>) -> Result<(), AssemblyError> {
        let here = self.here(label.place)?;
        match self.labels.insert(label.text, here) {
            None => Ok(()),
            Some(_) => Err(AssemblyError::new(label.place, Problem::NameTaken { name: label.text.to_owned() })),
        }
    }

    /// Begins an entry point; `start` of `entry` is filled in.
    pub(super) fn entry(&mut self, entry: Entry, place: Place) -> Result<(), AssemblyError> {
        self.check_last_entry()?;
        if self.entries.iter().any(|(other, _)| other.name == entry.name) {
            return Err(AssemblyError::new(place, Problem::NameTaken { name: entry.name.to_string() }));
        }
        if self.entries.len() == MAX_ENTRIES {
            return Err(AssemblyError::new(place, Problem::TooMany { what: "entry points", most: MAX_ENTRIES }));
        }
        let start = self.here(place)?;
        self.entries.push((Entry { start, ..entry }, place));
        Ok(())
    }

    fn check_last_entry(&self) -> Result<(), AssemblyError> {
        match self.entries.last() {
            Some((entry, place)) if usize::from(entry.start) == self.code.len() => {
                Err(AssemblyError::new(*place, Problem::EmptyEntry { name: entry.name.to_string() }))
            }
            _ => Ok(()),
        }
    }

    /// The program, verified. What the verifier has to say is said at the place in the text.
    pub(super) fn finish(mut self) -> Result<VerifiedProgram, AssemblyError> {
        self.check_last_entry()?;
        for (operand, label) in &self.jumps {
            let unknown = Problem::UnknownLabel { name: label.text.to_owned() };
            let target = self.labels.get(label.text).ok_or(AssemblyError::new(label.place, unknown))?;
            self.code[*operand..*operand + 2].copy_from_slice(&target.to_le_bytes());
        }
        let end = self.places.last().map_or(Place { line: 1, column: 1 }, |place| place.1);
        let too_many = |what, most| AssemblyError::new(end, Problem::TooMany { what, most });
        let entries: Vec<Entry> = self.entries.into_iter().map(|(entry, _)| entry).collect();
        let program = Program {
            version: VERSION,
            entries: Bounded::new(entries).map_err(|_| too_many("entry points", MAX_ENTRIES))?,
            constants: Bounded::new(self.constants).map_err(|_| too_many("constants", MAX_CONSTANTS))?,
            code: Blob::new(self.code).map_err(|_| AssemblyError::new(end, TOO_LONG))?,
        };
        verify(&program.to_bytes()).map_err(|error| {
            let at = error.at().and_then(|at| self.places.iter().find(|place| place.0 == at));
            AssemblyError::new(at.map_or(end, |place| place.1), Problem::Verify(error))
        })
    }
}
