//! What replicas say to each other.

use replica::{CertifiedBlock, Message};
use types::codec::{Blob, Bounded, encode};
use types::{Ballot, Epoch, Hash, Height, View};

use super::canonical;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "message", run, seeds };

fn run(bytes: &[u8]) -> bool {
    canonical::<Message>(bytes).is_some_and(|message| {
        message.lane();
        true
    })
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let (block, batch) = (values::block(2), encode(&values::batch(2)));
    let final_block = Ballot::Finalize { view: View(300), block: block.header.hash() };
    let [_, nullify, _] = values::ballots();
    let batches = Bounded::new(vec![Blob::new(batch.clone()).expect("short"); 2]).expect("few");
    let certified = |certificate| CertifiedBlock { block: block.clone(), certificate, batches: batches.clone() };
    let blocks = vec![certified(None), certified(Some(values::certificate(final_block)))];
    let acknowledged = Bounded::new(block.batches.to_vec()).expect("few");
    let vote = consensus::Message::Vote(values::vote(nullify, 1).into_inner());
    let messages = [
        ("consensus", Message::Consensus { epoch: Epoch(3), message: vote }),
        ("proposal", Message::Proposal { proposal: super::consensus_message::proposal(), block: block.clone() }),
        ("acknowledge", Message::Acknowledge(acknowledged)),
        ("batch", Message::Batch(Blob::new(batch).expect("short"))),
        ("fetch-batches", Message::FetchBatches(block.batches.clone())),
        ("fetch-block", Message::FetchBlock(Hash([8; 32]))),
        ("block", Message::Block(block.clone())),
        ("fetch-blocks", Message::FetchBlocks(Height(300))),
        ("blocks", Message::Blocks(Bounded::new(blocks).expect("few"))),
        ("tip", Message::Tip(Height(70_000))),
        ("fetch-checkpoint", Message::FetchCheckpoint),
        ("no-offer", Message::CheckpointOffer(None)),
        ("fetch-handovers", Message::FetchHandovers { from: Epoch(2) }),
        ("fetch-part", Message::FetchPart { height: Height(20_000), index: 7 }),
        ("part", Message::Part { height: Height(20_000), index: 7, bytes: Blob::new(vec![5; 40]).expect("short") }),
    ];
    messages.into_iter().map(|(name, message)| (name, encode(&message))).collect()
}
