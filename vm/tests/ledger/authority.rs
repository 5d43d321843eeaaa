//! Who may act for an account.

use types::codec::Bounded;
use types::{
    AccountSecret, Amount, AuthorizedTransaction, Deadline, Instruction, KeyKind, KeyPolicy, KeyRole, KeyRoles,
    Payload, PolicyFault, PolicyKey, SessionGrant, SessionScope, Sponsorship, Thresholds, Transaction,
};
use vm::{Failure, Ledger, Precheck, RecordKey, Skipped};

use crate::bank::*;

/// A payment of Alice's signed by somebody else's key.
fn forged() -> AuthorizedTransaction {
    let payload: Payload = sign(ALICE, SOON, 0, vec![transfer(WON, BOB, 1)]).payload;
    authorize(vec![Transaction::sign(payload, &key(BOB), &CHAIN)]).remove(0)
}

#[test]
fn who_does_not_open_an_account_leaves_no_trace_in_it() {
    let mut ledger = ledger();
    let forged = forged();
    assert_eq!(ledger.precheck(&forged, now(1)), Err(Precheck::Unauthorized));
    let account = ledger.account(&address(ALICE)).cloned();
    let empty = run(&ledger, &[], now(1), &[]);
    let execution = finalize(&mut ledger, now(1), &[forged]);
    assert_eq!(execution.skipped, Skipped { unauthorized: 1, ..Skipped::default() });
    assert_eq!((execution.receipts.len(), execution.state_root), (0, empty.state_root));
    assert_eq!(ledger.account(&address(ALICE)).cloned(), account);
}

#[test]
fn a_stranger_does_not_use_up_the_id_of_what_the_payer_signs() {
    let mut ledger = ledger();
    let good = signed(ALICE, 0, vec![transfer(WON, BOB, 1)]);
    let forged = forged();
    assert_eq!(forged.id(), good.id());
    // Before it in the same block, and in the block before.
    finalize(&mut ledger, now(1), std::slice::from_ref(&forged));
    assert_eq!(ledger.precheck(&good, now(2)), Ok(()));
    let execution = finalize(&mut ledger, now(2), &[forged.clone(), good.clone(), good, forged]);
    assert_eq!(execution.receipts.len(), 1);
    assert_eq!(execution.skipped, Skipped { unauthorized: 1, already_executed: 2, ..Skipped::default() });
    assert_eq!(balance(&ledger, BOB, WON), 51);
}

#[test]
fn more_signatures_than_needed_do_no_harm() {
    let ledger = ledger();
    let [alice, bob] = [ALICE, BOB].map(|customer| AccountSecret::from(key(customer)));
    let payload = sign(ALICE, SOON, 0, vec![transfer(WON, BOB, 1)]).payload;
    let both = authorize(vec![Transaction::sign_with(payload, &[&alice, &bob], &CHAIN).unwrap()]).remove(0);
    assert_eq!(ledger.precheck(&both, now(1)), Ok(()));
    assert_eq!(run(&ledger, &[], now(1), &[both]).receipts.len(), 1);
}

pub(crate) fn secret(kind: KeyKind, number: u8) -> AccountSecret {
    AccountSecret::from_seed(kind, [number; 32]).unwrap()
}

/// Keys that Alice's account can have; the fourth is her own.
pub(crate) fn alices() -> [AccountSecret; 4] {
    let [a, b, c] = KeyKind::ALL.map(|kind| secret(kind, 90));
    [a, b, c, key(ALICE).into()]
}

/// A policy of keys with weights and roles, and of thresholds to pay, to manage and to sponsor.
pub(crate) fn policy(keys: &[(&AccountSecret, u16, u8)], [pay, manage, sponsor]: [u32; 3]) -> KeyPolicy {
    let entry = |(secret, weight, roles): &(&AccountSecret, u16, u8)| PolicyKey {
        key: secret.key(),
        weight: *weight,
        roles: KeyRoles(*roles),
    };
    let mut keys: Vec<PolicyKey> = keys.iter().map(entry).collect();
    keys.sort_by_key(|entry| entry.key);
    KeyPolicy { keys: Bounded::new(keys).unwrap(), thresholds: Thresholds { pay, manage, sponsor } }
}

pub(crate) fn set(policy: Option<KeyPolicy>) -> Instruction {
    Instruction::SetKeys { policy: policy.map(Box::new) }
}

pub(crate) fn grant(secret: &AccountSecret, session: SessionGrant) -> Instruction {
    Instruction::GrantSession { key: secret.key(), session: Box::new(session) }
}

pub(crate) fn revoke(secret: &AccountSecret) -> Instruction {
    Instruction::RevokeSession { key: secret.key() }
}

/// Up to 100 won, 60 at once, to anyone, for a while.
pub(crate) fn session() -> SessionGrant {
    SessionGrant {
        asset: WON,
        limit_total: Amount(100),
        limit_per_payment: Amount(60),
        scope: SessionScope::Anyone,
        valid_until: Deadline(SOON),
    }
}

/// A transaction of Alice's that these keys have signed.
pub(crate) fn by(secrets: &[&AccountSecret], salt: u64, instructions: Vec<Instruction>) -> AuthorizedTransaction {
    let payload = sign(ALICE, SOON, salt, instructions).payload;
    authorize(vec![Transaction::sign_with(payload, secrets, &CHAIN).unwrap()]).remove(0)
}

pub(crate) fn pay(amount: u128) -> Vec<Instruction> {
    vec![transfer(WON, BOB, amount)]
}

/// What became of a transaction: nothing if it was skipped, and otherwise its failure, if it failed.
pub(crate) type Ran = Option<Option<Failure>>;

/// Runs one transaction in a block of its own, after comparing with what the precheck says.
pub(crate) fn one(ledger: &mut Ledger, height: u64, transaction: AuthorizedTransaction) -> Ran {
    let precheck = ledger.precheck(&transaction, now(height));
    let execution = finalize(ledger, now(height), &[transaction]);
    let result = execution.receipts.first().map(|receipt| receipt.failure().map(|(_, failure)| *failure));
    let expected = match result {
        None => Err(Precheck::Unauthorized),
        Some(None) => Ok(()),
        Some(Some(failure)) => Err(Precheck::WouldFail(failure)),
    };
    assert_eq!(precheck, expected);
    assert_eq!(execution.skipped.unauthorized, u32::from(result.is_none()));
    result
}

pub(crate) const SKIPPED: Ran = None;
pub(crate) const DONE: Ran = Some(None);

pub(crate) fn failed(failure: Failure) -> Ran {
    Some(Some(failure))
}

#[test]
fn keys_change_under_an_address_and_old_ones_stop_at_once() {
    let mut ledger = ledger();
    let [a, b, c, own] = &alices();
    assert_eq!(one(&mut ledger, 1, by(&[own], 1, vec![set(Some(policy(&[(b, 1, 7)], [1, 1, 1])))])), DONE);
    assert_eq!(one(&mut ledger, 2, by(&[own], 2, pay(1))), SKIPPED);
    assert_eq!(one(&mut ledger, 3, by(&[b], 3, pay(1))), DONE);
    // The block that rotates again, the old key before and after, the new one before and after.
    let rotate = by(&[b], 4, vec![set(Some(policy(&[(c, 1, 7), (a, 1, 1)], [1, 1, 1])))]);
    let block = [by(&[b], 5, pay(2)), by(&[c], 6, pay(4)), rotate, by(&[b], 7, pay(8)), by(&[c], 8, pay(16))];
    let execution = finalize(&mut ledger, now(4), &block);
    assert_eq!((execution.receipts.len(), execution.skipped.unauthorized), (3, 2));
    assert_eq!(balance(&ledger, BOB, WON), 50 + 1 + 2 + 16);
    // Back to the key whose address it is.
    assert_eq!(one(&mut ledger, 5, by(&[c], 9, vec![set(None)])), DONE);
    assert_eq!(one(&mut ledger, 6, by(&[c], 10, pay(1))), SKIPPED);
    assert_eq!(one(&mut ledger, 7, by(&[own], 11, pay(1))), DONE);
    assert_eq!(ledger.record(&RecordKey::KeyPolicy(address(ALICE))), None);
}

#[test]
fn authority_is_judged_once_for_a_transaction() {
    let mut ledger = ledger();
    let [a, _, _, own] = &alices();
    let rotate = set(Some(policy(&[(a, 1, 7)], [1, 1, 1])));
    let instructions = vec![rotate.clone(), transfer(WON, BOB, 1), set(Some(policy(&[(a, 2, 7)], [2, 2, 2])))];
    assert_eq!(one(&mut ledger, 1, by(&[own], 1, instructions)), DONE);
    assert_eq!(balance(&ledger, BOB, WON), 51);
    // What fails later leaves the keys as they were.
    let back = vec![set(None), grant(own, session()), burn(WON, 1)];
    assert_eq!(one(&mut ledger, 2, by(&[a], 2, back)), failed(Failure::NotIssuer { asset: WON }));
    assert_eq!(one(&mut ledger, 3, by(&[own], 3, pay(1))), SKIPPED);
    assert_eq!(one(&mut ledger, 4, by(&[a], 4, pay(1))), DONE);
}

#[test]
fn weights_and_roles_decide() {
    let mut ledger = ledger();
    let [a, b, c, own] = &alices();
    // a and b, or c alone, pay; b and c manage.
    let keys = policy(&[(a, 1, 1), (b, 1, 3), (c, 2, 3)], [2, 3, 0]);
    assert_eq!(one(&mut ledger, 1, by(&[own], 1, vec![set(Some(keys.clone()))])), DONE);
    let missing = |role| failed(Failure::MissingRole { role });
    let rotate = || vec![set(Some(keys.clone()))];
    #[rustfmt::skip]
    let table: [(&[&AccountSecret], Ran, Ran); 9] = [
        (&[a],            SKIPPED, SKIPPED),
        (&[b],            SKIPPED, SKIPPED),
        (&[own],          SKIPPED, SKIPPED),
        (&[b, own],       SKIPPED, SKIPPED),
        (&[a, b],         DONE,    missing(KeyRole::Manage)),
        (&[c],            DONE,    missing(KeyRole::Manage)),
        (&[a, c],         DONE,    missing(KeyRole::Manage)),
        (&[c, b],         DONE,    DONE),
        (&[own, c, b, a], DONE,    DONE),
    ];
    for ((secrets, pays, manages), number) in table.into_iter().zip(1..) {
        assert_eq!(one(&mut ledger, 2 * number, by(secrets, 10 * number, pay(1))), pays, "{secrets:?} pay");
        assert_eq!(one(&mut ledger, 2 * number + 1, by(secrets, 10 * number + 1, rotate())), manages, "{secrets:?}");
    }
    // Keys that manage and do not pay.
    let apart = policy(&[(a, 1, 1), (b, 1, 2)], [1, 1, 0]);
    assert_eq!(one(&mut ledger, 30, by(&[b, c], 500, vec![set(Some(apart))])), DONE);
    assert_eq!(one(&mut ledger, 31, by(&[b], 501, pay(1))), missing(KeyRole::Pay));
    assert_eq!(one(&mut ledger, 32, by(&[b], 502, vec![set(None)])), DONE);
}

#[test]
fn a_policy_that_nobody_can_meet_is_refused() {
    let mut ledger = ledger();
    let [a, _, _, own] = &alices();
    let refused = |fault| failed(Failure::InvalidPolicy { fault });
    let none = policy(&[], [0, 0, 0]);
    assert_eq!(
        one(&mut ledger, 1, by(&[own], 1, vec![set(Some(none))])),
        refused(PolicyFault::Threshold(KeyRole::Pay))
    );
    let no_manager = policy(&[(a, 1, 1)], [1, 1, 0]);
    let no_manager = by(&[own], 2, vec![set(Some(no_manager))]);
    assert_eq!(one(&mut ledger, 2, no_manager), refused(PolicyFault::Threshold(KeyRole::Manage)));
    let no_weight = by(&[own], 3, vec![set(Some(policy(&[(a, 0, 7)], [1, 1, 1])))]);
    assert_eq!(one(&mut ledger, 3, no_weight), refused(PolicyFault::ZeroWeight));
    // A stranger has no account to set keys of.
    let stranger = signed(STRANGER, 1, vec![set(None)]);
    assert_eq!(ledger.precheck(&stranger, now(4)), Err(Precheck::UnknownAccount));
    let execution = run(&ledger, &[], now(4), &[stranger]);
    assert_eq!(execution.receipts[0].failure(), Some((0, &Failure::UnknownAccount)));
}

#[test]
fn a_sponsor_is_one_whose_keys_may_sponsor() {
    let mut ledger = ledger();
    let [a, b, _, own] = &alices();
    let bob = AccountSecret::from(key(BOB));
    let sponsored = |salt, sponsor: u8, secrets: &[&AccountSecret]| {
        let payment =
            Transaction::sign(sign(BOB, SOON, salt, vec![transfer(WON, ALICE, 1)]).payload, &key(BOB), &CHAIN);
        let sponsorship = Sponsorship::sign(address(sponsor), &payment.payload.id(&CHAIN), secrets, &CHAIN).unwrap();
        authorize(vec![payment.sponsored(sponsorship)]).remove(0)
    };
    let runs = |ledger: &Ledger, transaction: AuthorizedTransaction| {
        let precheck = ledger.precheck(&transaction, now(5));
        let execution = run(ledger, &[], now(5), &[transaction]);
        assert_eq!(execution.receipts.len() as u32 + execution.skipped.unauthorized, 1);
        let is_run = execution.receipts.len() == 1;
        assert_eq!(precheck, if is_run { Ok(()) } else { Err(Precheck::UnauthorizedSponsor) });
        is_run
    };
    assert!(runs(&ledger, sponsored(1, ALICE, &[own])));
    assert!(!runs(&ledger, sponsored(1, ALICE, &[&bob])), "the payer's key is not the sponsor's");
    let keys = policy(&[(a, 1, 3), (b, 1, 4)], [1, 1, 1]);
    assert_eq!(one(&mut ledger, 1, by(&[own], 1, vec![set(Some(keys)), grant(own, session())])), DONE);
    assert!(!runs(&ledger, sponsored(2, ALICE, &[own])), "a session does not sponsor");
    assert!(!runs(&ledger, sponsored(2, ALICE, &[a])), "a key that pays does not sponsor");
    assert!(runs(&ledger, sponsored(2, ALICE, &[b])));
    assert_eq!(one(&mut ledger, 2, by(&[b], 3, pay(1))), SKIPPED, "a key that sponsors opens nothing");
}
