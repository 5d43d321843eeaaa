//! Starting, and starting again from the journal.

use std::collections::BTreeMap;

use types::{Ballot, Certificate, Committee, SecretKey, ValidatorIndex, Verified, Vote};

use crate::ballots::Ballots;
use crate::certificates::Certificates;
use crate::evidence::EvidenceLog;
use crate::helping::Link;
use crate::listening::Listening;
use crate::output::Outbox;
use crate::pacing::Pacing;
use crate::record::Replay;
use crate::votes::Votes;
use crate::{Output, Recipient, Record, Root, Simplex, Start, Timing};

impl Simplex {
    /// A validator that starts, or starts again, after `root`, the last finalized block that its replica holds.
    ///
    /// `recovered` is the journal: any prefix, in order, of the records that were given out, without those below the
    /// [`Self::first_needed_view`] of the time when it was trimmed. If it holds a later finalization than `root`, that
    /// one counts, and the outputs say so. `me` and `secret` belong together. The validator listens at first: see the
    /// crate's documentation.
    pub fn new(
        committee: Committee,
        me: ValidatorIndex,
        secret: SecretKey,
        timing: Timing,
        recovered: Vec<Record>,
        root: Root,
        start: Start,
    ) -> (Simplex, Vec<Output>) {
        let mut replay = Replay::of(recovered, root, me, &committee);
        let view = replay.view();
        let proposed = replay.proposals.pop();
        let links = committee.indices().map(|_| Link::default()).collect();
        let mut simplex = Simplex {
            ballots: Ballots::new(me, secret, replay.root.view),
            certificates: Certificates::new(replay.root),
            votes: Votes::default(),
            evidence: EvidenceLog::default(),
            listening: Listening::new(start, &timing),
            pacing: Pacing::new(timing, start.at),
            now: start.at,
            view,
            proposals: BTreeMap::new(),
            judging: None,
            request: None,
            proposed,
            links,
            outbox: Outbox::default(),
            committee,
        };
        if replay.is_root_newer
            && let Some(certificate) = simplex.certificates.root().certificate.clone()
        {
            simplex.outbox.tell(Output::Finalized { certificate });
        }
        for certificate in replay.certificates {
            simplex.readopt(certificate);
        }
        simplex.resume(replay.votes);
        let mut outputs = Vec::new();
        simplex.outbox.drain_into(&mut outputs);
        (simplex, outputs)
    }

    /// Takes a certificate from the journal.
    fn readopt(&mut self, certificate: Verified<Certificate>) {
        if self.certificates.knows(&certificate.ballot) {
            return;
        }
        match certificate.ballot {
            Ballot::Notarize { view, block } => self.outbox.tell(Output::Notarized { view, block }),
            Ballot::Nullify { view } => self.outbox.tell(Output::Nullified { view }),
            Ballot::Finalize { .. } => return,
        }
        self.certificates.insert(certificate);
    }

    /// Goes on from the votes in the journal: they bind, and they count. What was left unsaid is said after listening.
    fn resume(&mut self, votes: Vec<Verified<Vote>>) {
        for vote in &votes {
            self.ballots.remember(vote.clone());
        }
        for vote in votes {
            self.count_checked(vote);
        }
        if self.ballots.in_view(self.view).is_some_and(|cast| cast.nullify.is_some()) {
            self.pacing.give_up(self.now);
        }
        self.say_status(Recipient::All);
        self.ask(Recipient::All);
        self.vote_if_heard();
        self.go_on();
    }
}
