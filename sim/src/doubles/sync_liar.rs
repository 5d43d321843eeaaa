use std::collections::BTreeMap;

use replica::{Envelope, Manifest, Message, part_hash};
use types::codec::{Blob, Bounded};
use types::{Certificate, Handover, Hash, Height, SecretKey, Signers, ValidatorSet};

use super::{Double, Hand};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Lists of which one part is another one.
    Ledgers,
    /// Parts that are not those of its list.
    Parts,
    /// Blocks that nobody finalized, and the ends of epochs.
    Proofs,
}

/// Answers who begins with checkpoints that nobody finalized, lists of parts that are not the ledger, ends of epochs that
/// hand over to itself, and other parts than it offered; or takes back what it offered.
#[derive(Default)]
pub(super) struct SyncLiar {
    /// What it lies about: a crude lie would be noticed before a subtle one.
    style: Option<Style>,
    /// The part that it made up of the checkpoint at each height, with its place.
    made_up: BTreeMap<Height, (usize, Vec<u8>)>,
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

    fn style(&mut self, hand: &mut Hand<'_>) -> Style {
        *self.style.get_or_insert_with(|| *hand.random.pick(&[Style::Ledgers, Style::Parts, Style::Proofs]))
    }

    /// A list of which one part is a slightly other one, which it does have.
    fn alter_list(&mut self, hand: &mut Hand<'_>, manifest: &mut Manifest) {
        let mut parts = manifest.parts.to_vec();
        let (place, part) = self.made_up.entry(manifest.height()).or_insert_with(|| {
            let place = hand.random.index(parts.len());
            let mut part = hand.checkpoint.get(place).cloned().unwrap_or_default();
            if let Some(byte) = part.last_mut() {
                *byte ^= 1;
            }
            (place, part)
        });
        parts[*place] = part_hash(part);
        manifest.parts = Bounded::new(parts).unwrap_or_default();
    }

    fn falsify_offer(hand: &mut Hand<'_>, manifest: &mut Manifest) {
        let height = manifest.height();
        match hand.random.below(5) {
            // A list that nobody has.
            0 => manifest.parts = Bounded::new(vec![hand.any_hash(); 3]).unwrap_or_default(),
            // A ledger of its own.
            1 => {
                manifest.block.header.state_root = hand.any_hash();
                let hash = manifest.block.header.hash();
                manifest.certificate = Self::certificate(hand, hash, &manifest.certificate);
            }
            // Another height, under the true block's certificate.
            2 | 3 => manifest.block.header.height = Height(height.0 + 50),
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

    fn falsify_part(&self, hand: &mut Hand<'_>, (height, index): (Height, u32), mut part: Vec<u8>) -> Vec<u8> {
        match self.style {
            Some(Style::Parts) if hand.random.chance(700) => {
                part.push(0);
                part
            }
            Some(Style::Parts) => Vec::new(),
            // Whoever is to believe in a part that is made up needs the others as they are.
            Some(Style::Ledgers) => match self.made_up.get(&height) {
                Some((place, made_up)) if *place == index as usize => made_up.clone(),
                _ => part,
            },
            // Also for a height at which it has no checkpoint.
            _ => hand.checkpoint.get(index as usize).cloned().unwrap_or_default(),
        }
    }
}

impl Double for SyncLiar {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        let Envelope { to, message } = envelope;
        match message {
            Message::CheckpointOffer(Some(mut manifest)) if hand.dares(800) => {
                match self.style(hand) {
                    Style::Ledgers => self.alter_list(hand, &mut manifest),
                    Style::Parts => {}
                    Style::Proofs => Self::falsify_offer(hand, &mut manifest),
                }
                hand.say(to, Message::CheckpointOffer(Some(manifest)));
            }
            Message::Handovers(handovers) if self.style == Some(Style::Proofs) && hand.dares(900) => {
                let mut handovers = handovers.to_vec();
                Self::falsify_handovers(hand, &mut handovers);
                hand.say(to, Message::Handovers(Bounded::new(handovers).unwrap_or_default()));
            }
            Message::Part { height, index, bytes } => {
                let part = self.falsify_part(hand, (height, index), bytes.into_vec());
                // Now and then it says nothing.
                if hand.random.chance(900) {
                    hand.say(to, Message::Part { height, index, bytes: Blob::new(part).unwrap_or_default() });
                }
            }
            message => hand.say(to, message),
        }
    }
}
