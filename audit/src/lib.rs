//! Checks a whole chain again, from the genesis file and the blocks alone. Nothing that a validator computed is believed:
//! not its ledger, not its receipts, not its word that signatures were checked.
//!
//! # The pieces
//!
//! - [`Entry`] is a block as a source gives it: bytes. [`Entry::prepare`] decodes it, and checks digests and every
//!   payer's signature. It needs nothing else, so any number of threads may prepare.
//! - [`Auditor`] takes prepared blocks in their order. It checks that each follows its parent, verifies finality
//!   certificates under the committee of their epoch, executes, and compares outcomes and roots. It shows each block
//!   that it has executed to an observer, with what each transaction moved.
//! - What is wrong is a [`Finding`]. After most of them the audit goes on. It stops, and says why, where what follows
//!   would rest on a block or a state that is not the chain's.
//! - [`Books`] is the observer that keeps supplies and reserves: each mint and each burn, by whom and under which role.
//! - [`Statement`] is the observer that keeps an account's movements. It must tie: opening and movements make closing.
//! - [`MerchantReport`] is the observer that keeps what a merchant's orders come to: gross, fee, VAT and net. It must tie too.
//! - [`Report`] is what is said in the end; [`SignedReport`] is a report with the auditor's signature.
//!
//! There is no clock, disk, socket or thread here: the shell measures time and feeds blocks.

mod auditor;
mod books;
mod chain;
mod entitlement;
mod entry;
mod finding;
mod merchant;
mod orders;
mod report;
mod rows;
mod signed;
mod start;
mod statement;
mod time;

pub use auditor::{Audited, Auditor, Progress, Stop};
pub use books::{Books, ReserveChange, SupplyChange};
pub use entry::{Entry, EntryError, PreparedBlock, Signatures};
pub use finding::{Fault, Finding};
pub use merchant::{MerchantReport, MerchantReportBuilder, MerchantReportError, OrderLine, OrderTotals};
pub use orders::{OrderName, OrderStep};
pub use report::{RecordsHold, Report, ReportError, ReportedFinding, SignedReport, Speed, Supply};
pub use signed::Signed;
pub use start::{Start, StartError};
pub use statement::{Counterparty, Line, Merchant, Period, Statement, StatementBuilder, StatementError, Totals};
pub use time::{Moment, TimeError, iso};
