//! What nobody should say, said everywhere: a typed failure, and nothing has moved.

use types::{Address, Amount, Instruction, Operation, SettlementRule};
use vm::program::{Trap, Word, gas};
use vm::{Failure, IssuanceFailure, PaymentFailure, Refusal, TRANSACTION_GAS};

use crate::bank::*;
use crate::desk::*;
use crate::generator::HOSTILE;
use crate::instructions::*;

const MAX: u128 = u128::MAX;

/// Bob has a shop, Alice has a customer 1 with 50 won, and there are a purse with 50 won and a hostile program.
struct Town {
    desk: Desk,
    purse: Address,
    hostile: Address,
}

fn town() -> Town {
    let mut desk = Desk::new();
    desk.attests(MAX);
    desk.does(ISSUER, vec![register(BOB, shop("Bob's", 1))]);
    let (purse, hostile) = (desk.deploys(PURSE), desk.deploys(HOSTILE));
    let customer = Address::of_customer(&address(ALICE), 1);
    desk.does(ALICE, vec![call(purse, "fund", &[], Some((WON, 50)), 1_000), send(WON, customer, 50)]);
    Town { desk, purse, hostile }
}

fn overdraft(asset: types::AssetId, balance: u128, needed: u128) -> Failure {
    Failure::Overdraft { asset, balance: Amount(balance), needed: Amount(needed) }
}

/// Each instruction that names an amount, with its payer, for an asset and an amount. None of them is a proposal.
fn of_an_amount(town: &Town, asset: types::AssetId, amount: u128) -> Vec<(&'static str, u8, Instruction)> {
    let bob = address(BOB);
    let pays = [asset.into(), bob.into(), Word::from(amount)];
    let Town { purse, .. } = *town;
    vec![
        ("mint", DOLLAR_ISSUER, mint(asset, BOB, amount)),
        ("burn", DOLLAR_ISSUER, burn(asset, amount)),
        ("transfer", ALICE, send(asset, bob, amount)),
        ("redeem", ALICE, redeem(asset, amount)),
        ("charge", ALICE, charge(bob, "new", asset, amount)),
        ("hold", ALICE, hold(bob, "new", asset, amount, 60)),
        ("open an order", BOB, open_order("new", asset, amount)),
        ("batch", ALICE, batch(asset, &[(1, bob, amount)])),
        ("attach", ALICE, call(purse, "fund", &[], Some((asset, amount)), 1_000)),
        ("payout", ALICE, call(purse, "pay", &pays, None, 1_000)),
        ("propose a mint", DOLLAR_ISSUER, propose(asset, mint_action(bob, amount), 60)),
        ("propose a burn", DOLLAR_ISSUER, propose(asset, burn_action(amount), 60)),
        ("propose a seizure", COMPLIANCE, propose(asset, seize_action(address(ALICE), bob, amount), 60)),
    ]
}

#[test]
fn an_asset_that_does_not_exist() {
    let mut town = town();
    for (name, payer, instruction) in of_an_amount(&town, NO_ASSET, 0) {
        let payout_of_nothing = name == "payout";
        // A program that pays nothing does nothing, whatever it is that it does not pay.
        let instruction = match payout_of_nothing {
            true => of_an_amount(&town, NO_ASSET, 1).remove(9).2,
            false => instruction,
        };
        let result = town.desk.tries(payer, vec![instruction]);
        assert_eq!(result, Err(Failure::UnknownAsset { asset: NO_ASSET }), "{name}");
    }
}

#[test]
fn nothing_is_no_amount() {
    let mut town = town();
    for (name, payer, instruction) in of_an_amount(&town, DOLLAR, 0) {
        if name == "payout" {
            town.desk.does(payer, vec![instruction]);
            continue;
        }
        let before = town.desk.everything();
        assert_eq!(town.desk.tries(payer, vec![instruction]), Err(Failure::ZeroAmount), "{name}");
        assert_eq!(town.desk.everything(), before, "{name}");
    }
}

/// What an instruction that wants too much is told; `None` where it moves nothing yet, or may have so much.
fn told(name: &str, asset: types::AssetId, amount: u128) -> Option<Failure> {
    let is_won = asset == WON;
    Some(match name {
        "open an order" => return None,
        "propose a seizure" if is_won => return None,
        "propose a seizure" => IssuanceFailure::ApproverNeeded { asset }.into(),
        "mint" | "burn" if is_won => Failure::NotIssuer { asset },
        "propose a mint" | "propose a burn" if is_won => Failure::WithoutRole { asset, role: types::Role::Issuer },
        "mint" | "propose a mint" if amount == MAX => Failure::SupplyOverflow { asset },
        "mint" | "propose a mint" => return None,
        "burn" | "propose a burn" => overdraft(asset, 500, amount),
        "batch" => overdraft(asset, if is_won { 50 } else { 0 }, amount),
        "payout" => overdraft(asset, if is_won { 50 } else { 0 }, amount),
        _ => overdraft(asset, if is_won { 900 } else { 1_000 }, amount),
    })
}

#[test]
fn more_than_there_is_and_more_than_can_be_counted() {
    for (asset, amount) in
        [WON, DOLLAR].into_iter().flat_map(|asset| [MAX, MAX - 2_050, 2_051].map(|much| (asset, much)))
    {
        for row in 0..of_an_amount(&town(), asset, amount).len() {
            let mut town = town();
            let (name, payer, instruction) = of_an_amount(&town, asset, amount).remove(row);
            let before = town.desk.everything();
            let result = town.desk.tries(payer, vec![instruction]);
            assert_eq!(result.err(), told(name, asset, amount), "{name} {amount} of {asset}");
            if result.is_err() {
                assert_eq!(town.desk.everything(), before, "{name} {amount} of {asset}");
            }
        }
    }
}

/// With as much as can be counted in the world, sums still are what they are.
#[test]
fn all_that_can_be_counted() {
    let mut town = town();
    let desk = &mut town.desk;
    desk.does(DOLLAR_ISSUER, vec![mint(DOLLAR, ALICE, MAX - desk.supply(DOLLAR))]);
    desk.fails(DOLLAR_ISSUER, vec![mint(DOLLAR, BOB, 1)], Failure::SupplyOverflow { asset: DOLLAR });
    let rich = desk.holds(address(ALICE), DOLLAR);
    desk.does(ALICE, vec![send(DOLLAR, address(ALICE), rich), send(DOLLAR, address(BOB), rich)]);
    desk.does(BOB, vec![redeem(DOLLAR, rich)]);
    desk.fails(DOLLAR_ISSUER, vec![mint(DOLLAR, BOB, 1)], Failure::SupplyOverflow { asset: DOLLAR });
    // Parked together with what was parked before.
    desk.does(COMPLIANCE, vec![freeze(WON, address(BOB))]);
    let pays = [WON.into(), address(BOB).into(), Word::from(25)];
    let pay = || call(town.purse, "pay", &pays, None, 1_000);
    desk.does(ALICE, vec![pay(), pay()]);
    desk.fails(ALICE, vec![pay()], overdraft(WON, 0, 25));
    assert_eq!(desk.parked(WON, address(BOB), town.purse), 50);
}

#[test]
fn to_oneself() {
    let Town { mut desk, hostile, .. } = town();
    let alice = address(ALICE);
    let before = desk.everything();
    desk.does(ALICE, vec![send(WON, alice, 1), send(WON, alice, 900)]);
    desk.decides(WON, seize_action(alice, alice, 900));
    // A program pays itself: two balances that are one, and no code runs.
    desk.does(ALICE, vec![call(hostile, "pay_itself", &[WON.into()], Some((WON, 9)), 1_000)]);
    desk.does(ALICE, vec![call(hostile, "drain_to", &[WON.into(), alice.into()], None, 1_000)]);
    assert_eq!(desk.everything(), before);
    desk.fails(ALICE, vec![send(WON, alice, 901)], overdraft(WON, 900, 901));
}

/// Of one won there are no parts, and of two not three; nothing is lost in between.
#[test]
fn dust_is_split_and_comes_back() {
    let mut desk = Desk::new();
    let (bob, processor, treasury) = (address(BOB), address(STRANGER), address(STRANGER + 1));
    let rule = SettlementRule { processor, fee_points: 3_333, treasury, vat_points: 5_000 };
    let entry = types::Merchant { settlement: Some(rule), ..shop("Bob's", 1) };
    desk.does(ISSUER, vec![register(BOB, entry)]);
    let held = |desk: &Desk| [bob, processor, treasury].map(|at| desk.holds(at, WON)).iter().sum::<u128>();
    for amount in 1..12 {
        let name = amount.to_string();
        desk.does(ALICE, vec![hold(bob, &name, WON, amount, 60)]);
        for _ in 0..amount {
            desk.does(BOB, vec![capture(&name, 1, false)]);
        }
        assert_eq!(held(&desk), 50 + amount);
        for _ in 0..amount {
            desk.does(BOB, vec![refund(&name, 1)]);
        }
        assert_eq!(held(&desk), 50);
        desk.fails(BOB, vec![refund(&name, 1)], PaymentFailure::AbovePaid { left: Amount(0), wanted: Amount(1) });
    }
    assert_eq!(desk.holds(address(ALICE), WON), 1_000);
}

#[test]
fn orders_are_paid_once_and_given_back_once() {
    let Town { mut desk, .. } = town();
    let bob = address(BOB);
    desk.does(ALICE, vec![hold(bob, "1", WON, 100, 60), charge(bob, "2", WON, 100)]);
    desk.fails(ALICE, vec![charge(bob, "1", WON, 1)], PaymentFailure::OrderExists);
    desk.fails(ALICE, vec![hold(bob, "2", WON, 1, 60)], PaymentFailure::OrderExists);
    for amount in [101, MAX] {
        let above = PaymentFailure::AboveHeld { held: Amount(100), wanted: Amount(amount) };
        desk.fails(BOB, vec![capture("1", amount, true)], above);
        let above = PaymentFailure::AbovePaid { left: Amount(100), wanted: Amount(amount) };
        desk.fails(BOB, vec![refund("2", amount)], above);
    }
    for instruction in [capture("1", 0, true), refund("1", 0)] {
        desk.fails(BOB, vec![instruction], Failure::ZeroAmount);
    }
    desk.fails(BOB, vec![refund("1", 1)], PaymentFailure::AbovePaid { left: Amount(0), wanted: Amount(1) });
    desk.does(BOB, vec![capture("1", 60, true)]);
    desk.fails(BOB, vec![capture("1", 1, false)], PaymentFailure::NothingHeld);
    desk.fails(BOB, vec![void("1")], PaymentFailure::NothingHeld);
    desk.fails(BOB, vec![capture("2", 1, false)], PaymentFailure::NothingHeld);
    desk.does(BOB, vec![refund("1", 30), refund("1", 30)]);
    desk.fails(BOB, vec![refund("1", 1)], PaymentFailure::AbovePaid { left: Amount(0), wanted: Amount(1) });
    // After its time.
    desk.does(ALICE, vec![hold(bob, "3", WON, 10, 1)]);
    let until = desk.now().plus_millis(1_000);
    desk.fails(CAROL, vec![expire(bob, "3")], PaymentFailure::HoldNotExpired { until });
    desk.wait_millis(1_000);
    desk.fails(BOB, vec![capture("3", 10, false)], PaymentFailure::HoldExpired { until });
    desk.does(CAROL, vec![expire(bob, "3")]);
    desk.fails(CAROL, vec![expire(bob, "3")], PaymentFailure::UnknownOrder);
    // Nothing was paid for it, so its name is not used up.
    desk.does(ALICE, vec![charge(bob, "3", WON, 10)]);
    // Another shop has no such order.
    for instruction in [capture("2", 1, false), void("2"), refund("2", 1)] {
        desk.fails(ALICE, vec![instruction], PaymentFailure::UnknownOrder);
    }
}

#[test]
fn redemptions_are_paid_once_and_returned_once() {
    let Town { mut desk, .. } = town();
    let redemption = desk.does(ALICE, vec![redeem(WON, 10)]);
    desk.does(APPROVER, vec![give_back(redemption)]);
    let gone = IssuanceFailure::UnknownRedemption { redemption };
    for (payer, instruction) in
        [(APPROVER, give_back(redemption)), (ISSUER, pay_out(redemption)), (APPROVER, confirm(redemption))]
    {
        desk.fails(payer, vec![instruction], gone);
    }
}

#[test]
fn programs_that_mean_harm() {
    let Town { mut desk, hostile, purse } = town();
    let harm = |entry: &str, args: &[Word], attach, limit| call(hostile, entry, args, attach, limit);
    let trapped = |trap| Failure::Trapped { trap };
    let out_of_gas = |limit| trapped(Trap::OutOfGas { limit });
    let alice: Word = address(ALICE).into();
    let won: Word = WON.into();
    let paid = Some((WON, 9));
    let unknown = Failure::UnknownProgram { program: address(ALICE) };
    #[rustfmt::skip]
    let table: Vec<(&str, Instruction, Failure)> = vec![
        ("loops",                   harm("loop", &[], None, 5_000),                      out_of_gas(5_000)),
        ("loops at any price",      harm("loop", &[], None, u64::MAX),                   out_of_gas(gas::MAX)),
        ("has no gas at all",       harm("loop", &[], None, 0),                          out_of_gas(0)),
        ("grows",                   harm("grow", &[], None, 50_000),                     out_of_gas(50_000)),
        ("underflows",              harm("underflow", &[], None, 5_000),                 trapped(Trap::Overflow)),
        ("overflows",               harm("overflow", &[Word::from(MAX)], None, 5_000),   trapped(Trap::Overflow)),
        ("is no number",            harm("overflow", &[Word([9; 32])], None, 5_000),     trapped(Trap::NotANumber)),
        ("shouts",                  harm("shout", &[], None, gas::MAX),                  trapped(Trap::TooManyEvents)),
        ("pays more than it has",   harm("drain", &[won], None, 5_000),                  overdraft(WON, 0, 1)),
        ("pays and then fails",     harm("pay_and_fail", &[won], paid, 5_000),           trapped(Trap::Failed { code: 7 })),
        ("pays another's asset",    harm("pay_and_fail", &[NO_ASSET.into()], paid, 5_000), Failure::UnknownAsset { asset: NO_ASSET }),
        ("pays no asset",           harm("pay_and_fail", &[alice], paid, 5_000),         trapped(Trap::NotAnAsset)),
        ("has no such entry",       harm("nothing", &[], None, 5_000),                   trapped(Trap::UnknownEntry)),
        ("takes no money",          harm("loop", &[], paid, 5_000),                      trapped(Trap::NotPayable)),
        ("takes other arguments",   harm("loop", &[won], None, 5_000),                   trapped(Trap::ArgumentCount { expected: 0, got: 1 })),
        ("is none",                 call(address(ALICE), "loop", &[], None, 5_000),      unknown),
        ("is empty",                deploy(vec![], &[], 5_000),                          Failure::InvalidProgram),
        ("is noise",                deploy(vec![0xff; 500], &[], 5_000),                 Failure::InvalidProgram),
    ];
    for (name, instruction, failure) in table {
        // What came before in the transaction is taken back, too.
        let before = desk.everything();
        let instructions = vec![send(WON, address(BOB), 1), instruction];
        assert_eq!(desk.tries(ALICE, instructions), Err(failure), "{name}");
        assert_eq!(desk.everything(), before, "{name}: something has moved");
    }
    let too_much = vec![harm("fund", &[], None, gas::MAX), harm("fund", &[], None, gas::MAX)];
    let left = TRANSACTION_GAS - gas::MAX - vm::CALL_GAS;
    let wanted = gas::MAX + vm::CALL_GAS;
    desk.fails(ALICE, too_much, Failure::TransactionGas { wanted, left });
    // A program cannot call a program: what it sends to one is money like any other, and runs nothing.
    let before = desk.holds(purse, WON);
    let to_the_purse = harm("drain_to", &[won, purse.into()], None, 5_000);
    desk.does(ALICE, vec![harm("fund", &[], paid, 5_000), to_the_purse]);
    assert_eq!(desk.holds(purse, WON), before + 9);
    assert!(desk.ledger.records(..).all(|(key, _)| !matches!(key, vm::RecordKey::Cell(..))), "no cell was made");
}

#[test]
fn a_failure_in_the_middle_takes_back_controls_assets_and_marks() {
    let Town { mut desk, .. } = town();
    let stranger = address(STRANGER);
    let next = desk.next_height();
    let all = vec![
        freeze(WON, stranger),
        define(POLICY, terms(&[tier(1, 1, 1)], &[], Some(0))),
        set_tier(POLICY, stranger, Some(0)),
        sanctions(types::ListId(1), 1, next, &[stranger], &[]),
        thaw(WON, stranger),
        thaw(WON, stranger),
    ];
    let not_frozen = vm::ComplianceFailure::NotFrozen { account: stranger, asset: WON };
    desk.fails(COMPLIANCE, all, not_frozen);
    let paused = types::Operations::NONE.with(Operation::Transfer);
    let refused = Refusal::Paused { asset: DOLLAR, operation: Operation::Transfer };
    desk.decides(
        DOLLAR,
        roles_action(types::AssetRoles { pauser: Some(address(DOLLAR_ISSUER)), approver: None, ..officers() }),
    );
    desk.fails(DOLLAR_ISSUER, vec![pause(DOLLAR, paused), send(DOLLAR, stranger, 1)], refused);
}
