use std::collections::{BTreeMap, BTreeSet};

use consensus::Message as Vote;
use replica::Message;
use types::{Ballot, Certificate, ValidatorIndex, View};

use super::{Checker, Seen, Verdict};
use crate::MachineId;

/// What an honest validator has signed and shown never contradicts what it signed before, also before a restart. One whose
/// disk has forgotten can only be held to what somebody else still holds: a vote that nobody holds does no harm.
#[derive(Default)]
pub(super) struct Promises {
    shown: BTreeMap<(ValidatorIndex, View), Vec<Ballot>>,
    /// Who has heard which ballot since its process started.
    heard: BTreeSet<(MachineId, ValidatorIndex, Ballot)>,
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

    fn started(&mut self, seen: &Seen<'_>) -> Verdict {
        self.heard.retain(|(machine, _, _)| *machine != seen.machine.id);
        Ok(())
    }

    fn hears(&mut self, seen: &Seen<'_>, from: ValidatorIndex, message: &Message) -> Verdict {
        let ballot = signed(from, message);
        self.heard.extend(ballot.map(|ballot| (seen.machine.id, from, ballot)));
        Ok(())
    }

    fn released(&mut self, seen: &Seen<'_>, message: &Message) -> Verdict {
        let me = seen.machine.validator;
        let Some(ballot) = signed(me, message) else { return Ok(()) };
        let shown = self.shown.entry((me, ballot.view())).or_default();
        let counts = |earlier: &Ballot| {
            let is_held = || self.heard.iter().any(|(_, signer, heard)| *signer == me && heard == earlier);
            earlier.contradicts(&ballot) && (!seen.machine.has_forgotten || is_held())
        };
        if let Some(earlier) = shown.iter().find(|earlier| counts(earlier)) {
            return Err(format!("signed {ballot:?} after {earlier:?}"));
        }
        if !shown.contains(&ballot) {
            shown.push(ballot);
        }
        Ok(())
    }
}
