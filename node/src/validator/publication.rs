//! A finalized block on its way to subscribers: turned into JSON once, however many subscribers there are.

use std::sync::{Arc, OnceLock};

use replica::FinalizedBlock;
use serde_json::value::RawValue;

use crate::server::json;

/// A block with its JSON.
pub(crate) struct Publication {
    block: Arc<FinalizedBlock>,
    json: OnceLock<Box<RawValue>>,
}

impl Publication {
    pub(super) fn new(block: Arc<FinalizedBlock>) -> Self {
        Self { block, json: OnceLock::new() }
    }

    pub(crate) fn block(&self) -> &FinalizedBlock {
        &self.block
    }

    /// The block as `rpc::BlockInfo`.
    pub(crate) fn json(&self) -> &RawValue {
        self.json.get_or_init(|| {
            serde_json::value::to_raw_value(&json::block_info(&self.block)).expect("a block has a JSON form")
        })
    }
}
