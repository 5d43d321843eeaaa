//! The list of validators written as plainly as possible.

use types::codec::encode;
use types::{Address, Domain, Epoch, Hash, Member, PublicKey, Timestamp, ValidatorChange};
use vm::Failure;

use crate::bank::{NOTICE_MILLIS, VALIDATORS, member};

#[derive(Clone)]
pub(crate) struct CouncilModel {
    epoch: u64,
    members: Vec<Member>,
    approvals: Vec<(PublicKey, Vec<ValidatorChange>)>,
    pending: Option<(Vec<Member>, Timestamp)>,
}

impl CouncilModel {
    /// As the ledger's is.
    pub(crate) fn new() -> Self {
        Self { epoch: 0, members: VALIDATORS.map(member).to_vec(), approvals: vec![], pending: None }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch)
    }

    pub(crate) fn approve(
        &mut self,
        payer: Address,
        epoch: Epoch,
        changes: &[ValidatorChange],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Some(by) = self.members.iter().map(|member| member.key).find(|key| Address::of(key) == payer) else {
            return Err(Failure::NotValidator);
        };
        if epoch.0 != self.epoch {
            return Err(Failure::WrongEpoch { expected: Epoch(self.epoch), got: epoch });
        }
        if let Some((_, effective)) = self.pending {
            return Err(Failure::ChangePending { effective });
        }
        let earlier = self.approvals.iter().position(|(key, _)| *key == by);
        if changes.is_empty() {
            self.approvals.remove(earlier.ok_or(Failure::NothingApproved)?);
            return Ok(());
        }
        let members = self.changed(changes)?;
        if let Some(earlier) = earlier {
            self.approvals.remove(earlier);
        }
        self.approvals.push((by, changes.to_vec()));
        let count = self.approvals.iter().filter(|(_, list)| list == changes).count();
        let faulty = (self.members.len() - 1) / 3;
        if count >= self.members.len() - faulty {
            self.pending = Some((members, Timestamp(now.0 + NOTICE_MILLIS)));
        }
        Ok(())
    }

    fn changed(&self, changes: &[ValidatorChange]) -> Result<Vec<Member>, Failure> {
        let mut list = self.members.clone();
        for change in changes {
            let old = match change {
                ValidatorChange::Add(_) => None,
                ValidatorChange::Remove(key) | ValidatorChange::Replace { key, .. } => Some(*key),
            };
            let place = match old {
                None => list.len(),
                Some(key) => {
                    let place = list.iter().position(|member| member.key == key);
                    let place = place.ok_or(Failure::UnknownValidator { key })?;
                    list.remove(place);
                    place
                }
            };
            let (ValidatorChange::Add(new) | ValidatorChange::Replace { by: new, .. }) = change else { continue };
            for other in &list {
                if let Some(field) = new.shares(other) {
                    return Err(Failure::SharedEntry { key: new.key, with: other.key, field });
                }
            }
            list.insert(place, new.clone());
        }
        if list.is_empty() || list.len() > 64 {
            return Err(Failure::ValidatorCount { count: list.len() as u32 });
        }
        if list == self.members {
            return Err(Failure::NothingChanges);
        }
        Ok(list)
    }

    pub(crate) fn is_validator(&self, account: Address) -> bool {
        self.members.iter().any(|member| Address::of(&member.key) == account)
    }

    pub(crate) fn end_block(&mut self, now: Timestamp) {
        let Some((members, effective)) = self.pending.clone() else { return };
        if effective <= now {
            let keys = |list: &[Member]| -> Vec<PublicKey> { list.iter().map(|member| member.key).collect() };
            self.epoch += u64::from(keys(&members) != keys(&self.members));
            (self.members, self.approvals, self.pending) = (members, vec![], None);
        }
    }

    pub(crate) fn hash(&self) -> Hash {
        let parts = (self.epoch, self.members.clone(), self.approvals.clone(), self.pending.clone());
        Hash::of(Domain::Council, &encode(&parts))
    }

    pub(crate) fn validators_hash(&self) -> Hash {
        let keys: Vec<PublicKey> = self.members.iter().map(|member| member.key).collect();
        Hash::of(Domain::Validators, &encode(&keys))
    }
}
