//! A program: the verifier, the text and back, and each entry point on a ledger in memory.

use types::{Address, Amount, AssetId};
use vm::program::assembler::{assemble, disassemble};
use vm::program::testing::{Call, Sandbox};
use vm::program::{GasBound, INIT, VerifiedProgram, Word, code_hash, gas_bound, verify};

use crate::Target;
use crate::memory::bounded;

pub(crate) const TARGET: Target = Target { name: "program", run, seeds };

/// Enough for some turns of a loop.
const GAS: u64 = 20_000;

fn run(bytes: &[u8]) -> bool {
    let Ok(program) = bounded(bytes.len(), || verify(bytes)) else { return false };
    assert_eq!(program.program().to_bytes(), bytes, "a program has other bytes than the ones it was read from");
    let text = disassemble(&program);
    let again = assemble(&text).map(|assembly| assembly.program);
    assert_eq!(again.as_ref(), Ok(&program), "{text}");
    call_each(&program, &code_hash(bytes).0);
    true
}

/// Calls each entry point, with parts of the program's hash as arguments. The sandbox asserts that no money comes or goes.
fn call_each(program: &VerifiedProgram, hash: &[u8; 32]) {
    let (own, caller) = (Address([7; 20]), Address([1; 20]));
    let mut sandbox = Sandbox::new(own);
    for (to, amount) in [(own, 5_000), (caller, 1_000)] {
        sandbox.give(to, AssetId(0), Amount(amount)).expect("little");
    }
    for entry in program.program().entries.iter() {
        let arguments = usize::from(entry.arguments);
        let words = (0..arguments).map(|place| match hash[place] {
            byte if byte < 100 => Word::from(u128::from(byte)),
            byte if byte < 200 => caller.into(),
            _ => Word(*hash),
        });
        let args: Vec<Word> = words.collect();
        let paid = entry.payable.then_some((AssetId(0), Amount(3)));
        let call = Call { caller, entry: &entry.name, args: &args, paid, gas_limit: GAS };
        let result = if &*entry.name == INIT { sandbox.deploy(program, &call) } else { sandbox.call(program, &call) };
        let used = result.as_ref().map_or_else(|abort| abort.gas, |output| output.gas);
        assert!(used <= GAS, "{used} gas of {GAS}");
        if let (Ok(_), GasBound::AtMost(most)) = (&result, gas_bound(program, entry)) {
            assert!(used <= most, "{used} gas where the bound is {most}");
        }
    }
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let sources = [
        ("escrow", include_str!("../../../vm/programs/escrow.baro")),
        ("exchange", include_str!("../../../vm/programs/exchange.baro")),
        ("mandate", include_str!("../../../vm/programs/mandate.baro")),
        ("payroll", include_str!("../../../vm/programs/payroll.baro")),
        ("settlement", include_str!("../../../vm/programs/settlement.baro")),
        ("voucher", include_str!("../../../vm/programs/voucher.baro")),
        ("loop", "entry go(n) payable again: n jump_unless end n 1 sub set n \"turn\" n emit jump again end: stop"),
        ("small", "cell a\nentry init() 1 write a stop\nentry go() read a return"),
    ];
    let bytes = |source| assemble(source).expect("it is a program").program.program().to_bytes();
    sources.map(|(name, source)| (name, bytes(source))).to_vec()
}
