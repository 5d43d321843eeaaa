//! The JSON values about validators and the changes that they approve.

use serde::{Deserialize, Serialize};
use types::{Address, Epoch, Height, Member, MemberError, PublicKey, Timestamp, ValidatorChange};

/// A validator's public entry, as the chain spec and the ledger name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorInfo {
    /// Its name.
    pub name: String,
    /// Its consensus key.
    pub key: PublicKey,
    /// Its libp2p peer id.
    pub peer_id: String,
    /// Its libp2p address.
    pub address: String,
}

/// The validators as the ledger lists them at the latest finalized block, and what they have approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorsInfo {
    /// The epoch that the next block belongs to.
    pub epoch: Epoch,
    /// The validators in the order of their indices.
    pub members: Vec<MemberInfo>,
    /// How many of them must approve the same changes.
    pub quorum: u32,
    /// How long after its decision a change takes effect, in milliseconds of block time.
    pub notice_ms: u64,
    /// What each has approved, oldest first. While a change is pending, those that decided it are among them.
    pub approvals: Vec<ApprovalInfo>,
    /// The change that is decided and has not taken effect.
    pub pending: Option<PendingInfo>,
    /// The height at which this was read.
    pub height: Height,
    /// The block time there.
    pub timestamp: Timestamp,
}

/// A present validator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberInfo {
    /// Its entry.
    #[serde(flatten)]
    pub entry: ValidatorInfo,
    /// The account whose transactions approve changes in its name: that of its consensus key.
    pub approval_address: Address,
}

/// What a validator has approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalInfo {
    /// The validator's key.
    pub by: PublicKey,
    /// Its name.
    pub name: String,
    /// The changes, in order.
    pub changes: Vec<ChangeInfo>,
}

/// One change of the list of validators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ChangeInfo {
    /// A new validator, after the others.
    Add {
        /// Its entry.
        validator: ValidatorInfo,
    },
    /// A validator leaves.
    Remove {
        /// Its key.
        key: PublicKey,
    },
    /// Another entry takes the place of a validator.
    Replace {
        /// The present key.
        key: PublicKey,
        /// The entry from then on.
        by: ValidatorInfo,
    },
}

/// A change that is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingInfo {
    /// The validators from then on, in the order of their indices.
    pub members: Vec<ValidatorInfo>,
    /// It takes effect with the first block of this time or later.
    pub effective: Timestamp,
}

impl From<&Member> for ValidatorInfo {
    fn from(member: &Member) -> Self {
        ValidatorInfo {
            name: member.name.to_string(),
            key: member.key,
            peer_id: member.peer_id.to_string(),
            address: member.address.to_string(),
        }
    }
}

impl TryFrom<&ValidatorInfo> for Member {
    type Error = MemberError;

    fn try_from(info: &ValidatorInfo) -> Result<Self, MemberError> {
        Member::new(&info.name, info.key, &info.peer_id, &info.address)
    }
}

impl From<&ValidatorChange> for ChangeInfo {
    fn from(change: &ValidatorChange) -> Self {
        match change {
            ValidatorChange::Add(member) => ChangeInfo::Add { validator: member.into() },
            ValidatorChange::Remove(key) => ChangeInfo::Remove { key: *key },
            ValidatorChange::Replace { key, by } => ChangeInfo::Replace { key: *key, by: by.into() },
        }
    }
}

impl TryFrom<&ChangeInfo> for ValidatorChange {
    type Error = MemberError;

    fn try_from(info: &ChangeInfo) -> Result<Self, MemberError> {
        Ok(match info {
            ChangeInfo::Add { validator } => ValidatorChange::Add(validator.try_into()?),
            ChangeInfo::Remove { key } => ValidatorChange::Remove(*key),
            ChangeInfo::Replace { key, by } => ValidatorChange::Replace { key: *key, by: by.try_into()? },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_the_same_on_both_sides() {
        let member =
            |byte: u8| Member::new("bank", PublicKey([byte; 32]), "peer", "/ip4/127.0.0.1/tcp/1").expect("good");
        let changes = [
            ValidatorChange::Add(member(1)),
            ValidatorChange::Remove(PublicKey([2; 32])),
            ValidatorChange::Replace { key: PublicKey([3; 32]), by: member(4) },
        ];
        for change in changes {
            let info = ChangeInfo::from(&change);
            assert_eq!(ValidatorChange::try_from(&info), Ok(change));
        }
    }
}
