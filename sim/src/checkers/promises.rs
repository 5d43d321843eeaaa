use std::collections::BTreeMap;

use consensus::Message as Vote;
use replica::Message;
use types::{Ballot, Certificate, ValidatorIndex, View};

use super::{Checker, Seen, Verdict};

/// What an honest validator has signed and shown never contradicts what it signed before, also before a restart.
#[derive(Default)]
pub(super) struct Promises {
    shown: BTreeMap<(ValidatorIndex, View), Vec<Ballot>>,
}

/// The ballots that a message shows `me` to have signed.
pub(super) fn signed(me: ValidatorIndex, message: &Message) -> Option<Ballot> {
    match message {
        Message::Proposal { proposal, .. } => Some(Ballot::Notarize { view: proposal.view, block: proposal.block }),
        Message::Consensus { message: Vote::Vote(vote), .. } if vote.signer == me => Some(vote.ballot),
        Message::Consensus { message: Vote::Certificate(Certificate { ballot, signers, .. }), .. }
            if signers.contains(me) =>
        {
            Some(*ballot)
        }
        _ => None,
    }
}

impl Checker for Promises {
    fn name(&self) -> &'static str {
        "promises"
    }

    fn released(&mut self, seen: &Seen<'_>, message: &Message) -> Verdict {
        let me = seen.machine.validator;
        let Some(ballot) = signed(me, message) else { return Ok(()) };
        let shown = self.shown.entry((me, ballot.view())).or_default();
        if let Some(earlier) = shown.iter().find(|earlier| earlier.contradicts(&ballot)) {
            return Err(format!("signed {ballot:?} after {earlier:?}"));
        }
        if !shown.contains(&ballot) {
            shown.push(ballot);
        }
        Ok(())
    }
}
