use std::collections::BTreeMap;

use replica::{Envelope, Message};
use types::{Ballot, Hash, View};

use super::{Double, Hand};

/// Votes for two blocks, and both to give up and to finalize, to whoever may be misled by it.
#[derive(Default)]
pub(super) struct DoubleVoter {
    /// The blocks that were proposed lately.
    proposed: BTreeMap<View, Hash>,
}

impl Double for DoubleVoter {
    fn hear(&mut self, _hand: &mut Hand<'_>, message: &Message) {
        if let Message::Proposal { proposal, .. } = message {
            self.proposed.insert(proposal.view, proposal.block);
            while self.proposed.len() > 64 {
                self.proposed.pop_first();
            }
        }
    }

    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        let Message::Consensus { message: consensus::Message::Vote(vote), .. } = &envelope.message else {
            return hand.said.push(envelope);
        };
        let view = vote.ballot.view();
        let contradictions = match vote.ballot {
            Ballot::Notarize { block, .. } => {
                let other = hand.any_hash();
                let ballots = [Ballot::Notarize { view, block: other }, Ballot::Nullify { view }];
                [ballots.as_slice(), &[Ballot::Finalize { view, block }]].concat()
            }
            Ballot::Finalize { .. } => vec![Ballot::Nullify { view }],
            Ballot::Nullify { .. } => {
                let block = self.proposed.get(&view).copied();
                block.map(|block| Ballot::Finalize { view, block }).into_iter().collect()
            }
        };
        for index in hand.others() {
            // Some see the one vote first, some the other, some only one.
            let is_first = hand.random.chance(500);
            if is_first {
                hand.said.push(Envelope { to: hand.only(index), ..envelope.clone() });
            }
            for ballot in &contradictions {
                if hand.dares(700) {
                    let message = hand.vote(*ballot);
                    hand.tell(index, message);
                }
            }
            if !is_first && hand.random.chance(800) {
                hand.said.push(Envelope { to: hand.only(index), ..envelope.clone() });
            }
        }
    }
}
