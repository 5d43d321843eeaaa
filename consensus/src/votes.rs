//! Counting votes. A vote is believed to be its signer's because it came on the signer's link; its signature is checked
//! once a quorum seems to have voted alike, together with the others in one batch, or when it contradicts another.

use std::collections::BTreeMap;

use types::breakage::{Breakage, is_on};
use types::{Ballot, Certificate, Committee, Evidence, Hash, Signers, ValidatorIndex, Verified, View, Vote};

/// A vote, its signature checked or not.
#[derive(Debug, Clone)]
enum Claim {
    Unchecked(Vote),
    Checked(Verified<Vote>),
}

impl Claim {
    fn vote(&self) -> &Vote {
        match self {
            Claim::Unchecked(vote) => vote,
            Claim::Checked(vote) => vote,
        }
    }

    fn check(self, committee: &Committee) -> Option<Verified<Vote>> {
        match self {
            Claim::Unchecked(vote) => vote.verify(committee),
            Claim::Checked(vote) => Some(vote),
        }
    }
}

/// The votes of one kind in one view, at most one of each validator.
#[derive(Debug, Default)]
struct Poll(Vec<Claim>);

impl Poll {
    fn place_of(&self, signer: ValidatorIndex) -> Option<usize> {
        self.0.iter().position(|claim| claim.vote().signer == signer)
    }

    /// Checks the vote at `place`, which is dropped if it is not valid.
    fn check(&mut self, place: usize, committee: &Committee) -> Option<Verified<Vote>> {
        let checked = self.0.swap_remove(place).check(committee)?;
        self.0.push(Claim::Checked(checked.clone()));
        Some(checked)
    }

    /// The certificate for `ballot` if a quorum voted for it. Votes that turn out to be invalid are dropped.
    fn certificate(&mut self, ballot: &Ballot, committee: &Committee) -> Option<Verified<Certificate>> {
        if self.0.iter().filter(|claim| claim.vote().ballot == *ballot).count() < committee.quorum() {
            return None;
        }
        let mut checked = Vec::with_capacity(self.0.len());
        let mut unchecked = Vec::new();
        let mut others = Vec::new();
        for claim in self.0.drain(..) {
            match claim {
                claim if claim.vote().ballot != *ballot => others.push(claim),
                Claim::Checked(vote) => checked.push(vote),
                Claim::Unchecked(vote) => unchecked.push(vote),
            }
        }
        checked.extend(Vote::verify_many(unchecked, committee));
        let certificate = Certificate::assemble(&checked, committee);
        self.0 = others;
        self.0.extend(checked.into_iter().map(Claim::Checked));
        certificate
    }
}

/// The votes of one view.
#[derive(Debug, Default)]
struct ViewVotes {
    notarize: Poll,
    nullify: Poll,
    finalize: Poll,
    /// Who was told of another block of the leader than the one they voted for.
    told: Signers,
}

impl ViewVotes {
    fn polls(&mut self) -> [&mut Poll; 3] {
        [&mut self.notarize, &mut self.nullify, &mut self.finalize]
    }

    fn poll(&mut self, ballot: &Ballot) -> &mut Poll {
        match ballot {
            Ballot::Notarize { .. } => &mut self.notarize,
            Ballot::Nullify { .. } => &mut self.nullify,
            Ballot::Finalize { .. } => &mut self.finalize,
        }
    }

    /// Proof that `vote` and an earlier one of its signer contradict each other, if both are signed. Otherwise the one
    /// that is not signed is gone: `vote` comes back if it may still count.
    fn contradiction(&mut self, vote: Claim, committee: &Committee) -> (Option<Evidence>, Option<Claim>) {
        let (signer, ballot) = (vote.vote().signer, vote.vote().ballot);
        for poll in self.polls() {
            let Some(place) = poll.place_of(signer) else { continue };
            if !poll.0[place].vote().ballot.contradicts(&ballot) {
                continue;
            }
            let Some(second) = vote.check(committee) else { return (None, None) };
            let evidence = poll.check(place, committee).and_then(|first| Evidence::of(&first, &second));
            return (evidence, Some(Claim::Checked(second)));
        }
        (None, Some(vote))
    }
}

/// The votes of the views in a window that the caller keeps.
#[derive(Debug, Default)]
pub(crate) struct Votes {
    views: BTreeMap<View, ViewVotes>,
}

impl Votes {
    /// Keeps a vote that came on its signer's link, unless one of its kind is here. Returns evidence if it contradicts
    /// another vote of its signer.
    pub(crate) fn add(&mut self, vote: Vote, committee: &Committee) -> Option<Evidence> {
        self.add_claim(Claim::Unchecked(vote), committee)
    }

    /// Keeps a vote that is known to be valid.
    pub(crate) fn add_checked(&mut self, vote: Verified<Vote>, committee: &Committee) -> Option<Evidence> {
        self.add_claim(Claim::Checked(vote), committee)
    }

    fn add_claim(&mut self, claim: Claim, committee: &Committee) -> Option<Evidence> {
        let ballot = claim.vote().ballot;
        let votes = self.views.entry(ballot.view()).or_default();
        let (evidence, claim) = votes.contradiction(claim, committee);
        if let Some(claim) = claim {
            let poll = votes.poll(&ballot);
            if poll.place_of(claim.vote().signer).is_none() || is_on(Breakage::SignerCountedTwice) {
                poll.0.push(claim);
            }
        }
        evidence
    }

    /// Evidence from a vote that came on another validator's link. It never counts.
    pub(crate) fn relayed(&mut self, vote: Vote, committee: &Committee) -> Option<Evidence> {
        let votes = self.views.get_mut(&vote.ballot.view())?;
        votes.contradiction(Claim::Unchecked(vote), committee).0
    }

    /// The certificate for `ballot` if a quorum voted for it.
    pub(crate) fn certificate(&mut self, ballot: &Ballot, committee: &Committee) -> Option<Verified<Certificate>> {
        self.views.get_mut(&ballot.view())?.poll(ballot).certificate(ballot, committee)
    }

    /// Who seems to have given up `view`.
    pub(crate) fn nullifiers(&self, view: View) -> Vec<ValidatorIndex> {
        let claims = self.views.get(&view).map(|votes| votes.nullify.0.as_slice()).unwrap_or_default();
        claims.iter().map(|claim| claim.vote().signer).collect()
    }

    /// The vote of the view's leader for another block than `block`, for `peer` who voted for `block`; once for each.
    pub(crate) fn other_vote_of(
        &mut self,
        leader: ValidatorIndex,
        view: View,
        block: Hash,
        peer: ValidatorIndex,
    ) -> Option<Vote> {
        let votes = self.views.get_mut(&view)?;
        let vote = votes.notarize.0[votes.notarize.place_of(leader)?].vote();
        (vote.ballot.block() != Some(block) && votes.told.insert(peer)).then(|| vote.clone())
    }

    /// The votes of `signer`.
    pub(crate) fn of(&self, signer: ValidatorIndex) -> impl Iterator<Item = &Vote> {
        let polls = self.views.values().flat_map(|votes| [&votes.notarize, &votes.nullify, &votes.finalize]);
        polls.filter_map(move |poll| Some(poll.0[poll.place_of(signer)?].vote()))
    }

    /// Forgets the views before `view`.
    pub(crate) fn forget_before(&mut self, view: View) {
        while self.views.first_key_value().is_some_and(|(first, _)| *first < view) {
            self.views.pop_first();
        }
    }

    /// The latest view of which a vote is kept.
    pub(crate) fn latest_view(&self) -> Option<View> {
        self.views.last_key_value().map(|(view, _)| *view)
    }

    /// How many votes are kept.
    pub(crate) fn len(&self) -> usize {
        self.views.values().map(|votes| votes.notarize.0.len() + votes.nullify.0.len() + votes.finalize.0.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use types::{Epoch, SecretKey, ValidatorSet};

    const VIEW: View = View(3);
    const A: Ballot = Ballot::Notarize { view: VIEW, block: Hash([1; 32]) };
    const B: Ballot = Ballot::Notarize { view: VIEW, block: Hash([2; 32]) };
    const NULLIFY: Ballot = Ballot::Nullify { view: VIEW };

    struct Room {
        secrets: Vec<SecretKey>,
        committee: Committee,
        votes: Votes,
    }

    fn room() -> Room {
        let secrets: Vec<SecretKey> = (0..4).map(|byte| SecretKey::from_seed([byte; 32])).collect();
        let validators = ValidatorSet::new(secrets.iter().map(SecretKey::public).collect()).unwrap();
        let committee = Committee { chain: Hash::ZERO, epoch: Epoch(0), validators };
        Room { secrets, committee, votes: Votes::default() }
    }

    impl Room {
        fn vote(&self, signer: u16, ballot: Ballot) -> Vote {
            let secret = &self.secrets[usize::from(signer)];
            Vote::sign(ballot, ValidatorIndex(signer), secret, &self.committee).into_inner()
        }

        fn forged(&self, signer: u16, ballot: Ballot) -> Vote {
            let mut vote = self.vote(signer, ballot);
            vote.signature.0[5] ^= 1;
            vote
        }

        fn add(&mut self, vote: Vote) -> Option<Evidence> {
            self.votes.add(vote, &self.committee)
        }

        fn certificate(&mut self, ballot: Ballot) -> Option<Vec<u16>> {
            let certificate = self.votes.certificate(&ballot, &self.committee)?;
            assert!(certificate.clone().into_inner().verify(&self.committee).is_ok());
            Some(certificate.signers.iter().map(|signer| signer.0).collect())
        }
    }

    #[test]
    fn a_quorum_of_equal_votes_makes_a_certificate() {
        let mut room = room();
        for (signer, ballot) in [(0, A), (1, A), (2, B), (2, A)] {
            let vote = room.vote(signer, ballot);
            room.add(vote);
        }
        assert_eq!(room.certificate(A), None, "the first vote of validator 2 was for another block");
        let vote = room.vote(3, A);
        room.add(vote);
        assert_eq!(room.certificate(A), Some(vec![0, 1, 3]));
    }

    #[test]
    fn a_forged_vote_does_not_count_and_a_true_one_can_take_its_place() {
        let mut room = room();
        for vote in [room.vote(0, A), room.forged(1, A), room.vote(2, A)] {
            room.add(vote);
        }
        assert_eq!(room.certificate(A), None);
        assert_eq!(room.votes.len(), 2, "the forged vote is dropped");
        let vote = room.vote(1, A);
        room.add(vote);
        assert_eq!(room.certificate(A), Some(vec![0, 1, 2]));
    }

    #[test]
    fn a_signer_has_one_vote_of_a_kind() {
        let mut room = room();
        for _ in 0..3 {
            let vote = room.vote(1, NULLIFY);
            assert!(room.add(vote).is_none());
        }
        assert_eq!(room.votes.len(), 1);
        assert_eq!(room.certificate(NULLIFY), None);
    }

    #[test]
    fn contradicting_votes_are_evidence_only_if_both_are_signed() {
        let mut room = room();
        let [first, forged, second] = [room.vote(1, A), room.forged(1, B), room.vote(1, B)];
        assert!(room.add(first.clone()).is_none());
        assert!(room.add(forged.clone()).is_none());
        assert!(room.votes.relayed(forged.clone(), &room.committee).is_none());
        let evidence = Evidence { first, second: second.clone() };
        assert_eq!(room.votes.relayed(second.clone(), &room.committee), Some(evidence.clone()));
        assert_eq!(room.add(second), Some(evidence));
        assert_eq!(room.votes.len(), 1, "the second vote is in the evidence only");

        let [forged, second] = [room.forged(2, A), room.vote(2, B)];
        assert!(room.add(forged).is_none());
        assert!(room.add(second.clone()).is_none(), "the forged first vote gives way");
        assert_eq!(room.votes.views[&VIEW].notarize.0.last().unwrap().vote(), &second);
    }

    #[test]
    fn nullify_and_finalize_in_one_view_are_evidence() {
        let mut room = room();
        let [first, second] = [room.vote(1, NULLIFY), room.vote(1, Ballot::Finalize { view: VIEW, block: Hash::ZERO })];
        assert!(room.add(first).is_none());
        assert!(room.add(second).is_some());
    }
}
