use consensus::Status;
use replica::{CertifiedBlock, Envelope, Message};
use types::codec::Bounded;
use types::{BatchDigest, Timestamp, View};

use super::{Double, Hand};

/// Answers who catches up with wrong blocks, in the wrong order, with some missing, without end, or not at all; and lies
/// about how far it is.
pub(super) struct Liar;

impl Liar {
    fn falsify(hand: &mut Hand<'_>, blocks: &mut Vec<CertifiedBlock>) {
        if blocks.is_empty() {
            return;
        }
        let place = hand.random.index(blocks.len());
        match hand.random.below(10) {
            0 => blocks.clear(),
            1 => drop(blocks.remove(place)),
            2 => blocks.reverse(),
            3 => blocks[place].block.header.timestamp = Timestamp(0),
            // The block stays, and what it orders is something else.
            4 => blocks[place].batches = Bounded::default(),
            5 => {
                let mut batches = blocks[place].block.batches.to_vec();
                batches.push(BatchDigest(hand.random.bytes()));
                blocks[place].block.batches = Bounded::new(batches).unwrap_or_default();
            }
            _ => {
                // A block of its own, under the true one's certificate.
                blocks[place].block.header.state_root = hand.any_hash();
                blocks.truncate(place + 1);
            }
        }
    }
}

impl Double for Liar {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        match &envelope.message {
            Message::Consensus { message: consensus::Message::Status(status), .. } if hand.dares(600) => {
                let ahead = hand.random.below(1_000);
                let (view, finalized) = (View(status.view.0 + ahead), View(status.finalized.0 + ahead));
                let lie = consensus::Message::Status(Status { view, finalized });
                let lie = hand.consensus(lie);
                hand.say(envelope.to, lie);
            }
            Message::Blocks(blocks) => {
                hand.misdeeds += 1;
                let mut blocks = blocks.to_vec();
                Self::falsify(hand, &mut blocks);
                let times = hand.random.between(1, 3);
                for _ in 0..times {
                    let blocks = Bounded::new(blocks.clone()).unwrap_or_default();
                    hand.say(envelope.to, Message::Blocks(blocks));
                }
            }
            _ => hand.said.push(envelope),
        }
    }
}
