//! What validators say to each other about views.

use consensus::{Message, Proposal, Recollection, Status};
use types::codec::{Bounded, encode};
use types::{Ballot, Hash, View};

use super::canonical;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "consensus_message", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let committee = values::committee();
    match canonical::<Message>(bytes) {
        Some(Message::Propose(proposal)) => drop(proposal.vote(&committee).verify(&committee)),
        Some(Message::Vote(vote)) => drop(vote.verify(&committee)),
        Some(Message::Certificate(certificate)) => drop(certificate.verify(&committee)),
        Some(Message::Status(_) | Message::Evidence(_) | Message::Recall { .. } | Message::Recollection(_)) => {}
        None => return false,
    }
    true
}

/// A leader's proposal.
pub(super) fn proposal() -> Proposal {
    let block = values::block(2).header.hash();
    let vote = values::vote(Ballot::Notarize { view: View(300), block }, 0);
    Proposal { view: View(300), parent_view: View(298), parent: Hash([3; 32]), block, signature: vote.signature }
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let [notarize, nullify, _] = values::ballots();
    let finalization = Ballot::Finalize { view: View(300), block: values::block(2).header.hash() };
    let recollection = Recollection {
        nonce: 1_800_000_000_000,
        finalization: Some(values::certificate(finalization)),
        votes: Bounded::new(vec![values::vote(nullify, 1).into_inner(); 2]).expect("few"),
    };
    let messages = [
        ("propose", Message::Propose(proposal())),
        ("vote", Message::Vote(values::vote(nullify, 1).into_inner())),
        ("certificate", Message::Certificate(values::certificate(notarize))),
        ("status", Message::Status(Status { view: View(9), finalized: View(7) })),
        ("evidence", Message::Evidence(values::evidence())),
        ("recall", Message::Recall { nonce: 1_800_000_000_000 }),
        ("recollection", Message::Recollection(recollection)),
    ];
    messages.into_iter().map(|(name, message)| (name, encode(&message))).collect()
}
