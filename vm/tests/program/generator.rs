//! Programs made at random that verify, by construction.

use types::codec::{Blob, Bounded, Text};
use vm::program::{Entry, Instruction, LOCALS, MAX_STACK, OPERATIONS, Op, Operand, Program, VERSION, Word};

/// A generator of numbers (xorshift64*) that is good enough to make programs with.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn throw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.throw() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// The words that programs are likely to trip over.
pub(crate) fn interesting(dice: &mut Dice) -> Word {
    let mut bytes = [0; 32];
    match dice.below(9) {
        0 => Word::from(u128::MAX),
        1 => Word::from(1 << 127),
        2 => Word::from(u128::from(dice.throw())),
        3 => Word([0xff; 32]),
        4 => Word::text("cell").unwrap(),
        5 => {
            bytes[12] = 1;
            Word(bytes)
        }
        6 => Word::from(1_000),
        7 => Word::from(10_000),
        _ => Word::from(u128::from(dice.throw()) * u128::from(dice.throw())),
    }
}

/// Code under construction, with the height of the stack before each instruction.
struct Draft {
    code: Vec<u8>,
    /// Where an instruction begins, with the height there.
    places: Vec<(u16, usize)>,
    constants: Vec<Word>,
    height: usize,
    /// Offsets of operands of jumps forward, with the height at which they must land.
    open: Vec<(usize, usize)>,
}

/// A program of about `length` instructions with three entry points.
pub(crate) fn program(dice: &mut Dice, length: usize) -> Program {
    let mut draft = Draft { code: Vec::new(), places: Vec::new(), constants: Vec::new(), height: 0, open: Vec::new() };
    let mut entries = Vec::new();
    for (name, arguments, payable) in [("first", 2, false), ("second", 0, true), ("third", 3, true)] {
        let start = u16::try_from(draft.code.len()).unwrap();
        entries.push(Entry { name: Text::new(name).unwrap(), arguments, payable, start });
        for _ in 0..dice.below(length) + 1 {
            draft.grow(dice);
        }
        draft.land_all();
        draft.push(Op::Stop, 0);
        draft.height = 0;
    }
    Program {
        version: VERSION,
        entries: Bounded::new(entries).unwrap(),
        constants: Bounded::new(draft.constants).unwrap(),
        code: Blob::new(draft.code).unwrap(),
    }
}

impl Draft {
    fn push(&mut self, op: Op, operand: u16) {
        self.places.push((u16::try_from(self.code.len()).unwrap(), self.height));
        Instruction { op, operand }.encode(&mut self.code);
        self.height = self.height - usize::from(op.row().pops) + usize::from(op.row().pushes);
    }

    fn grow(&mut self, dice: &mut Dice) {
        let row = OPERATIONS[dice.below(OPERATIONS.len())];
        let height = self.height;
        // Words are used up faster than they come: so push one, now and then.
        if height < 4 && dice.below(2) == 0 && height < MAX_STACK {
            return match dice.below(3) {
                0 => self.push_word(dice),
                _ => self.push(Op::Get, u16::try_from(dice.below(6)).unwrap()),
            };
        }
        let left = height.checked_sub(usize::from(row.pops)).map(|below| below + usize::from(row.pushes));
        if left.is_none_or(|left| left > MAX_STACK) {
            return;
        }
        match row.op {
            Op::PushByte => self.push(row.op, u16::try_from(dice.below(256)).unwrap()),
            Op::PushConstant => self.push_word(dice),
            Op::Get | Op::Set => self.push(row.op, u16::try_from(dice.below(LOCALS)).unwrap()),
            Op::JumpIf | Op::JumpUnless => self.branch(row.op, dice),
            // The generator's paths end at the end; a program that stops early shows little.
            Op::Jump | Op::Fail | Op::Return | Op::Stop => {}
            Op::Require if dice.below(4) > 0 => {}
            _ if row.operand == Operand::Code => self.push(row.op, u16::try_from(dice.below(9)).unwrap()),
            _ => self.push(row.op, 0),
        }
    }

    fn push_word(&mut self, dice: &mut Dice) {
        let word = interesting(dice);
        let place = match self.constants.iter().position(|constant| *constant == word) {
            Some(place) => place,
            None if word.number().is_some_and(|number| number < 256) || self.constants.len() == 256 => return,
            None => {
                self.constants.push(word);
                self.constants.len() - 1
            }
        };
        self.push(Op::PushConstant, u16::try_from(place).unwrap());
    }

    fn branch(&mut self, op: Op, dice: &mut Dice) {
        let height = self.height - 1;
        let back: Vec<u16> = self.places.iter().filter(|place| place.1 == height).map(|place| place.0).collect();
        if !back.is_empty() && dice.below(4) == 0 {
            return self.push(op, dice.pick(&back));
        }
        self.push(op, 0);
        self.open.push((self.code.len() - 2, height));
    }

    /// Lets every open jump land: for each the stack is brought to its height.
    fn land_all(&mut self) {
        while let Some((operand, height)) = self.open.pop() {
            while self.height > height {
                self.push(Op::Pop, 0);
            }
            while self.height < height {
                self.push(Op::PushByte, 7);
            }
            let here = u16::try_from(self.code.len()).unwrap();
            self.code[operand..operand + 2].copy_from_slice(&here.to_le_bytes());
        }
    }
}
