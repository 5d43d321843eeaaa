//! The machine that runs a verified program.

use bincode::{Decode, Encode};
use types::{Amount, Domain, Hash};

use super::container::{Entry, INIT, LOCALS, MAX_EVENTS};
use super::gas;
use super::host::{Context, Host, Merchant};
use super::mul_div::{Rounding, mul_div};
use super::operation::{Instruction, Op};
use super::stack::Stack;
use super::trap::{Abort, Cause, Trap};
use super::verify::VerifiedProgram;
use super::word::Word;

/// What a program tells the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Event {
    /// What it is about.
    pub topic: Word,
    /// What is told.
    pub value: Word,
}

/// What a call that ended well leaves besides the host's changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The result.
    pub value: Word,
    /// The events in their order; at most [`MAX_EVENTS`].
    pub events: Vec<Event>,
    /// The gas used.
    pub gas: u64,
}

/// Runs `program` from its entry point `entry` with `args` as its first locals, within `gas_limit` (and [`gas::MAX`]).
///
/// On an error the caller discards every change that `host` was told of during this call: see [`Host`].
pub fn run<H: Host>(
    program: &VerifiedProgram,
    entry: &str,
    args: &[Word],
    gas_limit: u64,
    host: &mut H,
) -> Result<Output, Abort<H::Refusal>> {
    let context = host.context();
    let entry = admit(program, entry, args.len(), context.paid.is_some(), context.deploying).map_err(|trap| Abort {
        cause: Cause::Trap(trap),
        at: 0,
        gas: 0,
    })?;
    let mut locals = [Word::ZERO; LOCALS];
    locals[..args.len()].copy_from_slice(args);
    let mut call = Call {
        program,
        host,
        context,
        stack: Stack::new(),
        locals,
        events: Vec::new(),
        limit: gas_limit.min(gas::MAX),
        used: 0,
        next: program.index(entry.start),
    };
    let mut at = call.next;
    match call.finish(&mut at) {
        Ok(value) => Ok(Output { value, events: call.events, gas: call.used }),
        Err(cause) => Err(Abort { cause, at: program.offset(at), gas: call.used }),
    }
}

/// The entry point, if all holds that must before its first instruction.
pub(crate) fn admit<'p>(
    program: &'p VerifiedProgram,
    entry: &str,
    args: usize,
    is_paid: bool,
    deploying: bool,
) -> Result<&'p Entry, Trap> {
    let entry = program.entry(entry).ok_or(Trap::UnknownEntry)?;
    if deploying != (&*entry.name == INIT) {
        return Err(Trap::InitOnly);
    }
    if args != usize::from(entry.arguments) {
        let got = u8::try_from(args).unwrap_or(u8::MAX);
        return Err(Trap::ArgumentCount { expected: entry.arguments, got });
    }
    if is_paid && !entry.payable {
        return Err(Trap::NotPayable);
    }
    Ok(entry)
}

/// A call that is under way.
struct Call<'a, H: Host> {
    program: &'a VerifiedProgram,
    host: &'a mut H,
    context: Context,
    stack: Stack,
    locals: [Word; LOCALS],
    events: Vec<Event>,
    limit: u64,
    used: u64,
    /// The index of the instruction to run next.
    next: usize,
}

impl<R> From<Trap> for Cause<R> {
    fn from(trap: Trap) -> Self {
        Cause::Trap(trap)
    }
}

impl<H: Host> Call<'_, H> {
    /// Runs until the program ends. `at` is the index of the present instruction.
    fn finish(&mut self, at: &mut usize) -> Result<Word, Cause<H::Refusal>> {
        self.charge(gas::CALL)?;
        loop {
            *at = self.next;
            let instruction = self.program.instructions()[*at];
            self.charge(instruction.op.row().gas)?;
            self.next += 1;
            if let Some(value) = self.step(instruction)? {
                return Ok(value);
            }
        }
    }

    fn charge(&mut self, gas: u64) -> Result<(), Trap> {
        if gas > self.limit - self.used {
            self.used = self.limit;
            return Err(Trap::OutOfGas { limit: self.limit });
        }
        self.used += gas;
        Ok(())
    }

    /// Runs one instruction; the call's result where it ends the call.
    fn step(&mut self, Instruction { op, operand }: Instruction) -> Result<Option<Word>, Cause<H::Refusal>> {
        match op {
            Op::PushByte => self.stack.push(u128::from(operand)),
            Op::PushConstant => self.stack.push(self.program.program().constants[usize::from(operand)]),
            Op::Pop => {
                self.stack.pop();
            }
            Op::Dup => self.stack.push(self.stack.peek(0)),
            Op::Swap => {
                let (a, b) = self.stack.pop_words();
                self.stack.push(b);
                self.stack.push(a);
            }
            Op::Over => self.stack.push(self.stack.peek(1)),
            Op::Get => self.stack.push(self.locals[usize::from(operand)]),
            Op::Set => self.locals[usize::from(operand)] = self.stack.pop(),
            Op::Add => self.arithmetic(u128::checked_add)?,
            Op::Sub => self.arithmetic(u128::checked_sub)?,
            Op::Mul => self.arithmetic(u128::checked_mul)?,
            Op::Div => self.division(u128::checked_div)?,
            Op::Rem => self.division(u128::checked_rem)?,
            Op::MulDivFloor => self.mul_div(Rounding::Floor)?,
            Op::MulDivCeil => self.mul_div(Rounding::Ceil)?,
            Op::Min => self.arithmetic(|a, b| Some(a.min(b)))?,
            Op::Max => self.arithmetic(|a, b| Some(a.max(b)))?,
            Op::Eq => self.logic(|a, b| a == b),
            Op::Ne => self.logic(|a, b| a != b),
            Op::Lt => self.comparison(|a, b| a < b)?,
            Op::Le => self.comparison(|a, b| a <= b)?,
            Op::Gt => self.comparison(|a, b| a > b)?,
            Op::Ge => self.comparison(|a, b| a >= b)?,
            Op::Not => {
                let negated = !self.stack.pop().is_true();
                self.stack.push(negated);
            }
            Op::And => self.logic(|a, b| a.is_true() && b.is_true()),
            Op::Or => self.logic(|a, b| a.is_true() || b.is_true()),
            Op::Jump => self.next = self.program.index(operand),
            Op::JumpIf => self.branch(true, operand),
            Op::JumpUnless => self.branch(false, operand),
            Op::Require if self.stack.pop().is_true() => {}
            Op::Require | Op::Fail => return Err(Trap::Failed { code: operand }.into()),
            Op::Return => return Ok(Some(self.stack.pop())),
            Op::Stop => return Ok(Some(Word::ZERO)),
            Op::Caller => self.stack.push(self.context.caller),
            Op::Own => self.stack.push(self.context.own),
            Op::Time => self.stack.push(u128::from(self.context.time.0)),
            Op::Height => self.stack.push(u128::from(self.context.height.0)),
            Op::PaidAsset => self.stack.push(self.context.paid.map_or(Word::ZERO, |(asset, _)| asset.into())),
            Op::PaidAmount => self.stack.push(self.context.paid.map_or(0, |(_, amount)| amount.0)),
            Op::Category => self.of_merchant(|merchant| merchant.category)?,
            Op::Region => self.of_merchant(|merchant| merchant.region)?,
            Op::Balance => {
                let asset = self.stack.pop().asset().ok_or(Trap::NotAnAsset)?;
                self.stack.push(self.host.balance(asset).0);
            }
            Op::Load => {
                let key = self.stack.pop();
                self.stack.push(self.host.cell(&key));
            }
            Op::Store => self.store()?,
            Op::Transfer => self.transfer()?,
            Op::Emit => {
                let (topic, value) = self.stack.pop_words();
                if self.events.len() == MAX_EVENTS {
                    return Err(Trap::TooManyEvents.into());
                }
                self.events.push(Event { topic, value });
            }
            Op::Hash => {
                let (a, b) = self.stack.pop_words();
                self.stack.push(hash(&a, &b));
            }
            Op::Address => {
                let address = self.stack.pop().address().ok_or(Trap::NotAnAddress)?;
                self.stack.push(address);
            }
        }
        Ok(None)
    }

    fn arithmetic(&mut self, result: impl Fn(u128, u128) -> Option<u128>) -> Result<(), Trap> {
        let (a, b) = self.stack.pop_numbers()?;
        self.stack.push(result(a, b).ok_or(Trap::Overflow)?);
        Ok(())
    }

    fn division(&mut self, result: impl Fn(u128, u128) -> Option<u128>) -> Result<(), Trap> {
        let (a, b) = self.stack.pop_numbers()?;
        self.stack.push(result(a, b).ok_or(Trap::DivisionByZero)?);
        Ok(())
    }

    fn mul_div(&mut self, rounding: Rounding) -> Result<(), Trap> {
        let (b, c) = self.stack.pop_numbers()?;
        let a = self.stack.pop_number()?;
        self.stack.push(mul_div(a, b, c, rounding)?);
        Ok(())
    }

    fn comparison(&mut self, holds: impl Fn(u128, u128) -> bool) -> Result<(), Trap> {
        let (a, b) = self.stack.pop_numbers()?;
        self.stack.push(holds(a, b));
        Ok(())
    }

    fn logic(&mut self, holds: impl Fn(Word, Word) -> bool) {
        let (a, b) = self.stack.pop_words();
        self.stack.push(holds(a, b));
    }

    fn branch(&mut self, when: bool, target: u16) {
        if self.stack.pop().is_true() == when {
            self.next = self.program.index(target);
        }
    }

    fn of_merchant(&mut self, part: impl Fn(Merchant) -> u64) -> Result<(), Trap> {
        let address = self.stack.pop().address().ok_or(Trap::NotAnAddress)?;
        self.stack.push(u128::from(self.host.merchant(address).map_or(0, part)));
        Ok(())
    }

    fn store(&mut self) -> Result<(), Cause<H::Refusal>> {
        let (value, key) = self.stack.pop_words();
        if value.is_true() && !self.host.cell(&key).is_true() {
            self.charge(gas::CELL_CREATED)?;
        }
        self.host.set_cell(key, value).map_err(Cause::Refused)
    }

    fn transfer(&mut self) -> Result<(), Cause<H::Refusal>> {
        let amount = self.stack.pop_number()?;
        let to = self.stack.pop().address().ok_or(Trap::NotAnAddress)?;
        let asset = self.stack.pop().asset().ok_or(Trap::NotAnAsset)?;
        if amount == 0 {
            return Ok(());
        }
        if self.host.transfer(asset, to, Amount(amount)).map_err(Cause::Refused)? {
            self.charge(gas::ACCOUNT_CREATED)?;
        }
        Ok(())
    }
}

/// What the operation `hash` gives.
pub fn hash(a: &Word, b: &Word) -> Word {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&a.0);
    bytes[32..].copy_from_slice(&b.0);
    Word(Hash::of(Domain::ProgramWords, &bytes).0)
}
