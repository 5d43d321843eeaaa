use std::collections::BTreeMap;

use replica::{Envelope, Message, Recipient};
use types::codec::Bounded;
use types::{Ballot, Certificate, Hash, Signature, Signers, ValidatorIndex, View, Vote};

use super::{Double, Hand};

/// Sends certificates that prove nothing: below quorum, with one signer's signature for several, with made-up ones, or
/// with signatures of another ballot.
#[derive(Default)]
pub(super) struct BadCertificates {
    /// Votes of others, by ballot.
    heard: BTreeMap<Ballot, Vec<Vote>>,
    proposed: BTreeMap<View, Hash>,
}

fn certificate(hand: &Hand<'_>, ballot: Ballot, votes: &[(ValidatorIndex, Signature)]) -> Message {
    let mut votes = votes.to_vec();
    votes.sort_by_key(|(signer, _)| *signer);
    let mut signers = Signers::default();
    votes.iter().for_each(|(signer, _)| {
        signers.insert(*signer);
    });
    let signatures = Bounded::new(votes.iter().map(|(_, signature)| *signature).collect()).unwrap_or_default();
    hand.consensus(consensus::Message::Certificate(Certificate { ballot, signers, signatures }))
}

impl BadCertificates {
    /// What it would be good to have a certificate for: giving up or finalizing the view at hand.
    fn target(&self, hand: &mut Hand<'_>) -> Ballot {
        let view = View(hand.view.0.saturating_sub(hand.random.below(2)).max(1));
        let block = self.proposed.get(&view).copied().unwrap_or_else(|| hand.any_hash());
        let other = hand.any_hash();
        match hand.random.below(4) {
            0 => Ballot::Nullify { view },
            1 => Ballot::Notarize { view, block: other },
            2 => Ballot::Finalize { view, block },
            _ => Ballot::Notarize { view, block },
        }
    }

    fn forge(&self, hand: &mut Hand<'_>) -> Message {
        let ballot = self.target(hand);
        let own = hand.signed(ballot).signature;
        let mut votes = vec![(hand.me, own)];
        let heard = self.heard.get(&ballot).into_iter().flatten();
        votes.extend(heard.map(|vote| (vote.signer, vote.signature)));
        votes.truncate(hand.committee.quorum() - 1);
        let missing = hand.committee.quorum() - votes.len();
        let is_free = |index: &ValidatorIndex| votes.iter().all(|(signer, _)| signer != index);
        let others: Vec<ValidatorIndex> = hand.others().into_iter().filter(is_free).take(missing).collect();
        match hand.random.below(4) {
            // Below quorum, all of it true.
            0 => {}
            // The own signature for everyone.
            1 => votes.extend(others.iter().map(|index| (*index, own))),
            // Made-up signatures.
            2 => votes.extend(others.iter().map(|index| (*index, Signature([7; 64])))),
            // Signatures of the others, for something else.
            _ => {
                let anything = |index: &ValidatorIndex| {
                    self.heard.values().flatten().find(|vote| vote.signer == *index).map(|vote| vote.signature)
                };
                votes.extend(others.iter().filter_map(|index| Some((*index, anything(index)?))));
            }
        }
        certificate(hand, ballot, &votes)
    }
}

impl Double for BadCertificates {
    fn hear(&mut self, _hand: &mut Hand<'_>, message: &Message) {
        match message {
            Message::Consensus { message: consensus::Message::Vote(vote), .. } => {
                let votes = self.heard.entry(vote.ballot).or_default();
                if votes.iter().all(|other| other.signer != vote.signer) {
                    votes.push(vote.clone());
                }
            }
            Message::Proposal { proposal, .. } => {
                self.proposed.insert(proposal.view, proposal.block);
            }
            _ => {}
        }
        while self.heard.len() > 64 {
            self.heard.pop_first();
        }
        while self.proposed.len() > 64 {
            self.proposed.pop_first();
        }
    }

    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        if matches!(envelope.message, Message::Consensus { .. } | Message::Proposal { .. }) && hand.dares(700) {
            let message = self.forge(hand);
            hand.say(Recipient::All, message);
        }
        hand.said.push(envelope);
    }
}
