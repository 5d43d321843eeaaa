//! From a finalization to the ledger, the disk and the clients.

use std::collections::BTreeMap;

use types::breakage::{Breakage, is_on};
use types::stage::Stage;
use types::{Ballot, Certificate, Hash, Height, Moment, PublicKey, Verified, View};

use crate::chain::{Divergence, Folded};
use crate::replica::Replica;
use crate::{Effect, FinalizedWrite, Now, Write};

/// Finalizations that cannot be carried out yet.
#[derive(Default)]
pub(crate) struct Finalizations {
    /// Those that may rest on an own vote that is not durable yet, by view.
    undurable: BTreeMap<View, Verified<Certificate>>,
    /// The one whose block is not executed here yet, and since when.
    waiting: Option<(Verified<Certificate>, Moment)>,
    /// How often a waiting one has led to catching up.
    catch_ups: usize,
}

impl Finalizations {
    pub(crate) fn since(&self) -> Option<Moment> {
        self.waiting.as_ref().map(|(_, since)| *since)
    }
}

impl Replica {
    /// The block of the finalization that waits for its execution here.
    pub(crate) fn pending_finalization(&self) -> Option<Hash> {
        self.finalizations.waiting.as_ref().and_then(|(certificate, _)| certificate.ballot.block())
    }

    pub(crate) fn patience_from(&self, since: Moment) -> Moment {
        since.plus_millis(self.limits.fetch_after_millis * 4)
    }

    /// A commit, and all before it, is on disk.
    pub(crate) fn durable(&mut self, commit: u64, now: Now, effects: &mut Vec<Effect>) {
        self.undurable_votes.retain(|_, number| *number > commit);
        // The latest one that rests on nothing undurable finalizes all before it.
        let undurable = self.undurable_votes.keys().next().copied().unwrap_or(View(u64::MAX));
        let waiting = self.finalizations.undurable.split_off(&undurable);
        let durable = std::mem::replace(&mut self.finalizations.undurable, waiting);
        if let Some((_, certificate)) = durable.into_iter().next_back() {
            self.finalize_or_wait(certificate, now, effects);
        }
    }

    /// Our own vote may be one of those that make the finalization. Until it is on disk a crash could take it back, so
    /// until then nobody may see the outcome.
    pub(crate) fn finalize_once_durable(
        &mut self,
        certificate: Verified<Certificate>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let is_undurable = self.undurable_votes.range(..=certificate.ballot.view()).next().is_some();
        if is_undurable && !is_on(Breakage::FinalityBeforePersist) {
            self.finalizations.undurable.insert(certificate.ballot.view(), certificate);
            return;
        }
        self.finalize_or_wait(certificate, now, effects);
    }

    fn finalize_or_wait(&mut self, certificate: Verified<Certificate>, now: Now, effects: &mut Vec<Effect>) {
        if self.is_settled(&certificate) || self.finalize(&certificate, now, effects) {
            return;
        }
        let since = self.finalizations.since().unwrap_or(now.moment);
        self.finalizations.waiting = Some((certificate, since));
    }

    /// True if the certificate tells nothing new.
    fn is_settled(&self, certificate: &Certificate) -> bool {
        certificate.ballot.view() <= self.chain.tip().view
    }

    /// Finalizes what was certified before it was executed; after a while it catches up instead.
    pub(crate) fn finalize_waiting(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Some((certificate, since)) = self.finalizations.waiting.take() else { return };
        if self.is_settled(&certificate) || self.finalize(&certificate, now, effects) {
            return;
        }
        if self.patience_from(since) > now.moment {
            self.finalizations.waiting = Some((certificate, since));
            return;
        }
        // Another signer each time: one that answers with nothing, or with lies, must not be asked for ever.
        let keys = certificate.signers.iter().filter_map(|signer| self.committee.key(signer));
        let others: Vec<PublicKey> = keys.filter(|key| **key != self.key).copied().collect();
        let signer = others.get(self.finalizations.catch_ups % others.len().max(1)).copied();
        self.finalizations.catch_ups += 1;
        self.finalizations.waiting = Some((certificate, now.moment));
        if let Some(signer) = signer {
            self.catch_up_from(signer, now, effects);
        }
    }

    /// Makes the certificate's block final; false if it is not executed here. The last block of an epoch hands over to
    /// the next committee.
    pub(crate) fn finalize(
        &mut self,
        certificate: &Verified<Certificate>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Ballot::Finalize { block, .. } = certificate.ballot else { return false };
        if !self.chain.contains(&block) {
            return false;
        }
        let Some((folded, lost)) = self.chain.finalize(&block) else { return false };
        let last = folded.len().saturating_sub(1);
        for (place, folded) in folded.into_iter().enumerate() {
            let certificate = (place == last).then(|| certificate.clone());
            self.record_finalized(folded, certificate, effects);
        }
        self.dissemination.exclude(&lost);
        self.judging.forget_up_to(self.chain.tip().view);
        self.trim_journal(effects);
        self.checkpoint_if_due(effects);
        self.tell_of_members(effects);
        if self.is_last_of_epoch(self.chain.tip()) {
            self.hand_over(certificate, now, effects);
        }
        self.leave_if_removed(effects);
        true
    }

    fn record_finalized(
        &mut self,
        folded: Folded,
        certificate: Option<Verified<Certificate>>,
        effects: &mut Vec<Effect>,
    ) {
        let Folded { block, batches, closed, checkpoint_bytes } = folded;
        let stage = Stage::Dissemination.enter();
        let new = self.dissemination.order(&batches);
        self.dissemination.expire(block.block.header.timestamp, effects);
        drop(stage);
        let bytes = batches.iter().map(|batch| batch.bytes().len() as u64).sum::<u64>();
        self.note_for_checkpoint(block.block.header.height, bytes, checkpoint_bytes);
        let batches = new.iter().map(|batch| (batch.digest(), batch.bytes().clone())).collect();
        // Before a checkpoint of this block or a later one: a restart closes again only what comes after its checkpoint.
        effects.extend(closed.into_iter().map(|second| Effect::Write(Write::ClosedSecond(second))));
        effects.push(Effect::Write(Write::Finalized(FinalizedWrite { block: block.clone(), certificate, batches })));
        effects.push(Effect::Finalized(block));
    }

    fn trim_journal(&mut self, effects: &mut Vec<Effect>) {
        // What was voted for above the tip is not stored as finalized yet, whatever consensus knows.
        let tip = self.chain.tip().view;
        let needed = self.seat.as_ref().map_or(tip, |seat| match is_on(Breakage::JournalTrimmedTooFar) {
            true => View(seat.consensus.view().0 + 2),
            false => seat.consensus.first_needed_view().min(tip),
        });
        if needed.0 >= self.trimmed.0 + self.limits.trim_after_views {
            self.trimmed = needed;
            effects.push(Effect::Write(Write::TrimJournal(needed)));
        }
    }

    /// A checkpoint is due when replaying would take longer than writing it is worth. Which blocks make it due depends
    /// on the chain alone, beginning at each multiple of `checkpoint_blocks`: so validators have checkpoints of the same
    /// heights, and one that syncs can fetch the same from several.
    fn note_for_checkpoint(&mut self, height: Height, bytes: u64, checkpoint_bytes: u64) {
        self.bytes_since_checkpoint += bytes;
        let is_due = self.bytes_since_checkpoint >= self.limits.checkpoint_bytes.max(checkpoint_bytes)
            || height.0.is_multiple_of(self.limits.checkpoint_blocks.max(1));
        if is_due {
            self.bytes_since_checkpoint = 0;
            self.is_checkpoint_due = true;
        }
    }

    /// The tip has its own certificate here, which is what makes the checkpoint believable.
    fn checkpoint_if_due(&mut self, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.is_checkpoint_due) {
            effects.push(self.checkpoint());
        }
    }

    /// The ledger as it is, for the disk.
    pub(crate) fn checkpoint(&self) -> Effect {
        let height = Height(self.chain.tip().height.0 + u64::from(is_on(Breakage::CheckpointMisnamed)));
        Effect::Checkpoint { height, snapshot: self.chain.ledger().snapshot() }
    }

    /// A quorum's outcome is not ours.
    pub(crate) fn diverged(&mut self, divergence: Divergence, effects: &mut Vec<Effect>) {
        effects.push(Effect::Diverged(divergence.clone()));
        self.divergence = Some(divergence);
    }
}
