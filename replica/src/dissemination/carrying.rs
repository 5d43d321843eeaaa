//! From one epoch to the next: what was spread and not ordered.

use types::codec::{Blob, decode};
use types::{AuthorizedTransaction, Batch, Committee};

use super::Dissemination;
use crate::{Effect, Write};

impl Dissemination {
    /// The end of the epoch: the transactions that this validator answers for in the next one, with their encodings.
    /// These are its own, and those of validators that are in the committee that left and not in the next: they cannot
    /// spread them any more. The batches themselves are dropped, on disk too.
    pub(crate) fn carry_over(
        &mut self,
        next: &Committee,
        left: &Committee,
        effects: &mut Vec<Effect>,
    ) -> Vec<(AuthorizedTransaction, Vec<u8>)> {
        let mut carried = Vec::new();
        for (digest, entry) in std::mem::take(&mut self.entries) {
            let creator = entry.batch.creator();
            let has_left = left.key(creator).is_none_or(|key| next.index_of(key).is_none());
            if has_left || Some(creator) == self.me {
                // It was decoded before it was verified.
                let encodings = decode::<Batch>(entry.batch.bytes()).map(|batch| batch.transactions.into_vec());
                let encodings = encodings.unwrap_or_default().into_iter().map(Blob::into_vec);
                carried.extend(entry.batch.transactions().iter().cloned().zip(encodings));
            }
            effects.push(Effect::Write(Write::ForgetBatch(digest)));
        }
        carried.append(&mut self.waiting);
        carried
    }
}
