//! What a record says.

use bincode::{Decode, Encode};
use types::codec::encode;
use types::{Amount, AssetId, Domain, Hash, KeyPolicy, Merchant};

use super::{RecordKey, RecordKind};
use crate::program::Word;
use crate::rules::authority::Session;
use crate::rules::calls::DeployedProgram;
use crate::rules::compliance::{Freeze, Policy, Sanction, SanctionList, Usage};
use crate::rules::gate::Parked;
use crate::rules::issuance::{Proposal, Redemption};
use crate::rules::payments::{Order, OrderAddress};

/// The value of a record. The variants' numbers are in the state root and in checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Record {
    /// A merchant's entry in the registry.
    Merchant(Merchant),
    /// A program.
    Program(DeployedProgram),
    /// What a program's cell holds, never zero.
    Cell(Word),
    /// What of an account is frozen.
    Freeze(Freeze),
    /// What a policy says.
    Policy(Policy),
    /// The number of a holder's tier.
    Tier(u8),
    /// What a holder has paid lately.
    Usage(Usage),
    /// The present version of a sanction list.
    SanctionList(SanctionList),
    /// Since when and until when an address is on a list.
    Sanction(Sanction),
    /// What waits for approval.
    Proposal(Box<Proposal>),
    /// Money that is to be redeemed.
    Redemption(Redemption),
    /// Money that a control has kept from arriving.
    Parked(Parked),
    /// A merchant's order.
    Order(Box<Order>),
    /// What an order's address is for.
    OrderAddress(Box<OrderAddress>),
    /// The keys of an account.
    KeyPolicy(KeyPolicy),
    /// A session of an account.
    Session(Box<Session>),
}

/// How much of which asset something holds.
pub(crate) type Money = Option<(AssetId, Amount)>;

impl Record {
    /// The kind of this record.
    pub fn kind(&self) -> RecordKind {
        match self {
            Record::Merchant(_) => RecordKind::Merchant,
            Record::Program(_) => RecordKind::Program,
            Record::Cell(_) => RecordKind::Cell,
            Record::Freeze(_) => RecordKind::Freeze,
            Record::Policy(_) => RecordKind::Policy,
            Record::Tier(_) => RecordKind::Tier,
            Record::Usage(_) => RecordKind::Usage,
            Record::SanctionList(_) => RecordKind::SanctionList,
            Record::Sanction(_) => RecordKind::Sanction,
            Record::Proposal(_) => RecordKind::Proposal,
            Record::Redemption(_) => RecordKind::Redemption,
            Record::Parked(_) => RecordKind::Parked,
            Record::Order(_) => RecordKind::Order,
            Record::OrderAddress(_) => RecordKind::OrderAddress,
            Record::KeyPolicy(_) => RecordKind::KeyPolicy,
            Record::Session(_) => RecordKind::Session,
        }
    }

    /// The money that is in the record and in no balance. Counts towards the asset's supply.
    pub fn held(&self) -> Option<(AssetId, Amount)> {
        match self {
            Record::Redemption(redemption) => Some((redemption.asset, redemption.amount)),
            Record::Parked(parked) => Some((parked.asset, parked.amount)),
            Record::Order(order) => Some((order.asset, order.held)),
            Record::Merchant(_)
            | Record::Program(_)
            | Record::Cell(_)
            | Record::Freeze(_)
            | Record::Policy(_)
            | Record::Tier(_)
            | Record::Usage(_)
            | Record::SanctionList(_)
            | Record::Sanction(_)
            | Record::Proposal(_)
            | Record::OrderAddress(_)
            | Record::KeyPolicy(_)
            | Record::Session(_) => None,
        }
    }
}

/// A record with its key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Entry {
    pub(crate) key: RecordKey,
    pub(crate) record: Record,
}

impl Entry {
    /// # Panics
    ///
    /// If the key is of another kind than the record.
    pub(crate) fn new(key: RecordKey, record: Record) -> Entry {
        assert_eq!(key.kind(), record.kind(), "the record of {key}");
        Entry { key, record }
    }

    /// The record's leaf in the tree of records.
    pub(crate) fn leaf(&self) -> Hash {
        Hash::of(Domain::Record, &encode(self))
    }
}
