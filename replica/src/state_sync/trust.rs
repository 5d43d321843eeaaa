//! The committees of all epochs that are known, each verified by the one before, the first by genesis.

use types::{Committee, Epoch, Handover, HandoverError};

/// One committee more than handovers. Grows only by what a quorum of the last committee signed.
pub(super) struct Trust {
    committees: Vec<Committee>,
    handovers: Vec<Handover>,
}

impl Trust {
    pub(super) fn new(genesis: Committee) -> Self {
        Self { committees: vec![genesis], handovers: Vec::new() }
    }

    /// The latest committee that is known.
    pub(super) fn newest(&self) -> &Committee {
        &self.committees[self.committees.len() - 1]
    }

    /// The committee of an epoch, if it is known.
    pub(super) fn of(&self, epoch: Epoch) -> Option<&Committee> {
        self.committees.iter().find(|committee| committee.epoch == epoch)
    }

    /// Takes the handovers that go on from the newest committee; true if there were any.
    pub(super) fn extend(&mut self, handovers: &[Handover]) -> Result<bool, HandoverError> {
        let known = self.handovers.len();
        for handover in handovers {
            if handover.header.epoch < self.newest().epoch {
                continue;
            }
            let next = handover.verify(self.newest())?;
            self.committees.push(next);
            self.handovers.push(handover.clone());
        }
        Ok(self.handovers.len() > known)
    }

    /// The handovers that lead to an epoch.
    pub(super) fn to(&self, epoch: Epoch) -> Vec<Handover> {
        self.handovers.iter().filter(|handover| handover.header.epoch < epoch).cloned().collect()
    }
}
