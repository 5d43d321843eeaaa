use std::collections::BTreeMap;

use replica::{Envelope, Manifest, Message, part_hash};
use types::codec::{Blob, Bounded};
use types::{Certificate, Handover, Hash, Height, SecretKey, Signers, ValidatorSet};

use super::{Double, Hand};

/// Answers who begins with checkpoints that nobody finalized, lists of parts that are not the ledger, ends of epochs that
/// hand over to itself, and other parts than it offered; or takes back what it offered.
#[derive(Default)]
pub(super) struct SyncLiar {
    /// Parts that it made up, by the place that it offered them in.
    made_up: BTreeMap<(Height, u32), Vec<u8>>,
    /// Parts that it has sent.
    seen: BTreeMap<(Height, u32), Vec<u8>>,
}

impl SyncLiar {
    /// A certificate with the double's own signature for everyone.
    fn certificate(hand: &Hand<'_>, header: Hash, old: &Certificate) -> Certificate {
        let ballot = types::Ballot::Finalize { view: old.ballot.view(), block: header };
        let signature = hand.signed(ballot).signature;
        let mut signers = Signers::default();
        hand.committee.indices().take(hand.committee.quorum()).for_each(|index| {
            signers.insert(index);
        });
        let signatures = Bounded::new(vec![signature; hand.committee.quorum()]).unwrap_or_default();
        Certificate { ballot, signers, signatures }
    }

    fn falsify_offer(&mut self, hand: &mut Hand<'_>, manifest: &mut Manifest) {
        let height = manifest.height();
        match hand.random.below(6) {
            // A list of which one part is another one, which it does have.
            0 | 1 => {
                let mut parts = manifest.parts.to_vec();
                let place = hand.random.index(parts.len());
                let index = place as u32;
                let mut part = self.seen.get(&(height, index)).cloned().unwrap_or_else(|| vec![7; 100]);
                if let Some(byte) = part.last_mut() {
                    *byte ^= 1;
                }
                parts[place] = part_hash(&part);
                self.made_up.insert((height, index), part);
                manifest.parts = Bounded::new(parts).unwrap_or_default();
            }
            // A list that nobody has.
            2 => manifest.parts = Bounded::new(vec![hand.any_hash(); 3]).unwrap_or_default(),
            // A ledger of its own.
            3 => {
                manifest.block.header.state_root = hand.any_hash();
                let hash = manifest.block.header.hash();
                manifest.certificate = Self::certificate(hand, hash, &manifest.certificate);
            }
            // Another height, under the true block's certificate.
            4 => manifest.block.header.height = Height(height.0 + 50),
            _ => manifest.bytes = u64::MAX,
        }
    }

    /// Hands over to validators that nobody approved.
    fn falsify_handovers(hand: &mut Hand<'_>, handovers: &mut [Handover]) {
        let Some(first) = handovers.first_mut() else { return };
        let stranger = SecretKey::from_seed([200; 32]).public();
        let Ok(validators) = ValidatorSet::new(vec![stranger]) else { return };
        first.header.next_validators = validators.hash();
        first.certificate = Self::certificate(hand, first.header.hash(), &first.certificate);
        first.validators = validators;
    }

    fn falsify_part(&mut self, hand: &mut Hand<'_>, place: (Height, u32), mut part: Vec<u8>) -> Vec<u8> {
        if let Some(made_up) = self.made_up.get(&place) {
            return made_up.clone();
        }
        self.seen.insert(place, part.clone());
        match hand.random.below(3) {
            0 => part.clear(),
            1 => part.push(0),
            _ => {}
        }
        part
    }
}

impl Double for SyncLiar {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        let Envelope { to, message } = envelope;
        match message {
            Message::CheckpointOffer(Some(mut manifest)) if hand.dares(800) => {
                self.falsify_offer(hand, &mut manifest);
                hand.say(to, Message::CheckpointOffer(Some(manifest)));
            }
            Message::Handovers(handovers) if hand.dares(500) => {
                let mut handovers = handovers.to_vec();
                Self::falsify_handovers(hand, &mut handovers);
                hand.say(to, Message::Handovers(Bounded::new(handovers).unwrap_or_default()));
            }
            Message::Part { height, index, bytes } if hand.dares(800) => {
                let part = self.falsify_part(hand, (height, index), bytes.into_vec());
                // Now and then it says nothing.
                if hand.random.chance(800) {
                    hand.say(to, Message::Part { height, index, bytes: Blob::new(part).unwrap_or_default() });
                }
            }
            message => hand.say(to, message),
        }
    }
}
