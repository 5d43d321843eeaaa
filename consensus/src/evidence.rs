//! Contradicting votes: kept so that people can act on them.

use types::{Evidence, ValidatorIndex};

/// How many pairs are kept of one validator: one proves the fault, more show that it goes on.
const KEPT_PER_VALIDATOR: usize = 4;

/// The evidence seen since the start.
#[derive(Debug, Default)]
pub(crate) struct EvidenceLog {
    kept: Vec<Evidence>,
}

impl EvidenceLog {
    /// True if evidence against `signer` would still be kept.
    pub(crate) fn has_room(&self, signer: ValidatorIndex) -> bool {
        self.kept.iter().filter(|evidence| evidence.first.signer == signer).count() < KEPT_PER_VALIDATOR
    }

    /// Keeps evidence. False if that of its validator in its view is here, or enough of the validator's.
    pub(crate) fn add(&mut self, evidence: Evidence) -> bool {
        let (signer, view) = (evidence.first.signer, evidence.first.ballot.view());
        let is_known = |known: &Evidence| known.first.signer == signer && known.first.ballot.view() == view;
        let is_new = self.has_room(signer) && !self.kept.iter().any(is_known);
        if is_new {
            self.kept.push(evidence);
        }
        is_new
    }

    pub(crate) fn all(&self) -> &[Evidence] {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{Ballot, Signature, View, Vote};

    #[test]
    fn a_validator_cannot_fill_the_log() {
        let mut log = EvidenceLog::default();
        for view in 0..100 {
            let vote = Vote {
                ballot: Ballot::Nullify { view: View(view / 2) },
                signer: ValidatorIndex(1),
                signature: Signature([0; 64]),
            };
            log.add(Evidence { first: vote.clone(), second: vote });
        }
        assert_eq!(log.all().len(), KEPT_PER_VALIDATOR);
        let views: Vec<u64> = log.all().iter().map(|evidence| evidence.first.ballot.view().0).collect();
        assert_eq!(views, [0, 1, 2, 3], "one pair a view");
        assert!(log.has_room(ValidatorIndex(2)));
    }
}
