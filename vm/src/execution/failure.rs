//! Why a transaction had no effect.

use bincode::{Decode, Encode};
use types::{
    Address, Amount, AssetId, Epoch, KeyRole, MAX_VALIDATORS, MemberField, MerchantField, PolicyFault, PublicKey, Role,
    SessionFault, Timestamp,
};

use crate::program::Trap;
use crate::rules::compliance::ComplianceFailure;
use crate::rules::gate::Refusal;
use crate::rules::issuance::IssuanceFailure;
use crate::rules::payments::PaymentFailure;
use crate::{MAX_LINKS, MAX_SESSIONS, SessionLimit};

/// Why an instruction, and with it its transaction, had no effect. The variants are in the
/// order in which they are looked for; that order is part of the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum Failure {
    /// The payer has no account.
    #[error("the payer has no account: it comes into being when it first receives money")]
    UnknownAccount,
    /// There is no such asset.
    #[error("there is no asset {asset}")]
    UnknownAsset {
        /// The asset named.
        asset: AssetId,
    },
    /// The amount is zero.
    #[error("the amount is zero")]
    ZeroAmount,
    /// The payer is not the asset's issuer, who alone mints and burns it.
    #[error("only the issuer of asset {asset} mints and burns it")]
    NotIssuer {
        /// The asset.
        asset: AssetId,
    },
    /// The payer does not hold enough.
    #[error("the payer holds {balance} of asset {asset}, and {needed} are needed")]
    Overdraft {
        /// The asset.
        asset: AssetId,
        /// What the payer held when the instruction's turn came.
        balance: Amount,
        /// What the instruction moves.
        needed: Amount,
    },
    /// More of the asset would exist than can be counted.
    #[error("the supply of asset {asset} would be more than can be counted")]
    SupplyOverflow {
        /// The asset.
        asset: AssetId,
    },
    /// The receiver would hold more than can be counted.
    #[error("the receiver would hold more of asset {asset} than can be counted")]
    BalanceOverflow {
        /// The asset.
        asset: AssetId,
    },
    /// A second approval in one transaction: each costs much more than it pays for in bytes and signatures.
    #[error("a transaction approves changes of the validators once: put all changes into one list")]
    SecondApproval,
    /// The payer is not the account of a present validator's key.
    #[error("only validators approve changes of the validators: sign with the consensus key of a present one")]
    NotValidator,
    /// The approval is for another epoch.
    #[error("the approval is for epoch {got}, this is epoch {expected}: look at the validators and approve anew")]
    WrongEpoch {
        /// The present epoch.
        expected: Epoch,
        /// The one that the approval names.
        got: Epoch,
    },
    /// A change is decided and has not taken effect.
    #[error("a change of the validators is decided and takes effect at {effective} ms: wait for it")]
    ChangePending {
        /// When it takes effect.
        effective: Timestamp,
    },
    /// There is no approval to withdraw.
    #[error("there is nothing to withdraw: this validator has approved nothing")]
    NothingApproved,
    /// No validator has the key.
    #[error("no validator has the key {key}")]
    UnknownValidator {
        /// The key named.
        key: PublicKey,
    },
    /// A new entry's name, peer id or address is not text.
    #[error("the {field} of validator {key} is not good: it must be text without control characters")]
    MalformedValidator {
        /// The entry's key.
        key: PublicKey,
        /// Which part.
        field: MemberField,
    },
    /// A new entry shares something with another one.
    #[error("validator {key} has the {field} of validator {with}: each validator has its own")]
    SharedEntry {
        /// The new entry's key.
        key: PublicKey,
        /// The other one's key.
        with: PublicKey,
        /// What they share.
        field: MemberField,
    },
    /// Too few or too many validators would be left.
    #[error("there would be {count} validators: a chain has 1 to {MAX_VALIDATORS}")]
    ValidatorCount {
        /// How many there would be.
        count: u32,
    },
    /// The list would be as it is.
    #[error("the validators would be as they are: there is nothing to approve")]
    NothingChanges,
    /// The payer is not the issuer of the first asset, who alone changes the registry of merchants.
    #[error("only the registrar, who is the issuer of asset 0, changes the registry of merchants")]
    NotRegistrar,
    /// The merchant to be registered has an entry.
    #[error("merchant {merchant} is registered: update its entry, or close it first")]
    MerchantExists {
        /// The merchant.
        merchant: Address,
    },
    /// The merchant has no entry.
    #[error("merchant {merchant} is not registered: register it first")]
    UnknownMerchant {
        /// The merchant named.
        merchant: Address,
    },
    /// A part of the merchant's new entry is not what it must be.
    #[error("the {field} of merchant {merchant} must be {}", .field.rule())]
    MalformedMerchant {
        /// The merchant.
        merchant: Address,
        /// Which part.
        field: MerchantField,
    },
    /// The transaction's calls ask for more gas together than a transaction may.
    #[error(
        "the call asks for {wanted} gas, and {left} are left for the transaction: lower its limit, or call in another"
    )]
    TransactionGas {
        /// What the instruction asks for, with what it uses in any case.
        wanted: u64,
        /// What the instructions before it have left.
        left: u64,
    },
    /// The block's calls have left less gas than is asked for.
    #[error("the call asks for {wanted} gas, and the calls before it have left {left} for the block: sign it anew")]
    BlockGasExhausted {
        /// What the instruction asks for, with what it uses in any case.
        wanted: u64,
        /// What is left.
        left: u64,
    },
    /// The bytes to be deployed are no program.
    #[error("the bytes are no program: `baro program show` says what is wrong with them")]
    InvalidProgram,
    /// There is no such program.
    #[error("there is no program {program}")]
    UnknownProgram {
        /// The address named.
        program: Address,
    },
    /// The transaction's calls touch more accounts than a receipt names.
    #[error("the transaction touches more than {MAX_LINKS} accounts: call for fewer at a time")]
    TooManyAccounts,
    /// The machine stopped the program.
    #[error("the program stopped: {trap}")]
    Trapped {
        /// Why.
        trap: Trap,
    },
    /// The payer does not have the role for the asset.
    #[error("only the {role} of asset {asset} does this")]
    WithoutRole {
        /// The asset.
        asset: AssetId,
        /// The role that is needed.
        role: Role,
    },
    /// A control keeps the money from moving.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A step of an asset's life was not taken.
    #[error(transparent)]
    Issuance(#[from] IssuanceFailure),
    /// A control was not set.
    #[error(transparent)]
    Compliance(#[from] ComplianceFailure),
    /// Nothing is parked, or it is neither for the payer nor from it.
    #[error("nothing of asset {asset} is parked for {receiver} from {sender} that the payer may claim")]
    NothingParked {
        /// The asset.
        asset: AssetId,
        /// The receiver.
        receiver: Address,
        /// The sender.
        sender: Address,
    },
    /// Parked money is still its receiver's alone.
    #[error("what is parked is the receiver's alone until {until} ms")]
    ParkedForReceiver {
        /// From when on the sender may claim it.
        until: Timestamp,
    },
    /// A step of a payment was not taken.
    #[error(transparent)]
    Payment(#[from] PaymentFailure),
    /// The keys that signed open the payer's account, and not for this.
    #[error("the keys that signed may not {role} for the payer: add signatures of keys that may")]
    MissingRole {
        /// The role that is missing.
        role: KeyRole,
    },
    /// The session by which the transaction was signed does not allow it.
    #[error("the session key may not do this: {limit}")]
    SessionForbids {
        /// Why.
        limit: SessionLimit,
    },
    /// A new policy could be met by nobody or by anybody.
    #[error("the policy is refused: {fault}")]
    InvalidPolicy {
        /// Why.
        fault: PolicyFault,
    },
    /// A new session could not be used.
    #[error("the session is refused: {fault}")]
    InvalidSession {
        /// Why.
        fault: SessionFault,
    },
    /// The account has as many sessions as it may.
    #[error("the account has {MAX_SESSIONS} open sessions: revoke one first")]
    TooManySessions,
    /// The key has no session.
    #[error("the key has no session of the payer's account")]
    UnknownSession,
    /// Parked money of a program waits for its receiver.
    #[error("the program {program} has sent it and keeps no account of it any more: it waits for its receiver")]
    ParkedByProgram {
        /// The program.
        program: Address,
    },
}

impl Failure {
    /// The kind of failure as a word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::UnknownAccount => "unknown_account",
            Failure::UnknownAsset { .. } => "unknown_asset",
            Failure::ZeroAmount => "zero_amount",
            Failure::NotIssuer { .. } => "not_issuer",
            Failure::Overdraft { .. } => "overdraft",
            Failure::SupplyOverflow { .. } => "supply_overflow",
            Failure::BalanceOverflow { .. } => "balance_overflow",
            Failure::SecondApproval => "second_approval",
            Failure::NotValidator => "not_validator",
            Failure::WrongEpoch { .. } => "wrong_epoch",
            Failure::ChangePending { .. } => "change_pending",
            Failure::NothingApproved => "nothing_approved",
            Failure::UnknownValidator { .. } => "unknown_validator",
            Failure::MalformedValidator { .. } => "malformed_validator",
            Failure::SharedEntry { .. } => "shared_entry",
            Failure::ValidatorCount { .. } => "validator_count",
            Failure::NothingChanges => "nothing_changes",
            Failure::NotRegistrar => "not_registrar",
            Failure::MerchantExists { .. } => "merchant_exists",
            Failure::UnknownMerchant { .. } => "unknown_merchant",
            Failure::MalformedMerchant { .. } => "malformed_merchant",
            Failure::TransactionGas { .. } => "transaction_gas",
            Failure::BlockGasExhausted { .. } => "block_gas_exhausted",
            Failure::InvalidProgram => "invalid_program",
            Failure::UnknownProgram { .. } => "unknown_program",
            Failure::TooManyAccounts => "too_many_accounts",
            Failure::Trapped { .. } => "trapped",
            Failure::WithoutRole { .. } => "without_role",
            Failure::Refused(refusal) => refusal.kind(),
            Failure::Issuance(failure) => failure.kind(),
            Failure::Compliance(failure) => failure.kind(),
            Failure::NothingParked { .. } => "nothing_parked",
            Failure::ParkedForReceiver { .. } => "parked_for_receiver",
            Failure::Payment(failure) => failure.kind(),
            Failure::MissingRole { .. } => "missing_role",
            Failure::SessionForbids { .. } => "session_forbids",
            Failure::InvalidPolicy { .. } => "invalid_policy",
            Failure::InvalidSession { .. } => "invalid_session",
            Failure::TooManySessions => "too_many_sessions",
            Failure::UnknownSession => "unknown_session",
            Failure::ParkedByProgram { .. } => "parked_by_program",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Operation;
    use types::codec::encode;

    #[test]
    fn the_kind_is_the_variants_name() {
        let (asset, key, merchant) = (AssetId(0), PublicKey([1; 32]), Address([2; 20]));
        let failures = [
            Failure::UnknownAccount,
            Failure::UnknownAsset { asset },
            Failure::ZeroAmount,
            Failure::NotIssuer { asset },
            Failure::Overdraft { asset, balance: Amount(1), needed: Amount(2) },
            Failure::SupplyOverflow { asset },
            Failure::BalanceOverflow { asset },
            Failure::SecondApproval,
            Failure::NotValidator,
            Failure::WrongEpoch { expected: Epoch(1), got: Epoch(0) },
            Failure::ChangePending { effective: Timestamp(1) },
            Failure::NothingApproved,
            Failure::UnknownValidator { key },
            Failure::MalformedValidator { key, field: MemberField::Name },
            Failure::SharedEntry { key, with: key, field: MemberField::Name },
            Failure::ValidatorCount { count: 0 },
            Failure::NothingChanges,
            Failure::NotRegistrar,
            Failure::MerchantExists { merchant },
            Failure::UnknownMerchant { merchant },
            Failure::MalformedMerchant { merchant, field: MerchantField::Name },
            Failure::TransactionGas { wanted: 2, left: 1 },
            Failure::BlockGasExhausted { wanted: 2, left: 1 },
            Failure::InvalidProgram,
            Failure::UnknownProgram { program: merchant },
            Failure::TooManyAccounts,
            Failure::Trapped { trap: Trap::Overflow },
            Failure::WithoutRole { asset, role: Role::Pauser },
            Failure::Refused(Refusal::Paused { asset, operation: Operation::Mint }),
            Failure::Issuance(IssuanceFailure::PaidOut),
            Failure::Compliance(ComplianceFailure::NoReference),
            Failure::NothingParked { asset, receiver: merchant, sender: merchant },
            Failure::ParkedForReceiver { until: Timestamp(1) },
            Failure::Payment(PaymentFailure::EmptyBatch),
            Failure::MissingRole { role: KeyRole::Pay },
            Failure::SessionForbids { limit: SessionLimit::Asset },
            Failure::InvalidPolicy { fault: PolicyFault::ZeroWeight },
            Failure::InvalidSession { fault: SessionFault::Limits },
            Failure::TooManySessions,
            Failure::UnknownSession,
            Failure::ParkedByProgram { program: merchant },
        ];
        for (failure, number) in failures.iter().zip(0u8..) {
            assert_eq!(encode(failure)[0], number, "the variants' numbers are on the chain");
            let text = format!("{failure:?}");
            let inner =
                ["Refused(", "Issuance(", "Compliance(", "Payment("].iter().find_map(|group| text.strip_prefix(group));
            let name = inner.unwrap_or(&text).split([' ', '{', ')']).next().unwrap().to_lowercase();
            assert_eq!(failure.kind().replace('_', ""), name);
        }
    }
}
