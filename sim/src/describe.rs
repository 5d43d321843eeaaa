//! Messages in a few words, for the trace.

use consensus::Message as Consensus;
use replica::Message;
use types::Ballot;

fn ballot_line(ballot: &Ballot) -> String {
    match ballot {
        Ballot::Notarize { view, block } => format!("notarize {view} {}", block.short()),
        Ballot::Nullify { view } => format!("nullify {view}"),
        Ballot::Finalize { view, block } => format!("finalize {view} {}", block.short()),
    }
}

pub(crate) fn message_line(message: &Message) -> String {
    match message {
        Message::Consensus { message: Consensus::Propose(proposal), .. } => {
            format!("proposal of view {} alone", proposal.view)
        }
        Message::Consensus { message: Consensus::Vote(vote), .. } => {
            format!("vote of {}: {}", vote.signer, ballot_line(&vote.ballot))
        }
        Message::Consensus { message: Consensus::Certificate(certificate), .. } => {
            format!("certificate of {}: {}", certificate.signers.count(), ballot_line(&certificate.ballot))
        }
        Message::Consensus { message: Consensus::Status(status), .. } => {
            format!("status: in view {}, finalized {}", status.view, status.finalized)
        }
        Message::Consensus { message: Consensus::Evidence(evidence), .. } => {
            format!("evidence against {}", evidence.first.signer)
        }
        Message::Consensus { message: Consensus::Recall { .. }, .. } => "asks for its own votes".to_owned(),
        Message::Consensus { message: Consensus::Recollection(recollection), .. } => {
            format!("tells of {} votes", recollection.votes.len())
        }
        Message::Proposal { proposal, block } => {
            let (view, parent, hash) = (proposal.view, proposal.parent.short(), proposal.block.short());
            format!("proposal of view {view}: block {} {hash} on {parent}", block.header.height)
        }
        Message::Acknowledge(batches) => format!("acknowledges {} batches", batches.len()),
        Message::Batch(bytes) => format!("batch of {} bytes", bytes.len()),
        Message::FetchBatches(digests) => format!("wants {} batches", digests.len()),
        Message::FetchBlock(hash) => format!("wants block {}", hash.short()),
        Message::Block(block) => format!("block {} {}", block.header.height, block.header.hash().short()),
        Message::Tip(height) => format!("says that it is at block {height}"),
        Message::FetchCheckpoint => "wants a checkpoint".to_owned(),
        Message::CheckpointOffer(offer) => match offer {
            Some(manifest) => format!("offers the checkpoint of block {}", manifest.height()),
            None => "has no checkpoint".to_owned(),
        },
        Message::FetchHandovers { from } => format!("wants the ends of epochs from {from} on"),
        Message::Handovers(handovers) => format!("{} ends of epochs", handovers.len()),
        Message::FetchPart { height, index } => format!("wants part {index} of checkpoint {height}"),
        Message::Part { height, index, bytes } => format!("part {index} of checkpoint {height}: {} bytes", bytes.len()),
        Message::FetchBlocks(height) => format!("wants the blocks from {height} on"),
        Message::Blocks(blocks) => format!("{} finalized blocks", blocks.len()),
    }
}
