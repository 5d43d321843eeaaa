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
    is_silenced: bool,
}

impl Ballots {
    pub(crate) fn new(me: ValidatorIndex, secret: SecretKey) -> Self {
        Self { me, secret, cast: BTreeMap::new(), is_silenced: false }
    }

    pub(crate) fn me(&self) -> ValidatorIndex {
        self.me
    }

    /// May this validator sign `ballot`?
    pub(crate) fn allows(&self, ballot: &Ballot) -> bool {
        !self.is_silenced && self.cast.get(&ballot.view()).is_none_or(|cast| cast.allows(ballot))
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

    /// True if this validator cast a vote for `ballot`.
    pub(crate) fn has_cast(&self, ballot: &Ballot) -> bool {
        self.cast.get(&ballot.view()).is_some_and(|cast| cast.votes().any(|vote| vote.ballot == *ballot))
    }

    /// What was cast in `view`.
    pub(crate) fn in_view(&self, view: View) -> Option<&Cast> {
        self.cast.get(&view)
    }

    /// The latest finalize votes, at most `limit`, the latest first.
    pub(crate) fn finalize_votes(&self, limit: usize) -> impl Iterator<Item = &Verified<Vote>> {
        self.cast.values().rev().filter_map(|cast| cast.finalize.as_ref()).take(limit)
    }

    /// Stops voting. False if that was so before.
    pub(crate) fn silence(&mut self) -> bool {
        !std::mem::replace(&mut self.is_silenced, true)
    }

    pub(crate) fn is_silenced(&self) -> bool {
        self.is_silenced
    }

    /// Forgets the views up to a finalized one: nothing is voted there any more.
    pub(crate) fn forget_up_to(&mut self, finalized: View) {
        self.cast = self.cast.split_off(&finalized.next());
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
        let mut ballots = Ballots::new(ValidatorIndex(0), secret);
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
