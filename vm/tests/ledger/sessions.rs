//! Session keys: what they may pay, and when they end.

use types::codec::{Bounded, Text};
use types::{
    AccountSecret, Address, Amount, Compliance, Deadline, Instruction, KeyKind, Merchant, Payment, ProgramCall,
    PublicKey, SessionFault, SessionGrant, SessionScope,
};
use vm::{Failure, Ledger, Precheck, RecordKey, SessionLimit};

use crate::authority::{DONE, Ran, SKIPPED, alices, by, failed, grant, one, pay, policy, revoke, secret, session, set};
use crate::bank::*;

#[test]
fn a_session_pays_within_its_limits_and_does_nothing_else() {
    let mut ledger = ledger();
    let [a, b, _, own] = &alices();
    let forbids = |limit| failed(Failure::SessionForbids { limit });
    assert_eq!(one(&mut ledger, 1, by(&[own], 1, vec![grant(a, session())])), DONE);
    assert_eq!(one(&mut ledger, 2, by(&[b], 2, pay(1))), SKIPPED);
    #[rustfmt::skip]
    let table: Vec<(Vec<Instruction>, Ran)> = vec![
        (vec![transfer(DOLLAR, BOB, 1)],                       forbids(SessionLimit::Asset)),
        (pay(61),                                              forbids(SessionLimit::PerPayment)),
        (vec![burn(WON, 1)],                                   forbids(SessionLimit::Instruction)),
        (vec![mint(WON, BOB, 1)],                              forbids(SessionLimit::Instruction)),
        (vec![set(None)],                                      forbids(SessionLimit::Instruction)),
        (vec![grant(b, session())],                            forbids(SessionLimit::Instruction)),
        (vec![revoke(a)],                                      forbids(SessionLimit::Instruction)),
        (vec![approve(0, vec![])],                             forbids(SessionLimit::Instruction)),
        (vec![register(BOB, shop("Bob's", 1))],                forbids(SessionLimit::Instruction)),
        // Spent in one transaction, and taken back with it.
        ([pay(60), pay(30), pay(11)].concat(),                 forbids(SessionLimit::Total)),
        ([pay(60), pay(30)].concat(),                          DONE),
        (pay(11),                                              forbids(SessionLimit::Total)),
        (pay(10),                                              DONE),
        (pay(1),                                               forbids(SessionLimit::Total)),
    ];
    for ((instructions, expected), number) in table.into_iter().zip(3..) {
        assert_eq!(one(&mut ledger, number, by(&[a], number, instructions.clone())), expected, "{instructions:?}");
    }
    assert_eq!(balance(&ledger, BOB, WON), 150);
    // Another grant begins anew; with the account's own key beside it the session says nothing.
    assert_eq!(one(&mut ledger, 40, by(&[own, a], 40, vec![grant(a, session())])), DONE);
    assert_eq!(one(&mut ledger, 41, by(&[a], 41, pay(60))), DONE);
    assert_eq!(one(&mut ledger, 42, by(&[own, a], 42, pay(61))), DONE);
    // Two that are no account's keys are no session's either.
    assert_eq!(one(&mut ledger, 43, by(&[a, b], 43, pay(1))), SKIPPED);
    assert_eq!(one(&mut ledger, 44, by(&[own], 44, vec![revoke(a)])), DONE);
    assert_eq!(one(&mut ledger, 45, by(&[a], 45, pay(1))), SKIPPED);
    assert_eq!(one(&mut ledger, 46, by(&[own], 46, vec![revoke(a)])), failed(Failure::UnknownSession));
}

#[test]
fn a_session_pays_within_its_scope() {
    let mut ledger = ledger();
    let [a, b, c, own] = &alices();
    let scoped = |scope| SessionGrant { scope, ..session() };
    let receivers = SessionScope::Receivers(Bounded::new(vec![address(BOB)]).unwrap());
    let grants = vec![
        grant(a, scoped(receivers)),
        grant(b, scoped(SessionScope::Category(5_814))),
        grant(c, scoped(SessionScope::Program(address(STRANGER)))),
    ];
    assert_eq!(one(&mut ledger, 1, by(&[own], 1, grants)), DONE);
    let outside = failed(Failure::SessionForbids { limit: SessionLimit::Scope });
    assert_eq!(one(&mut ledger, 2, by(&[a], 2, pay(1))), DONE);
    assert_eq!(one(&mut ledger, 3, by(&[a], 3, vec![transfer(WON, ISSUER, 1)])), outside);
    // By category: no merchant, a merchant, one of another category, one that is suspended.
    assert_eq!(one(&mut ledger, 4, by(&[b], 4, pay(1))), outside);
    finalize(&mut ledger, now(5), &[signed(ISSUER, 5, vec![register(BOB, shop("Bob's", 1))])]);
    assert_eq!(one(&mut ledger, 6, by(&[b], 6, pay(1))), DONE);
    let others = [Merchant { category: 5_411, ..shop("Bob's", 1) }, Merchant { is_active: false, ..shop("Bob's", 1) }];
    for (entry, number) in others.into_iter().zip([7, 9]) {
        finalize(&mut ledger, now(number), &[signed(ISSUER, number, vec![update(BOB, entry)])]);
        assert_eq!(one(&mut ledger, number + 1, by(&[b], number + 1, pay(1))), outside);
    }
    // By program: no transfer, no other program; its own only fails because there is none.
    let call = |program: u8, attach: Option<u128>| {
        Instruction::CallProgram(Box::new(ProgramCall {
            program: address(program),
            entry: Text::new("pay").unwrap(),
            args: Bounded::default(),
            attach: attach.map(|amount| (WON, Amount(amount))),
            gas_limit: 1_000,
        }))
    };
    let forbids = |limit| failed(Failure::SessionForbids { limit });
    assert_eq!(one(&mut ledger, 11, by(&[c], 11, pay(1))), forbids(SessionLimit::Instruction));
    assert_eq!(one(&mut ledger, 12, by(&[c], 12, vec![call(BOB, None)])), outside);
    assert_eq!(one(&mut ledger, 13, by(&[c], 13, vec![call(STRANGER, Some(61))])), forbids(SessionLimit::PerPayment));
    let unknown = failed(Failure::UnknownProgram { program: address(STRANGER) });
    assert_eq!(one(&mut ledger, 14, by(&[c], 14, vec![call(STRANGER, Some(60))])), unknown);
    assert_eq!(one(&mut ledger, 15, by(&[c], 15, vec![call(STRANGER, None)])), unknown);
    assert_eq!(one(&mut ledger, 16, by(&[a], 16, vec![call(STRANGER, None)])), forbids(SessionLimit::Instruction));
}

#[test]
fn a_session_that_cannot_be_used_is_refused() {
    let mut ledger = ledger();
    let [a, _, _, own] = &alices();
    let refused = |fault| failed(Failure::InvalidSession { fault });
    let ended = SessionGrant { valid_until: Deadline(SECOND - 1), ..session() };
    assert_eq!(one(&mut ledger, 1, by(&[own], 1, vec![grant(a, ended)])), refused(SessionFault::Ended));
    let limits = SessionGrant { limit_total: Amount(1), ..session() };
    assert_eq!(one(&mut ledger, 2, by(&[own], 2, vec![grant(a, limits)])), refused(SessionFault::Limits));
    let anybodys = Instruction::GrantSession { key: PublicKey([0; 32]).into(), session: Box::new(session()) };
    assert_eq!(one(&mut ledger, 3, by(&[own], 3, vec![anybodys])), refused(SessionFault::UnusableKey));
}

#[test]
fn sessions_end_are_counted_and_go_with_the_keys() {
    let mut ledger = ledger();
    let own = &AccountSecret::from(key(ALICE));
    let secrets: Vec<AccountSecret> = (100..117).map(|number| secret(KeyKind::Ed25519, number)).collect();
    let short = SessionGrant { valid_until: Deadline(SECOND), ..session() };
    let mut grants: Vec<Instruction> = secrets[..15].iter().map(|secret| grant(secret, session())).collect();
    grants.push(grant(&secrets[15], short));
    assert_eq!(one(&mut ledger, 1, by(&[own], 1, grants)), DONE);
    assert_eq!(one(&mut ledger, 2, by(&[&secrets[15]], 2, pay(1))), DONE);
    let another = || vec![grant(&secrets[16], session())];
    let execution = run(&ledger, &[], now(3), &[by(&[own], 3, another())]);
    assert_eq!(execution.receipts[0].failure(), Some((0, &Failure::TooManySessions)));
    assert_eq!(one(&mut ledger, 4, by(&[own], 4, vec![grant(&secrets[3], session())])), DONE, "replaces one");

    // A second later the short one has ended, and makes room.
    let later = |height| context(height, u64::from(SECOND + 1) * 1_000);
    let dead = by(&[&secrets[15]], 5, pay(1));
    assert_eq!(ledger.precheck(&dead, later(5)), Err(Precheck::Unauthorized));
    let execution = finalize(&mut ledger, later(5), &[dead, by(&[own], 6, another())]);
    assert_eq!((execution.skipped.unauthorized, execution.receipts[0].failure()), (1, None));
    assert_eq!(ledger.records(..).count(), 16);

    // New keys end all of them, and only the account's own.
    finalize(&mut ledger, later(6), &[signed(BOB, 7, vec![grant(&secrets[0], session())])]);
    finalize(&mut ledger, later(7), &[by(&[own], 8, vec![set(Some(policy(&[(own, 1, 7)], [1, 1, 1])))])]);
    let left: Vec<RecordKey> = ledger.records(..).map(|(key, _)| key.clone()).collect();
    let bobs = RecordKey::Session(address(BOB), secrets[0].key().address());
    assert_eq!(left, [RecordKey::KeyPolicy(address(ALICE)), bobs]);
    let restored = Ledger::restore(ledger.snapshot().chunks(), ledger.state_root()).unwrap();
    assert_eq!(restored.records(..).count(), 2);
}

#[test]
fn a_session_pays_orders_of_the_merchants_in_its_scope() {
    let mut ledger = ledger();
    let [a, b, _, own] = &alices();
    let (bob, order) = (address(BOB), |name: &str| Text::new(name).unwrap());
    let payment = |payment| vec![Instruction::Payment(Box::new(payment))];
    let charge = |name, amount| {
        payment(Payment::Charge { merchant: bob, order: order(name), asset: WON, amount: Amount(amount) })
    };
    let open = payment(Payment::OpenOrder { order: order("9"), asset: WON, amount: Amount(7) });
    finalize(&mut ledger, now(1), &[signed(ISSUER, 1, vec![register(BOB, shop("Bob's", 1))])]);
    finalize(&mut ledger, now(2), &[signed(BOB, 2, open)]);
    let scoped = |scope| SessionGrant { scope, ..session() };
    let grants = vec![
        grant(a, scoped(SessionScope::Category(5_814))),
        grant(b, scoped(SessionScope::Receivers(Bounded::new(vec![address(ISSUER)]).unwrap()))),
    ];
    assert_eq!(one(&mut ledger, 3, by(&[own], 3, grants)), DONE);
    let travel = Instruction::Compliance(Box::new(Compliance::DeclareTravel { reference: order("exchange-7") }));
    assert_eq!(one(&mut ledger, 4, by(&[a], 4, [vec![travel], charge("1", 10)].concat())), DONE);
    let hold = Payment::Hold { merchant: bob, order: order("2"), asset: WON, amount: Amount(10), valid_seconds: 60 };
    assert_eq!(one(&mut ledger, 5, by(&[a], 5, payment(hold))), DONE);
    let to_order = Instruction::Transfer {
        asset: WON,
        to: Address::of_order(&bob, &order("9")),
        amount: Amount(7),
        memo: Text::default(),
        reference: Text::default(),
    };
    assert_eq!(one(&mut ledger, 6, by(&[a], 6, vec![to_order])), DONE);
    let forbids = |limit| failed(Failure::SessionForbids { limit });
    assert_eq!(one(&mut ledger, 7, by(&[b], 7, charge("3", 1))), forbids(SessionLimit::Scope));
    assert_eq!(one(&mut ledger, 8, by(&[a], 8, charge("3", 61))), forbids(SessionLimit::PerPayment));
    let refund = payment(Payment::Refund { order: order("1"), amount: Amount(1) });
    assert_eq!(one(&mut ledger, 9, by(&[a], 9, refund)), forbids(SessionLimit::Instruction));
}
