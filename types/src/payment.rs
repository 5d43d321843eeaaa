//! What a transaction says of payments beyond a plain transfer.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::codec::{Bounded, Text, encode};
use crate::{Address, Amount, AssetId, Domain, MAX_REFERENCE_BYTES};

/// The most payments of a custodian's batch.
pub const MAX_BATCH_PAYMENTS: usize = 1_000;

/// The longest time that money may be set aside for an order, in seconds: 30 days.
pub const MAX_HOLD_SECONDS: u32 = 2_592_000;

/// A merchant's own name for an order. Used up for the merchant, for ever, once something was paid for it.
pub type OrderId = Text<MAX_REFERENCE_BYTES>;

/// A payment of a custodian for one of its customers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct CustodialPayment {
    /// The customer's number with the custodian. The account is [`Address::of_customer`].
    pub customer: u64,
    /// The account that receives it.
    pub to: Address,
    /// How much, not zero.
    pub amount: Amount,
    /// The payee's own mark for the payment.
    pub reference: Text<MAX_REFERENCE_BYTES>,
}

/// A step of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// The receiver of parked money claims it. After 30 days anybody sends it back to its sender, unless a program sent it.
    Claim {
        /// The asset.
        asset: AssetId,
        /// For whom it is parked.
        receiver: Address,
        /// From whom it came.
        sender: Address,
        /// How much of it; all of it where nothing is said.
        amount: Option<Amount>,
    },
    /// The payer pays a merchant's order. The merchant's settlement rule splits it.
    Charge {
        /// The merchant.
        merchant: Address,
        /// The order.
        order: OrderId,
        /// The asset.
        asset: AssetId,
        /// How much, not zero.
        amount: Amount,
    },
    /// The payer sets money aside for a merchant's order.
    Hold {
        /// The merchant.
        merchant: Address,
        /// The order.
        order: OrderId,
        /// The asset.
        asset: AssetId,
        /// How much, not zero.
        amount: Amount,
        /// How long, in seconds, 1 to [`MAX_HOLD_SECONDS`].
        valid_seconds: u32,
    },
    /// The merchant, who is the payer, takes what was set aside for its order, or a part of it. The settlement rule
    /// splits it.
    Capture {
        /// The order.
        order: OrderId,
        /// How much, not zero.
        amount: Amount,
        /// Whether what is left goes back to the customer. Otherwise it stays for another capture.
        release_rest: bool,
    },
    /// The merchant, who is the payer, gives back what is still set aside for its order.
    Void {
        /// The order.
        order: OrderId,
    },
    /// Anybody says that the time of what was set aside has passed; it goes back to the customer.
    Expire {
        /// The merchant.
        merchant: Address,
        /// The order.
        order: OrderId,
    },
    /// The merchant, who is the payer, gives back what was paid for its order, or a part of it. Whoever had a share of
    /// it gives back in proportion.
    Refund {
        /// The order.
        order: OrderId,
        /// How much, not zero.
        amount: Amount,
    },
    /// The merchant, who is the payer, opens an address for an order. A plain transfer to [`Address::of_order`] then pays
    /// the order.
    OpenOrder {
        /// The order.
        order: OrderId,
        /// The asset that is awaited.
        asset: AssetId,
        /// How much is awaited, not zero.
        amount: Amount,
    },
    /// A custodian, who is the payer, pays for its customers: all of it or nothing.
    Batch {
        /// The asset.
        asset: AssetId,
        /// The payments, in order. At least one.
        payments: Bounded<CustodialPayment, MAX_BATCH_PAYMENTS>,
    },
}

impl Address {
    /// The address of a custodian's customer: a hash under a domain of its own, so that no key has it. Only the custodian
    /// pays from it.
    pub fn of_customer(custodian: &Address, customer: u64) -> Address {
        Address::derived(Domain::CustomerAddress, &encode(&(*custodian, customer)))
    }

    /// The address for a merchant's order: a hash under a domain of its own, so that no key has it.
    pub fn of_order(merchant: &Address, order: &OrderId) -> Address {
        Address::derived(Domain::OrderAddress, &encode(&(*merchant, order)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_customer_and_each_order_has_its_own_address() {
        let (one, other) = (Address([1; 20]), Address([2; 20]));
        let order = |text: &str| OrderId::new(text).expect("short");
        let addresses = [
            Address::of_customer(&one, 1),
            Address::of_customer(&one, 2),
            Address::of_customer(&other, 1),
            Address::of_order(&one, &order("1")),
            Address::of_order(&one, &order("2")),
            Address::of_order(&other, &order("1")),
        ];
        for (place, address) in addresses.iter().enumerate() {
            assert!(!addresses[..place].contains(address));
        }
        assert_eq!(Address::of_customer(&one, 1), addresses[0]);
    }
}
