//! Why there is no merchant's report.

use types::{AssetId, Height, OrderId, TransactionId};

use crate::Signed;

/// Why there is no merchant's report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MerchantReportError {
    /// A transaction took a step that the order before it does not allow.
    #[error("order {}: transaction {transaction} took a step that the order does not allow", &**.order)]
    Step {
        /// The order.
        order: OrderId,
        /// The transaction.
        transaction: TransactionId,
    },
    /// After a block the steps do not make the order's record.
    #[error("order {}: its steps do not make what the ledger has of it after block {height}", &**.order)]
    Record {
        /// The order.
        order: OrderId,
        /// The block.
        height: Height,
    },
    /// At the end there is an order that no step has made, or none where one was made.
    #[error("order {}: the ledger has another one in the end: a step is missing", &**.0)]
    Unseen(OrderId),
    /// What was set aside has moved otherwise than the steps of the transaction say.
    #[error("order {}, asset {asset}: what is set aside moved by {moved} in block {height}, its steps make {steps}", &**.order)]
    Held {
        /// The order.
        order: OrderId,
        /// The asset.
        asset: AssetId,
        /// The block.
        height: Height,
        /// How it has moved.
        moved: Signed,
        /// How the steps say that it has.
        steps: Signed,
    },
    /// A balance has moved otherwise than the steps of the transaction, its transfers and its fee say.
    #[error("asset {asset}: transaction {transaction} moved a balance by {moved}, its steps make {steps}")]
    Movement {
        /// The asset.
        asset: AssetId,
        /// The transaction.
        transaction: TransactionId,
        /// How it has moved.
        moved: Signed,
        /// How the steps say that it has.
        steps: Signed,
    },
    /// A movement of the merchant's balance does not begin where the one before it ended.
    #[error("asset {asset}: the merchant's balance in block {height} is not the one before it: a movement is missing")]
    Balance {
        /// The asset.
        asset: AssetId,
        /// The block.
        height: Height,
    },
    /// Fee, VAT and net of a line do not make what it says.
    #[error("order {}: fee, VAT and net of its {step} in block {height} do not make its amount", &**.order)]
    Line {
        /// The order.
        order: OrderId,
        /// The step.
        step: crate::OrderStep,
        /// The block.
        height: Height,
    },
    /// The totals are not the sums of the lines.
    #[error("asset {0}: the totals are not the sums of the lines")]
    Totals(AssetId),
    /// What was set aside before and the lines do not make what is set aside at the end.
    #[error("asset {asset}: what is set aside in the end is {held} in the ledger, the lines make {lines}")]
    StillHeld {
        /// The asset.
        asset: AssetId,
        /// What the ledger has.
        held: Signed,
        /// What the lines make.
        lines: Signed,
    },
    /// The orders' net and what moved beside do not lead from the opening to the closing balance.
    #[error("asset {asset}: the balance moved by {moved}, the orders' net and what moved beside them make {lines}")]
    Closing {
        /// The asset.
        asset: AssetId,
        /// From the opening to the closing balance.
        moved: Signed,
        /// What the report says.
        lines: Signed,
    },
    /// A line of an asset that has no totals.
    #[error("asset {0} has lines and no totals")]
    NoTotals(AssetId),
    /// An amount is beyond what a report can count.
    #[error("an amount is beyond what a report can count")]
    Uncountable,
}
