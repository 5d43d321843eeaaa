//! What compliance and the pauser set, and the validators.

use types::{Address, AssetId, ListId, Operation, Operations, PolicyId, PolicyTerms, Role, Tier};
use vm::{Record, RecordKey};

use super::draft::{Drafter, Said};
use crate::bank::{VALIDATOR, VALIDATORS, add, address, approve, remove};
use crate::instructions::*;

impl Drafter<'_> {
    pub(crate) fn control(&mut self) -> Said {
        let asset = self.asset();
        let compliance = self.officer(asset, Role::Compliance);
        match self.dice.weighted(&[20, 22, 12, 14, 16, 16]) {
            0 => {
                let account = self.receiver();
                let amount = self.amount_of(account, asset);
                let whole = self.dice.chance(50);
                (compliance, if whole { freeze(asset, account) } else { freeze_amount(asset, account, amount) })
            }
            1 => match self.some_key(|key| matches!(key, RecordKey::Freeze(..))) {
                Some(RecordKey::Freeze(asset, account)) => {
                    (self.officer(asset, Role::Compliance), thaw(asset, account))
                }
                _ => (compliance, thaw(asset, self.somebodys_address())),
            },
            2 => {
                let mut paused = Operations::NONE;
                while self.dice.chance(30) {
                    paused = paused.with(self.dice.pick(&Operation::ALL));
                }
                (self.officer(asset, Role::Pauser), pause(asset, paused))
            }
            3 => {
                let policy = PolicyId(self.dice.below(3) as u16);
                let keeper = self.keeper_of(&RecordKey::Policy(policy), asset);
                let terms = self.terms();
                (self.person(keeper), define(policy, terms))
            }
            4 => {
                let policy = PolicyId(self.dice.below(3) as u16);
                let keeper = self.keeper_of(&RecordKey::Policy(policy), asset);
                let tier = if self.dice.chance(20) { None } else { Some(self.dice.below(4) as u8) };
                let account = self.receiver();
                (self.person(keeper), set_tier(policy, account, tier))
            }
            _ => self.sanctions(asset),
        }
    }

    fn keeper_of(&self, key: &RecordKey, asset: AssetId) -> Option<Address> {
        match self.record(key) {
            Some(Record::Policy(policy)) => self.state.officer(policy.home, Role::Compliance).unwrap_or(None),
            Some(Record::SanctionList(list)) => self.state.officer(list.home, Role::Compliance).unwrap_or(None),
            _ => self.state.officer(asset, Role::Compliance).unwrap_or(None),
        }
    }

    fn terms(&mut self) -> PolicyTerms {
        let mut tiers = Vec::new();
        for _ in 0..self.dice.pick(&[0, 1, 2, 2, 3, 3, 3]) {
            let (per_payment, per_day, holding) = (self.limit(), self.limit(), self.limit());
            tiers.push(Tier { per_payment, per_day, holding });
        }
        let lists: Vec<ListId> = (0..self.dice.below(3)).map(|list| ListId(list as u16)).collect();
        let from = match self.dice.weighted(&[50, 10, 40]) {
            0 => None,
            1 => Some(0),
            _ => Some(u128::from(self.dice.below(600))),
        };
        let default_tier = if self.dice.chance(70) { 0 } else { self.dice.below(3) as u8 };
        PolicyTerms { default_tier, ..terms(&tiers, &lists, from) }
    }

    fn sanctions(&mut self, asset: AssetId) -> Said {
        let list = ListId(self.dice.below(2) as u16);
        let key = RecordKey::SanctionList(list);
        let keeper = self.keeper_of(&key, asset);
        let (version, effective) = match self.record(&key) {
            Some(Record::SanctionList(list)) => (list.version, list.effective.0),
            _ => (0, 0),
        };
        let version = if self.dice.chance(93) { version + 1 } else { self.dice.below(4) as u32 };
        let earliest = effective.max(self.height);
        let effective = match self.dice.weighted(&[60, 32, 8]) {
            0 => earliest,
            1 => earliest + self.dice.below(6),
            _ => earliest.saturating_sub(1),
        };
        let (mut added, mut removed) = (vec![], vec![]);
        while self.dice.chance(35) {
            added.push(self.receiver());
        }
        while self.dice.chance(60) {
            removed.push(match self.some_key(|key| matches!(key, RecordKey::Sanction(..))) {
                Some(RecordKey::Sanction(_, account)) => account,
                _ => self.somebodys_address(),
            });
        }
        (self.person(keeper), crate::instructions::sanctions(list, version, effective, &added, &removed))
    }

    pub(crate) fn approval_of_validators(&mut self) -> Said {
        let validator = self.dice.pick(&VALIDATORS);
        let changes = self.dice.pick(&[vec![], vec![add(VALIDATOR + 3)], vec![remove(VALIDATOR)]]);
        let epoch = if self.dice.chance(90) { self.state.council.epoch().0 } else { self.dice.below(3) };
        (self.person(Some(address(validator))), approve(epoch, changes))
    }
}
