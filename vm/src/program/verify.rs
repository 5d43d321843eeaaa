//! What is checked before a program may be deployed.

use std::collections::BTreeSet;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use types::codec::decode;

use super::container::{Entry, LOCALS, MAX_ARGUMENTS, MAX_STACK, Program, VERSION};
use super::operation::{Instruction, Op, Operand};
use super::verify_error::VerifyError;

/// A program that [`verify`] accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedProgram {
    program: Program,
    instructions: Vec<Instruction>,
    /// The offset of each instruction.
    offsets: Vec<u16>,
    /// For each byte of the code the index of the instruction that begins there; [`NO_INSTRUCTION`] where none does.
    indices: Vec<u16>,
}

/// No index: code has fewer instructions than this.
const NO_INSTRUCTION: u16 = u16::MAX;

/// Decodes `bytes` and checks all that the machine relies on.
pub fn verify(bytes: &[u8]) -> Result<VerifiedProgram, VerifyError> {
    check(decode(bytes).map_err(VerifyError::Encoding)?)
}

fn check(program: Program) -> Result<VerifiedProgram, VerifyError> {
    if program.version != VERSION {
        return Err(VerifyError::Version { got: program.version });
    }
    let verified = read_instructions(program)?;
    verified.check_entries()?;
    verified.check_constants()?;
    verified.check_locals()?;
    verified.check_flow()?;
    Ok(verified)
}

/// A verified program's bytes are the program's.
impl Encode for VerifiedProgram {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.program.encode(encoder)
    }
}

/// Whatever is decoded was verified anew.
impl<C> Decode<C> for VerifiedProgram {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        check(Program::decode(decoder)?).map_err(|error| DecodeError::OtherString(error.to_string()))
    }
}

impl<'de, C> BorrowDecode<'de, C> for VerifiedProgram {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

fn read_instructions(program: Program) -> Result<VerifiedProgram, VerifyError> {
    let mut verified = VerifiedProgram {
        instructions: Vec::new(),
        offsets: Vec::new(),
        indices: vec![NO_INSTRUCTION; program.code.len()],
        program,
    };
    let mut at = 0u16;
    while usize::from(at) < verified.program.code.len() {
        let decoded = Instruction::decode(&verified.program.code, usize::from(at));
        let (instruction, end) = decoded.ok_or(VerifyError::Instruction { at })?;
        let index = u16::try_from(verified.instructions.len()).map_err(|_| VerifyError::Instruction { at })?;
        verified.indices[usize::from(at)] = index;
        verified.instructions.push(instruction);
        verified.offsets.push(at);
        at = u16::try_from(end).map_err(|_| VerifyError::Instruction { at })?;
    }
    Ok(verified)
}

impl VerifiedProgram {
    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its instructions in the order of the code.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The entry point with this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.program.entries.iter().find(|entry| &*entry.name == name)
    }

    /// The offset in the code of the instruction with this index.
    pub fn offset(&self, index: usize) -> u16 {
        self.offsets[index]
    }

    /// The index of the instruction at an offset that is known to begin one.
    pub(super) fn index(&self, offset: u16) -> usize {
        usize::from(self.indices[usize::from(offset)])
    }

    /// The index of the instruction at `offset`, where one begins.
    fn index_at(&self, offset: u16) -> Option<usize> {
        self.indices.get(usize::from(offset)).filter(|&&index| index != NO_INSTRUCTION).map(|&index| usize::from(index))
    }

    fn check_entries(&self) -> Result<(), VerifyError> {
        if self.program.entries.is_empty() {
            return Err(VerifyError::NoEntry);
        }
        let mut names = BTreeSet::new();
        let mut after = None;
        for entry in self.program.entries.iter() {
            let name = entry.name.to_string();
            if !is_entry_name(&name) {
                return Err(VerifyError::EntryName { name });
            }
            if !names.insert(&*entry.name) {
                return Err(VerifyError::EntryTwice { name });
            }
            if usize::from(entry.arguments) > MAX_ARGUMENTS {
                return Err(VerifyError::Arguments { name, got: entry.arguments });
            }
            if after.is_some_and(|before| entry.start <= before) {
                return Err(VerifyError::EntryOrder { name });
            }
            if self.index_at(entry.start).is_none() {
                return Err(VerifyError::EntryPlace { name });
            }
            after = Some(entry.start);
        }
        Ok(())
    }

    /// The pool holds each constant once, in the order in which the code first names them, and none that the code could
    /// carry itself: so that a list of instructions has one encoding.
    fn check_constants(&self) -> Result<(), VerifyError> {
        let constants = &self.program.constants;
        let mut seen = BTreeSet::new();
        for (instruction, &at) in self.instructions.iter().zip(&self.offsets) {
            if instruction.op != Op::PushConstant {
                continue;
            }
            let error = VerifyError::Constant { at, number: instruction.operand };
            let number = usize::from(instruction.operand);
            let Some(word) = constants.get(number) else { return Err(error) };
            let fits_in_code = word.number().is_some_and(|number| number < 256);
            let first_use = number == seen.len();
            if number > seen.len() || fits_in_code || (first_use && !seen.insert(*word)) {
                return Err(error);
            }
        }
        match constants.len() - seen.len() {
            0 => Ok(()),
            count => Err(VerifyError::UnusedConstants { count }),
        }
    }

    fn check_locals(&self) -> Result<(), VerifyError> {
        for (instruction, &at) in self.instructions.iter().zip(&self.offsets) {
            if instruction.op.row().operand == Operand::Local && usize::from(instruction.operand) >= LOCALS {
                return Err(VerifyError::Local { at, number: instruction.operand });
            }
        }
        Ok(())
    }

    /// Follows every path from every entry point with the height of the stack alone. All paths to an instruction must
    /// come with one height, so that each instruction is looked at once.
    fn check_flow(&self) -> Result<(), VerifyError> {
        let mut heights: Vec<Option<usize>> = vec![None; self.instructions.len()];
        let mut open = Vec::new();
        for entry in self.program.entries.iter() {
            self.arrive(self.index(entry.start), 0, &mut heights, &mut open)?;
        }
        while let Some((index, height)) = open.pop() {
            let (op, at) = (self.instructions[index].op, self.offsets[index]);
            let row = op.row();
            let (needed, left) = (usize::from(row.pops), usize::from(row.pushes));
            let below = height.checked_sub(needed);
            let below = below.ok_or(VerifyError::Underflow { at, op: row.name, needed, height })?;
            if below + left > MAX_STACK {
                return Err(VerifyError::Overflow { at });
            }
            for next in self.successors(index) {
                self.arrive(next?, below + left, &mut heights, &mut open)?;
            }
        }
        match heights.iter().position(Option::is_none) {
            Some(index) => Err(VerifyError::Unreachable { at: self.offsets[index] }),
            None => Ok(()),
        }
    }

    fn arrive(
        &self,
        index: usize,
        height: usize,
        heights: &mut [Option<usize>],
        open: &mut Vec<(usize, usize)>,
    ) -> Result<(), VerifyError> {
        match heights[index] {
            None => {
                heights[index] = Some(height);
                open.push((index, height));
                Ok(())
            }
            Some(first) if first == height => Ok(()),
            Some(first) => Err(VerifyError::HeightsDiffer { at: self.offsets[index], first, second: height }),
        }
    }

    /// The indices of the instructions that may come after the one at `index`.
    pub(super) fn successors(&self, index: usize) -> impl Iterator<Item = Result<usize, VerifyError>> {
        let Instruction { op, operand } = self.instructions[index];
        let at = self.offsets[index];
        let jump =
            (op.row().operand == Operand::Target).then(|| self.index_at(operand).ok_or(VerifyError::Target { at }));
        let next = (!op.ends()).then(|| {
            if index + 1 < self.instructions.len() { Ok(index + 1) } else { Err(VerifyError::FallsOff { at }) }
        });
        jump.into_iter().chain(next)
    }
}

/// Whether a caller could write `name` as an entry point's.
pub(super) fn is_entry_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
