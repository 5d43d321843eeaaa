use std::collections::BTreeMap;

use consensus::Proposal;
use replica::{Envelope, Message};
use types::codec::Bounded;
use types::{Block, Hash, Timestamp, View};

use super::{Double, Hand};

/// Proposes blocks beside the chain: as soon as it hears the proposal of the view before its own, it proposes another
/// block on the same parent, so that the others judge it before they know the first one to be final.
#[derive(Default)]
pub(super) struct Forker {
    /// Blocks that were proposed lately.
    blocks: BTreeMap<(View, Hash), Block>,
    /// The view that it has forked last.
    forked: View,
}

impl Forker {
    fn remember(&mut self, block: &Block) {
        self.blocks.insert((block.header.view, block.header.hash()), block.clone());
        while self.blocks.len() > 16 {
            self.blocks.pop_first();
        }
    }

    /// The block that it proposes in place of a child of `skipped`, which it does not want to know.
    fn fork(&self, hand: &Hand<'_>, skipped: &Block) -> Option<(Proposal, Block)> {
        let parent = skipped.header.parent;
        let (_, older) = self.blocks.iter().find(|((_, hash), _)| *hash == parent)?;
        // Without batches the outcome is the older block's, as long as no deadline closes between.
        let batches = Bounded::default();
        let mut header = skipped.header.clone();
        header.view = skipped.header.view.next();
        header.timestamp = Timestamp(skipped.header.timestamp.0 + 1);
        header.proposer = hand.me;
        header.batches = Block::batches_hash(&batches);
        header.state_root = older.header.state_root;
        header.receipts_root = Hash::ZERO;
        let view = header.view;
        let block = Block { header, batches };
        let signature = types::Signature([0; 64]);
        let claim = Proposal { view, parent_view: older.header.view, parent, block: block.header.hash(), signature };
        Some((claim, block))
    }
}

impl Double for Forker {
    fn hear(&mut self, hand: &mut Hand<'_>, message: &Message) {
        let Message::Proposal { block, .. } = message else { return };
        self.remember(block);
        let view = block.header.view.next();
        if hand.committee.leader(view) == hand.me
            && self.forked < view
            && let Some((claim, block)) = self.fork(hand, block)
        {
            hand.misdeeds += 1;
            self.forked = view;
            let message = hand.proposal(&claim, block);
            hand.say(replica::Recipient::All, message);
        }
    }

    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        match &envelope.message {
            // It has proposed something else.
            Message::Proposal { proposal, .. } if proposal.view <= self.forked => {}
            _ => hand.said.push(envelope),
        }
    }
}
