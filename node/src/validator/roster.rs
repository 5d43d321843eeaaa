//! Who is who: a validator has a consensus key on the chain and a number in the network, which it keeps while this
//! process runs, whatever committee it is in.

use std::sync::{Arc, RwLock};

use types::{Member, PublicKey};
use vm::Council;

use crate::network::{self, Peer, Role};

/// The numbers that have been given out. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Roster(Arc<RwLock<Vec<PublicKey>>>);

impl Roster {
    /// The validator's number, which is given out at the first question.
    pub(super) fn enroll(&self, key: PublicKey) -> u16 {
        if let Some(number) = self.number(&key) {
            return number;
        }
        let mut keys = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.push(key);
        // A chain would have to change its whole committee a thousand times before the numbers run out.
        (keys.len() - 1) as u16
    }

    /// The validator's number, if it has one.
    pub(super) fn number(&self, key: &PublicKey) -> Option<u16> {
        let keys = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.iter().position(|other| other == key).map(|place| place as u16)
    }

    /// Whom to be connected with: the present members, those that a decided change brings in, and those that have left.
    pub(super) fn peers(&self, council: &Council, former: &[Member]) -> Vec<Peer> {
        let present = council.members();
        let coming = council.pending().map(|pending| &*pending.members).unwrap_or_default();
        let is_new = |member: &&Member| present.iter().all(|other| other.key != member.key);
        // Whoever takes a validator's place may have taken over its name or address.
        let is_past = |member: &&Member| present.iter().chain(coming).all(|other| other.shares(member).is_none());
        let validators = present.iter().map(|member| (member, Role::Validator));
        let followers = coming.iter().filter(is_new).map(|member| (member, Role::Follower));
        let past = former.iter().filter(is_past).map(|member| (member, Role::Follower));
        validators.chain(followers).chain(past).filter_map(|(member, role)| self.peer(member, role)).collect()
    }

    fn peer(&self, member: &Member, role: Role) -> Option<Peer> {
        let peer_id = network::parse_peer_id(&member.peer_id);
        match (peer_id, network::parse_address(&member.address)) {
            (Ok(peer_id), Ok(address)) => {
                Some(Peer { index: self.enroll(member.key), name: member.name.to_string(), peer_id, address, role })
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(validator = &*member.name, "its entry in the committee cannot be used: {error}");
                None
            }
        }
    }

    /// The validator of this number.
    pub(super) fn key(&self, number: u16) -> Option<PublicKey> {
        let keys = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.get(usize::from(number)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_keeps_its_number() {
        let roster = Roster::default();
        let [a, b] = [PublicKey([1; 32]), PublicKey([2; 32])];
        assert_eq!([roster.enroll(a), roster.enroll(b), roster.enroll(a)], [0, 1, 0]);
        assert_eq!((roster.number(&b), roster.key(1)), (Some(1), Some(b)));
        assert_eq!((roster.number(&PublicKey([3; 32])), roster.key(2)), (None, None));
    }
}
