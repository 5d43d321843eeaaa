//! The life of an asset: who does what for it, how money is created and redeemed, and what is in reserve.
//!
//! # Four eyes
//!
//! What changes the supply, takes money from a holder or changes the rules of an asset is an
//! [`Action`](types::Action). One role *proposes* it, and the asset's approver, who has no other role that proposes,
//! *approves* it within the proposal's time; then it takes effect, with all that the gate checks at that moment. An asset
//! without an approver is run by its issuer and compliance alone: what they propose takes effect at once, and the
//! instructions `Mint` and `Burn` are for its issuer. Nobody seizes money of such an asset. Once it has an approver, it keeps one.
//!
//! # Redemption
//!
//! Any holder asks for it. The money is set aside, in no balance, until one of three things happens: the issuer says that
//! it has paid, with the bank's reference, and the approver confirms that, and the money is burnt; the issuer or the
//! approver declines; or the time has passed without payment, and anybody sends the money back.
//!
//! # Reserve
//!
//! Once an asset has an attestor, it keeps one, and no mint takes its supply above what was attested last to be in
//! reserve.
//!
//! What forbids an instruction is looked for in the order of [`IssuanceFailure`], after the role
//! ([`Failure::WithoutRole`](crate::Failure::WithoutRole)).

mod action;
mod direct;
mod failure;
mod proposal;
mod redemption;
mod reserve;
mod roles;

use types::Issuance;

use crate::Failure;
use crate::rules::turn::Turn;

pub(crate) use direct::{burn, mint};
pub use failure::IssuanceFailure;
pub use proposal::Proposal;
pub use redemption::Redemption;
pub(crate) use roles::check_roles;

/// Takes a step of an asset's life, or says what forbids it.
pub(crate) fn issue(turn: &mut Turn<'_, '_>, issuance: &Issuance) -> Result<(), Failure> {
    match issuance {
        Issuance::Propose { asset, action, valid_seconds } => proposal::propose(turn, *asset, action, *valid_seconds),
        Issuance::Approve { proposal } => proposal::approve(turn, *proposal),
        Issuance::Dismiss { proposal } => proposal::dismiss(turn, *proposal),
        Issuance::Attest { asset, reserve, as_of, document } => {
            reserve::attest(turn, *asset, *reserve, *as_of, *document)
        }
        Issuance::Redeem { asset, amount, payout } => redemption::request(turn, *asset, *amount, payout),
        Issuance::PayOut { redemption, bank_reference } => redemption::pay_out(turn, *redemption, bank_reference),
        Issuance::ConfirmPayOut { redemption } => redemption::confirm(turn, *redemption),
        Issuance::ReturnRedemption { redemption } => redemption::give_back(turn, *redemption),
    }
}
