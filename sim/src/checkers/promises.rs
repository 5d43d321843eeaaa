use std::collections::{BTreeMap, BTreeSet};

use consensus::Message as Vote;
use replica::Message;
use types::{Ballot, Certificate, Epoch, View};

use super::{Checker, Seen, Verdict};
use crate::MachineId;
use crate::address::PeerName;
use crate::chain::Chain;

/// What an honest validator has signed and shown never contradicts what it signed before, also before a restart. One whose
/// disk has forgotten can only be held to what somebody else still holds: a vote that nobody holds does no harm.
#[derive(Default)]
pub(super) struct Promises {
    shown: BTreeMap<(PeerName, Epoch, View), Vec<Ballot>>,
    /// Who has heard which ballot since its process started.
    heard: BTreeSet<(MachineId, PeerName, Epoch, Ballot)>,
}

/// The ballot that a message shows `me` to have signed, with its epoch.
pub(super) fn signed(chain: &Chain, me: &PeerName, message: &Message) -> Option<(Epoch, Ballot)> {
    match message {
        Message::Proposal { proposal, block } => Some((block.header.epoch, proposal.ballot())),
        Message::Consensus { epoch, message: Vote::Vote(vote) } if chain.index(*epoch, me) == Some(vote.signer) => {
            Some((*epoch, vote.ballot))
        }
        Message::Consensus { epoch, message: Vote::Certificate(Certificate { ballot, signers, .. }) }
            if chain.index(*epoch, me).is_some_and(|me| signers.contains(me)) =>
        {
            Some((*epoch, *ballot))
        }
        _ => None,
    }
}

impl Checker for Promises {
    fn name(&self) -> &'static str {
        "promises"
    }

    fn started(&mut self, seen: &Seen<'_>) -> Verdict {
        self.heard.retain(|(machine, ..)| *machine != seen.machine.id);
        Ok(())
    }

    fn hears(&mut self, seen: &Seen<'_>, from: PeerName, message: &Message) -> Verdict {
        let signed = signed(seen.chain, &from, message);
        self.heard.extend(signed.map(|(epoch, ballot)| (seen.machine.id, from, epoch, ballot)));
        Ok(())
    }

    fn released(&mut self, seen: &Seen<'_>, message: &Message) -> Verdict {
        let me = seen.machine.name;
        let Some((epoch, ballot)) = signed(seen.chain, &me, message) else { return Ok(()) };
        let shown = self.shown.entry((me, epoch, ballot.view())).or_default();
        let counts = |earlier: &Ballot| {
            let is_it =
                |heard: &(MachineId, PeerName, Epoch, Ballot)| (heard.1, heard.2, heard.3) == (me, epoch, *earlier);
            let is_held = || self.heard.iter().any(is_it);
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
