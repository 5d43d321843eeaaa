//! Calls of programs through `execute`, with all roots: blocks of 800 calls beside 800 plain transfers, and what each
//! class of gas that asks the ledger takes there.
//!
//! In the group `ledger gas` each line is one block with one call that does an operation many times on a ledger of 100,000
//! accounts and a million cells; the throughput is in units of gas, so that a line's `Gelem/s` is how many units of gas go by
//! in a nanosecond. `benches/programs.rs` measures the machine alone.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use types::codec::{Blob, Bounded, Text};
use types::{
    Action, Address, Amount, AssetId, AssetRoles, AuthorizedTransaction, ChainTag, Compliance, Deadline, Deployment,
    Hash, Height, Instruction, Issuance, ListId, Member, Merchant, Payload, PolicyId, PolicyTerms, ProgramCall,
    PublicKey, SecretKey, TerminalId, Tier, Timestamp, Transaction,
};
use vm::program::assembler::assemble;
use vm::program::{Word, gas};
use vm::{AssetSpec, BlockContext, Execution, Ledger, Parameters, execute};

const CHAIN: Hash = Hash([9; 32]);
const NOW: Timestamp = Timestamp(1_800_000_000_000);
/// And the calls in a block: as many of the dearest as its gas allows.
const CUSTOMERS: u64 = 800;
const ACCOUNTS: u128 = 100_000;
const CELLS: u128 = 1_000_000;
/// As many cells as one call makes.
const CELLS_PER_CALL: u128 = 320;
const WON: AssetId = AssetId(0);
/// An asset under a policy with limits and a sanction list.
const REGULATED: AssetId = AssetId(1);

fn key(number: u64) -> SecretKey {
    let mut seed = [1; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_seed(seed)
}

fn address(number: u64) -> Address {
    Address::of(&key(number).public())
}

/// The accounts that programs pay, whose addresses they can work out.
fn paid(number: u128) -> Address {
    Word::from((1 << 100) + number).address().unwrap()
}

/// A ledger while it is made ready.
struct World {
    ledger: Ledger,
    height: u64,
    salt: u64,
}

impl World {
    fn new() -> Self {
        let rich = |address| (address, vec![(WON, Amount(1 << 60)), (REGULATED, Amount(1 << 60))]);
        let customers = (0..CUSTOMERS).map(|number| rich(address(number)));
        let accounts = customers.chain((0..ACCOUNTS).map(|number| rich(paid(number)))).collect();
        let roles = AssetRoles { compliance: Some(address(0)), ..AssetRoles::default() };
        let asset = |symbol| AssetSpec { roles, ..AssetSpec::new(Text::new(symbol).unwrap(), 0, address(0)) };
        let parameters = Parameters { max_valid_seconds: 120, validator_notice_millis: 10_000, fees: None };
        let members = vec![Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap()];
        let ledger = Ledger::genesis(parameters, members, vec![asset("KRW"), asset("USD")], accounts).unwrap();
        Self { ledger, height: 0, salt: 0 }
    }

    fn signed(&mut self, customer: u64, instruction: Instruction) -> AuthorizedTransaction {
        self.salt += 1;
        let payload = Payload {
            chain: ChainTag::of(&CHAIN),
            payer: address(customer),
            valid_until: Deadline::after(NOW, 60),
            salt: self.salt,
            instructions: Bounded::new(vec![instruction]).unwrap(),
        };
        let transaction = Transaction::sign(payload, &key(customer), &CHAIN);
        Transaction::authorize_all(vec![transaction], &CHAIN).remove(0).unwrap()
    }

    fn next(&self) -> BlockContext {
        BlockContext { height: Height(self.height + 1), timestamp: NOW }
    }

    /// What a block does, in which all must succeed.
    fn executed(&self, block: &[AuthorizedTransaction]) -> Execution {
        let execution = execute(&self.ledger, &[], self.next(), block).unwrap();
        let failure = execution.receipts.iter().find_map(|receipt| receipt.failure());
        assert_eq!((execution.receipts.len(), failure), (block.len(), None));
        execution
    }

    fn finalize(&mut self, block: &[AuthorizedTransaction]) {
        let execution = self.executed(block);
        self.height += 1;
        self.ledger.apply(execution.delta);
    }

    fn does(&mut self, customer: u64, instruction: Instruction) {
        let transaction = self.signed(customer, instruction);
        self.finalize(&[transaction]);
    }

    fn deploy(&mut self, source: &str, args: &[Word]) -> Address {
        let code = Blob::new(assemble(source).unwrap().program.program().to_bytes()).unwrap();
        let deployment = Deployment { code, args: words(args), gas_limit: 100_000 };
        let transaction = self.signed(0, Instruction::DeployProgram(Box::new(deployment)));
        let program = Address::of_program(&address(0), &transaction.id(), 0);
        self.finalize(&[transaction]);
        program
    }

    /// A block where each customer does its own.
    fn each(&mut self, instruction: impl Fn(u64) -> Instruction) -> Vec<AuthorizedTransaction> {
        (0..CUSTOMERS).map(|customer| self.signed(customer, instruction(customer))).collect()
    }
}

fn words(args: &[Word]) -> types::CallArguments {
    Bounded::new(args.iter().map(|word| word.0).collect()).unwrap()
}

fn call(
    program: Address,
    entry: &str,
    args: &[Word],
    attach: Option<(AssetId, Amount)>,
    gas_limit: u64,
) -> Instruction {
    let entry = Text::new(entry).unwrap();
    Instruction::CallProgram(Box::new(ProgramCall { program, entry, args: words(args), attach, gas_limit }))
}

fn number(number: impl Into<u128>) -> Word {
    Word::from(number.into())
}

/// Enough for each call here, and little enough for 800 of them in a block.
const LIMIT: u64 = 24_000;

fn shipped(criterion: &mut Criterion) {
    let mut world = World::new();
    let trivial = world.deploy("entry go() payable stop", &[]);
    let [cafe, processor, treasury] = [1, 2, 3].map(|number| Word::from(address(number)));
    let rates = [250, 1_000, 3_600_000u128].map(Word::from);
    let parties = [cafe, processor, treasury, WON.into(), rates[0], rates[1], rates[2]];
    let settlement = world.deploy(include_str!("../../vm/programs/settlement.baro"), &parties);
    let escrow = world.deploy(include_str!("../../vm/programs/escrow.baro"), &[]);
    let voucher = world.deploy(include_str!("../../vm/programs/voucher.baro"), &[]);
    let entry = Box::new(Merchant {
        business_number: Text::new("1248100998").unwrap(),
        name: Text::new("Cafe").unwrap(),
        category: 5_814,
        region: 11,
        is_active: true,
        terminals: Bounded::new(vec![TerminalId::new("till-1").unwrap()]).unwrap(),
        settlement: None,
    });
    world.does(0, Instruction::RegisterMerchant { merchant: address(1), entry });
    let later = number(NOW.0 + 1_000_000);
    let issued = world.each(|customer| {
        let args = [number(customer), address(customer).into(), number(5_814u128), number(11u128), later];
        call(voucher, "issue", &args, Some((WON, Amount(20_000))), LIMIT)
    });
    world.finalize(&issued);
    // The first sale makes the cells that the others share.
    world.does(0, call(settlement, "pay", &[number(1u128 << 70)], Some((WON, Amount(4_500))), 3 * LIMIT));

    let sale = Some((WON, Amount(4_500)));
    let transfer = |customer: u64| Instruction::Transfer {
        asset: WON,
        to: paid(u128::from(customer) * 79 % ACCOUNTS),
        amount: Amount(4_500),
        memo: Text::default(),
        reference: Text::default(),
    };
    let to_one = |customer| match transfer(customer) {
        Instruction::Transfer { asset, amount, memo, reference, .. } => {
            Instruction::Transfer { asset, to: paid(0), amount, memo, reference }
        }
        other => other,
    };
    let open = |customer: u64| {
        let args = [number(customer), paid(1).into(), paid(2).into(), later];
        call(escrow, "open", &args, sale, LIMIT)
    };
    let spend = |customer: u64| call(voucher, "spend", &[number(customer), cafe, number(4_500u128)], None, LIMIT);
    let blocks = [
        ("plain transfers", world.each(transfer)),
        ("plain transfers to one account", world.each(to_one)),
        ("a program that does nothing", world.each(|_| call(trivial, "go", &[], None, LIMIT))),
        ("a program that takes money", world.each(|_| call(trivial, "go", &[], sale, LIMIT))),
        ("settlement.pay", world.each(|customer| call(settlement, "pay", &[number(customer)], sale, LIMIT))),
        ("escrow.open", world.each(open)),
        ("voucher.spend", world.each(spend)),
    ];
    let mut group = criterion.benchmark_group("800 calls");
    group.throughput(Throughput::Elements(CUSTOMERS));
    for (name, block) in &blocks {
        let execution = world.executed(block);
        let used: u64 = execution.receipts.iter().flat_map(|receipt| receipt.results.iter()).map(|call| call.gas).sum();
        eprintln!("{name}: {} gas each", used / CUSTOMERS);
        let context = world.next();
        group.bench_function(*name, |b| {
            b.iter(|| execute(&world.ledger, &[], context, black_box(block)).unwrap());
        });
    }
    group.finish();
}

/// The operations, each in a loop over `i` from `from` to `to`.
const LOOPS: &[(&str, &str)] = &[
    ("load", "i 7_919 mul 1_000_003 rem load pop"),
    ("load_unused", "i 1_000_000_000 add load pop"),
    ("store", "i 1 add i 7_919 mul 1_000_003 rem store"),
    ("store_again", "i 1 add 7 store"),
    ("create", "1 i 1_000_000_000 add store"),
    ("delete", "0 i 7_919 mul 1_000_003 rem store"),
    ("pay", "0 i 7_919 mul 100_003 rem 1267650600228229401496703205376 add 1 transfer"),
    ("pay_one", "0 1267650600228229401496703205376 1 transfer"),
    ("pay_new", "0 i 2535301200456458802993406410752 add 1 transfer"),
    ("pay_regulated", "1 i 7_919 mul 100_003 rem 1267650600228229401496703205376 add 1 transfer"),
    ("tell", "i \"told\" emit"),
    ("ask_merchant", "i 1267650600228229401496703205376 add category pop"),
    ("ask_balance", "0 balance pop"),
];

/// Puts the regulated asset under a policy: limits by tier, a sanction list with somebody on it.
fn regulate(world: &mut World) {
    let (policy, list) = (PolicyId(1), ListId(1));
    let tier = Tier { per_payment: None, per_day: Some(Amount(1 << 80)), holding: Some(Amount(1 << 80)) };
    let terms = Box::new(PolicyTerms {
        tiers: Bounded::new(vec![tier]).unwrap(),
        default_tier: 0,
        sanctions: Bounded::new(vec![list]).unwrap(),
        travel_rule_from: None,
    });
    let (add, remove) = (Bounded::new(vec![paid(ACCOUNTS + 1)]).unwrap(), Bounded::default());
    let sanctions = Compliance::UpdateSanctions { list, version: 1, effective: Height(1), add, remove };
    world.does(0, Instruction::Compliance(Box::new(sanctions)));
    world.does(0, Instruction::Compliance(Box::new(Compliance::DefinePolicy { policy, terms })));
    let action = Action::SetPolicy(Some(policy));
    world.does(0, Instruction::Issuance(Box::new(Issuance::Propose { asset: REGULATED, action, valid_seconds: 60 })));
}

fn classes(criterion: &mut Criterion) {
    let mut world = World::new();
    regulate(&mut world);
    let mut source = String::from("entry fund() payable stop\n");
    source +=
        "entry fill(from, to) fill_on: from to lt jump_unless filled 1 from store from 1 add set from jump fill_on ";
    source += "filled: stop\n";
    for (name, body) in LOOPS {
        source += &format!(
            "entry {name}(i, to) {name}_on: i to lt jump_unless {name}_end {body} i 1 add set i jump {name}_on \
             {name}_end: stop\n"
        );
    }
    let program = world.deploy(&source, &[]);
    for asset in [WON, REGULATED] {
        world.does(0, call(program, "fund", &[], Some((asset, Amount(1 << 40))), LIMIT));
    }
    for block in (0..CELLS).step_by(20 * CELLS_PER_CALL as usize) {
        let fills: Vec<AuthorizedTransaction> = (block..CELLS.min(block + 20 * CELLS_PER_CALL))
            .step_by(CELLS_PER_CALL as usize)
            .map(|from| call(program, "fill", &[number(from), number(from + CELLS_PER_CALL)], None, gas::MAX))
            .map(|fill| world.signed(0, fill))
            .collect();
        world.finalize(&fills);
    }
    let mut group = criterion.benchmark_group("ledger gas");
    for (name, _) in LOOPS {
        // As often as a call can, but for the accounts and events that one may have.
        let most = match *name {
            "tell" => 60,
            "pay" | "pay_one" | "pay_regulated" => 1_600,
            "create" => 320,
            "pay_new" => 380,
            "store" | "store_again" | "delete" => 900,
            _ => 2_800u128,
        };
        let one = world.signed(1, call(program, name, &[number(0u128), number(most)], None, gas::MAX));
        let block = [one];
        let used = world.executed(&block).receipts[0].results[0].gas;
        group.throughput(Throughput::Elements(used));
        let context = world.next();
        group.bench_function(format!("{name}, {} gas each", u128::from(used) / most), |b| {
            b.iter(|| execute(&world.ledger, &[], context, black_box(&block)).unwrap());
        });
    }
    group.finish();
    let context = world.next();
    criterion.bench_function("an empty block on the same ledger", |b| {
        b.iter(|| execute(&world.ledger, &[], black_box(context), &[]).unwrap());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300)).sample_size(20);
    targets = shipped, classes
}
criterion_main!(benches);
