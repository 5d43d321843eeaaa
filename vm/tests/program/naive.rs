//! A second machine, as plain as can be: it reads the bytes as it goes, keeps its stack in a list and divides by
//! doubling. It shares only the table of operations (for prices) and `Word` with the real one.

use std::collections::{BTreeMap, BTreeSet};

use types::{Address, Amount, AssetId};
use vm::program::{Context, Instruction, MAX_EVENTS, Merchant, Op, Program, Trap, Word, gas, hash};

/// What the machine works on.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) context: Context,
    pub(crate) cells: BTreeMap<Word, Word>,
    pub(crate) balances: BTreeMap<(AssetId, Address), Amount>,
    pub(crate) merchants: BTreeMap<Address, Merchant>,
    pub(crate) accounts: BTreeSet<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Good { value: Word, events: Vec<(Word, Word)>, gas: u64 },
    Trap(Trap, u64),
    Refused(u64),
}

/// Runs the code at `start`; `world` keeps the changes only where the end is good.
pub(crate) fn run(program: &Program, start: u16, args: &[Word], limit: u64, world: &mut World) -> End {
    let mut machine = Machine { stack: Vec::new(), locals: vec![Word::ZERO; 32], events: Vec::new(), gas: 0 };
    machine.locals[..args.len()].copy_from_slice(args);
    let before = world.clone();
    let end = machine.run(program, usize::from(start), limit, world);
    match end {
        Ok(value) => End::Good { value, events: machine.events, gas: machine.gas },
        Err(stopped) => {
            *world = before;
            match stopped {
                Stopped::OutOfGas => End::Trap(Trap::OutOfGas { limit }, limit),
                Stopped::Trap(trap) => End::Trap(trap, machine.gas),
                Stopped::Refused => End::Refused(machine.gas),
            }
        }
    }
}

enum Stopped {
    OutOfGas,
    Trap(Trap),
    Refused,
}

struct Machine {
    stack: Vec<Word>,
    locals: Vec<Word>,
    events: Vec<(Word, Word)>,
    gas: u64,
}

fn number(word: Word) -> Result<u128, Stopped> {
    word.number().ok_or(Stopped::Trap(Trap::NotANumber))
}

/// Quotient and remainder of `a * b / c` by doubling: for each bit of `a`, from the highest, what there is so far is
/// doubled and `b` is added where the bit is set. `None` where the quotient is too large.
fn mul_div(a: u128, b: u128, c: u128) -> Option<(u128, u128)> {
    let add = |(q1, r1): (u128, u128), (q2, r2): (u128, u128)| {
        let over = r1 >= c - r2 && r2 > 0;
        let remainder = if over { r1 - (c - r2) } else { r1 + r2 };
        Some((q1.checked_add(q2)?.checked_add(u128::from(over))?, remainder))
    };
    let mut sum = (0, 0);
    for place in (0..128).rev() {
        sum = add(sum, sum)?;
        if a >> place & 1 == 1 {
            sum = add(sum, (b / c, b % c))?;
        }
    }
    Some(sum)
}

impl Machine {
    fn spend(&mut self, gas: u64, limit: u64) -> Result<(), Stopped> {
        self.gas += gas;
        if self.gas > limit { Err(Stopped::OutOfGas) } else { Ok(()) }
    }

    fn run(&mut self, program: &Program, start: usize, limit: u64, world: &mut World) -> Result<Word, Stopped> {
        self.spend(gas::CALL, limit)?;
        let mut offset = start;
        loop {
            let (Instruction { op, operand }, next) = Instruction::decode(&program.code, offset).unwrap();
            offset = next;
            self.spend(op.row().gas, limit)?;
            let count = usize::from(op.row().pops);
            let taken = self.stack.split_off(self.stack.len() - count);
            let truth = |word: Word| word != Word::ZERO;
            match op {
                Op::Jump => offset = usize::from(operand),
                Op::JumpIf if truth(taken[0]) => offset = usize::from(operand),
                Op::JumpUnless if !truth(taken[0]) => offset = usize::from(operand),
                Op::JumpIf | Op::JumpUnless => {}
                Op::Require if truth(taken[0]) => {}
                Op::Require | Op::Fail => return Err(Stopped::Trap(Trap::Failed { code: operand })),
                Op::Return => return Ok(taken[0]),
                Op::Stop => return Ok(Word::ZERO),
                Op::Store => {
                    let (value, key) = (taken[0], taken[1]);
                    if truth(value) && !world.cells.contains_key(&key) {
                        self.spend(gas::CELL_CREATED, limit)?;
                    }
                    world.cells.remove(&key);
                    if truth(value) {
                        world.cells.insert(key, value);
                    }
                }
                Op::Transfer => {
                    if transfer(&taken, world)? {
                        self.spend(gas::ACCOUNT_CREATED, limit)?;
                    }
                }
                Op::Emit if self.events.len() == MAX_EVENTS => return Err(Stopped::Trap(Trap::TooManyEvents)),
                Op::Emit => self.events.push((taken[0], taken[1])),
                Op::Set => self.locals[usize::from(operand)] = taken[0],
                Op::Get => self.stack.push(self.locals[usize::from(operand)]),
                Op::PushConstant => self.stack.push(program.constants[usize::from(operand)]),
                _ => self.stack.extend(value(op, operand, &taken, world)?),
            }
        }
    }
}

/// True where the receiver had no account.
fn transfer(taken: &[Word], world: &mut World) -> Result<bool, Stopped> {
    let amount = number(taken[2])?;
    let to = taken[1].address().ok_or(Stopped::Trap(Trap::NotAnAddress))?;
    let asset = taken[0].asset().ok_or(Stopped::Trap(Trap::NotAnAsset))?;
    let own = world.context.own;
    let held = world.balances.get(&(asset, own)).map_or(0, |held| held.0);
    if amount == 0 {
        return Ok(false);
    }
    if held < amount {
        return Err(Stopped::Refused);
    }
    world.balances.insert((asset, own), Amount(held - amount));
    world.balances.entry((asset, to)).or_default().0 += amount;
    Ok(world.accounts.insert(to))
}

/// What an operation that only computes leaves on the stack.
fn value(op: Op, operand: u16, taken: &[Word], world: &World) -> Result<Vec<Word>, Stopped> {
    let checked = |result: Option<u128>| result.map(Word::from).ok_or(Stopped::Trap(Trap::Overflow));
    let divided = |result: Option<u128>| result.map(Word::from).ok_or(Stopped::Trap(Trap::DivisionByZero));
    // The last operand is looked at first: which trap comes first is part of what a machine does.
    let numbers = || -> Result<Vec<u128>, Stopped> {
        let mut numbers: Vec<u128> = taken.iter().rev().map(|word| number(*word)).collect::<Result<_, _>>()?;
        numbers.reverse();
        Ok(numbers)
    };
    let condition = |holds: fn(u128, u128) -> bool| Ok::<_, Stopped>(Word::from(holds(numbers()?[0], numbers()?[1])));
    let context = &world.context;
    let merchant = || {
        let address = taken[0].address().ok_or(Stopped::Trap(Trap::NotAnAddress))?;
        Ok::<_, Stopped>(world.merchants.get(&address).copied().unwrap_or(Merchant { category: 0, region: 0 }))
    };
    let one = match op {
        Op::PushByte => Word::from(u128::from(operand)),
        Op::Pop => return Ok(vec![]),
        Op::Dup => return Ok(vec![taken[0], taken[0]]),
        Op::Swap => return Ok(vec![taken[1], taken[0]]),
        Op::Over => return Ok(vec![taken[0], taken[1], taken[0]]),
        Op::Add => checked(numbers()?[0].checked_add(numbers()?[1]))?,
        Op::Sub => checked(numbers()?[0].checked_sub(numbers()?[1]))?,
        Op::Mul => checked(numbers()?[0].checked_mul(numbers()?[1]))?,
        Op::Div => divided(numbers()?[0].checked_div(numbers()?[1]))?,
        Op::Rem => divided(numbers()?[0].checked_rem(numbers()?[1]))?,
        Op::MulDivFloor | Op::MulDivCeil => {
            let numbers = numbers()?;
            if numbers[2] == 0 {
                return Err(Stopped::Trap(Trap::DivisionByZero));
            }
            let rounded = mul_div(numbers[0], numbers[1], numbers[2]).and_then(|(quotient, remainder)| {
                quotient.checked_add(u128::from(op == Op::MulDivCeil && remainder > 0))
            });
            checked(rounded)?
        }
        Op::Min => Word::from(numbers()?.into_iter().min().unwrap()),
        Op::Max => Word::from(numbers()?.into_iter().max().unwrap()),
        Op::Eq => Word::from(taken[0] == taken[1]),
        Op::Ne => Word::from(taken[0] != taken[1]),
        Op::Lt => condition(|a, b| a < b)?,
        Op::Le => condition(|a, b| a <= b)?,
        Op::Gt => condition(|a, b| a > b)?,
        Op::Ge => condition(|a, b| a >= b)?,
        Op::Not => Word::from(taken[0] == Word::ZERO),
        Op::And => Word::from(taken[0] != Word::ZERO && taken[1] != Word::ZERO),
        Op::Or => Word::from(taken[0] != Word::ZERO || taken[1] != Word::ZERO),
        Op::Caller => context.caller.into(),
        Op::Own => context.own.into(),
        Op::Time => Word::from(u128::from(context.time.0)),
        Op::Height => Word::from(u128::from(context.height.0)),
        Op::PaidAsset => Word::from(context.paid.map_or(0, |paid| u128::from(paid.0.0))),
        Op::PaidAmount => Word::from(context.paid.map_or(0, |paid| paid.1.0)),
        Op::Category => Word::from(u128::from(merchant()?.category)),
        Op::Region => Word::from(u128::from(merchant()?.region)),
        Op::Balance => {
            let asset = taken[0].asset().ok_or(Stopped::Trap(Trap::NotAnAsset))?;
            Word::from(world.balances.get(&(asset, context.own)).map_or(0, |held| held.0))
        }
        Op::Load => world.cells.get(&taken[0]).copied().unwrap_or_default(),
        Op::Hash => hash(&taken[0], &taken[1]),
        Op::Address => taken[0].address().ok_or(Stopped::Trap(Trap::NotAnAddress))?.into(),
        other => unreachable!("{other:?} does more than compute"),
    };
    Ok(vec![one])
}
