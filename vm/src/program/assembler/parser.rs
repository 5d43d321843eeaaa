//! What the words of a text mean.

use std::collections::BTreeMap;

use types::codec::Text;

use super::Assembly;
use super::emitter::Emitter;
use super::error::{AssemblyError, Place, Problem};
use super::token::Token;
use crate::program::container::{Entry, LOCALS, MAX_ARGUMENTS};
use crate::program::operation::{OPERATIONS, Op, Operand};
use crate::program::verify::is_entry_name;
use crate::program::word::Word;

/// Words that name no constant, cell or local; the names of instructions do not either.
const RESERVED: [&str; 7] = ["const", "cell", "entry", "local", "read", "write", "payable"];

pub(super) struct Parser<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'a>>>,
    /// The place of the token taken last: where a text that ends too early is complained about.
    last: Place,
    constants: BTreeMap<String, Word>,
    cells: BTreeMap<String, bool>,
    /// The locals of the present entry point, by their numbers; `None` before the first entry point.
    locals: Option<Vec<&'a str>>,
    emitter: Emitter<'a>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(tokens: Vec<Token<'a>>) -> Self {
        Self {
            tokens: tokens.into_iter().peekable(),
            last: Place { line: 1, column: 1 },
            constants: BTreeMap::new(),
            cells: BTreeMap::new(),
            locals: None,
            emitter: Emitter::default(),
        }
    }

    pub(super) fn program(mut self) -> Result<Assembly, AssemblyError> {
        while let Some(token) = self.take() {
            self.statement(token)?;
        }
        Ok(Assembly { program: self.emitter.finish()?, constants: self.constants, cells: self.cells })
    }

    fn take(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.next()?;
        self.last = token.place;
        Some(token)
    }

    fn next_is(&mut self, text: &str) -> bool {
        self.tokens.peek().is_some_and(|token| token.text == text)
    }

    fn take_if(&mut self, text: &str) -> bool {
        self.next_is(text) && self.take().is_some()
    }

    fn expect(&mut self, what: &'static str, fits: impl Fn(&Token<'a>) -> bool) -> Result<Token<'a>, AssemblyError> {
        let token = self.take();
        match token {
            Some(token) if fits(&token) => Ok(token),
            Some(token) => Err(expected(what, token)),
            None => {
                let found = "the end of the text".to_owned();
                Err(AssemblyError::new(self.last, Problem::Expected { expected: what, found }))
            }
        }
    }

    fn statement(&mut self, token: Token<'a>) -> Result<(), AssemblyError> {
        match token.text {
            "const" => self.constant(),
            "cell" => self.cell(),
            "entry" => self.entry(),
            _ if self.locals.is_none() => Err(AssemblyError::new(token.place, Problem::OutsideEntry)),
            "local" => {
                let name = self.expect("a name for the local", Token::is_name)?;
                self.declare_local(name)
            }
            "read" => {
                self.cell_key(token.place)?;
                self.emitter.emit(Op::Load, 0, token.place)
            }
            "write" => {
                self.cell_key(token.place)?;
                self.emitter.emit(Op::Store, 0, token.place)
            }
            _ if token.is_name() && self.next_is(":") => {
                self.take();
                self.emitter.label(token)
            }
            text => match OPERATIONS.iter().find(|row| row.name == text) {
                Some(row) => self.instruction(row.op, token.place),
                None => self.push_value(token),
            },
        }
    }

    fn constant(&mut self) -> Result<(), AssemblyError> {
        let name = self.expect("a name for the constant", Token::is_name)?;
        self.check_free(name)?;
        let token = self.expect("a value", |_| true)?;
        let value = self.value(token)?;
        self.constants.insert(name.text.to_owned(), value);
        Ok(())
    }

    fn cell(&mut self) -> Result<(), AssemblyError> {
        let name = self.expect("a name for the cell", Token::is_name)?;
        self.check_free(name)?;
        cell_name(name)?;
        let family = self.take_if("[");
        if family {
            self.expect("]", |token| token.text == "]")?;
        }
        self.cells.insert(name.text.to_owned(), family);
        Ok(())
    }

    fn entry(&mut self) -> Result<(), AssemblyError> {
        let token = self.expect("a name for the entry point", |_| true)?;
        let bad_name = AssemblyError::new(token.place, Problem::EntryName { name: token.text.to_owned() });
        let name = Text::new(token.text).ok().filter(|name| is_entry_name(name)).ok_or(bad_name)?;
        self.locals = Some(Vec::new());
        self.expect("(", |token| token.text == "(")?;
        let mut arguments = 0u8;
        while !self.take_if(")") {
            if arguments > 0 {
                self.expect(", or )", |token| token.text == ",")?;
            }
            let argument = self.expect("a name for the argument", Token::is_name)?;
            if usize::from(arguments) == MAX_ARGUMENTS {
                let problem = Problem::TooMany { what: "arguments", most: MAX_ARGUMENTS };
                return Err(AssemblyError::new(argument.place, problem));
            }
            self.declare_local(argument)?;
            arguments += 1;
        }
        let payable = self.take_if("payable");
        self.emitter.entry(Entry { name, arguments, payable, start: 0 }, token.place)
    }

    fn declare_local(&mut self, name: Token<'a>) -> Result<(), AssemblyError> {
        self.check_free(name)?;
        let locals = self.locals.get_or_insert_default();
        if locals.len() == LOCALS {
            return Err(AssemblyError::new(name.place, Problem::TooMany { what: "locals", most: LOCALS }));
        }
        locals.push(name.text);
        Ok(())
    }

    fn check_free(&self, name: Token<'a>) -> Result<(), AssemblyError> {
        let text = name.text;
        let taken = RESERVED.contains(&text)
            || OPERATIONS.iter().any(|row| row.name == text)
            || self.constants.contains_key(text)
            || self.cells.contains_key(text)
            || self.local(text).is_some();
        if taken { Err(AssemblyError::new(name.place, Problem::NameTaken { name: text.to_owned() })) } else { Ok(()) }
    }

    fn local(&self, name: &str) -> Option<u16> {
        let place = self.locals.as_ref()?.iter().position(|local| *local == name)?;
        u16::try_from(place).ok()
    }

    /// The value that `token` writes or names.
    fn value(&self, token: Token<'a>) -> Result<Word, AssemblyError> {
        if token.is_literal() {
            return token.text.parse().map_err(|error| AssemblyError::new(token.place, Problem::Value(error)));
        }
        match self.constants.get(token.text) {
            Some(word) => Ok(*word),
            None if token.is_name() => Err(unknown_name(token)),
            None => Err(expected("a value", token)),
        }
    }

    /// Pushes a literal, a constant or what a local holds.
    fn push_value(&mut self, token: Token<'a>) -> Result<(), AssemblyError> {
        if let Some(number) = self.local(token.text) {
            return self.emitter.emit(Op::Get, number, token.place);
        }
        if !token.is_name() && !token.is_literal() {
            return Err(expected("an instruction or a value", token));
        }
        let word = self.value(token)?;
        self.emitter.push(word, token.place)
    }

    /// Pushes the key of the cell that the next tokens name.
    fn cell_key(&mut self, place: Place) -> Result<(), AssemblyError> {
        let name = self.expect("a cell", Token::is_name)?;
        let unknown = Problem::UnknownCell { name: name.text.to_owned() };
        let family = *self.cells.get(name.text).ok_or(AssemblyError::new(name.place, unknown))?;
        if family != self.next_is("[") {
            let problem = Problem::CellForm { name: name.text.to_owned(), family };
            return Err(AssemblyError::new(name.place, problem));
        }
        self.emitter.push(cell_name(name)?, place)?;
        if family {
            self.take();
            let which = self.expect("a value, a constant or a local", |_| true)?;
            self.push_value(which)?;
            self.expect("]", |token| token.text == "]")?;
            self.emitter.emit(Op::Hash, 0, place)?;
        }
        Ok(())
    }

    fn instruction(&mut self, op: Op, place: Place) -> Result<(), AssemblyError> {
        let operand = match op.row().operand {
            Operand::None => 0,
            Operand::Byte | Operand::Constant => {
                let token = self.expect("a value", |_| true)?;
                let word = self.value(token)?;
                return self.emitter.push(word, place);
            }
            Operand::Local => {
                let token = self.expect("a local", |_| true)?;
                match self.local(token.text) {
                    Some(number) => number,
                    None if token.is_literal() => self.number(token, LOCALS as u128 - 1)?,
                    None => return Err(unknown_name(token)),
                }
            }
            Operand::Target => {
                let label = self.expect("a label", Token::is_name)?;
                return self.emitter.jump(op, label, place);
            }
            Operand::Code => {
                let token = self.expect("a code", |_| true)?;
                self.number(token, u128::from(u16::MAX))?
            }
        };
        self.emitter.emit(op, operand, place)
    }

    /// A number of at most `most`, which is below 2^16.
    fn number(&self, token: Token<'a>, most: u128) -> Result<u16, AssemblyError> {
        let number = self.value(token)?.number().filter(|&number| number <= most);
        let number = number.and_then(|number| u16::try_from(number).ok());
        number.ok_or(AssemblyError::new(token.place, Problem::TooLarge { most }))
    }
}

fn expected(what: &'static str, token: Token<'_>) -> AssemblyError {
    AssemblyError::new(token.place, Problem::Expected { expected: what, found: format!("{:?}", token.text) })
}

fn unknown_name(token: Token<'_>) -> AssemblyError {
    AssemblyError::new(token.place, Problem::UnknownName { name: token.text.to_owned() })
}

/// The name of a cell as the text that is its key.
fn cell_name(name: Token<'_>) -> Result<Word, AssemblyError> {
    Word::text(name.text).ok_or(AssemblyError::new(name.place, Problem::Value(crate::program::WordError::Long)))
}
