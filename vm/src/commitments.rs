//! What the state root commits to, in one place.

use std::sync::Arc;

use bincode::{Decode, Encode};
use types::codec::encode;
use types::{Deadline, Domain, Hash};

use crate::Asset;
use crate::asset::assets_hash;
use crate::replay::open_hash;

/// The longest that [`Parameters::max_valid_seconds`] can be: the state root lists every second that is open.
pub const MAX_VALID_SECONDS: u32 = 3_600;

/// What the chain's validators agreed on at genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Parameters {
    /// The longest time that a deadline may lie ahead of the block's time, in seconds, 1 to [`MAX_VALID_SECONDS`].
    pub max_valid_seconds: u32,
}

/// A state of the ledger, but for the accounts and ids themselves.
#[derive(Debug, Clone)]
pub(crate) struct Commitments {
    pub(crate) parameters: Parameters,
    pub(crate) accounts_root: Hash,
    pub(crate) account_count: u32,
    pub(crate) assets: Arc<Vec<Asset>>,
    assets_hash: Hash,
    /// For each deadline second that still has remembered ids, the hash chain over them.
    pub(crate) open: Vec<(Deadline, Hash)>,
    /// Transactions executed since genesis.
    pub(crate) executed_total: u64,
    state_root: Hash,
}

impl Commitments {
    pub(crate) fn new(
        parameters: Parameters,
        (account_count, accounts_root): (u32, Hash),
        assets: Vec<Asset>,
        open: Vec<(Deadline, Hash)>,
        executed_total: u64,
    ) -> Self {
        let assets_hash = assets_hash(&assets);
        let (assets, state_root) = (Arc::new(assets), Hash::ZERO);
        let unsealed =
            Self { parameters, accounts_root, account_count, assets, assets_hash, open, executed_total, state_root };
        unsealed.seal()
    }

    /// The state that follows this one. `assets` is this one's own list where no supply has changed.
    pub(crate) fn next(
        &self,
        (account_count, accounts_root): (u32, Hash),
        assets: Arc<Vec<Asset>>,
        open: Vec<(Deadline, Hash)>,
        executed: u64,
    ) -> Self {
        let is_same = Arc::ptr_eq(&assets, &self.assets);
        let assets_hash = if is_same { self.assets_hash } else { assets_hash(&assets) };
        let executed_total = self.executed_total + executed;
        let (parameters, state_root) = (self.parameters, Hash::ZERO);
        let unsealed =
            Self { parameters, accounts_root, account_count, assets, assets_hash, open, executed_total, state_root };
        unsealed.seal()
    }

    fn seal(self) -> Self {
        let parts = (
            *b"baro ledger v1",
            self.parameters,
            (self.accounts_root, self.account_count),
            self.assets_hash,
            open_hash(&self.open),
            self.executed_total,
        );
        Self { state_root: Hash::of(Domain::State, &encode(&parts)), ..self }
    }

    pub(crate) fn state_root(&self) -> Hash {
        self.state_root
    }
}
