//! Deployments and calls: what bounds them, what they leave, and that a failing one leaves nothing.

use std::sync::Arc;

use types::{Address, Amount};
use vm::program::assembler::assemble;
use vm::program::{Trap, Word, gas};
use vm::{BLOCK_GAS, CALL_GAS, Failure, Ledger, MAX_LINKS, Outcome, Record, RecordKey, TRANSACTION_GAS};

use crate::bank::*;
use crate::desk::{Desk, PURSE};
use crate::instructions::{call, deploy, send};

/// Pays 1 of the asset that came with the call to as many accounts as it is told, each with an address of its own.
const MANY: &str = "
    cell calls
    entry pay(count, first) payable
    next:
        count jump_unless done
        paid_asset first count add 1 transfer
        count 1 sub set count
        jump next
    done:
        stop
    entry forever()
    again:
        jump again
    entry count()
        read calls 1 add write calls
        \"calls\" read calls emit
        read calls return
";

fn code(source: &str) -> Vec<u8> {
    assemble(source).unwrap().program.program().to_bytes()
}

/// A ledger where Alice has deployed [`MANY`], and its address.
fn with_many() -> (Ledger, Address) {
    let mut ledger = ledger();
    let deployment = signed(ALICE, 0, vec![deploy(code(MANY), &[], 0)]);
    let execution = finalize(&mut ledger, now(1), std::slice::from_ref(&deployment));
    assert_eq!(execution.receipts[0].outcome, Outcome::Succeeded);
    (ledger, Address::of_program(&address(ALICE), &deployment.id(), 0))
}

#[test]
fn a_call_leaves_its_result_its_events_and_a_link_in_the_programs_history() {
    let (mut ledger, many) = with_many();
    let deployed = ledger.account(&many).unwrap().latest;
    let both = signed(BOB, 1, vec![call(many, "count", &[], None, 9_000), call(many, "count", &[], None, 9_000)]);
    let execution = finalize(&mut ledger, now(2), &[both]);
    let receipt = &execution.receipts[0];
    let values: Vec<Word> = receipt.results.iter().map(|result| result.value).collect();
    assert_eq!(values, [Word::from(1), Word::from(2)]);
    for (result, value) in receipt.results.iter().zip(values) {
        assert_eq!((result.program, result.events[0].value), (many, value));
        assert_eq!(result.events[0].topic, Word::text("calls").unwrap());
    }
    assert!(receipt.results[0].gas > receipt.results[1].gas, "the first call made the cell");
    let link = receipt.links.iter().find(|link| link.account == many).unwrap();
    assert_eq!(link.previous, deployed);
    assert_eq!(receipt.links.len(), 2);
}

#[test]
fn what_is_asked_for_is_within_a_transaction_and_what_is_used_within_a_block() {
    let (ledger, many) = with_many();
    let spin = |salt| signed(BOB, salt, vec![call(many, "forever", &[], None, gas::MAX)]);
    let each = gas::MAX + CALL_GAS;
    let fit = BLOCK_GAS / each;
    let mut block: Vec<_> = (0..fit + 2).map(spin).collect();
    block.push(signed(BOB, 1_000, vec![call(many, "count", &[], None, 9_000)]));
    let execution = run(&ledger, &[], now(2), &block);
    let failures: Vec<Failure> =
        execution.receipts.iter().filter_map(|receipt| receipt.failure()).map(|(_, failure)| *failure).collect();
    let (ran, refused) = failures.split_at(usize::try_from(fit).unwrap());
    assert!(ran.iter().all(|failure| *failure == Failure::Trapped { trap: Trap::OutOfGas { limit: gas::MAX } }));
    let exhausted = Failure::BlockGasExhausted { wanted: each, left: BLOCK_GAS - fit * each };
    assert_eq!(refused, [exhausted; 2], "what fails has taken its time too");
    assert_eq!(execution.receipts.last().unwrap().outcome, Outcome::Succeeded, "what asks for less still fits");

    let twice = vec![call(many, "count", &[], None, gas::MAX), call(many, "count", &[], None, gas::MAX)];
    let execution = run(&ledger, &[], now(2), &[signed(BOB, 1, twice)]);
    let failure = Failure::TransactionGas { wanted: each, left: TRANSACTION_GAS - each };
    assert_eq!(execution.receipts[0].outcome, Outcome::Failed { instruction: 1, failure });
    assert!(execution.receipts[0].results.is_empty(), "what the first call said is not in the receipt of a failure");
}

#[test]
fn a_transaction_touches_as_many_accounts_as_its_receipt_names() {
    let mut desk = Desk::new();
    let many = desk.deploys(MANY);
    desk.does(ISSUER, vec![crate::bank::transfer(WON, ALICE, 500)]);
    let room = u32::try_from(MAX_LINKS - 2).unwrap();
    let pays = |count: u32, first: u32, after: Option<u8>| {
        let first = (1 << 100) + u128::from(first);
        let attach = Some((DOLLAR, u128::from(count)));
        let mut instructions =
            vec![call(many, "pay", &[Word::from(u128::from(count)), Word::from(first)], attach, gas::MAX)];
        instructions.extend(after.map(|to| send(DOLLAR, address(to), 1)));
        instructions
    };
    desk.attests(1_000_000);
    desk.does(DOLLAR_ISSUER, vec![mint(DOLLAR, ALICE, 100_000)]);
    // Making so many accounts takes more gas than one call has.
    for first in (0..=room).step_by(300) {
        desk.does(ALICE, pays(300, first, None));
    }
    desk.does(ALICE, pays(room, 0, None));
    desk.fails(ALICE, pays(room + 1, 0, None), Failure::TooManyAccounts);
    desk.does(ALICE, pays(room - 1, 0, Some(STRANGER)));
    desk.fails(ALICE, pays(room, 0, Some(STRANGER + 1)), Failure::TooManyAccounts);
}

#[test]
fn an_account_that_a_program_makes_costs_what_a_cell_does() {
    let (mut ledger, many) = with_many();
    let pays = |salt| {
        signed(ALICE, salt, vec![call(many, "pay", &[Word::from(1), Word::from(1 << 100)], Some((WON, 1)), 9_000)])
    };
    let gas =
        |ledger: &mut Ledger, height, salt| finalize(ledger, now(height), &[pays(salt)]).receipts[0].results[0].gas;
    let (first, again) = (gas(&mut ledger, 2, 1), gas(&mut ledger, 3, 2));
    assert_eq!(first, again + gas::ACCOUNT_CREATED);
}

#[test]
fn a_failure_after_a_call_takes_back_its_cells_its_payments_and_the_program_itself() {
    let mut desk = Desk::new();
    let many = desk.deploys(MANY);
    let too_much = send(WON, address(BOB), 10_000);
    let pay = call(many, "pay", &[Word::from(3), Word::from(1 << 100)], Some((WON, 3)), gas::MAX);
    let count = call(many, "count", &[], None, gas::MAX / 2);
    let overdraft = |balance| Failure::Overdraft { asset: WON, balance: Amount(balance), needed: Amount(10_000) };
    desk.fails(ALICE, vec![count.clone(), pay, too_much.clone()], overdraft(997));
    desk.fails(ALICE, vec![deploy(code(MANY), &[], 0), too_much], overdraft(1_000));
    // The program itself fails after it has written and paid.
    let source = "cell a entry go() payable 5 write a paid_asset 77 paid_amount transfer fail 9";
    let program = desk.deploys(source);
    let go = call(program, "go", &[], Some((WON, 10)), 100_000);
    desk.fails(ALICE, vec![count, go], Failure::Trapped { trap: Trap::Failed { code: 9 } });
}

#[test]
fn a_failure_says_which_instruction_ran_which_place_of_the_program() {
    let (ledger, many) = with_many();
    let forever = call(many, "forever", &[], None, 500);
    let first = call(many, "count", &[], None, 9_000);
    let execution = run(&ledger, &[], now(2), &[signed(BOB, 1, vec![first, forever])]);
    let Outcome::FailedInProgram { instruction: 1, failure, at, gas: 500 } = execution.receipts[0].outcome else {
        panic!("{:?}", execution.receipts[0].outcome)
    };
    assert_eq!(failure, Failure::Trapped { trap: Trap::OutOfGas { limit: 500 } });
    let program = assemble(MANY).unwrap().program;
    assert_eq!(at, program.entry("forever").unwrap().start);
}

#[test]
fn what_is_no_program_is_neither_deployed_nor_called() {
    let mut desk = Desk::new();
    let mut broken = code(PURSE);
    broken.push(0);
    for bytes in [vec![], vec![7; 100], broken] {
        desk.fails(ALICE, vec![deploy(bytes, &[], 0)], Failure::InvalidProgram);
    }
    let nobody = address(BOB);
    desk.fails(
        ALICE,
        vec![call(nobody, "fund", &[], Some((WON, 5)), 100)],
        Failure::UnknownProgram { program: nobody },
    );
    desk.fails(STRANGER, vec![deploy(code(PURSE), &[], 0)], Failure::UnknownAccount);
    let argument = Failure::Trapped { trap: Trap::UnknownEntry };
    desk.fails(ALICE, vec![deploy(code(PURSE), &[Word::from(1)], 0)], argument);
}

#[test]
fn two_deployments_of_one_program_share_nothing() {
    let mut desk = Desk::new();
    let (one, other) = (desk.deploys(MANY), desk.deploys(MANY));
    assert_ne!(one, other);
    desk.does(ALICE, vec![call(one, "count", &[], None, 9_000), call(one, "count", &[], None, 9_000)]);
    desk.does(ALICE, vec![call(other, "count", &[], None, 9_000)]);
    let calls = |program| match desk.ledger.record(&RecordKey::Cell(program, Word::text("calls").unwrap())) {
        Some(Record::Cell(value)) => *value,
        other => panic!("{other:?}"),
    };
    assert_eq!((calls(one), calls(other)), (Word::from(2), Word::from(1)));
    let (first, second) = (desk.deploys(PURSE), desk.deploys(PURSE));
    desk.does(ALICE, vec![call(first, "fund", &[], Some((WON, 300)), 9_000)]);
    let args = [WON.into(), address(BOB).into(), Word::from(1)];
    let empty = Failure::Overdraft { asset: WON, balance: Amount(0), needed: Amount(1) };
    desk.fails(ALICE, vec![call(second, "pay", &args, None, 9_000)], empty);
}

#[test]
fn a_program_runs_alike_before_it_is_final_and_after_a_restart() {
    let ledger = ledger();
    let deployment = signed(ALICE, 0, vec![deploy(code(MANY), &[], 0)]);
    let many = Address::of_program(&address(ALICE), &deployment.id(), 0);
    let calls = |salt| signed(BOB, salt, vec![call(many, "count", &[], None, 9_000)]);
    let first = run(&ledger, &[], now(1), &[deployment.clone(), calls(1)]);
    let second = run(&ledger, &[Arc::new(first.delta.clone())], now(2), &[calls(2)]);
    assert_eq!(second.receipts[0].results[0].value, Word::from(2));

    let mut ledger = ledger;
    finalize(&mut ledger, now(1), &[deployment, calls(1)]);
    let chunks: Vec<Vec<u8>> = ledger.snapshot().chunks().collect();
    let mut restored = Ledger::restore(chunks, ledger.state_root()).unwrap();
    let again = finalize(&mut restored, now(2), &[calls(2)]);
    assert_eq!((again.state_root, again.receipts), (second.state_root, second.receipts));
}
