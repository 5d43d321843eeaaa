//! Issue and redemption, under four eyes or alone.

use types::codec::Text;
use types::{Action, Address, Amount, AssetId, AssetRoles, Instruction, PolicyId, Role, Timestamp};
use vm::{Record, RecordKey};

use super::draft::{Drafter, Said};
use crate::instructions::*;

impl Drafter<'_> {
    /// What the issuer and the attestor do without asking anybody.
    pub(crate) fn supply(&mut self) -> Said {
        let mut asset = self.asset();
        let kind = self.dice.weighted(&[35, 25, 40]);
        if kind < 2 && self.dice.chance(85) {
            let alone: Vec<AssetId> = (0..self.state.assets.len() as u32)
                .map(AssetId)
                .filter(|asset| self.state.officer(*asset, Role::Approver) == Ok(None))
                .collect();
            asset = if alone.is_empty() { asset } else { self.dice.pick(&alone) };
        }
        match kind {
            0 => {
                let (to, amount) = (self.receiver(), Amount(self.minted(asset)));
                (self.officer(asset, Role::Issuer), Instruction::Mint { asset, to, amount })
            }
            1 => {
                let issuer = self.officer(asset, Role::Issuer);
                let amount = Amount(self.amount_of(self.people.address(issuer), asset));
                (issuer, Instruction::Burn { asset, amount })
            }
            _ => {
                let supply = self.state.asset(asset).map_or(0, |asset| asset.supply.0);
                let reserve = match self.dice.weighted(&[80, 10, 10]) {
                    0 => supply.saturating_add(u128::from(self.dice.below(3_000))),
                    1 => supply.saturating_sub(u128::from(self.dice.below(100))),
                    _ => u128::MAX,
                };
                let as_of = match self.dice.chance(90) {
                    true => self.now,
                    false => Timestamp(self.now.0 + 2 - self.dice.below(4_000)),
                };
                (self.officer(asset, Role::Attestor), attest(asset, reserve, as_of))
            }
        }
    }

    /// Mostly what the reserve allows.
    fn minted(&mut self, asset: AssetId) -> u128 {
        let Ok(rules) = self.state.asset(asset) else { return 5 };
        let reserve = rules.controls.reserve.map_or(rules.supply.0.saturating_add(10), |attested| attested.reserve.0);
        let room = reserve.saturating_sub(rules.supply.0).clamp(1, 2_000);
        match self.dice.weighted(&[80, 8, 4, 4, 4]) {
            0 => 1 + u128::from(self.dice.next()) % room,
            1 => room + 1,
            2 => 0,
            3 => u128::MAX - rules.supply.0,
            _ => u128::MAX,
        }
    }

    pub(crate) fn proposal_or_approval(&mut self) -> Said {
        let waiting = self.some_key(|key| matches!(key, RecordKey::Proposal(_)));
        let Some((RecordKey::Proposal(origin), true)) = waiting.map(|key| (key, self.dice.chance(60))) else {
            return self.proposal();
        };
        let Some(Record::Proposal(proposal)) = self.record(&RecordKey::Proposal(origin)) else {
            return self.proposal();
        };
        match self.dice.weighted(&[80, 14, 6]) {
            0 => (self.officer(proposal.asset, Role::Approver), approve_proposal(origin)),
            1 => (self.person(Some(proposal.proposer)), dismiss(origin)),
            _ => (self.anybody(), dismiss(origin)),
        }
    }

    fn proposal(&mut self) -> Said {
        let asset = self.asset();
        let action = match self.dice.weighted(&[30, 15, 20, 8, 5, 3, 8, 4]) {
            0 => mint_action(self.receiver(), self.minted(asset)),
            1 => {
                let issuer = self.state.officer(asset, Role::Issuer).unwrap_or(None);
                burn_action(self.amount_of(issuer.unwrap_or(Address([0; 20])), asset))
            }
            2 => match self.some_key(|key| matches!(key, RecordKey::Parked(on, ..) if *on == asset)) {
                Some(RecordKey::Parked(_, receiver, sender)) if self.dice.chance(40) => {
                    let amount = self.dice.pick(&[0, 1, 2, 1_000]);
                    seize_parked_action(receiver, sender, self.receiver(), amount)
                }
                _ => {
                    let (from, to) = (self.receiver(), self.receiver());
                    seize_action(from, to, self.amount_of(from, asset))
                }
            },
            3 => roles_action(self.roles(asset)),
            4 => {
                let supply = self.state.asset(asset).map_or(0, |asset| asset.supply.0);
                let cap = supply.saturating_add(u128::from(self.dice.below(5_000))).saturating_sub(200);
                Action::SetSupplyCap(if self.dice.chance(60) { None } else { Some(Amount(cap)) })
            }
            5 => Action::SetRedemptionTime(self.dice.pick(&[0, 1, 60, 86_400, 2_592_000, 2_592_001])),
            6 => {
                let policy = PolicyId(self.dice.below(3) as u16);
                Action::SetPolicy(if self.dice.chance(25) { None } else { Some(policy) })
            }
            _ => {
                let symbol = self.dice.pick(&["KRW", "EUR", "JPY", "GBP", "", "won!"]);
                let decimals = self.dice.pick(&[0, 2, 38, 39]);
                let symbol = Text::new(symbol).unwrap();
                Action::CreateAsset { symbol, decimals, issuer: self.somebodys_address() }
            }
        };
        let on = if matches!(action, Action::CreateAsset { .. }) && self.dice.chance(85) { AssetId(0) } else { asset };
        let valid_seconds = self.dice.pick(&[0, 1, 60, 3_600, 3_600, 86_400, 604_800, 604_801]);
        (self.officer(on, action.proposer()), propose(on, action, valid_seconds))
    }

    /// The present roles with one of them given to somebody else, or to nobody.
    fn roles(&mut self, asset: AssetId) -> AssetRoles {
        let mut roles = self.state.asset(asset).map_or(AssetRoles::default(), |asset| asset.controls.roles);
        let to = if self.dice.chance(85) { Some(self.somebodys_address()) } else { None };
        match self.dice.below(4) {
            0 => roles.approver = to,
            1 => roles.compliance = to,
            2 => roles.pauser = to,
            _ => roles.attestor = to,
        }
        roles
    }

    pub(crate) fn redemption(&mut self) -> Said {
        let open = self.some_key(|key| matches!(key, RecordKey::Redemption(_)));
        let Some((RecordKey::Redemption(origin), true)) = open.map(|key| (key, self.dice.chance(65))) else {
            let (owner, asset) = (self.anybody(), self.asset());
            return (owner, redeem(asset, self.amount_of(self.people.address(owner), asset)));
        };
        let Some(Record::Redemption(redemption)) = self.record(&RecordKey::Redemption(origin)) else {
            return (self.anybody(), pay_out(origin));
        };
        match (redemption.paid_out.is_some(), self.dice.below(10)) {
            (false, 0..=4) => (self.officer(redemption.asset, Role::Issuer), pay_out(origin)),
            (true, 0..=5) => (self.officer(redemption.asset, Role::Approver), confirm(origin)),
            (_, 6) => (self.officer(redemption.asset, Role::Approver), confirm(origin)),
            (_, 7) => (self.officer(redemption.asset, Role::Issuer), give_back(origin)),
            (_, 8) => (self.officer(redemption.asset, Role::Approver), give_back(origin)),
            _ => (self.anybody(), give_back(origin)),
        }
    }
}
