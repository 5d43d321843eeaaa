//! The life of an asset: direct mint and burn, four eyes, reserve, redemption.

use types::{Action, Address, Amount, AssetId, AssetRoles, Issuance, Operation, Operations, Origin, Role, Timestamp};
use vm::{
    Asset, AssetControls, Attestation, ComplianceFailure, Failure, IssuanceFailure, Proposal, Record, RecordKey,
    Redemption,
};

use super::compliance::expect_reference;
use super::gate::{From, To};
use super::turn::Turn;

impl Turn<'_> {
    pub(crate) fn mint(&mut self, asset: AssetId, to: Address, amount: Amount) -> Result<(), Failure> {
        self.expect_account()?;
        self.expect_sole_issuer(asset)?;
        self.moves(Operation::Mint, asset, amount, From::Nowhere, To::Account(to))
    }

    pub(crate) fn burn(&mut self, asset: AssetId, amount: Amount) -> Result<(), Failure> {
        self.expect_account()?;
        self.expect_sole_issuer(asset)?;
        self.moves(Operation::Burn, asset, amount, From::Account(self.actor), To::Nowhere)
    }

    fn expect_sole_issuer(&self, asset: AssetId) -> Result<(), Failure> {
        if self.state.officer(asset, Role::Issuer)? != Some(self.actor) {
            return Err(Failure::NotIssuer { asset });
        }
        match self.state.officer(asset, Role::Approver)? {
            Some(_) => Err(IssuanceFailure::NeedsApproval { asset }.into()),
            None => Ok(()),
        }
    }

    pub(crate) fn issue(&mut self, step: &Issuance) -> Result<(), Failure> {
        match step {
            Issuance::Propose { asset, action, valid_seconds } => self.propose(*asset, action, *valid_seconds),
            Issuance::Approve { proposal } => self.approve(*proposal),
            Issuance::Dismiss { proposal } => self.dismiss(*proposal),
            Issuance::Attest { asset, reserve, as_of, document } => {
                self.expect_role(*asset, Role::Attestor)?;
                let last = self.state.asset(*asset)?.controls.reserve.map_or(Timestamp(0), |before| before.as_of);
                if *as_of < last || *as_of > self.now {
                    return Err(IssuanceFailure::CountOutOfOrder { as_of: *as_of, last }.into());
                }
                let attestation = Attestation { reserve: *reserve, as_of: *as_of, document: *document };
                self.state.asset_mut(*asset).controls.reserve = Some(attestation);
                Ok(())
            }
            Issuance::Redeem { asset, amount, payout } => {
                expect_reference(payout)?;
                self.expect_account()?;
                self.moves(Operation::Redeem, *asset, *amount, From::Account(self.actor), To::Record(None))?;
                let seconds = self.state.asset(*asset)?.controls.redemption_seconds;
                let redemption = Redemption {
                    owner: self.actor,
                    asset: *asset,
                    amount: *amount,
                    payout: payout.clone(),
                    deadline: Timestamp(self.now.0 + u64::from(seconds) * 1_000),
                    paid_out: None,
                };
                self.put(RecordKey::Redemption(self.origin), Record::Redemption(redemption));
                Ok(())
            }
            Issuance::PayOut { redemption: origin, bank_reference } => {
                expect_reference(bank_reference)?;
                let redemption = self.redemption(*origin)?;
                self.expect_role(redemption.asset, Role::Issuer)?;
                if redemption.paid_out.is_some() {
                    return Err(IssuanceFailure::PaidOut.into());
                }
                if self.state.officer(redemption.asset, Role::Approver)?.is_none() {
                    return self.burn_redemption(*origin, &redemption);
                }
                self.expect_free(redemption.asset, redemption.owner)?;
                let redemption = Redemption { paid_out: Some(bank_reference.clone()), ..redemption };
                self.put(RecordKey::Redemption(*origin), Record::Redemption(redemption));
                Ok(())
            }
            Issuance::ConfirmPayOut { redemption: origin } => {
                let redemption = self.redemption(*origin)?;
                self.expect_role(redemption.asset, Role::Approver)?;
                if redemption.paid_out.is_none() {
                    return Err(IssuanceFailure::NotPaidOut.into());
                }
                self.burn_redemption(*origin, &redemption)
            }
            Issuance::ReturnRedemption { redemption: origin } => self.return_redemption(*origin),
        }
    }

    fn redemption(&self, redemption: Origin) -> Result<Redemption, Failure> {
        match self.record(&RecordKey::Redemption(redemption)) {
            Some(Record::Redemption(found)) => Ok(found),
            _ => Err(IssuanceFailure::UnknownRedemption { redemption }.into()),
        }
    }

    fn burn_redemption(&mut self, origin: Origin, redemption: &Redemption) -> Result<(), Failure> {
        let Redemption { owner, asset, amount, .. } = *redemption;
        self.touch(owner)?;
        self.remove(&RecordKey::Redemption(origin));
        self.moves(Operation::Burn, asset, amount, From::Record(owner), To::Nowhere)
    }

    fn return_redemption(&mut self, origin: Origin) -> Result<(), Failure> {
        let Redemption { owner, asset, amount, deadline, paid_out, .. } = self.redemption(origin)?;
        let is_approver = self.state.officer(asset, Role::Approver)? == Some(self.actor);
        let is_issuer = self.state.officer(asset, Role::Issuer)? == Some(self.actor);
        if paid_out.is_some() && !is_approver {
            return Err(IssuanceFailure::PaidOut.into());
        }
        if !is_approver && !is_issuer && self.now <= deadline {
            return Err(IssuanceFailure::NotDue { deadline }.into());
        }
        self.remove(&RecordKey::Redemption(origin));
        self.moves(Operation::Release, asset, amount, From::Record(owner), To::Account(owner))
    }

    fn propose(&mut self, asset: AssetId, action: &Action, valid_seconds: u32) -> Result<(), Failure> {
        self.expect_role(asset, proposer(action))?;
        if valid_seconds == 0 || valid_seconds > 7 * 24 * 3_600 {
            return Err(IssuanceFailure::ProposalTime { got: valid_seconds }.into());
        }
        self.can_be_done(asset, action)?;
        if self.state.officer(asset, Role::Approver)?.is_none() {
            return self.act(asset, action);
        }
        let until = Timestamp(self.now.0 + u64::from(valid_seconds) * 1_000);
        let proposal = Proposal { asset, action: action.clone(), proposer: self.actor, until };
        self.put(RecordKey::Proposal(self.origin), Record::Proposal(Box::new(proposal)));
        Ok(())
    }

    fn proposal(&self, proposal: Origin) -> Result<Proposal, Failure> {
        match self.record(&RecordKey::Proposal(proposal)) {
            Some(Record::Proposal(found)) => Ok(*found),
            _ => Err(IssuanceFailure::UnknownProposal { proposal }.into()),
        }
    }

    fn approve(&mut self, origin: Origin) -> Result<(), Failure> {
        let Proposal { asset, action, proposer: by, until } = self.proposal(origin)?;
        self.expect_role(asset, Role::Approver)?;
        if self.now > until {
            return Err(IssuanceFailure::ProposalExpired { until }.into());
        }
        let role = proposer(&action);
        if self.state.officer(asset, role)? != Some(by) {
            return Err(Failure::WithoutRole { asset, role });
        }
        self.remove(&RecordKey::Proposal(origin));
        self.can_be_done(asset, &action)?;
        self.act(asset, &action)
    }

    fn dismiss(&mut self, origin: Origin) -> Result<(), Failure> {
        let Proposal { asset, proposer, until, .. } = self.proposal(origin)?;
        let approver = self.state.officer(asset, Role::Approver)?;
        if self.actor != proposer && approver != Some(self.actor) && self.now <= until {
            return Err(IssuanceFailure::NotYours { until }.into());
        }
        self.remove(&RecordKey::Proposal(origin));
        Ok(())
    }

    fn can_be_done(&self, asset: AssetId, action: &Action) -> Result<(), Failure> {
        let rules = self.state.asset(asset)?;
        match action {
            Action::Mint { amount, .. } | Action::Burn { amount } if amount.0 == 0 => Err(Failure::ZeroAmount),
            Action::Mint { .. } | Action::Burn { .. } => Ok(()),
            Action::Seize { amount, case, .. } | Action::SeizeParked { amount, case, .. } => {
                expect_reference(case)?;
                if amount.0 == 0 {
                    return Err(Failure::ZeroAmount);
                }
                match rules.controls.roles.approver {
                    Some(_) => Ok(()),
                    None => Err(IssuanceFailure::ApproverNeeded { asset }.into()),
                }
            }
            Action::SetRoles(roles) => {
                let AssetRoles { approver, compliance, attestor, .. } = *roles;
                let shared = |role, with| Err(IssuanceFailure::SharedRole { role, with }.into());
                if approver == Some(rules.issuer) {
                    return shared(Role::Approver, Role::Issuer);
                }
                if approver.is_some() && approver == compliance {
                    return shared(Role::Approver, Role::Compliance);
                }
                if attestor == Some(rules.issuer) {
                    return shared(Role::Attestor, Role::Issuer);
                }
                let before = rules.controls.roles;
                if before.approver.is_some() && approver.is_none() {
                    return Err(IssuanceFailure::ApproverNeeded { asset }.into());
                }
                if before.attestor.is_some() && attestor.is_none() {
                    return Err(IssuanceFailure::AttestorNeeded { asset }.into());
                }
                Ok(())
            }
            Action::SetRedemptionTime(seconds) if *seconds == 0 || *seconds > 30 * 24 * 3_600 => {
                Err(IssuanceFailure::RedemptionTime { got: *seconds }.into())
            }
            Action::SetPolicy(Some(policy)) if self.record(&RecordKey::Policy(*policy)).is_none() => {
                Err(ComplianceFailure::UnknownPolicy { policy: *policy }.into())
            }
            Action::SetRedemptionTime(_) | Action::SetSupplyCap(_) | Action::SetPolicy(_) => Ok(()),
            Action::CreateAsset { symbol, decimals, .. } => {
                if asset.0 != 0 {
                    return Err(IssuanceFailure::NotFirstAsset.into());
                }
                if self.state.assets.len() == 1_024 {
                    return Err(IssuanceFailure::TooManyAssets.into());
                }
                let is_taken = self.state.assets.iter().any(|other| other.symbol == *symbol);
                if is_taken || symbol.is_empty() || !symbol.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    return Err(IssuanceFailure::BadSymbol.into());
                }
                if *decimals > 38 {
                    return Err(IssuanceFailure::TooManyDecimals { got: *decimals }.into());
                }
                Ok(())
            }
        }
    }

    fn act(&mut self, asset: AssetId, action: &Action) -> Result<(), Failure> {
        match action.clone() {
            Action::Mint { to, amount } => {
                return self.moves(Operation::Mint, asset, amount, From::Nowhere, To::Account(to));
            }
            Action::Burn { amount } => {
                let issuer = self.state.asset(asset)?.issuer;
                self.touch(issuer)?;
                return self.moves(Operation::Burn, asset, amount, From::Account(issuer), To::Nowhere);
            }
            Action::Seize { from, to, amount, .. } => {
                if !self.state.accounts.contains(&from) {
                    return Err(Failure::UnknownAccount);
                }
                self.touch(from)?;
                return self.moves(Operation::Seize, asset, amount, From::Account(from), To::Account(to));
            }
            Action::SeizeParked { receiver, sender, to, amount, .. } => {
                self.unpark(asset, receiver, sender, amount)?;
                return self.moves(Operation::Seize, asset, amount, From::Record(sender), To::Account(to));
            }
            Action::SetRoles(roles) => {
                let AssetRoles { approver, compliance, pauser, attestor } = roles;
                for officer in [approver, compliance, pauser, attestor].into_iter().flatten() {
                    self.state.open(officer);
                    self.touch(officer)?;
                }
                self.state.asset_mut(asset).controls.roles = roles;
            }
            Action::SetSupplyCap(cap) => self.state.asset_mut(asset).controls.supply_cap = cap,
            Action::SetRedemptionTime(seconds) => self.state.asset_mut(asset).controls.redemption_seconds = seconds,
            Action::SetPolicy(policy) => self.state.asset_mut(asset).controls.policy = policy,
            Action::CreateAsset { symbol, decimals, issuer } => {
                let controls = AssetControls {
                    roles: AssetRoles::default(),
                    supply_cap: None,
                    reserve: None,
                    paused: Operations::NONE,
                    policy: None,
                    redemption_seconds: 24 * 3_600,
                };
                self.state.assets.push(Asset { symbol, decimals, issuer, supply: Amount(0), controls });
                self.state.open(issuer);
                self.touch(issuer)?;
            }
        }
        Ok(())
    }
}

fn proposer(action: &Action) -> Role {
    match action {
        Action::Seize { .. } | Action::SeizeParked { .. } | Action::SetPolicy(_) => Role::Compliance,
        _ => Role::Issuer,
    }
}
