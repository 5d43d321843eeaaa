//! Error codes. A client decides by the code; the message is for people.

/// The transaction's bytes are not a canonical transaction: truncated, trailing, oversized or malformed.
pub const MALFORMED: i32 = -33001;
/// The transaction is for another chain.
pub const WRONG_CHAIN: i32 = -33002;
/// The transaction has no instructions.
pub const EMPTY: i32 = -33003;
/// The key that signed does not open the payer's account.
pub const WRONG_KEY: i32 = -33004;
/// The signature does not fit.
pub const BAD_SIGNATURE: i32 = -33005;
/// The transaction's deadline has passed.
pub const EXPIRED: i32 = -33006;
/// The transaction's deadline is too far ahead.
pub const DEADLINE_TOO_FAR: i32 = -33007;
/// The transaction was already executed: its outcome is in the ledger. Ask for its status.
pub const ALREADY_EXECUTED: i32 = -33008;
/// The payer's account does not exist.
pub const UNKNOWN_ACCOUNT: i32 = -33009;
/// The transaction cannot succeed as the ledger stands (overdraft, unknown asset, no right): see the data.
pub const WOULD_FAIL: i32 = -33010;
/// The node has as much to do as it accepts: send again later, or to another validator.
pub const BUSY: i32 = -33011;
/// There is no such block (yet, or any more).
pub const NO_SUCH_BLOCK: i32 = -33012;
/// There is no such asset.
pub const NO_SUCH_ASSET: i32 = -33013;
/// The node is stopping.
pub const STOPPING: i32 = -33014;
/// Reading the store failed.
pub const STORE: i32 = -33015;
/// This node began with a checkpoint or keeps only recent history: it has no blocks, receipts and outcomes from before. Ask
/// an archive.
pub const NOT_KEPT: i32 = -33016;
/// The node only follows the chain: send to a validator.
pub const NOT_A_VALIDATOR: i32 = -33017;
/// What becomes of the transaction is not certain yet: there is nothing to prove before its deadline has passed.
pub const NOT_CERTAIN: i32 = -33018;
/// The transaction has no receipt: it was not executed and never will be.
pub const NEVER_EXECUTED: i32 = -33019;
/// The account never received anything.
pub const NO_SUCH_ACCOUNT: i32 = -33020;
/// The transaction's fee cannot be paid as the ledger stands.
pub const UNPAID: i32 = -33021;
/// The account has no receipt at the place that the request names.
pub const NO_SUCH_RECEIPT: i32 = -33022;
