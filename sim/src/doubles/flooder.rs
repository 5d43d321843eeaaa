use replica::{Envelope, Message, Recipient};
use types::codec::{Blob, Bounded, encode};
use types::{Ballot, Batch, BatchDigest, Height, View};

use super::{Double, Hand};

/// Messages with each one of its own.
const FLOOD: usize = 24;

/// Talks of views far ahead, of batches that nobody has and of blocks that are not there, to fill the others' memory.
pub(super) struct Flooder;

impl Flooder {
    fn nonsense(hand: &mut Hand<'_>) -> Message {
        let view = View(hand.view.0 + hand.random.below(100_000));
        let near = View(hand.view.0 + hand.random.below(64));
        let block = hand.any_hash();
        match hand.random.below(10) {
            0 | 8 => hand.vote(Ballot::Notarize { view, block }),
            1 | 9 => hand.vote(Ballot::Finalize { view, block }),
            2 => hand.vote(Ballot::Nullify { view: near }),
            3 => {
                let digests = (0..64).map(|_| BatchDigest(hand.random.bytes())).collect();
                Message::Acknowledge(Bounded::new(digests).unwrap_or_default())
            }
            4 => {
                let junk = Blob::new(vec![hand.random.bytes()[0]; 4096]).unwrap_or_default();
                let transactions = Bounded::new(vec![junk]).unwrap_or_default();
                let batch =
                    Batch { epoch: hand.committee.epoch, creator: hand.me, number: hand.random.next(), transactions };
                Message::Batch(Blob::new(encode(&batch)).unwrap_or_default())
            }
            5 => Message::FetchBlock(block),
            6 => Message::FetchBlocks(Height(hand.random.below(1_000_000))),
            _ => Message::FetchBatches(Bounded::new(vec![BatchDigest(block.0); 8]).unwrap_or_default()),
        }
    }
}

impl Double for Flooder {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        for _ in 0..FLOOD {
            hand.misdeeds += 1;
            let message = Self::nonsense(hand);
            hand.say(Recipient::All, message);
        }
        hand.said.push(envelope);
    }
}
