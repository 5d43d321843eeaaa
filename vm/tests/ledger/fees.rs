//! What transactions pay.

use types::{
    AccountSecret, Action, Address, Amount, AssetRoles, AuthorizedTransaction, Deadline, Instruction, KeyKind,
    Operation, Operations, SessionGrant, SessionScope, Sponsorship, Transaction,
};
use vm::{
    Execution, Failure, FeePaid, FeeSchedule, GenesisError, Ledger, Outcome, Parameters, Precheck, Refusal,
    SessionLimit, Skipped,
};

use crate::bank::*;
use crate::instructions::{batch, pause, propose, send};

const COLLECTOR: u8 = 60;

fn schedule() -> FeeSchedule {
    FeeSchedule { asset: WON, per_transaction: Amount(3), per_instruction: Amount(2), collector: address(COLLECTOR) }
}

fn with(fees: FeeSchedule) -> Result<Ledger, GenesisError> {
    ledger_with(Parameters { fees: Some(fees), ..PARAMETERS })
}

fn charging() -> Ledger {
    with(schedule()).unwrap()
}

fn paid(by: u8, amount: u128) -> Option<FeePaid> {
    Some(FeePaid { by: address(by), asset: WON, amount: Amount(amount) })
}

fn sponsored(transaction: Transaction, by: u8) -> AuthorizedTransaction {
    let id = transaction.payload.id(&CHAIN);
    let sponsorship = Sponsorship::sign(address(by), &id, &[&key(by).into()], &CHAIN).unwrap();
    authorize(vec![transaction.sponsored(sponsorship)]).remove(0)
}

/// Executes one transaction in a block of its own and folds it in. The precheck says beforehand what will be.
fn one(ledger: &mut Ledger, height: u64, transaction: AuthorizedTransaction) -> Execution {
    let precheck = ledger.precheck(&transaction, now(height));
    let held: Amount = ledger.held(WON);
    let execution = finalize(ledger, now(height), &[transaction]);
    match execution.receipts.first().map(|receipt| receipt.outcome.clone()) {
        Some(Outcome::Succeeded) => assert_eq!(precheck, Ok(())),
        Some(_) => assert!(matches!(precheck, Err(Precheck::WouldFail(_))), "{precheck:?}"),
        None => assert!(matches!(precheck, Err(Precheck::Unpaid { .. })), "{precheck:?}"),
    }
    assert_eq!(execution.skipped, Skipped { unpaid: u32::from(execution.receipts.is_empty()), ..Skipped::default() });
    assert_eq!(ledger.held(WON), held, "fees are moved, not made");
    execution
}

fn accounts(execution: &Execution) -> Vec<Address> {
    execution.receipts[0].links.iter().map(|link| link.account).collect()
}

#[test]
fn the_payer_pays_by_transaction_and_instruction() {
    let mut ledger = charging();
    let payment = signed(ALICE, 1, vec![transfer(WON, BOB, 10), transfer(WON, STRANGER, 5)]);
    let execution = one(&mut ledger, 1, payment);
    assert_eq!((execution.receipts[0].fee, execution.receipts[0].failure()), (paid(ALICE, 7), None));
    assert_eq!(accounts(&execution), [ALICE, COLLECTOR, BOB, STRANGER].map(address));
    let left = [ALICE, BOB, STRANGER, COLLECTOR].map(|customer| balance(&ledger, customer, WON));
    assert_eq!(left, [1_000 - 15 - 7, 60, 5, 7]);
}

#[test]
fn a_failing_transaction_moves_nothing_but_the_fee() {
    let mut ledger = charging();
    let execution = one(&mut ledger, 1, signed(ALICE, 1, vec![transfer(WON, BOB, 10), mint(WON, BOB, 5)]));
    assert_eq!(execution.receipts[0].failure(), Some((1, &Failure::NotIssuer { asset: WON })));
    assert_eq!(execution.receipts[0].fee, paid(ALICE, 7));
    assert_eq!(accounts(&execution), [ALICE, COLLECTOR].map(address));
    assert_eq!([ALICE, BOB, COLLECTOR].map(|customer| balance(&ledger, customer, WON)), [993, 50, 7]);
    // What the fee takes is no longer there for the payment.
    let all = one(&mut ledger, 2, signed(BOB, 1, vec![transfer(WON, ALICE, 46)]));
    let overdraft = Failure::Overdraft { asset: WON, balance: Amount(45), needed: Amount(46) };
    assert_eq!(all.receipts[0].failure(), Some((0, &overdraft)));
    let rest = one(&mut ledger, 3, signed(BOB, 2, vec![transfer(WON, ALICE, 40)]));
    assert_eq!(rest.receipts[0].failure(), None);
    assert_eq!(balance(&ledger, BOB, WON), 0);
}

#[test]
fn who_cannot_pay_the_fee_is_skipped_without_a_trace() {
    let mut ledger = charging();
    let payment = signed(DOLLAR_ISSUER, 1, vec![mint(DOLLAR, BOB, 1)]);
    let empty = run(&ledger, &[], now(1), &[]).state_root;
    let unpaid = Failure::Overdraft { asset: WON, balance: Amount(0), needed: Amount(5) };
    let expected = Precheck::Unpaid { by: address(DOLLAR_ISSUER), failure: unpaid };
    assert_eq!(ledger.precheck(&payment, now(1)), Err(expected));
    assert_eq!(one(&mut ledger, 1, payment.clone()).state_root, empty);
    // The same bytes execute once there is money, also later in the same block.
    let fund = signed(ALICE, 2, vec![transfer(WON, DOLLAR_ISSUER, 5)]);
    let execution = finalize(&mut ledger, now(2), &[payment.clone(), fund, payment.clone(), payment]);
    assert_eq!(execution.skipped, Skipped { unpaid: 1, already_executed: 1, ..Skipped::default() });
    assert_eq!(execution.receipts.len(), 2);
    assert_eq!((balance(&ledger, BOB, DOLLAR), balance(&ledger, DOLLAR_ISSUER, WON)), (1, 0));
    // Neither has a stranger an account to pay from.
    let stranger = signed(STRANGER, 1, vec![transfer(WON, BOB, 1)]);
    let expected = Precheck::Unpaid { by: address(STRANGER), failure: Failure::UnknownAccount };
    assert_eq!(ledger.precheck(&stranger, now(3)), Err(expected));
    assert_eq!(one(&mut ledger, 3, stranger).receipts.len(), 0);
}

/// Otherwise whoever stops everything in an emergency stops itself from resuming, for ever.
#[test]
fn who_has_paused_everything_can_resume() {
    let mut ledger = charging();
    let set = Action::SetRoles(AssetRoles { pauser: Some(address(ALICE)), ..AssetRoles::default() });
    one(&mut ledger, 1, signed(ISSUER, 1, vec![propose(WON, set, 60)]));
    one(&mut ledger, 2, signed(ALICE, 1, vec![pause(WON, Operations::ALL)]));
    let paused = Refusal::Paused { asset: WON, operation: Operation::Transfer };
    let stopped = one(&mut ledger, 3, signed(BOB, 1, vec![transfer(WON, ALICE, 1)]));
    assert_eq!((stopped.receipts[0].failure(), stopped.receipts[0].fee), (Some((0, &paused.into())), paid(BOB, 5)));
    one(&mut ledger, 4, signed(ALICE, 2, vec![pause(WON, Operations::NONE)]));
    let resumed = one(&mut ledger, 5, signed(BOB, 2, vec![transfer(WON, ALICE, 1)]));
    assert_eq!(resumed.receipts[0].failure(), None);
}

#[test]
fn a_sponsor_pays_instead() {
    let mut ledger = charging();
    let payment = || sign(BOB, SOON, 1, vec![transfer(WON, STRANGER, 50)]);
    let id = payment().payload.id(&CHAIN);
    let execution = one(&mut ledger, 1, sponsored(payment(), ALICE));
    assert_eq!((execution.receipts[0].id, execution.receipts[0].fee), (id, paid(ALICE, 5)));
    assert_eq!(accounts(&execution), [BOB, ALICE, COLLECTOR, STRANGER].map(address));
    let left = [BOB, ALICE, STRANGER, COLLECTOR].map(|customer| balance(&ledger, customer, WON));
    assert_eq!(left, [0, 995, 50, 5]);
    // It is executed, whoever would sponsor it now.
    let again = finalize(&mut ledger, now(2), &[sponsored(payment(), ISSUER), authorize(vec![payment()]).remove(0)]);
    assert_eq!(again.skipped, Skipped { already_executed: 2, ..Skipped::default() });
    // A sponsor that cannot pay is not replaced by the payer.
    let payment = sponsored(sign(ALICE, SOON, 2, vec![transfer(WON, BOB, 1)]), DOLLAR_ISSUER);
    assert_eq!(one(&mut ledger, 3, payment).receipts.len(), 0);
    // The payer may sponsor itself, and the collector pays itself.
    let payment = sponsored(sign(ALICE, SOON, 3, vec![transfer(WON, COLLECTOR, 5)]), ALICE);
    assert_eq!(accounts(&one(&mut ledger, 4, payment)), [ALICE, COLLECTOR].map(address));
    let execution = one(&mut ledger, 5, signed(COLLECTOR, 4, vec![transfer(WON, BOB, 10)]));
    assert_eq!(accounts(&execution), [COLLECTOR, BOB].map(address));
    assert_eq!((balance(&ledger, COLLECTOR, WON), balance(&ledger, BOB, WON)), (5, 10));
}

#[test]
fn a_session_pays_fees_out_of_its_limit() {
    let mut ledger = charging();
    let session = AccountSecret::from_seed(KeyKind::P256, [9; 32]).unwrap();
    let grant = |asset, limit_total| Instruction::GrantSession {
        key: session.key(),
        session: Box::new(SessionGrant {
            asset,
            limit_total: Amount(limit_total),
            // Fees are not payments: they may be more than this.
            limit_per_payment: Amount(1),
            scope: SessionScope::Anyone,
            valid_until: Deadline(SOON),
        }),
    };
    let payment = |salt, instructions| {
        let payload = sign(ALICE, SOON, salt, instructions).payload;
        Transaction::sign_with(payload, &[&session], &CHAIN).unwrap()
    };
    let by_session = |salt, instructions| authorize(vec![payment(salt, instructions)]).remove(0);
    one(&mut ledger, 1, signed(ALICE, 1, vec![grant(WON, 17)]));
    assert_eq!(one(&mut ledger, 2, by_session(2, vec![transfer(WON, BOB, 1)])).receipts[0].fee, paid(ALICE, 5));
    let failing = one(&mut ledger, 3, by_session(3, vec![burn(WON, 1)]));
    let forbidden = |limit| Failure::SessionForbids { limit };
    assert_eq!(failing.receipts[0].failure(), Some((0, &forbidden(SessionLimit::Instruction))));
    // 11 of 17 are spent: another fee of 5 and then 1 more.
    one(&mut ledger, 4, by_session(4, vec![transfer(WON, BOB, 1)]));
    let empty = by_session(5, vec![transfer(WON, BOB, 1)]);
    let unpaid = Precheck::Unpaid { by: address(ALICE), failure: forbidden(SessionLimit::Total) };
    assert_eq!(ledger.precheck(&empty, now(5)), Err(unpaid));
    assert_eq!(one(&mut ledger, 5, empty).receipts.len(), 0);
    assert_eq!(balance(&ledger, ALICE, WON), 1_000 - 4 * 5 - 2);
    // A session in another asset pays no fee; a sponsor can, and then the session has its limit for itself.
    one(&mut ledger, 6, signed(ALICE, 6, vec![grant(DOLLAR, 1)]));
    let dollars = payment(7, vec![transfer(DOLLAR, BOB, 1)]);
    let unpaid = Precheck::Unpaid { by: address(ALICE), failure: forbidden(SessionLimit::Asset) };
    let alone = authorize(vec![dollars.clone()]).remove(0);
    assert_eq!(ledger.precheck(&alone, now(7)), Err(unpaid));
    assert_eq!(one(&mut ledger, 7, alone).receipts.len(), 0);
    assert_eq!(one(&mut ledger, 8, sponsored(dollars, ISSUER)).receipts[0].fee, paid(ISSUER, 5));
    assert_eq!(balance(&ledger, BOB, DOLLAR), 1);
}

#[test]
fn validators_approve_for_nothing_and_others_do_not() {
    let mut ledger = charging();
    let changes = || vec![remove(BOB)];
    let execution = one(&mut ledger, 1, signed(VALIDATOR, 1, vec![approve(0, changes())]));
    assert_eq!((execution.receipts[0].fee, execution.receipts[0].failure()), (None, None));
    assert_eq!(one(&mut ledger, 2, signed(STRANGER, 2, vec![approve(0, changes())])).receipts.len(), 0);
    let more = signed(BOB, 3, vec![approve(0, changes()), transfer(WON, ALICE, 1)]);
    assert_eq!(one(&mut ledger, 3, more).receipts[0].fee, paid(BOB, 7));
}

#[test]
fn a_schedule_of_zero_charges_nobody() {
    let mut ledger =
        with(FeeSchedule { per_transaction: Amount(0), per_instruction: Amount(0), ..schedule() }).unwrap();
    let execution = one(&mut ledger, 1, sponsored(sign(ALICE, SOON, 1, vec![transfer(WON, BOB, 1)]), ISSUER));
    assert_eq!((execution.receipts[0].fee, accounts(&execution)), (None, [ALICE, BOB].map(address).to_vec()));
}

#[test]
fn a_schedule_that_cannot_be_charged_is_refused() {
    // 1,024 instructions, each a batch of 1,000 payments.
    const MOST: u128 = 1_024_000;
    let refused = |fees| with(fees).map(|ledger| ledger.state_root()).unwrap_err();
    assert_eq!(refused(FeeSchedule { asset: NO_ASSET, ..schedule() }), GenesisError::UnknownFeeAsset(NO_ASSET));
    let high = |per_transaction| FeeSchedule {
        per_transaction: Amount(per_transaction),
        per_instruction: Amount(u128::MAX / MOST),
        ..schedule()
    };
    assert_eq!(refused(high(u128::MAX % MOST + 1)), GenesisError::FeesTooHigh);
    assert!(with(high(u128::MAX % MOST)).is_ok());
    let roots = [charging(), ledger()].map(|ledger| ledger.state_root());
    assert_ne!(roots[0], roots[1], "the root commits to the schedule");
}

/// What fails after it has touched as many accounts as there may be leaves nothing but the accounts of the fee, whoever
/// these are: payer, sponsor and collector may be one.
#[test]
fn what_touches_too_much_leaves_the_accounts_of_the_fee() {
    let to_others = |first: u64, payments: u64| {
        let payment = |number| (1, Address::of_customer(&address(BOB), number), 1);
        batch(WON, &(first..first + payments).map(payment).collect::<Vec<_>>())
    };
    for collector in [COLLECTOR, ALICE, BOB] {
        let cheap = FeeSchedule { per_instruction: Amount(0), collector: address(collector), ..schedule() };
        let mut ledger = with(cheap).unwrap();
        let customer = Address::of_customer(&address(ALICE), 1);
        finalize(&mut ledger, now(1), &[signed(ISSUER, 1, vec![mint(WON, ALICE, 10_000)])]);
        finalize(&mut ledger, now(2), &[signed(ALICE, 1, vec![send(WON, customer, 5_000)])]);
        let too_many = || vec![to_others(0, 1_000), to_others(1_000, 1_000), to_others(2_000, 100)];
        for (number, sponsor) in [(4, None), (5, Some(BOB)), (6, Some(collector).filter(|by| *by != COLLECTOR))] {
            let transaction = sign(ALICE, SOON, number, too_many());
            let transaction = match sponsor {
                Some(by) => sponsored(transaction, by),
                None => authorize(vec![transaction]).remove(0),
            };
            let before = balance(&ledger, BOB, WON) + balance(&ledger, ALICE, WON) + balance(&ledger, COLLECTOR, WON);
            let execution = finalize(&mut ledger, now(number), &[transaction]);
            assert_eq!(execution.receipts[0].failure(), Some((2, &Failure::TooManyAccounts)));
            let mut expected = vec![address(ALICE)];
            for account in [address(sponsor.unwrap_or(ALICE)), address(collector)] {
                if !expected.contains(&account) {
                    expected.push(account);
                }
            }
            assert_eq!(accounts(&execution), expected, "collector {collector}, sponsor {sponsor:?}");
            let after = balance(&ledger, BOB, WON) + balance(&ledger, ALICE, WON) + balance(&ledger, COLLECTOR, WON);
            assert_eq!(before, after, "only the fee has moved");
        }
    }
}
