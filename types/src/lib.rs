//! The values that every part of Baro shares, and their canonical bytes.
//!
//! A value here is small, immutable in meaning and has exactly one encoding ([`codec`]). Newtypes such as [`View`] and
//! [`Height`] never convert into one another implicitly. What has been checked has a type that only checking makes
//! ([`Verified`]). Nothing here has a clock, a disk, a socket, a thread or a random source.

mod account;
mod address;
mod amount;
mod batch;
mod block;
pub mod breakage;
mod certificate;
pub mod codec;
mod compliance;
mod decoded_keys;
mod handover;
mod hash;
mod issuance;
mod json;
mod keys;
mod member;
mod merchant;
mod operation;
mod origin;
mod payment;
mod program;
mod signature;
pub mod stage;
mod transaction;
mod units;
mod validators;
mod verified;

pub use account::{
    AccountKey, AccountKeyError, AccountSecret, Authorization, AuthorizationError, KeyKind, KeyPolicy, KeyRole,
    KeyRoles, KeySignature, MAX_ACCOUNT_KEYS, MAX_SESSION_RECEIVERS, MAX_SIGNATURES, P256Key, PolicyFault, PolicyKey,
    Secp256k1Key, SessionFault, SessionGrant, SessionScope, Sponsorship, Thresholds,
};
pub use address::{Address, AddressError};
pub use amount::{Amount, AssetId};
pub use batch::{Batch, BatchDigest, MAX_ACKNOWLEDGED, MAX_BATCH_BYTES, MAX_BATCH_TRANSACTIONS};
pub use block::{Block, Header, MAX_BLOCK_BATCHES, MAX_BLOCK_BYTES};
pub use certificate::{Ballot, Certificate, CertificateError, Evidence, Signers, Vote};
pub use compliance::{
    Compliance, Extent, ListId, MAX_LIST_CHANGES, MAX_POLICY_LISTS, MAX_TIERS, PolicyId, PolicyTerms, Tier,
};
pub use decoded_keys::DecodedKeys;
pub use handover::{Handover, HandoverError};
pub use hash::{Domain, Hash, HexError};
pub use issuance::{
    Action, AssetRoles, CaseReference, Issuance, MAX_PROPOSAL_SECONDS, MAX_REDEMPTION_SECONDS, MAX_SYMBOL_BYTES, Role,
};
pub use keys::{PublicKey, SecretKey, Signature};
pub use member::{
    MAX_MEMBER_ADDRESS_BYTES, MAX_NAME_BYTES, MAX_PEER_ID_BYTES, MAX_VALIDATOR_CHANGES, Member, MemberError,
    MemberField, ValidatorChange,
};
pub use merchant::{
    BUSINESS_NUMBER_DIGITS, MAX_MERCHANT_NAME_BYTES, MAX_TERMINAL_BYTES, MAX_TERMINALS, Merchant, MerchantError,
    MerchantField, SettlementRule, Shares, TerminalId,
};
pub use operation::{Operation, Operations, UnknownOperation};
pub use origin::{Origin, OriginError};
pub use payment::{CustodialPayment, MAX_BATCH_PAYMENTS, MAX_HOLD_SECONDS, OrderId, Payment};
pub use program::{CallArguments, Deployment, MAX_CALL_ARGUMENTS, MAX_ENTRY_BYTES, MAX_PROGRAM_BYTES, ProgramCall};
pub use signature::{SignedMessage, verify_all, verify_all_with, verify_one};
pub use transaction::{
    ChainTag, Instruction, MAX_INSTRUCTIONS, MAX_MEMO_BYTES, MAX_REFERENCE_BYTES, MAX_TRANSACTION_BYTES, Payload,
    Refusal, Transaction, TransactionId,
};
pub use units::{Deadline, Epoch, Height, Moment, Timestamp, ValidatorIndex, View};
pub use validators::{Committee, MAX_VALIDATORS, ValidatorSet, ValidatorSetError};
pub use verified::{AuthorizedSponsor, AuthorizedTransaction, SigningKeys, Verified};
