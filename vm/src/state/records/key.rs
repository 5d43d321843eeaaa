//! What names a record.

use bincode::{Decode, Encode};
use types::{Address, AssetId, ListId, OrderId, Origin, PolicyId};

use crate::program::Word;
use crate::state::directory::Key;

/// The key of a record. Keys are ordered by kind and within it by their fields; that order is the order of new records'
/// slots and of reads by range. The variants' numbers are in the state root and in checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum RecordKey {
    /// A merchant, by the address of its account.
    Merchant(Address),
    /// A program, by the address of its account.
    Program(Address),
    /// A cell of a program, by the program's address and the cell's key.
    Cell(Address, Word),
    /// A freeze of an account, by asset and account.
    Freeze(AssetId, Address),
    /// A policy.
    Policy(PolicyId),
    /// The tier of a holder, by policy and holder.
    Tier(PolicyId, Address),
    /// What a holder has paid lately, by asset and holder.
    Usage(AssetId, Address),
    /// A sanction list.
    SanctionList(ListId),
    /// An entry of a sanction list, by list and address.
    Sanction(ListId, Address),
    /// A proposal, by the place of the instruction that made it.
    Proposal(Origin),
    /// A redemption, by the place of the instruction that asked for it.
    Redemption(Origin),
    /// Money kept from arriving, by asset, receiver and sender.
    Parked(AssetId, Address, Address),
    /// An order, by its merchant and the merchant's name for it.
    Order(Address, OrderId),
    /// What an order's address is for, by the address.
    OrderAddress(Address),
    /// The keys of an account, by its address.
    KeyPolicy(Address),
    /// A session of an account, by its address and that of the session's key.
    Session(Address, Address),
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// A merchant's entry in the registry.
    Merchant,
    /// A program.
    Program,
    /// A cell of a program.
    Cell,
    /// A freeze of an account.
    Freeze,
    /// A policy.
    Policy,
    /// The tier of a holder.
    Tier,
    /// What a holder has paid lately.
    Usage,
    /// A sanction list.
    SanctionList,
    /// An entry of a sanction list.
    Sanction,
    /// A proposal.
    Proposal,
    /// A redemption.
    Redemption,
    /// Money kept from arriving.
    Parked,
    /// A merchant's order.
    Order,
    /// What an order's address is for.
    OrderAddress,
    /// The keys of an account.
    KeyPolicy,
    /// A session of an account.
    Session,
}

impl RecordKey {
    /// The kind of record that has this key.
    pub fn kind(&self) -> RecordKind {
        match self {
            RecordKey::Merchant(_) => RecordKind::Merchant,
            RecordKey::Program(_) => RecordKind::Program,
            RecordKey::Cell(..) => RecordKind::Cell,
            RecordKey::Freeze(..) => RecordKind::Freeze,
            RecordKey::Policy(_) => RecordKind::Policy,
            RecordKey::Tier(..) => RecordKind::Tier,
            RecordKey::Usage(..) => RecordKind::Usage,
            RecordKey::SanctionList(_) => RecordKind::SanctionList,
            RecordKey::Sanction(..) => RecordKind::Sanction,
            RecordKey::Proposal(_) => RecordKind::Proposal,
            RecordKey::Redemption(_) => RecordKind::Redemption,
            RecordKey::Parked(..) => RecordKind::Parked,
            RecordKey::Order(..) => RecordKind::Order,
            RecordKey::OrderAddress(_) => RecordKind::OrderAddress,
            RecordKey::KeyPolicy(_) => RecordKind::KeyPolicy,
            RecordKey::Session(..) => RecordKind::Session,
        }
    }
}

impl std::fmt::Display for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecordKey::Merchant(merchant) => write!(f, "merchant {merchant}"),
            RecordKey::Program(program) => write!(f, "program {program}"),
            RecordKey::Cell(program, key) => write!(f, "cell {key} of program {program}"),
            RecordKey::Freeze(asset, account) => write!(f, "freeze of {account} for asset {asset}"),
            RecordKey::Policy(policy) => write!(f, "policy {policy}"),
            RecordKey::Tier(policy, account) => write!(f, "tier of {account} under policy {policy}"),
            RecordKey::Usage(asset, account) => write!(f, "payments of {account} in asset {asset}"),
            RecordKey::SanctionList(list) => write!(f, "sanction list {list}"),
            RecordKey::Sanction(list, account) => write!(f, "{account} on sanction list {list}"),
            RecordKey::Proposal(origin) => write!(f, "proposal {origin}"),
            RecordKey::Redemption(origin) => write!(f, "redemption {origin}"),
            RecordKey::Parked(asset, receiver, sender) => {
                write!(f, "asset {asset} parked for {receiver} from {sender}")
            }
            RecordKey::Order(merchant, order) => write!(f, "order {} of merchant {merchant}", &**order),
            RecordKey::OrderAddress(address) => write!(f, "order address {address}"),
            RecordKey::KeyPolicy(account) => write!(f, "keys of account {account}"),
            RecordKey::Session(account, key) => write!(f, "session of account {account} for the key of {key}"),
        }
    }
}

impl Key for RecordKey {
    fn spread(&self) -> u8 {
        match self {
            RecordKey::Merchant(merchant) => merchant.spread(),
            RecordKey::Program(program) => program.spread(),
            // A key may be a small number, a text or a hash.
            RecordKey::Cell(_, key) => key.0[31] ^ key.0[0],
            RecordKey::Freeze(_, account)
            | RecordKey::Tier(_, account)
            | RecordKey::Usage(_, account)
            | RecordKey::Sanction(_, account)
            | RecordKey::Parked(_, account, _)
            | RecordKey::OrderAddress(account) => account.spread(),
            RecordKey::Order(_, order) => order.bytes().fold(0, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)),
            // There are few.
            RecordKey::Policy(_) | RecordKey::SanctionList(_) => 0,
            RecordKey::Proposal(origin) | RecordKey::Redemption(origin) => origin.transaction.0[31],
            RecordKey::KeyPolicy(account) => account.spread(),
            RecordKey::Session(_, key) => key.spread(),
        }
    }
}
