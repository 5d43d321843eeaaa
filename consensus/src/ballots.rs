//! The voting rules, and the only place where this validator's key signs.

use std::collections::BTreeMap;

use types::breakage::{Breakage, is_on};
use types::{Ballot, Committee, SecretKey, ValidatorIndex, Verified, View, Vote};

/// What this validator voted in one view.
#[derive(Debug, Default)]
pub(crate) struct Cast {
    pub(crate) notarize: Option<Verified<Vote>>,
    pub(crate) nullify: Option<Verified<Vote>>,
    pub(crate) finalize: Option<Verified<Vote>>,
}

impl Cast {
    fn votes(&self) -> impl Iterator<Item = &Verified<Vote>> {
        [&self.notarize, &self.nullify, &self.finalize].into_iter().flatten()
    }

    /// May this validator sign `ballot` after these votes? One notarize in a view and none after nullify; one nullify
    /// and none after finalize; one finalize, none after nullify, and none for another block than the notarized one.
    fn allows(&self, ballot: &Ballot) -> bool {
        match ballot {
            Ballot::Notarize { .. } => self.votes().next().is_none() || is_on(Breakage::SecondNotarize),
            Ballot::Nullify { .. } => self.nullify.is_none() && self.finalize.is_none(),
            Ballot::Finalize { block, .. } => {
                let is_same = |vote: &Verified<Vote>| vote.ballot.block() == Some(*block);
                let is_open = self.nullify.is_none() || is_on(Breakage::FinalizeAfterNullify);
                self.finalize.is_none() && is_open && self.notarize.as_ref().is_none_or(is_same)
            }
        }
    }
}

/// The votes of this validator above the last finalized view.
pub(crate) struct Ballots {
    me: ValidatorIndex,
    secret: SecretKey,
    cast: BTreeMap<View, Cast>,
    /// All votes above this view are in `cast`.
    settled: View,
    is_listening: bool,
    is_silenced: bool,
}

impl Ballots {
    /// A validator that starts and, until [`Self::begin_voting`], listens. All that it cast above `settled` is in its
    /// journal.
    pub(crate) fn new(me: ValidatorIndex, secret: SecretKey, settled: View) -> Self {
        Self { me, secret, cast: BTreeMap::new(), settled, is_listening: true, is_silenced: false }
    }

    pub(crate) fn is_listening(&self) -> bool {
        self.is_listening
    }

    /// The others were heard: this validator may sign.
    pub(crate) fn begin_voting(&mut self, finalized: View) {
        self.is_listening = false;
        self.forget_up_to(finalized);
    }

    pub(crate) fn me(&self) -> ValidatorIndex {
        self.me
    }

    /// May this validator sign `ballot`?
    pub(crate) fn allows(&self, ballot: &Ballot) -> bool {
        !self.is_listening && !self.is_silenced && self.cast.get(&ballot.view()).is_none_or(|cast| cast.allows(ballot))
    }

    /// Signs `ballot` if the rules allow it. The caller puts the vote in the journal before it shows it to anyone.
    pub(crate) fn sign(&mut self, ballot: Ballot, committee: &Committee) -> Option<Verified<Vote>> {
        if !self.allows(&ballot) {
            return None;
        }
        let vote = Vote::sign(ballot, self.me, &self.secret, committee);
        self.remember(vote.clone());
        Some(vote)
    }

    /// Binds this validator to a vote that it cast, now or before a restart.
    pub(crate) fn remember(&mut self, vote: Verified<Vote>) {
        let cast = self.cast.entry(vote.ballot.view()).or_default();
        let place = match vote.ballot {
            Ballot::Notarize { .. } => &mut cast.notarize,
            Ballot::Nullify { .. } => &mut cast.nullify,
            Ballot::Finalize { .. } => &mut cast.finalize,
        };
        place.get_or_insert(vote);
    }

    /// True if this validator cast a vote for `ballot`, or can know nothing of it, since its view is settled.
    pub(crate) fn may_have_cast(&self, ballot: &Ballot) -> bool {
        let is_cast = |cast: &Cast| cast.votes().any(|vote| vote.ballot == *ballot);
        ballot.view() <= self.settled || self.cast.get(&ballot.view()).is_some_and(is_cast)
    }

    /// What was cast in `view`.
    pub(crate) fn in_view(&self, view: View) -> Option<&Cast> {
        self.cast.get(&view)
    }

    /// The latest finalize votes above `finalized`, at most `limit`, the latest first.
    pub(crate) fn finalize_votes(&self, finalized: View, limit: usize) -> impl Iterator<Item = &Verified<Vote>> {
        self.cast
            .range(finalized.next()..)
            .map(|(_, cast)| cast)
            .rev()
            .filter_map(|cast| cast.finalize.as_ref())
            .take(limit)
    }

    /// Stops voting. False if that was so before.
    pub(crate) fn silence(&mut self) -> bool {
        !std::mem::replace(&mut self.is_silenced, true)
    }

    pub(crate) fn is_silenced(&self) -> bool {
        self.is_silenced
    }

    /// Forgets the views up to a finalized one: nothing is voted there any more. A validator that listens forgets
    /// nothing, for the others may tell it of votes that it cast in these views and does not know.
    pub(crate) fn forget_up_to(&mut self, finalized: View) {
        if !self.is_listening {
            self.cast = self.cast.split_off(&finalized.next());
            self.settled = finalized;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use types::{Epoch, Hash, ValidatorSet};

    const VIEW: View = View(3);

    fn ballots(cast: &[Ballot]) -> Ballots {
        let secret = SecretKey::from_seed([1; 32]);
        let validators = ValidatorSet::new(vec![secret.public()]).unwrap();
        let committee = Committee { chain: Hash::ZERO, epoch: Epoch(0), validators };
        let mut ballots = Ballots::new(ValidatorIndex(0), secret, View(0));
        ballots.begin_voting(View(0));
        for ballot in cast {
            ballots.sign(*ballot, &committee).unwrap();
        }
        ballots
    }

    /// Every order of votes in a view, and what may follow.
    #[test]
    fn the_table_of_what_may_follow_what() {
        let [a, b] = [Hash([1; 32]), Hash([2; 32])];
        let notarize = |block| Ballot::Notarize { view: VIEW, block };
        let finalize = |block| Ballot::Finalize { view: VIEW, block };
        let nullify = Ballot::Nullify { view: VIEW };
        let choices = [notarize(a), notarize(b), nullify, finalize(a), finalize(b)];
        let table: [(&[Ballot], [bool; 5]); 7] = [
            (&[], [true, true, true, true, true]),
            (&[notarize(a)], [false, false, true, true, false]),
            (&[nullify], [false, false, false, false, false]),
            (&[finalize(a)], [false, false, false, false, false]),
            (&[notarize(a), nullify], [false, false, false, false, false]),
            (&[notarize(a), finalize(a)], [false, false, false, false, false]),
            (&[finalize(b)], [false, false, false, false, false]),
        ];
        for (cast, allowed) in table {
            let ballots = ballots(cast);
            assert_eq!(choices.map(|choice| ballots.allows(&choice)), allowed, "after {cast:?}");
            assert!(ballots.allows(&Ballot::Nullify { view: VIEW.next() }), "other views are free");
        }
    }

    #[test]
    fn whatever_is_allowed_does_not_contradict_what_was_cast() {
        let [a, b] = [Hash([1; 32]), Hash([2; 32])];
        let nullify = Ballot::Nullify { view: VIEW };
        let notarize = |block| Ballot::Notarize { view: VIEW, block };
        let finalize = |block| Ballot::Finalize { view: VIEW, block };
        let choices = [notarize(a), notarize(b), nullify, finalize(a), finalize(b)];
        for first in choices {
            let ballots = ballots(&[first]);
            for second in choices.iter().filter(|second| ballots.allows(second)) {
                assert!(!first.contradicts(second), "{first:?} then {second:?}");
            }
        }
    }

    #[test]
    fn a_silenced_validator_signs_nothing() {
        let mut ballots = ballots(&[]);
        assert!(ballots.silence());
        assert!(!ballots.silence());
        assert!(!ballots.allows(&Ballot::Nullify { view: VIEW }));
    }
}
