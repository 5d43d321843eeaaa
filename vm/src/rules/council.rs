//! The validators that the ledger lists, and how they change.
//!
//! A validator approves a list of changes. Once a quorum of the present validators approves equal lists, the change is
//! *pending*: nothing else can be approved, and nothing takes it back. At the end of the first block whose time has
//! reached the end of the notice, the new list takes the place of the old one, and all approvals are forgotten. A new
//! epoch begins with it if the keys or their order changed.
//!
//! What forbids an approval is looked for in a fixed order:
//!
//! 1. it is the transaction's only one ([`Failure::SecondApproval`], looked for by whoever runs the transaction);
//! 2. the payer is a present validator ([`Failure::NotValidator`]);
//! 3. the approval is for the present epoch ([`Failure::WrongEpoch`]);
//! 4. no change is pending ([`Failure::ChangePending`]);
//! 5. there is something to withdraw, for an empty list ([`Failure::NothingApproved`]);
//! 6. the changes apply one after the other: the key of a removed or replaced validator is known
//!    ([`Failure::UnknownValidator`]), a new entry is text ([`Failure::MalformedValidator`]) and shares nothing with
//!    the others ([`Failure::SharedEntry`]);
//! 7. 1 to [`MAX_VALIDATORS`] validators are left ([`Failure::ValidatorCount`]);
//! 8. the list differs from the present one ([`Failure::NothingChanges`]).

use bincode::{Decode, Encode};
use types::breakage::{Breakage, is_on};
use types::codec::{Bounded, encode};
use types::{
    Address, Committee, Domain, Epoch, Hash, MAX_VALIDATOR_CHANGES, MAX_VALIDATORS, Member, PublicKey, Timestamp,
    ValidatorChange, ValidatorSet, ValidatorSetError,
};

use crate::Failure;

/// Changes that are approved as one, in order.
pub type Changes = Bounded<ValidatorChange, MAX_VALIDATOR_CHANGES>;

/// All validators in the order of their indices.
pub type Members = Bounded<Member, MAX_VALIDATORS>;

/// What a validator has approved.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Approval {
    /// The validator's key.
    pub by: PublicKey,
    /// The changes; not empty.
    pub changes: Changes,
}

/// A change that a quorum has approved and that has not taken effect.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PendingChange {
    /// The validators from then on.
    pub members: Members,
    /// It takes effect with the first block of this time or later.
    pub effective: Timestamp,
}

/// The validators that the ledger lists, with what they have approved.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Council {
    epoch: Epoch,
    members: Members,
    /// At most one of each member, oldest first. Those that decided a pending change stay until it takes effect.
    approvals: Bounded<Approval, MAX_VALIDATORS>,
    pending: Option<PendingChange>,
}

/// The list of validators after `changes`, or what forbids it.
pub fn change_members(members: &[Member], changes: &[ValidatorChange]) -> Result<Members, Failure> {
    let mut list = members.to_vec();
    for change in changes {
        let place = |key: &PublicKey| {
            let found = list.iter().position(|member| member.key == *key);
            found.ok_or(Failure::UnknownValidator { key: *key })
        };
        let (place, entry) = match change {
            ValidatorChange::Add(member) => (list.len(), Some(member)),
            ValidatorChange::Remove(key) => (place(key)?, None),
            ValidatorChange::Replace { key, by } => (place(key)?, Some(by)),
        };
        let others = list.iter().enumerate().filter(|(index, _)| *index != place).map(|(_, other)| other);
        if let Some(entry) = entry {
            check_entry(entry, others)?;
        }
        list.splice(place..list.len().min(place + 1), entry.cloned());
    }
    // A list has 64 entries and gains at most 16.
    let count = list.len() as u32;
    let refused = Failure::ValidatorCount { count };
    match Bounded::new(list) {
        Ok(list) if count > 0 => Ok(list),
        _ => Err(refused),
    }
}

/// Refuses an entry that is no text or shares something with another.
fn check_entry<'a>(entry: &Member, mut others: impl Iterator<Item = &'a Member>) -> Result<(), Failure> {
    let key = entry.key;
    entry.check().map_err(|error| Failure::MalformedValidator { key, field: error.field })?;
    let shared = others.find_map(|other| Some((other.key, entry.shares(other)?)));
    shared.map_or(Ok(()), |(with, field)| Err(Failure::SharedEntry { key, with, field }))
}

impl Council {
    /// The council of the first epoch.
    pub(crate) fn genesis(members: Vec<Member>) -> Result<Council, Failure> {
        let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
        for (index, member) in members.iter().enumerate() {
            check_entry(member, members[..index].iter())?;
        }
        match Bounded::new(members) {
            Ok(members) if count > 0 => Ok(Council::of(Epoch(0), members)),
            _ => Err(Failure::ValidatorCount { count }),
        }
    }

    fn of(epoch: Epoch, members: Members) -> Council {
        Council { epoch, members, approvals: Bounded::default(), pending: None }
    }

    /// The council itself, if its members make a validator set: a decoded one's may not.
    pub(crate) fn checked(self) -> Result<Council, ValidatorSetError> {
        ValidatorSet::new(keys(&self.members)).map(|_| self)
    }

    /// The present epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The present validators in the order of their indices.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What the members have approved, each at most once, oldest first. While a change is pending, those that decided it
    /// are among them.
    pub fn approvals(&self) -> &[Approval] {
        &self.approvals
    }

    /// The change that a quorum has approved and that has not taken effect.
    pub fn pending(&self) -> Option<&PendingChange> {
        self.pending.as_ref()
    }

    /// True for the account from which a present validator approves.
    pub(crate) fn has_approver(&self, account: &Address) -> bool {
        self.members.iter().any(|member| member.approval_address() == *account)
    }

    /// The present validators' keys.
    pub fn validators(&self) -> ValidatorSet {
        ValidatorSet::new(keys(&self.members))
            .expect("1 to 64 members that share no key: checked wherever a list is made")
    }

    /// The committee of the present epoch of `chain`.
    pub fn committee(&self, chain: Hash) -> Committee {
        Committee { chain, epoch: self.epoch, validators: self.validators() }
    }

    /// How many members must approve equal changes.
    pub fn quorum(&self) -> usize {
        // Which chain it is says nothing about numbers.
        self.committee(Hash::ZERO).quorum()
    }

    /// What the state root commits to.
    pub(crate) fn hash(&self) -> Hash {
        Hash::of(Domain::Council, &encode(self))
    }

    /// The council once `payer` has approved `changes` in a block of time `now`.
    pub(crate) fn approve(
        &self,
        payer: &Address,
        epoch: Epoch,
        changes: &Changes,
        now: Timestamp,
        notice_millis: u64,
    ) -> Result<Council, Failure> {
        let member = self.members.iter().find(|member| member.approval_address() == *payer);
        let member = member.or(self.members.first().filter(|_| is_on(Breakage::ApproverUnchecked)));
        let by = member.ok_or(Failure::NotValidator)?.key;
        if epoch != self.epoch {
            return Err(Failure::WrongEpoch { expected: self.epoch, got: epoch });
        }
        if let Some(PendingChange { effective, .. }) = self.pending {
            return Err(Failure::ChangePending { effective });
        }
        let has_approved = self.approvals.iter().any(|approval| approval.by == by);
        if changes.is_empty() && !has_approved {
            return Err(Failure::NothingApproved);
        }
        let members = change_members(&self.members, changes)?;
        if !changes.is_empty() && members == self.members {
            return Err(Failure::NothingChanges);
        }

        let mut approvals: Vec<Approval> =
            self.approvals.iter().filter(|approval| approval.by != by).cloned().collect();
        if !changes.is_empty() {
            approvals.push(Approval { by, changes: changes.clone() });
        }
        // Each approval is of another member, so this counts members.
        let count = approvals.iter().filter(|approval| approval.changes == *changes).count();
        let is_decided = !changes.is_empty() && count >= self.quorum();
        let pending = is_decided.then(|| PendingChange { members, effective: now.plus_millis(notice_millis) });
        let approvals = Bounded::new(approvals).expect("at most one of each member");
        Ok(Council { approvals, pending, ..self.clone() })
    }

    /// The council after a block of time `now`, if a pending change takes effect with it.
    pub(crate) fn after(&self, now: Timestamp) -> Option<Council> {
        let pending = self.pending.as_ref().filter(|pending| pending.effective <= now)?;
        let is_same_set = keys(&pending.members) == keys(&self.members);
        let epoch = if is_same_set { self.epoch } else { self.epoch.next() };
        Some(Council::of(epoch, pending.members.clone()))
    }
}

fn keys(members: &[Member]) -> Vec<PublicKey> {
    members.iter().map(|member| member.key).collect()
}
