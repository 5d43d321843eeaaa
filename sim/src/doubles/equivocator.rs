use replica::{Envelope, Message, Recipient};
use types::{Ballot, Timestamp};

use super::{Double, Hand};

/// As leader proposes two blocks, one to each half of the others, and votes for both to the end.
pub(super) struct Equivocator;

impl Double for Equivocator {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        let Message::Proposal { proposal, block } = &envelope.message else { return hand.said.push(envelope) };
        if envelope.to != Recipient::All {
            // A repetition shows the other block to whoever asks.
            return hand.said.push(envelope);
        }
        hand.misdeeds += 1;
        let mut other = block.clone();
        other.header.timestamp = Timestamp(other.header.timestamp.0 + 1);
        let (view, hashes) = (proposal.view, [block.header.hash(), other.header.hash()]);
        let proposals = [envelope.message.clone(), hand.proposal(proposal, other)];
        let mut halves = hand.others();
        hand.random.shuffle(&mut halves);
        let middle = halves.len() / 2;
        for (place, index) in halves.into_iter().enumerate() {
            let half = usize::from(place >= middle);
            hand.tell(index, proposals[half].clone());
            let finalize = hand.vote(Ballot::Finalize { view, block: hashes[half] });
            hand.tell(index, finalize);
        }
    }
}
