//! Validators as the ledger lists them, and the changes of that list that they can approve.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::codec::Text;
use crate::{Address, PublicKey};

/// The longest name of a validator, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// The longest peer id of a validator, in bytes. libp2p's are 46 to 52 bytes for the keys in use.
pub const MAX_PEER_ID_BYTES: usize = 128;

/// The longest network address of a validator, in bytes: a DNS name has at most 253, most have far fewer.
pub const MAX_MEMBER_ADDRESS_BYTES: usize = 256;

/// The most changes of the validator set that are approved as one: a quarter of the largest set.
pub const MAX_VALIDATOR_CHANGES: usize = 16;

/// A validator as the ledger lists it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
pub struct Member {
    /// Its name.
    pub name: Text<MAX_NAME_BYTES>,
    /// Its consensus key.
    pub key: PublicKey,
    /// Its libp2p peer id.
    pub peer_id: Text<MAX_PEER_ID_BYTES>,
    /// Its libp2p address, such as `/ip4/127.0.0.1/tcp/9600`.
    pub address: Text<MAX_MEMBER_ADDRESS_BYTES>,
}

/// One change of the list of validators.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidatorChange {
    /// A new validator, after the others.
    Add(Member),
    /// The validator with this key leaves.
    Remove(PublicKey),
    /// Another entry takes the place of a validator: a new key, a new address, or another validator.
    Replace {
        /// The present key.
        key: PublicKey,
        /// The entry from then on.
        by: Member,
    },
}

/// What a validator's entry consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum MemberField {
    /// [`Member::name`].
    Name,
    /// [`Member::key`].
    Key,
    /// [`Member::peer_id`].
    PeerId,
    /// [`Member::address`].
    Address,
}

impl MemberField {
    /// The field's name in files.
    pub fn name(self) -> &'static str {
        match self {
            MemberField::Name => "name",
            MemberField::Key => "key",
            MemberField::PeerId => "peer_id",
            MemberField::Address => "address",
        }
    }
}

impl std::fmt::Display for MemberField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A name, peer id or address is empty, too long or not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {field} must have 1 to {max} bytes of text")]
pub struct MemberError {
    /// Which.
    pub field: MemberField,
    /// The most bytes that it may have.
    pub max: usize,
}

impl Member {
    /// The entry, if its parts are text of a fitting length.
    pub fn new(name: &str, key: PublicKey, peer_id: &str, address: &str) -> Result<Member, MemberError> {
        let member = Member {
            name: text(MemberField::Name, name)?,
            key,
            peer_id: text(MemberField::PeerId, peer_id)?,
            address: text(MemberField::Address, address)?,
        };
        member.check()?;
        Ok(member)
    }

    /// Refuses parts that are blank or contain control characters. An entry made by [`Member::new`] passes; a decoded
    /// one may not.
    pub fn check(&self) -> Result<(), MemberError> {
        let parts = [
            (MemberField::Name, &*self.name, MAX_NAME_BYTES),
            (MemberField::PeerId, &*self.peer_id, MAX_PEER_ID_BYTES),
            (MemberField::Address, &*self.address, MAX_MEMBER_ADDRESS_BYTES),
        ];
        match parts.into_iter().find(|(_, text, _)| text.trim().is_empty() || text.contains(char::is_control)) {
            Some((field, _, max)) => Err(MemberError { field, max }),
            None => Ok(()),
        }
    }

    /// What names or finds both this validator and `other`, if anything does: two validators share nothing.
    pub fn shares(&self, other: &Member) -> Option<MemberField> {
        [
            (MemberField::Name, self.name == other.name),
            (MemberField::Key, self.key == other.key),
            (MemberField::PeerId, self.peer_id == other.peer_id),
            (MemberField::Address, self.address == other.address),
        ]
        .into_iter()
        .find_map(|(field, is_shared)| is_shared.then_some(field))
    }

    /// The account whose transactions speak for this validator: that of its consensus key.
    pub fn approval_address(&self) -> Address {
        Address::of(&self.key)
    }
}

fn text<const MAX: usize>(field: MemberField, text: &str) -> Result<Text<MAX>, MemberError> {
    Text::new(text).map_err(|_| MemberError { field, max: MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    fn member(number: u8) -> Member {
        Member::new(&format!("v{number}"), PublicKey([number; 32]), &format!("peer-{number}"), &format!("/{number}"))
            .expect("a good entry")
    }

    #[test]
    fn parts_are_text_of_a_fitting_length() {
        let key = PublicKey([1; 32]);
        let refused = |name: &str, peer_id: &str, address: &str| Member::new(name, key, peer_id, address).map(drop);
        let long = |bytes: usize| "x".repeat(bytes);
        assert_eq!(refused(&long(64), &long(128), &long(256)), Ok(()));
        let error = |field, max| Err(MemberError { field, max });
        assert_eq!(refused(&long(65), "p", "a"), error(MemberField::Name, 64));
        assert_eq!(refused("n", &long(129), "a"), error(MemberField::PeerId, 128));
        assert_eq!(refused("n", "p", &long(257)), error(MemberField::Address, 256));
        assert_eq!(refused(" ", "p", "a"), error(MemberField::Name, 64));
        assert_eq!(refused("n", "p\n", "a"), error(MemberField::PeerId, 128));
        assert_eq!(refused("n", "p", ""), error(MemberField::Address, 256));
    }

    #[test]
    fn what_two_entries_share_is_named() {
        let (one, other) = (member(1), member(2));
        assert_eq!(one.shares(&other), None);
        assert_eq!(one.shares(&Member { name: one.name.clone(), ..other.clone() }), Some(MemberField::Name));
        assert_eq!(one.shares(&Member { key: one.key, ..other.clone() }), Some(MemberField::Key));
        assert_eq!(one.shares(&Member { peer_id: one.peer_id.clone(), ..other.clone() }), Some(MemberField::PeerId));
        assert_eq!(one.shares(&Member { address: one.address.clone(), ..other }), Some(MemberField::Address));
    }

    #[test]
    fn changes_round_trip() {
        let changes = [
            ValidatorChange::Add(member(1)),
            ValidatorChange::Remove(PublicKey([2; 32])),
            ValidatorChange::Replace { key: PublicKey([3; 32]), by: member(4) },
        ];
        for (change, number) in changes.iter().zip(0u8..) {
            let bytes = encode(change);
            assert_eq!(bytes[0], number, "the variants' numbers are on the chain");
            assert_eq!(decode::<ValidatorChange>(&bytes).as_ref(), Ok(change));
        }
    }
}
