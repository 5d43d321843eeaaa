//! The ledger and the execution of payments. It knows nothing of votes, and has no clock, disk, thread or randomness.
//!
//! # The pieces
//!
//! - [`Ledger`] is the finalized state, in memory. [`execute`] runs a block's transactions on top of it (and on top of
//!   blocks that are not final yet) and returns a [`Delta`], receipts and roots; the ledger itself does not change.
//!   [`Ledger::apply`] folds the delta of a finalized block in. A block that loses is dropped with its delta.
//! - A transaction is *skipped* where its id was executed before, its deadline has passed or lies too far ahead, or its
//!   signers do not open its payer's account.
//!   Every other one is executed and gets a [`Receipt`]: it succeeded, or failed with a typed [`Failure`] and no effect.
//! - A quorum of the validators changes the list of validators, which the ledger holds ([`Council`]).
//! - [`program`]s move money by rule. The machine that runs them knows nothing of the ledger; `calls` stands between.
//! - An account's keys can change under its address, and other keys pay from it within limits; `authority` judges both.
//! - All money moves through one function, `gate::pass`, which also fixes the order of checks.
//! - Whatever is neither a balance nor an asset, such as a merchant's entry, is a [`Record`].
//! - After each block and for each asset, balances and the money in records have changed by as much as the supply; otherwise the block is an
//!   [`ExecutionError::NotConserved`] and must not be voted for.
//!
//! # What the state root commits to
//!
//! Chain parameters; the validators with what they have approved; all accounts (a Merkle tree over them in the order of
//! their creation) and their count; all records (a Merkle tree over their slots) and the count of slots; assets with
//! supply; the ids that are remembered against replay, with the places of their receipts; the number of transactions
//! executed since genesis; the deadline seconds that have passed, each with its sorted ids ([`ClosedSeconds`]).
//! [`StateOpening`] has these parts, so that an account or the outcome of a transaction can be shown to somebody who
//! knows a header alone ([`AccountProof`], [`OutcomeProof`], [`ReceiptProof`]). A [`Snapshot`] carries just that, so that [`Ledger::restore`] can check all it reads.

mod execution;
pub mod program;
mod proofs;
mod rules;
mod state;

pub use execution::execute::{BlockContext, Execution, ExecutionError, Skipped, execute, execute_traced};
pub use execution::failure::Failure;
pub use execution::movements::{AccountMovement, Movements, RecordMovement, SupplyMovement};
pub use execution::precheck::Precheck;
pub use execution::receipt::{Link, MAX_LINKS, Outcome, Receipt, ReceiptPointer, receipts_root};
pub use proofs::opening::StateOpening;
pub use proofs::path::{Path, PathError};
pub use proofs::proof::{AccountProof, Finding, OutcomeProof, ProofError, ReceiptProof, SecondProof};
pub use rules::authority::{MAX_SESSIONS, Session, SessionLimit};
pub use rules::calls::{BLOCK_GAS, CALL_GAS, CODE_BYTE_GAS, CallResult, DeployedProgram, TRANSACTION_GAS, gas_asked};
pub use rules::compliance::{
    ComplianceFailure, Freeze, HolderStanding, MAX_NOTICE_BLOCKS, Policy, Sanction, SanctionList, USAGE_HOURS, Usage,
};
pub use rules::council::{Approval, Changes, Council, Members, PendingChange, change_members};
pub use rules::fees::{FeePaid, FeeSchedule};
pub use rules::gate::{Checks, PARKED_SECONDS, Parked, Receiver, Refusal};
pub use rules::issuance::{IssuanceFailure, Proposal, Redemption};
pub use rules::payments::{Order, OrderAddress, PaymentFailure};
pub use state::account::Account;
pub use state::asset::{Asset, AssetControls, AssetSpec, Attestation, MAX_ASSETS, MAX_DECIMALS, REDEMPTION_SECONDS};
pub use state::checkpoint::{RestoreError, Snapshot};
pub use state::closed::{ClosedSecond, ClosedSeconds, NodePlace, SecondLeaf};
pub use state::commitments::{MAX_VALID_SECONDS, Parameters, VALIDATOR_NOTICE_MILLIS};
pub use state::delta::Delta;
pub use state::genesis::GenesisError;
pub use state::id_page::{IdPage, IdPages};
pub use state::ledger::{Closed, Ledger};
pub use state::records::{Record, RecordKey, RecordKind};
pub use state::trial_balance::TrialBalance;
