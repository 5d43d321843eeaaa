//! What entitles a transaction to change a supply: told from its instructions and from what was proposed before, not from
//! the fact that it was executed.

use types::{Action, Address, AssetId, AuthorizedTransaction, Instruction, Issuance, Origin, Role};
use vm::{Asset, Ledger, Record, RecordKey};

use crate::Audited;

/// A claim to change a supply. Whether it is good depends on who has which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entitlement {
    /// The issuer acts, of an asset that has no approver.
    Alone {
        /// Who acts.
        actor: Address,
    },
    /// The approver approves what the issuer has proposed.
    Approved {
        /// Who approves.
        actor: Address,
        /// Who proposed it.
        proposer: Address,
    },
    /// The approver confirms that the issuer has paid a redemption out.
    Confirmed {
        /// Who confirms.
        actor: Address,
    },
}

impl Entitlement {
    /// The role under which it is good for this asset, and who proposed it where that is another.
    pub(crate) fn role_in(&self, asset: &Asset) -> Option<(Role, Option<Address>)> {
        let (issuer, approver) = (asset.issuer, asset.holder(Role::Approver));
        match *self {
            Entitlement::Alone { actor } => (actor == issuer && approver.is_none()).then_some((Role::Issuer, None)),
            Entitlement::Approved { actor, proposer } => {
                let are_two = approver == Some(actor) && proposer == issuer && actor != proposer;
                are_two.then_some((Role::Approver, Some(proposer)))
            }
            Entitlement::Confirmed { actor } => {
                (approver == Some(actor) && actor != issuer).then_some((Role::Approver, Some(issuer)))
            }
        }
    }
}

/// What a transaction can claim for changing the supply of an asset. `before` is the ledger before its block.
pub(crate) fn entitlements(
    transaction: &AuthorizedTransaction,
    asset: AssetId,
    block: &Audited<'_>,
    before: &Ledger,
) -> Vec<Entitlement> {
    let actor = transaction.payload().payer;
    let of = |instruction: &Instruction| match instruction {
        Instruction::Mint { asset: of, .. } | Instruction::Burn { asset: of, .. } => {
            (*of == asset).then_some(Entitlement::Alone { actor })
        }
        Instruction::Issuance(issuance) => match &**issuance {
            Issuance::Propose { asset: of, action, .. } => {
                (*of == asset && changes_supply(action)).then_some(Entitlement::Alone { actor })
            }
            Issuance::Approve { proposal } => {
                let (of, proposer) = proposal_of(*proposal, block, before)?;
                (of == asset).then_some(Entitlement::Approved { actor, proposer })
            }
            Issuance::PayOut { .. } => Some(Entitlement::Alone { actor }),
            Issuance::ConfirmPayOut { .. } => Some(Entitlement::Confirmed { actor }),
            Issuance::Dismiss { .. }
            | Issuance::Attest { .. }
            | Issuance::Redeem { .. }
            | Issuance::ReturnRedemption { .. } => None,
        },
        _ => None,
    };
    transaction.payload().instructions.iter().filter_map(of).collect()
}

fn changes_supply(action: &Action) -> bool {
    matches!(action, Action::Mint { .. } | Action::Burn { .. })
}

/// The asset of a proposal that changes a supply, and who proposed it: in the ledger, or earlier in the block.
fn proposal_of(origin: Origin, block: &Audited<'_>, before: &Ledger) -> Option<(AssetId, Address)> {
    if let Some(Record::Proposal(proposal)) = before.record(&RecordKey::Proposal(origin)) {
        return changes_supply(&proposal.action).then_some((proposal.asset, proposal.proposer));
    }
    let transaction = block.transactions.iter().find(|transaction| transaction.id() == origin.transaction)?;
    let instruction = transaction.payload().instructions.get(origin.instruction as usize)?;
    let Instruction::Issuance(issuance) = instruction else { return None };
    match &**issuance {
        Issuance::Propose { asset, action, .. } if changes_supply(action) => {
            Some((*asset, transaction.payload().payer))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use types::codec::Text;
    use types::{Amount, AssetRoles, Member, PublicKey};
    use vm::{AssetSpec, Parameters};

    use super::*;

    const ISSUER: Address = Address([1; 20]);
    const APPROVER: Address = Address([2; 20]);
    const STRANGER: Address = Address([3; 20]);

    fn asset(approver: Option<Address>) -> Asset {
        let roles = AssetRoles { approver, ..AssetRoles::default() };
        let spec = AssetSpec { roles, ..AssetSpec::new(Text::new("KRW").unwrap(), 0, ISSUER) };
        let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: 10_000, fees: None };
        let member = Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap();
        let accounts = vec![(STRANGER, vec![(AssetId(0), Amount(1))])];
        Ledger::genesis(parameters, vec![member], vec![spec], accounts).unwrap().assets()[0].clone()
    }

    #[test]
    fn two_pairs_of_eyes_where_there_is_an_approver() {
        let (alone, watched) = (asset(None), asset(Some(APPROVER)));
        let role = |entitlement: Entitlement| [entitlement.role_in(&alone), entitlement.role_in(&watched)];
        assert_eq!(role(Entitlement::Alone { actor: ISSUER }), [Some((Role::Issuer, None)), None]);
        let good = Some((Role::Approver, Some(ISSUER)));
        assert_eq!(role(Entitlement::Approved { actor: APPROVER, proposer: ISSUER }), [None, good]);
        assert_eq!(role(Entitlement::Confirmed { actor: APPROVER }), [None, good]);
        for bad in [
            Entitlement::Alone { actor: STRANGER },
            Entitlement::Alone { actor: APPROVER },
            Entitlement::Approved { actor: ISSUER, proposer: ISSUER },
            Entitlement::Approved { actor: APPROVER, proposer: APPROVER },
            Entitlement::Approved { actor: APPROVER, proposer: STRANGER },
            Entitlement::Approved { actor: STRANGER, proposer: ISSUER },
            Entitlement::Confirmed { actor: ISSUER },
        ] {
            assert_eq!(role(bad), [None, None], "{bad:?}");
        }
    }
}
