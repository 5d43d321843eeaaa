//! The operations of the machine: one table with what each takes, leaves and costs.

use super::gas;

/// What follows an operation's byte in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// Nothing.
    None,
    /// One byte: a number below 256.
    Byte,
    /// One byte: a place in the pool of constants.
    Constant,
    /// One byte: the number of a local.
    Local,
    /// Two bytes, little-endian: the offset in the code of the operation to go on with.
    Target,
    /// Two bytes, little-endian: the code with which the program fails.
    Code,
}

impl Operand {
    /// How many bytes it has.
    pub const fn bytes(self) -> usize {
        match self {
            Operand::None => 0,
            Operand::Byte | Operand::Constant | Operand::Local => 1,
            Operand::Target | Operand::Code => 2,
        }
    }
}

/// What is to be known of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Which one.
    pub op: Op,
    /// Its name in a program's text. The two ways to push share one; the assembler takes the shorter.
    pub name: &'static str,
    /// What follows its byte.
    pub operand: Operand,
    /// How many words it takes from the stack.
    pub pops: u8,
    /// How many words it leaves there in their place.
    pub pushes: u8,
    /// What it costs, before extras ([`gas::CELL_CREATED`], [`gas::ACCOUNT_CREATED`]).
    pub gas: u64,
    /// What it does. Words are named in the order in which they were pushed.
    pub about: &'static str,
}

macro_rules! operations {
    ($($op:ident $name:literal $operand:ident $pops:literal $pushes:literal $gas:ident $about:literal)*) => {
        /// An operation. Its place in this list is its byte in the code; new ones are added at the end.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Op {
            $(#[doc = $about] $op,)*
        }

        /// Every operation, at the place that is its byte.
        pub const OPERATIONS: &[Operation] = &[
            $(Operation {
                op: Op::$op,
                name: $name,
                operand: Operand::$operand,
                pops: $pops,
                pushes: $pushes,
                gas: gas::$gas,
                about: $about,
            },)*
        ];
    };
}

operations! {
    PushByte      "push"          Byte     0 1 STEP     "the number that follows"
    PushConstant  "push"          Constant 0 1 STEP     "the constant named"
    Pop           "pop"           None     1 0 STEP     "drops a"
    Dup           "dup"           None     1 2 STEP     "a: a a"
    Swap          "swap"          None     2 2 STEP     "a b: b a"
    Over          "over"          None     2 3 STEP     "a b: a b a"
    Get           "get"           Local    0 1 STEP     "the local's word"
    Set           "set"           Local    1 0 STEP     "the local becomes a"
    Add           "add"           None     2 1 STEP     "a + b"
    Sub           "sub"           None     2 1 STEP     "a - b; a trap where b is more"
    Mul           "mul"           None     2 1 STEP     "a * b"
    Div           "div"           None     2 1 DIVISION "a / b, rounded down"
    Rem           "rem"           None     2 1 DIVISION "what a / b leaves"
    MulDivFloor   "mul_div_floor" None     3 1 MUL_DIV  "a * b / c, rounded down; a * b may have 256 bits"
    MulDivCeil    "mul_div_ceil"  None     3 1 MUL_DIV  "a * b / c, rounded up; a * b may have 256 bits"
    Min           "min"           None     2 1 STEP     "the lesser of a and b"
    Max           "max"           None     2 1 STEP     "the greater of a and b"
    Eq            "eq"            None     2 1 STEP     "1 where the words a and b are equal, or else 0"
    Ne            "ne"            None     2 1 STEP     "1 where the words a and b differ, or else 0"
    Lt            "lt"            None     2 1 STEP     "1 where a < b, or else 0"
    Le            "le"            None     2 1 STEP     "1 where a <= b, or else 0"
    Gt            "gt"            None     2 1 STEP     "1 where a > b, or else 0"
    Ge            "ge"            None     2 1 STEP     "1 where a >= b, or else 0"
    Not           "not"           None     1 1 STEP     "1 where a is zero, or else 0"
    And           "and"           None     2 1 STEP     "1 where neither a nor b is zero, or else 0"
    Or            "or"            None     2 1 STEP     "1 where a or b is not zero, or else 0"
    Jump          "jump"          Target   0 0 STEP     "goes on at the label"
    JumpIf        "jump_if"       Target   1 0 STEP     "goes on at the label where a is not zero"
    JumpUnless    "jump_unless"   Target   1 0 STEP     "goes on at the label where a is zero"
    Require       "require"       Code     1 0 STEP     "fails with the code where a is zero"
    Fail          "fail"          Code     0 0 STEP     "fails with the code"
    Return        "return"        None     1 0 STEP     "ends well; a is the call's result"
    Stop          "stop"          None     0 0 STEP     "ends well; the call's result is 0"
    Caller        "caller"        None     0 1 STEP     "who calls"
    Own           "self"          None     0 1 STEP     "the program's own address"
    Time          "time"          None     0 1 STEP     "the block's time, in milliseconds since 1970"
    Height        "height"        None     0 1 STEP     "the block's height"
    PaidAsset     "paid_asset"    None     0 1 STEP     "the asset that came with the call; 0 where nothing came"
    PaidAmount    "paid_amount"   None     0 1 STEP     "how much of it came with the call"
    Category      "category"      None     1 1 LOAD     "the category of merchant a; 0 where a is no merchant"
    Region        "region"        None     1 1 LOAD     "the region of merchant a; 0 where a is no merchant"
    Balance       "balance"       None     1 1 QUERY    "how much of asset a the program holds"
    Load          "load"          None     1 1 LOAD     "what the cell with key a holds; 0 where it is not used"
    Store         "store"         None     2 0 STORE    "the cell with key b holds a; with 0 it is deleted"
    Transfer      "transfer"      None     3 0 TRANSFER "c of asset a, of the program's own money, go to b"
    Emit          "emit"          None     2 0 EMIT     "an event with topic a and value b"
    Hash          "hash"          None     2 1 HASH     "the hash of a and b"
    Address       "address"       None     1 1 STEP     "a; a trap where a is no address"
}

impl Op {
    /// The operation with this byte, if there is one.
    pub fn from_byte(byte: u8) -> Option<Op> {
        OPERATIONS.get(usize::from(byte)).map(|operation| operation.op)
    }

    /// Its row in the table.
    pub fn row(self) -> &'static Operation {
        &OPERATIONS[self as usize]
    }

    /// True where the next operation in the code never follows.
    pub fn ends(self) -> bool {
        matches!(self, Op::Jump | Op::Fail | Op::Return | Op::Stop)
    }
}

/// An operation with what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What to do.
    pub op: Op,
    /// With what, as [`Operation::operand`] says; zero where nothing follows.
    pub operand: u16,
}

impl Instruction {
    /// The instruction at `offset`, and the offset after it. `None` where the bytes there are none.
    pub fn decode(code: &[u8], offset: usize) -> Option<(Instruction, usize)> {
        let op = Op::from_byte(*code.get(offset)?)?;
        let end = offset + 1 + op.row().operand.bytes();
        let operand = match code.get(offset + 1..end)? {
            [] => 0,
            [byte] => u16::from(*byte),
            bytes => u16::from_le_bytes(bytes.try_into().ok()?),
        };
        Some((Instruction { op, operand }, end))
    }

    /// Appends the instruction's bytes.
    pub fn encode(&self, code: &mut Vec<u8>) {
        code.push(self.op as u8);
        code.extend_from_slice(&self.operand.to_le_bytes()[..self.op.row().operand.bytes()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_decode_as_they_were_encoded_and_never_from_less() {
        for (byte, row) in (0u8..).zip(OPERATIONS) {
            assert_eq!(Op::from_byte(byte), Some(row.op));
            let operand = if row.operand.bytes() == 0 { 0 } else { 0xa5 };
            let instruction = Instruction { op: row.op, operand };
            let mut code = vec![0xff];
            instruction.encode(&mut code);
            assert_eq!(Instruction::decode(&code, 1), Some((instruction, code.len())));
            assert_eq!(Instruction::decode(&code[..code.len() - 1], 1), None);
        }
        assert_eq!(Op::from_byte(u8::try_from(OPERATIONS.len()).unwrap()), None);
    }
}
