//! What the harness reads of a block: the transactions' ids, taken from the text without intermediate strings, because
//! every validator reports every block.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use types::{Height, TransactionId};

/// A finalized block as the harness reads it. The names are those of `rpc::BlockInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct FinalBlock {
    /// Distance from genesis.
    pub height: Height,
    /// The transactions executed in it.
    pub transactions: Vec<Executed>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Executed {
    /// The transaction.
    #[serde(deserialize_with = "id")]
    pub id: TransactionId,
    /// Whether it had no effect.
    #[serde(default, deserialize_with = "is_given")]
    pub failed: bool,
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TransactionId, D::Error> {
    struct Digits;

    impl Visitor<'_> for Digits {
        type Value = TransactionId;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a transaction id in hexadecimal")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<TransactionId, E> {
            let mut bytes = [0; 32];
            hex::decode_to_slice(text, &mut bytes).map_err(E::custom)?;
            Ok(TransactionId(bytes))
        }
    }

    deserializer.deserialize_str(Digits)
}

/// True for any value but null: the reason itself is not kept.
fn is_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<serde::de::IgnoredAny>::deserialize(deserializer).map(|given| given.is_some())
}

impl From<rpc::BlockInfo> for FinalBlock {
    fn from(block: rpc::BlockInfo) -> FinalBlock {
        let executed = |info: &rpc::ExecutedInfo| Executed { id: info.id, failed: info.failed.is_some() };
        FinalBlock { height: block.height, transactions: block.transactions.iter().map(executed).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{Epoch, Hash, Timestamp, ValidatorIndex, View};

    #[test]
    fn reads_what_a_node_writes() {
        let executed = |byte, failed: Option<&str>| rpc::ExecutedInfo {
            id: TransactionId([byte; 32]),
            failed: failed.map(str::to_owned),
        };
        let block = rpc::BlockInfo {
            height: Height(9),
            hash: Hash([1; 32]),
            parent: Hash([2; 32]),
            view: View(10),
            epoch: Epoch(0),
            timestamp: Timestamp(5),
            proposer: ValidatorIndex(1),
            state_root: Hash([3; 32]),
            receipts_root: Hash([4; 32]),
            batches: vec![],
            transactions: vec![executed(5, None), executed(6, Some("overdraft"))],
        };
        let text = serde_json::to_string(&block).expect("JSON");
        let read: FinalBlock = serde_json::from_str(&text).expect("a block");
        assert_eq!(read, FinalBlock::from(block));
        assert_eq!(read.transactions.iter().map(|executed| executed.failed).collect::<Vec<_>>(), [false, true]);
    }
}
