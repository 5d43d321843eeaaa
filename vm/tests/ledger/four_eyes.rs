//! Roles, proposals and their approval, the reserve and the cap.

use types::codec::Text;
use types::{
    Action, Address, Amount, AssetId, AssetRoles, Compliance, Extent, Instruction, Issuance, MAX_PROPOSAL_SECONDS,
    Origin, PolicyId, Role, Timestamp,
};
use vm::{ComplianceFailure, Failure, IssuanceFailure, Refusal};

use crate::bank::*;
use crate::desk::*;
use crate::instructions::*;

fn without(role: Role) -> Failure {
    Failure::WithoutRole { asset: WON, role }
}

fn roles(asset: AssetId, desk: &Desk) -> AssetRoles {
    desk.ledger.asset(asset).unwrap().controls.roles
}

/// A desk with so much of the won in reserve above what exists.
fn desk_with_room(room: u128) -> Desk {
    let mut desk = Desk::new();
    desk.attests(desk.supply(WON) + room);
    desk
}

#[test]
fn a_mint_takes_effect_once_when_it_is_approved() {
    let mut desk = desk_with_room(1_000);
    let (supply, bob) = (desk.supply(WON), address(BOB));
    let proposal = desk.does(ISSUER, vec![propose(WON, mint_action(bob, 70), 60)]);
    assert_eq!((desk.holds(bob, WON), desk.supply(WON)), (50, supply), "a proposal moves nothing");
    for (payer, failure) in [(ISSUER, without(Role::Approver)), (COMPLIANCE, without(Role::Approver))] {
        desk.fails(payer, vec![approve_proposal(proposal)], failure);
    }
    desk.does(APPROVER, vec![approve_proposal(proposal)]);
    assert_eq!((desk.holds(bob, WON), desk.supply(WON)), (120, supply + 70));
    desk.fails(APPROVER, vec![approve_proposal(proposal)], IssuanceFailure::UnknownProposal { proposal });
}

#[test]
fn nobody_is_both_pairs_of_eyes() {
    let mut desk = desk_with_room(1_000);
    // In one transaction there is one payer, and the two roles are never one account's.
    let guessed = |number| Origin { transaction: types::TransactionId([7; 32]), instruction: number };
    let both = vec![propose(WON, mint_action(address(BOB), 70), 60), approve_proposal(guessed(0))];
    desk.fails(ISSUER, both, IssuanceFailure::UnknownProposal { proposal: guessed(0) });
    desk.fails(APPROVER, vec![propose(WON, mint_action(address(BOB), 70), 60)], without(Role::Issuer));

    let shared = |role, with| IssuanceFailure::SharedRole { role, with };
    let set = |roles| vec![propose(WON, roles_action(roles), 60)];
    let with = |approver, compliance, attestor| AssetRoles {
        approver: Some(address(approver)),
        compliance: Some(address(compliance)),
        pauser: None,
        attestor: Some(address(attestor)),
    };
    desk.fails(ISSUER, set(with(ISSUER, BOB, BOB)), shared(Role::Approver, Role::Issuer));
    desk.fails(ISSUER, set(with(BOB, BOB, ALICE)), shared(Role::Approver, Role::Compliance));
    desk.fails(ISSUER, set(with(BOB, ALICE, ISSUER)), shared(Role::Attestor, Role::Issuer));
    desk.does(ISSUER, set(with(BOB, ISSUER, BOB)));
}

#[test]
fn each_action_is_proposed_by_its_role() {
    let mut desk = desk_with_room(1_000);
    desk.does(COMPLIANCE, vec![define(POLICY, terms(&[tier(1, 1, 1)], &[], None))]);
    let create = Action::CreateAsset { symbol: Text::new("EUR").unwrap(), decimals: 2, issuer: address(ALICE) };
    let of_the_issuer = [
        mint_action(address(BOB), 1),
        burn_action(1),
        roles_action(officers()),
        Action::SetSupplyCap(None),
        Action::SetRedemptionTime(60),
        create,
    ];
    let of_compliance = [seize_action(address(ALICE), address(BOB), 1), Action::SetPolicy(Some(POLICY))];
    for action in of_the_issuer {
        desk.does(ISSUER, vec![propose(WON, action.clone(), 60)]);
        for payer in [APPROVER, COMPLIANCE, PAUSER, ATTESTOR, ALICE, DOLLAR_ISSUER] {
            desk.fails(payer, vec![propose(WON, action.clone(), 60)], without(Role::Issuer));
        }
    }
    for action in of_compliance {
        desk.does(COMPLIANCE, vec![propose(WON, action.clone(), 60)]);
        for payer in [ISSUER, APPROVER, PAUSER, ATTESTOR, ALICE] {
            desk.fails(payer, vec![propose(WON, action.clone(), 60)], without(Role::Compliance));
        }
    }
}

#[test]
fn a_proposal_waits_for_its_time_and_no_longer() {
    let mut desk = desk_with_room(1_000);
    let mint = || mint_action(address(BOB), 1);
    for got in [0, MAX_PROPOSAL_SECONDS + 1] {
        desk.fails(ISSUER, vec![propose(WON, mint(), got)], IssuanceFailure::ProposalTime { got });
    }
    let proposal = desk.does(ISSUER, vec![propose(WON, mint(), 60)]);
    desk.wait_millis(59_999);
    desk.does(APPROVER, vec![approve_proposal(proposal)]);

    let proposal = desk.does(ISSUER, vec![propose(WON, mint(), 60)]);
    let until = desk.now().plus_millis(60_000);
    desk.wait_millis(60_000);
    desk.fails(APPROVER, vec![approve_proposal(proposal)], IssuanceFailure::ProposalExpired { until });
    desk.does(BOB, vec![dismiss(proposal)]);
    desk.fails(BOB, vec![dismiss(proposal)], IssuanceFailure::UnknownProposal { proposal });
}

#[test]
fn the_proposer_and_the_approver_dismiss_at_any_time() {
    let mut desk = desk_with_room(1_000);
    for by in [ISSUER, APPROVER] {
        let proposal = desk.does(ISSUER, vec![propose(WON, mint_action(address(BOB), 1), 60)]);
        let until = desk.now().plus_millis(60_000);
        for payer in [ALICE, COMPLIANCE, PAUSER] {
            desk.fails(payer, vec![dismiss(proposal)], IssuanceFailure::NotYours { until });
        }
        desk.does(by, vec![dismiss(proposal)]);
        desk.fails(APPROVER, vec![approve_proposal(proposal)], IssuanceFailure::UnknownProposal { proposal });
    }
}

#[test]
fn who_has_lost_a_role_has_lost_what_it_proposed() {
    let mut desk = desk_with_room(1_000);
    let seize = seize_action(address(ALICE), address(CAROL), 10);
    let proposal = desk.does(COMPLIANCE, vec![propose(WON, seize, 3_600)]);
    desk.decides(WON, roles_action(AssetRoles { compliance: Some(address(BOB)), ..officers() }));
    desk.fails(APPROVER, vec![approve_proposal(proposal)], without(Role::Compliance));
    // Nor does it become one's own by changing sides: the former officer as approver of its own proposal.
    let swapped = AssetRoles { compliance: Some(address(BOB)), approver: Some(address(COMPLIANCE)), ..officers() };
    desk.decides(WON, roles_action(swapped));
    desk.fails(COMPLIANCE, vec![approve_proposal(proposal)], without(Role::Compliance));
    desk.does(COMPLIANCE, vec![dismiss(proposal)]);
}

#[test]
fn a_role_that_came_back_approves_what_waited() {
    let mut desk = desk_with_room(1_000);
    let proposal = desk.does(ISSUER, vec![propose(WON, mint_action(address(BOB), 1), 3_600)]);
    desk.decides(WON, roles_action(AssetRoles { approver: Some(address(ALICE)), ..officers() }));
    desk.fails(APPROVER, vec![approve_proposal(proposal)], without(Role::Approver));
    desk.does(ALICE, vec![approve_proposal(proposal)]);
}

#[test]
fn an_asset_keeps_its_approver_and_its_attestor() {
    let mut desk = desk_with_room(0);
    let set = |roles| vec![propose(WON, roles_action(roles), 60)];
    let approver = IssuanceFailure::ApproverNeeded { asset: WON };
    desk.fails(ISSUER, set(AssetRoles { approver: None, ..officers() }), approver);
    // Without an attestor the reserve would bind nobody.
    let attestor = IssuanceFailure::AttestorNeeded { asset: WON };
    desk.fails(ISSUER, set(AssetRoles { attestor: None, ..officers() }), attestor);
    // Of two faults the one that is named first.
    let both = AssetRoles { approver: None, attestor: Some(address(ISSUER)), ..officers() };
    let shared = IssuanceFailure::SharedRole { role: Role::Attestor, with: Role::Issuer };
    desk.fails(ISSUER, set(both), shared);
    desk.decides(WON, roles_action(AssetRoles { compliance: None, pauser: None, ..officers() }));
    // What was proposed before there was an attestor is looked at again.
    let waiting = AssetRoles { attestor: None, approver: Some(address(APPROVER)), ..AssetRoles::default() };
    assert_eq!(roles(DOLLAR, &desk).approver, None);
    desk.fails(
        DOLLAR_ISSUER,
        vec![propose(DOLLAR, roles_action(waiting), 60)],
        IssuanceFailure::AttestorNeeded { asset: DOLLAR },
    );
}

#[test]
fn an_issuer_without_approver_acts_alone_until_it_has_one() {
    let mut desk = Desk::new();
    desk.attests(10_000);
    desk.does(DOLLAR_ISSUER, vec![mint(DOLLAR, BOB, 5), burn(DOLLAR, 5)]);
    desk.does(DOLLAR_ISSUER, vec![propose(DOLLAR, mint_action(address(BOB), 5), 60)]);
    assert_eq!(desk.holds(address(BOB), DOLLAR), 60);
    desk.decides(DOLLAR, roles_action(officers()));
    let needs = IssuanceFailure::NeedsApproval { asset: DOLLAR };
    desk.fails(DOLLAR_ISSUER, vec![mint(DOLLAR, BOB, 5)], needs);
    desk.fails(DOLLAR_ISSUER, vec![burn(DOLLAR, 5)], needs);
    desk.fails(ISSUER, vec![mint(DOLLAR, BOB, 5)], Failure::NotIssuer { asset: DOLLAR });
    desk.does(DOLLAR_ISSUER, vec![propose(DOLLAR, mint_action(address(BOB), 5), 60)]);
    assert_eq!(desk.holds(address(BOB), DOLLAR), 60, "it waits now");
}

#[test]
fn new_officers_have_accounts_and_a_history() {
    let mut desk = Desk::new();
    let stranger = address(STRANGER);
    assert!(desk.ledger.account(&stranger).is_none());
    desk.decides(WON, roles_action(AssetRoles { pauser: Some(stranger), ..officers() }));
    assert!(desk.ledger.account(&stranger).unwrap().latest.is_some());
    desk.does(STRANGER, vec![pause(WON, types::Operations::ALL)]);
    desk.fails(PAUSER, vec![pause(WON, types::Operations::NONE)], without(Role::Pauser));
}

#[test]
fn nothing_is_minted_beyond_the_reserve() {
    let mut desk = Desk::new();
    let supply = desk.supply(WON);
    let beyond = |reserve: u128, supply: u128| {
        Refusal::BeyondReserve { asset: WON, reserve: Amount(reserve), supply: Amount(supply) }.into()
    };
    let mint = |amount| mint_action(address(BOB), amount);
    assert_eq!(desk.tries_to_decide(WON, mint(1)), Err(beyond(0, supply + 1)), "nothing was attested yet");
    desk.attests(supply + 100);
    assert_eq!(desk.tries_to_decide(WON, mint(101)), Err(beyond(supply + 100, supply + 101)));
    desk.decides(WON, mint(100));
    // What is burnt makes room; what is attested away takes it.
    desk.decides(WON, burn_action(30));
    desk.decides(WON, mint(30));
    desk.attests(10);
    assert_eq!(desk.tries_to_decide(WON, mint(1)), Err(beyond(10, supply + 101)));
    desk.does(ALICE, vec![send(WON, address(BOB), 1)]);
}

#[test]
fn two_proposals_that_are_together_above_the_cap() {
    let mut desk = desk_with_room(10_000);
    let supply = desk.supply(WON);
    desk.decides(WON, Action::SetSupplyCap(Some(Amount(supply + 100))));
    let proposed = |desk: &mut Desk| desk.does(ISSUER, vec![propose(WON, mint_action(address(BOB), 60), 60)]);
    let (one, other) = (proposed(&mut desk), proposed(&mut desk));
    desk.does(APPROVER, vec![approve_proposal(one)]);
    let cap = Amount(supply + 100);
    let above = Refusal::AboveSupplyCap { asset: WON, cap, supply: Amount(supply + 120) };
    desk.fails(APPROVER, vec![approve_proposal(other)], above);
    // It still waits, and fits once there is room.
    desk.decides(WON, burn_action(20));
    desk.does(APPROVER, vec![approve_proposal(other)]);
    // A cap below what there is lets nothing be minted and takes nothing away.
    desk.decides(WON, Action::SetSupplyCap(Some(Amount(1))));
    let above = Refusal::AboveSupplyCap { asset: WON, cap: Amount(1), supply: Amount(supply + 101) };
    assert_eq!(desk.tries_to_decide(WON, mint_action(address(BOB), 1)), Err(above.into()));
}

#[test]
fn only_the_attestor_attests_and_in_order() {
    let mut desk = Desk::new();
    let now = desk.now();
    for payer in [ISSUER, APPROVER, COMPLIANCE, ALICE] {
        desk.fails(payer, vec![attest(WON, 1, now)], without(Role::Attestor));
    }
    let out_of_order = |as_of, last| IssuanceFailure::CountOutOfOrder { as_of, last };
    let ahead = desk.now().plus_millis(2);
    desk.fails(ATTESTOR, vec![attest(WON, 1, ahead)], out_of_order(ahead, Timestamp(0)));
    let counted = desk.now();
    desk.does(ATTESTOR, vec![attest(WON, 1, counted)]);
    let before = Timestamp(counted.0 - 1);
    desk.fails(ATTESTOR, vec![attest(WON, 9, before)], out_of_order(before, counted));
    desk.does(ATTESTOR, vec![attest(WON, 2, counted)]);
}

#[test]
fn a_burn_is_of_the_issuers_own_and_of_what_moves_freely() {
    let mut desk = Desk::new();
    let supply = desk.supply(WON);
    desk.decides(WON, burn_action(500));
    assert_eq!((desk.supply(WON), desk.holds(address(ISSUER), WON)), (supply - 500, 0));
    let overdraft = Failure::Overdraft { asset: WON, balance: Amount(0), needed: Amount(1) };
    assert_eq!(desk.tries_to_decide(WON, burn_action(1)), Err(overdraft));
    assert_eq!(desk.tries_to_decide(WON, burn_action(0)), Err(Failure::ZeroAmount));
}

#[test]
fn a_new_asset_is_created_on_the_first_one() {
    let mut desk = Desk::new();
    let create = |symbol: &str, decimals| Action::CreateAsset {
        symbol: Text::new(symbol).unwrap(),
        decimals,
        issuer: address(STRANGER),
    };
    assert_eq!(desk.tries_to_decide(DOLLAR, create("EUR", 2)), Err(IssuanceFailure::NotFirstAsset.into()));
    for symbol in ["KRW", "USD", "", "E R", "won!", "원"] {
        assert_eq!(desk.tries_to_decide(WON, create(symbol, 2)), Err(IssuanceFailure::BadSymbol.into()), "{symbol}");
    }
    let many = IssuanceFailure::TooManyDecimals { got: 39 };
    assert_eq!(desk.tries_to_decide(WON, create("EUR", 39)), Err(many.into()));
    // Two proposals of one symbol: the second fails when it is approved.
    let proposed = |desk: &mut Desk| desk.does(ISSUER, vec![propose(WON, create("EUR", 38), 60)]);
    let (one, other) = (proposed(&mut desk), proposed(&mut desk));
    desk.does(APPROVER, vec![approve_proposal(one)]);
    desk.fails(APPROVER, vec![approve_proposal(other)], IssuanceFailure::BadSymbol);
    // Its issuer has an account and runs it alone.
    let euro = AssetId(2);
    desk.does(STRANGER, vec![mint(euro, ALICE, 7), propose(euro, mint_action(address(STRANGER), 3), 60)]);
    assert_eq!((desk.holds(address(ALICE), euro), desk.supply(euro)), (7, 10));
}

#[test]
fn rules_of_an_asset_are_looked_at_when_proposed() {
    let mut desk = Desk::new();
    for got in [0, types::MAX_REDEMPTION_SECONDS + 1] {
        let failure = IssuanceFailure::RedemptionTime { got };
        assert_eq!(desk.tries_to_decide(WON, Action::SetRedemptionTime(got)), Err(failure.into()));
    }
    let policy = PolicyId(9);
    let unknown = ComplianceFailure::UnknownPolicy { policy };
    assert_eq!(desk.tries_to_decide(WON, Action::SetPolicy(Some(policy))), Err(unknown.into()));
    assert_eq!(desk.tries_to_decide(WON, mint_action(address(BOB), 0)), Err(Failure::ZeroAmount));
    let nobody = Address([9; 20]);
    let seize = seize_action(nobody, address(BOB), 1);
    assert_eq!(desk.tries_to_decide(WON, seize), Err(Failure::UnknownAccount));
    let no_asset = propose(NO_ASSET, mint_action(address(BOB), 1), 60);
    desk.fails(ISSUER, vec![no_asset], Failure::UnknownAsset { asset: NO_ASSET });
}

#[test]
fn nobody_seizes_alone() {
    let mut desk = Desk::new();
    let seize = || seize_action(address(ALICE), address(BOB), 1);
    let needed = IssuanceFailure::ApproverNeeded { asset: DOLLAR };
    desk.fails(COMPLIANCE, vec![propose(DOLLAR, seize(), 60)], needed);
    let parked = seize_parked_action(address(BOB), address(ALICE), address(CAROL), 1);
    desk.fails(COMPLIANCE, vec![propose(DOLLAR, parked, 60)], needed);
    desk.decides(WON, seize());
}

#[test]
fn what_is_done_to_a_holder_names_its_case() {
    let mut desk = Desk::new();
    let (alice, nothing) = (address(ALICE), || types::CaseReference::new("  ").unwrap());
    let seize = Action::Seize { from: alice, to: address(BOB), amount: Amount(1), case: nothing() };
    let freeze = Compliance::Freeze { asset: WON, account: alice, extent: Extent::Whole, case: nothing() };
    let thaw = Compliance::Thaw { asset: WON, account: alice, case: nothing() };
    let redeem = Issuance::Redeem { asset: WON, amount: Amount(1), payout: nothing() };
    let redemption = desk.does(ALICE, vec![crate::instructions::redeem(WON, 1)]);
    let pay_out = Issuance::PayOut { redemption, bank_reference: nothing() };
    for (payer, instruction) in [
        (COMPLIANCE, propose(WON, seize, 60)),
        (COMPLIANCE, Instruction::Compliance(Box::new(freeze))),
        (COMPLIANCE, Instruction::Compliance(Box::new(thaw))),
        (ALICE, Instruction::Issuance(Box::new(redeem))),
        (ISSUER, Instruction::Issuance(Box::new(pay_out))),
    ] {
        desk.fails(payer, vec![instruction], vm::ComplianceFailure::NoReference);
    }
}
