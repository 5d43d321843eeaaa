//! The programs that ship, and some that mean harm: deployed, and called with arguments that often make sense.

use types::{Address, AssetId};
use vm::program::assembler::assemble;
use vm::program::{Word, gas};
use vm::{Record, RecordKey};

use super::draft::{Drafter, Said};
use crate::desk::PURSE;
use crate::instructions::*;

/// Loops for ever; makes cells without end; takes more than there is; pays before it fails.
pub(crate) const HOSTILE: &str = "
    const NO 7
    cell made[]
    entry loop()
    again:
        jump again
    entry grow()
        local number
    more:
        1 write made[number]
        number 1 add set number
        jump more
    entry underflow()
        0 1 sub return
    entry overflow(much)
        much much mul much mul much mul return
    entry drain(in_asset)
        in_asset caller in_asset balance 1 add transfer
        stop
    entry drain_to(in_asset, whom)
        in_asset whom in_asset balance transfer
        stop
    entry pay_and_fail(in_asset) payable
        in_asset caller paid_amount transfer
        0 require NO
        stop
    entry fund() payable
        stop
    entry shout()
    louder:
        \"again\" 1 emit
        jump louder
    entry pay_itself(in_asset) payable
        in_asset self paid_amount transfer
        in_asset balance return
";

/// The programs' bytes.
pub(crate) struct Codes(Vec<Vec<u8>>);

impl Codes {
    pub(crate) fn new() -> Self {
        let sources = [
            PURSE,
            HOSTILE,
            include_str!("../../../programs/escrow.baro"),
            include_str!("../../../programs/exchange.baro"),
            include_str!("../../../programs/mandate.baro"),
            include_str!("../../../programs/payroll.baro"),
            include_str!("../../../programs/settlement.baro"),
            include_str!("../../../programs/voucher.baro"),
        ];
        Self(sources.map(|source| assemble(source).unwrap().program.program().to_bytes()).to_vec())
    }
}

impl Drafter<'_> {
    pub(crate) fn a_program(&mut self) -> Option<Address> {
        match self.some_key(|key| matches!(key, RecordKey::Program(_))) {
            Some(RecordKey::Program(program)) => Some(program),
            _ => None,
        }
    }

    pub(crate) fn program(&mut self) -> Said {
        let deployed = self.state.records.keys().filter(|key| matches!(key, RecordKey::Program(_))).count();
        let program = self.a_program().filter(|_| deployed >= 12 || self.dice.chance(70));
        let caller = self.anybody();
        match program {
            Some(program) => (caller, self.call_of(program, self.people.address(caller))),
            None => {
                let code = match self.dice.chance(96) {
                    true => self.dice.pick(&self.codes.0),
                    false => vec![1, 2, 3],
                };
                let args = match vm::program::verify(&code).ok().and_then(|code| code.entry("init").cloned()) {
                    Some(init) => self.words(usize::from(init.arguments)),
                    None => vec![],
                };
                (caller, deploy(code, &args, self.dice.pick(&[30_000, 30_000, 30_000, 10, u64::MAX])))
            }
        }
    }

    pub(crate) fn call_of(&mut self, program: Address, caller: Address) -> types::Instruction {
        let Some(Record::Program(deployed)) = self.record(&RecordKey::Program(program)) else {
            return call(program, "fund", &[], None, 1_000);
        };
        let entries = &deployed.program.program().entries;
        let entry = self.dice.pick(entries);
        let count = match self.dice.chance(96) {
            true => usize::from(entry.arguments),
            false => self.dice.below(4) as usize,
        };
        let args = self.words(count);
        let is_paid = entry.payable && self.dice.chance(90) || self.dice.chance(3);
        let asset = self.asset();
        let attach = is_paid.then(|| (asset, self.amount_of(caller, asset)));
        let name = if self.dice.chance(98) { entry.name.to_string() } else { "nothing".to_owned() };
        // Few calls may use much: a loop uses all that it may, in the ledger and in the model.
        let gas_limit = match self.dice.weighted(&[5, 600, 2]) {
            0 => self.dice.below(400),
            1 => 20_000,
            _ => gas::MAX,
        };
        call(program, &name, &args, attach, gas_limit)
    }

    fn words(&mut self, count: usize) -> Vec<Word> {
        (0..count).map(|_| self.word()).collect()
    }

    fn word(&mut self) -> Word {
        match self.dice.weighted(&[35, 25, 15, 12, 6, 7]) {
            0 => Word::from(u128::from(self.dice.below(3))),
            1 => self.receiver().into(),
            2 => Word::from(u128::from(self.dice.below(200))),
            3 => Word::from(u128::from(self.now.0 + self.dice.below(100_000))),
            4 => AssetId(self.dice.below(3) as u32).into(),
            _ => self.dice.pick(&[Word::from(u128::MAX), Word([0xff; 32]), Word::from(5_814u128), Word::from(11u128)]),
        }
    }
}
