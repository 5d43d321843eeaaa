//! A block.

use types::Block;
use types::codec::encode;

use super::canonical;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "block", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let block = canonical::<Block>(bytes);
    block.is_some_and(|block| {
        block.header.hash();
        Block::batches_hash(&block.batches);
        true
    })
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    [("empty", 0), ("two", 2)].map(|(name, count)| (name, encode(&values::block(count)))).to_vec()
}
