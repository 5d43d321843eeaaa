//! What the state root commits to, in one place.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bincode::{Decode, Encode};
use types::{Deadline, Hash};

use crate::state::asset::assets_hash;
use crate::state::replay::open_hash;
use crate::{Asset, ClosedSeconds, Council, FeeSchedule, StateOpening};

/// The longest that [`Parameters::max_valid_seconds`] can be: the state root lists every second that is open.
pub const MAX_VALID_SECONDS: u32 = 3_600;

/// What [`Parameters::validator_notice_millis`] can be: up to a week.
pub const VALIDATOR_NOTICE_MILLIS: RangeInclusive<u64> = 100..=604_800_000;

/// What the chain's validators agreed on at genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Parameters {
    /// The longest time that a deadline may lie ahead of the block's time, in seconds, 1 to [`MAX_VALID_SECONDS`].
    pub max_valid_seconds: u32,
    /// How long after its decision a change of the validators takes effect, in milliseconds of block time, within
    /// [`VALIDATOR_NOTICE_MILLIS`].
    pub validator_notice_millis: u64,
    /// What transactions pay; nothing if there is no schedule.
    pub fees: Option<FeeSchedule>,
}

/// A state of the ledger, but for the accounts, records and ids themselves.
#[derive(Debug, Clone)]
pub(crate) struct Commitments {
    pub(crate) parameters: Parameters,
    pub(crate) accounts_root: Hash,
    pub(crate) account_count: u32,
    /// How many slots records have, the empty ones included, and the root over them.
    records: (u32, Hash),
    pub(crate) assets: Arc<Vec<Asset>>,
    assets_hash: Hash,
    pub(crate) council: Arc<Council>,
    council_hash: Hash,
    /// The hash of the validator set that the next block belongs to.
    pub(crate) next_validators: Hash,
    /// For each deadline second that still has remembered ids, the hash chain over them.
    pub(crate) open: Vec<(Deadline, Hash)>,
    /// Transactions executed since genesis.
    pub(crate) executed_total: u64,
    /// The seconds that have passed.
    pub(crate) closed: ClosedSeconds,
    state_root: Hash,
}

impl Commitments {
    pub(crate) fn new(
        parameters: Parameters,
        (account_count, accounts_root): (u32, Hash),
        records: (u32, Hash),
        assets: Vec<Asset>,
        council: Council,
        open: Vec<(Deadline, Hash)>,
        (executed_total, closed): (u64, ClosedSeconds),
    ) -> Self {
        let unsealed = Self {
            parameters,
            accounts_root,
            account_count,
            records,
            assets_hash: assets_hash(&assets),
            assets: Arc::new(assets),
            council_hash: council.hash(),
            next_validators: council.validators().hash(),
            council: Arc::new(council),
            open,
            executed_total,
            closed,
            state_root: Hash::ZERO,
        };
        unsealed.seal()
    }

    /// The state that follows this one. `assets` is this one's own list where no supply has changed, and `council` this
    /// one's own where no validator has approved anything.
    pub(crate) fn next(
        &self,
        (account_count, accounts_root): (u32, Hash),
        records: (u32, Hash),
        assets: Arc<Vec<Asset>>,
        council: Arc<Council>,
        open: Vec<(Deadline, Hash)>,
        (executed, closed): (u64, ClosedSeconds),
    ) -> Self {
        let has_assets = Arc::ptr_eq(&assets, &self.assets);
        let assets_hash = if has_assets { self.assets_hash } else { assets_hash(&assets) };
        let has_council = Arc::ptr_eq(&council, &self.council);
        let (council_hash, next_validators) = if has_council {
            (self.council_hash, self.next_validators)
        } else {
            (council.hash(), council.validators().hash())
        };
        let unsealed = Self {
            parameters: self.parameters,
            accounts_root,
            account_count,
            records,
            assets,
            assets_hash,
            council,
            council_hash,
            next_validators,
            open,
            executed_total: self.executed_total + executed,
            closed,
            state_root: Hash::ZERO,
        };
        unsealed.seal()
    }

    fn seal(self) -> Self {
        Self { state_root: self.opening().root(), ..self }
    }

    /// The parts that the state root is made of.
    pub(crate) fn opening(&self) -> StateOpening {
        StateOpening {
            parameters: self.parameters,
            accounts_root: self.accounts_root,
            account_count: self.account_count,
            records_root: self.records.1,
            slot_count: self.records.0,
            assets: self.assets_hash,
            council: self.council_hash,
            open: open_hash(&self.open),
            executed_total: self.executed_total,
            closed: self.closed.hash(),
        }
    }

    pub(crate) fn state_root(&self) -> Hash {
        self.state_root
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use types::{Member, PublicKey};

    /// Those of an empty ledger.
    pub(crate) fn some() -> Commitments {
        let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: 10_000, fees: None };
        let members = vec![Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap()];
        let council = Council::genesis(members).unwrap();
        Commitments::new(
            parameters,
            (0, Hash::ZERO),
            (0, Hash::ZERO),
            Vec::new(),
            council,
            Vec::new(),
            (0, ClosedSeconds::default()),
        )
    }

    #[test]
    fn the_state_root_depends_on_the_records() {
        let base = some();
        let root = |records| {
            let next = base.next(
                (0, Hash::ZERO),
                records,
                base.assets.clone(),
                base.council.clone(),
                vec![],
                (0, base.closed.clone()),
            );
            next.state_root()
        };
        assert_eq!(root((0, Hash::ZERO)), base.state_root());
        assert_ne!(root((1, Hash::ZERO)), base.state_root(), "an empty slot counts");
        assert_ne!(root((0, Hash([1; 32]))), base.state_root());
    }
}
