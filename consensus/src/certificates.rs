//! The certified part of the chain: the last finalized block, and what was notarized or nullified after it.

use std::collections::BTreeMap;

use types::breakage::{Breakage, is_on};
use types::{Ballot, Certificate, Hash, ValidatorIndex, Verified, View, Vote};

/// The last finalized block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its view; genesis has view 0.
    pub view: View,
    /// Its hash.
    pub block: Hash,
    /// Its finalization; genesis needs none.
    pub certificate: Option<Verified<Certificate>>,
}

/// The vote of `signer` that `certificate` is made of, among others.
pub(crate) fn vote_in(certificate: &Certificate, signer: ValidatorIndex) -> Option<Vote> {
    let (_, signature) =
        certificate.signers.iter().zip(certificate.signatures.iter()).find(|(one, _)| *one == signer)?;
    Some(Vote { ballot: certificate.ballot, signer, signature: *signature })
}

/// Certificates from the last finalized block on.
#[derive(Debug)]
pub(crate) struct Certificates {
    root: Root,
    notarized: BTreeMap<View, Verified<Certificate>>,
    nullified: BTreeMap<View, Verified<Certificate>>,
}

impl Certificates {
    pub(crate) fn new(root: Root) -> Self {
        Self { root, notarized: BTreeMap::new(), nullified: BTreeMap::new() }
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// True if a certificate for `ballot` would tell nothing new: it is here, or its view is finalized.
    pub(crate) fn knows(&self, ballot: &Ballot) -> bool {
        let view = ballot.view();
        view <= self.root.view
            || match ballot {
                Ballot::Notarize { .. } => self.notarized.contains_key(&view),
                Ballot::Nullify { .. } => self.nullified.contains_key(&view),
                Ballot::Finalize { .. } => false,
            }
    }

    /// Keeps a certificate that is not known. A finalization becomes the root and makes all before it superfluous.
    pub(crate) fn insert(&mut self, certificate: Verified<Certificate>) {
        match certificate.ballot {
            Ballot::Notarize { view, .. } => {
                self.notarized.insert(view, certificate);
            }
            Ballot::Nullify { view } => {
                self.nullified.insert(view, certificate);
            }
            Ballot::Finalize { view, block } => {
                self.root = Root { view, block, certificate: Some(certificate) };
                self.notarized = self.notarized.split_off(&view.next());
                self.nullified = self.nullified.split_off(&view.next());
            }
        }
    }

    /// The block that is notarized in `view`. The finalized one counts as notarized.
    pub(crate) fn notarized_block(&self, view: View) -> Option<Hash> {
        if view == self.root.view {
            return Some(self.root.block);
        }
        self.notarized.get(&view).and_then(|certificate| certificate.ballot.block())
    }

    /// True if a block of `view` may have `parent`: the parent is notarized in `parent_view`, and every view between is
    /// nullified.
    pub(crate) fn justify(&self, view: View, parent_view: View, parent: Hash) -> bool {
        if is_on(Breakage::ParentUnjustified) {
            return parent_view < view;
        }
        parent_view < view
            && self.notarized_block(parent_view) == Some(parent)
            && self.nullified.range(parent_view.next()..view).count() as u64 == view.0 - parent_view.0 - 1
    }

    /// True if the view of this block was nullified, and the block is not known to be notarized.
    pub(crate) fn gave_up(&self, view: View, block: Hash) -> bool {
        self.nullified.contains_key(&view) && self.notarized_block(view) != Some(block)
    }

    /// The latest block that a block of `view` may have as parent, with its view; `None` where certificates are missing.
    pub(crate) fn parent_for(&self, view: View) -> Option<(View, Hash)> {
        (self.root.view.0..view.0)
            .rev()
            .map(View)
            .find(|earlier| self.notarized_block(*earlier).is_some() || !self.nullified.contains_key(earlier))
            .and_then(|earlier| Some((earlier, self.notarized_block(earlier)?)))
    }

    /// The certificates that justify building a block of `view` on the block of `parent_view`, at most `limit`.
    pub(crate) fn justification(&self, view: View, parent_view: View, limit: usize) -> Vec<Certificate> {
        let parent = match parent_view == self.root.view {
            true => self.root.certificate.as_ref(),
            false => self.notarized.get(&parent_view),
        };
        let between = self.nullified.range(parent_view.next()..view).map(|(_, certificate)| certificate);
        parent.into_iter().chain(between).take(limit).map(|certificate| Certificate::clone(certificate)).collect()
    }

    /// The certificates that bring a validator up to `end` that has finalized `finalized` and lacks certificates from
    /// `view` on, in the order in which it can use them, at most `limit`. The flag says if there are more.
    pub(crate) fn lacking(&self, finalized: View, view: View, end: View, limit: usize) -> (Vec<Certificate>, bool) {
        let root = self.root.certificate.as_ref().filter(|_| finalized < self.root.view);
        let start = view.max(self.root.view.next());
        let views = (start.0..end.0.max(start.0)).map(View);
        let later = views.flat_map(|view| [self.notarized.get(&view), self.nullified.get(&view)]).flatten();
        let mut all = root.into_iter().chain(later).map(|certificate| Certificate::clone(certificate));
        let some: Vec<Certificate> = all.by_ref().take(limit).collect();
        (some, all.next().is_some())
    }

    /// The votes of `signer` in all certificates.
    pub(crate) fn votes_of(&self, signer: ValidatorIndex) -> impl Iterator<Item = Vote> {
        let later = self.notarized.values().chain(self.nullified.values());
        self.root.certificate.iter().chain(later).filter_map(move |certificate| vote_in(certificate, signer))
    }

    /// The first view after the finalized one of which no certificate is here.
    pub(crate) fn first_open_view(&self) -> View {
        let mut view = self.root.view.next();
        while self.notarized.contains_key(&view) || self.nullified.contains_key(&view) {
            view = view.next();
        }
        view
    }

    /// True if a notarized block is not final yet.
    pub(crate) fn has_unfinalized(&self) -> bool {
        !self.notarized.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use types::{Committee, Epoch, SecretKey, ValidatorIndex, ValidatorSet, Vote};

    fn certificates(ballots: &[Ballot]) -> Certificates {
        let secret = SecretKey::from_seed([1; 32]);
        let validators = ValidatorSet::new(vec![secret.public()]).unwrap();
        let committee = Committee { chain: Hash::ZERO, epoch: Epoch(0), validators };
        let mut certificates = Certificates::new(Root { view: View(0), block: Hash::ZERO, certificate: None });
        for ballot in ballots {
            let vote = Vote::sign(*ballot, ValidatorIndex(0), &secret, &committee);
            certificates.insert(Certificate::assemble(&[vote], &committee).unwrap());
        }
        certificates
    }

    fn notarize(view: u64) -> Ballot {
        Ballot::Notarize { view: View(view), block: Hash([view as u8; 32]) }
    }

    fn nullify(view: u64) -> Ballot {
        Ballot::Nullify { view: View(view) }
    }

    fn finalize(view: u64) -> Ballot {
        Ballot::Finalize { view: View(view), block: Hash([view as u8; 32]) }
    }

    #[test]
    fn a_parent_needs_every_view_between_nullified() {
        let chain = certificates(&[notarize(1), nullify(2), nullify(4)]);
        assert!(chain.justify(View(3), View(1), Hash([1; 32])));
        assert!(!chain.justify(View(3), View(1), Hash([9; 32])), "another block of that view");
        assert!(!chain.justify(View(5), View(1), Hash([1; 32])), "view 3 is open");
        assert!(!chain.justify(View(3), View(0), Hash::ZERO), "view 1 is not nullified");
        assert_eq!(chain.parent_for(View(3)), Some((View(1), Hash([1; 32]))));
        assert_eq!(chain.parent_for(View(5)), None);
        assert_eq!(chain.first_open_view(), View(3));
    }

    #[test]
    fn the_finalized_block_counts_as_notarized_and_needs_nothing_below() {
        let chain = certificates(&[notarize(1), nullify(2), finalize(7), nullify(8)]);
        assert!(chain.justify(View(9), View(7), Hash([7; 32])));
        assert!(!chain.justify(View(9), View(1), Hash([1; 32])), "nothing is built past a finalized block");
        assert_eq!(chain.parent_for(View(9)), Some((View(7), Hash([7; 32]))));
        assert!(chain.knows(&notarize(3)) && chain.knows(&finalize(7)) && !chain.knows(&finalize(8)));
    }

    #[test]
    fn a_lagging_validator_gets_the_finalization_first_and_no_more_than_the_limit() {
        let chain = certificates(&[finalize(3), nullify(4), notarize(5), nullify(5), notarize(6)]);
        let ballots = |(certificates, more): (Vec<Certificate>, bool)| {
            (certificates.iter().map(|certificate| certificate.ballot).collect::<Vec<_>>(), more)
        };
        let all = vec![finalize(3), nullify(4), notarize(5), nullify(5), notarize(6)];
        assert_eq!(ballots(chain.lacking(View(1), View(2), View(7), 64)), (all.clone(), false));
        assert_eq!(ballots(chain.lacking(View(1), View(2), View(7), 2)), (all[..2].to_vec(), true));
        assert_eq!(ballots(chain.lacking(View(3), View(6), View(7), 64)), (all[4..].to_vec(), false));
        assert_eq!(ballots(chain.lacking(View(3), View(9), View(7), 64)), (vec![], false));
    }
}
