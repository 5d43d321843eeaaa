//! A batch and the transactions in it, as a peer sends them.

use types::codec::encode;
use types::{Batch, Transaction};

use super::canonical;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "batch", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Some(batch) = canonical::<Batch>(bytes) else { return false };
    for transaction in batch.transactions.iter() {
        canonical::<Transaction>(transaction);
    }
    true
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    [("empty", 0), ("one", 1), ("three", 3)].map(|(name, count)| (name, encode(&values::batch(count)))).to_vec()
}
