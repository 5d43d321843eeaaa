//! What keeps money from moving, in the order of the gate's documentation, and the move itself.

use types::codec::Bounded;
use types::{Address, Amount, AssetId, Extent, ListId, Operation, PolicyTerms, Tier, Timestamp};
use vm::{Failure, Parked, Record, RecordKey, Refusal, Usage};

use super::turn::Turn;

pub(crate) enum From {
    Nowhere,
    Account(Address),
    /// The first pays because the second says so.
    Directed(Address, Address),
    Record(Address),
}

pub(crate) enum To {
    Nowhere,
    Account(Address),
    Record(Option<Address>),
}

/// Sanctions and freezes keep the sender of these from paying.
fn looks_at_the_sender(operation: Operation) -> bool {
    !matches!(operation, Operation::Mint | Operation::Release | Operation::Claim | Operation::Seize)
}

fn needs_a_travel_reference(operation: Operation) -> bool {
    matches!(operation, Operation::Transfer | Operation::Payment | Operation::Call | Operation::Program)
}

fn is_a_payment_of_a_holder(operation: Operation) -> bool {
    matches!(operation, Operation::Transfer | Operation::Payment | Operation::Call)
}

fn parks(operation: Operation) -> bool {
    matches!(operation, Operation::Capture | Operation::Refund | Operation::Program | Operation::Release)
}

fn looks_at_the_receiver(operation: Operation) -> bool {
    !matches!(operation, Operation::Burn | Operation::Redeem | Operation::Seize | Operation::Fee)
}

const HOUR_MILLIS: u64 = 3_600_000;

impl Turn<'_> {
    fn terms(&self, asset: AssetId) -> Option<(types::PolicyId, PolicyTerms)> {
        let id = self.state.asset(asset).ok()?.controls.policy?;
        match self.record(&RecordKey::Policy(id)) {
            Some(Record::Policy(policy)) => Some((id, policy.terms)),
            _ => None,
        }
    }

    /// The first list of the asset's policy that the account is on in this block.
    fn sanctioned(&self, asset: AssetId, account: Address) -> Option<ListId> {
        let (_, terms) = self.terms(asset)?;
        terms.sanctions.iter().copied().find(|list| match self.record(&RecordKey::Sanction(*list, account)) {
            Some(Record::Sanction(entry)) => {
                entry.from <= self.height && entry.until.is_none_or(|until| self.height < until)
            }
            _ => false,
        })
    }

    fn extent(&self, asset: AssetId, account: Address) -> Option<Extent> {
        match self.record(&RecordKey::Freeze(asset, account)) {
            Some(Record::Freeze(freeze)) => Some(freeze.extent),
            _ => None,
        }
    }

    pub(crate) fn expect_free(&self, asset: AssetId, account: Address) -> Result<(), Failure> {
        if let Some(list) = self.sanctioned(asset, account) {
            return Err(Refusal::Sanctioned { account, list }.into());
        }
        match self.extent(asset, account) {
            Some(Extent::Whole) => Err(Refusal::Frozen { account, asset }.into()),
            _ => Ok(()),
        }
    }

    fn tier(&self, asset: AssetId, account: Address) -> Tier {
        let Some((id, terms)) = self.terms(asset) else { return Tier::default() };
        if self.state.asset(asset).is_ok_and(|asset| asset.issuer == account) {
            return Tier::default();
        }
        let given = match self.record(&RecordKey::Tier(id, account)) {
            Some(Record::Tier(tier)) if usize::from(tier) < terms.tiers.len() => tier,
            _ => terms.default_tier,
        };
        terms.tiers[usize::from(given)]
    }

    /// Hours of the last 25 with what was paid in each.
    fn paid_lately(&self, asset: AssetId, account: Address) -> Vec<(u32, Amount)> {
        let hours = match self.record(&RecordKey::Usage(asset, account)) {
            Some(Record::Usage(usage)) => usage.hours.to_vec(),
            _ => vec![],
        };
        let now = hour(self.now);
        hours.into_iter().filter(|(paid, _)| paid + 25 > now).collect()
    }

    /// Moves money or says why not.
    pub(crate) fn moves(
        &mut self,
        operation: Operation,
        asset: AssetId,
        amount: Amount,
        from: From,
        to: To,
    ) -> Result<(), Failure> {
        let rules = self.state.asset(asset)?.clone();
        if amount.0 == 0 {
            return Err(Failure::ZeroAmount);
        }
        if operation != Operation::Fee && rules.controls.paused.contains(operation) {
            return Err(Refusal::Paused { asset, operation }.into());
        }
        let (account, director, owner) = match from {
            From::Nowhere => (None, None, None),
            From::Account(account) => (Some(account), None, Some(account)),
            From::Directed(account, director) => (Some(account), Some(director), Some(account)),
            From::Record(owner) => (None, None, Some(owner)),
        };
        if looks_at_the_sender(operation) {
            for account in director.into_iter().chain(owner) {
                self.expect_free(asset, account)?;
            }
        }
        if let Some(account) = account {
            let balance = self.state.balance(account, asset);
            if balance < amount.0 {
                return Err(Failure::Overdraft { asset, balance: Amount(balance), needed: amount });
            }
            if let Some(Extent::Amount(frozen)) = self.extent(asset, account)
                && looks_at_the_sender(operation)
            {
                let free = Amount(balance.saturating_sub(frozen.0));
                if free < amount {
                    return Err(Refusal::FrozenFunds { asset, free, needed: amount }.into());
                }
            }
        }
        if needs_a_travel_reference(operation)
            && !*self.has_travel
            && let Some((_, PolicyTerms { travel_rule_from: Some(from), .. })) = self.terms(asset)
            && amount >= from
        {
            return Err(Refusal::NoTravelReference { asset, from }.into());
        }
        let mut counts_for_the_day = false;
        if is_a_payment_of_a_holder(operation)
            && let Some(sender) = owner
        {
            let tier = self.tier(asset, sender);
            if let Some(limit) = tier.per_payment.filter(|limit| amount > *limit) {
                return Err(Refusal::AbovePaymentLimit { asset, limit }.into());
            }
            if let Some(limit) = tier.per_day {
                let used =
                    self.paid_lately(asset, sender).iter().fold(0u128, |sum, (_, paid)| sum.saturating_add(paid.0));
                if used.checked_add(amount.0).is_none_or(|used| used > limit.0) {
                    return Err(Refusal::AboveDayLimit { asset, limit, used: Amount(used) }.into());
                }
                counts_for_the_day = true;
            }
        }
        let receiver = match to {
            To::Account(receiver) | To::Record(Some(receiver)) => Some(receiver),
            To::Nowhere | To::Record(None) => None,
        };
        let mut is_parked = false;
        if let Some(receiver) = receiver {
            self.state.open(receiver);
            let refusal = self.kept_from(asset, amount, account, receiver).filter(|_| looks_at_the_receiver(operation));
            match refusal {
                Some(refusal) if !parks(operation) => return Err(refusal.into()),
                refusal => is_parked = refusal.is_some(),
            }
        }

        if matches!(from, From::Nowhere) {
            let supply = rules.supply.0.checked_add(amount.0).map(Amount).ok_or(Failure::SupplyOverflow { asset })?;
            let reserve = rules.controls.reserve.map_or(Amount(0), |attested| attested.reserve);
            if rules.controls.roles.attestor.is_some() && supply > reserve {
                return Err(Refusal::BeyondReserve { asset, reserve, supply }.into());
            }
            if let Some(cap) = rules.controls.supply_cap.filter(|cap| supply > *cap) {
                return Err(Refusal::AboveSupplyCap { asset, cap, supply }.into());
            }
            self.state.asset_mut(asset).supply = supply;
        }
        if matches!(to, To::Nowhere) {
            self.state.asset_mut(asset).supply.0 -= amount.0;
        }
        if let Some(account) = account {
            *self.state.balances.entry((account, asset)).or_default() -= amount.0;
        }
        if counts_for_the_day && let Some(sender) = owner {
            self.count(asset, sender, amount);
        }
        match (receiver, to) {
            (Some(receiver), _) if is_parked => self.park(asset, amount, receiver, owner.unwrap_or(receiver)),
            (Some(receiver), To::Account(_)) => {
                *self.state.balances.entry((receiver, asset)).or_default() += amount.0;
            }
            _ => {}
        }
        receiver.map_or(Ok(()), |receiver| self.touch(receiver))
    }

    /// What keeps money from arriving. `from` is the account that it leaves, if it leaves one.
    fn kept_from(&self, asset: AssetId, amount: Amount, from: Option<Address>, account: Address) -> Option<Refusal> {
        if let Some(list) = self.sanctioned(asset, account) {
            return Some(Refusal::Sanctioned { account, list });
        }
        if self.extent(asset, account) == Some(Extent::Whole) {
            return Some(Refusal::Frozen { account, asset });
        }
        // More than can be counted is above every limit.
        let after = self.state.balance(account, asset).checked_add(amount.0);
        if let Some(limit) = self.tier(asset, account).holding.filter(|limit| after.is_none_or(|after| after > limit.0))
            && from != Some(account)
        {
            return Some(Refusal::AboveHoldingLimit { account, asset, limit });
        }
        self.record(&RecordKey::OrderAddress(account)).map(|_| Refusal::OrderAddress { account })
    }

    fn count(&mut self, asset: AssetId, sender: Address, amount: Amount) {
        let mut hours = self.paid_lately(asset, sender);
        let now = hour(self.now);
        match hours.iter_mut().find(|(paid, _)| *paid == now) {
            Some((_, sum)) => sum.0 = sum.0.saturating_add(amount.0),
            None => hours.push((now, amount)),
        }
        let usage = Usage { hours: Bounded::new(hours).unwrap() };
        self.put(RecordKey::Usage(asset, sender), Record::Usage(usage));
    }

    fn park(&mut self, asset: AssetId, amount: Amount, receiver: Address, sender: Address) {
        let key = RecordKey::Parked(asset, receiver, sender);
        let before = match self.record(&key) {
            Some(Record::Parked(parked)) => parked.amount.0,
            _ => 0,
        };
        let parked = Parked { asset, amount: Amount(before + amount.0), since: self.now };
        self.put(key, Record::Parked(parked));
    }

    /// The receiver of parked money claims it, or after 30 days its sender.
    /// Takes money out of what is parked.
    pub(crate) fn unpark(
        &mut self,
        asset: AssetId,
        receiver: Address,
        sender: Address,
        amount: Amount,
    ) -> Result<(), Failure> {
        let key = RecordKey::Parked(asset, receiver, sender);
        let Some(Record::Parked(mut parked)) = self.record(&key) else {
            return Err(Failure::NothingParked { asset, receiver, sender });
        };
        if parked.amount < amount {
            return Err(Failure::Overdraft { asset, balance: parked.amount, needed: amount });
        }
        parked.amount.0 -= amount.0;
        if parked.amount.0 == 0 {
            self.remove(&key);
        } else {
            self.put(key, Record::Parked(parked));
        }
        Ok(())
    }

    pub(crate) fn claim(
        &mut self,
        asset: AssetId,
        receiver: Address,
        sender: Address,
        amount: Option<Amount>,
    ) -> Result<(), Failure> {
        let Some(Record::Parked(parked)) = self.record(&RecordKey::Parked(asset, receiver, sender)) else {
            return Err(Failure::NothingParked { asset, receiver, sender });
        };
        if self.actor != receiver && self.record(&RecordKey::Program(sender)).is_some() {
            return Err(Failure::ParkedByProgram { program: sender });
        }
        let until = Timestamp(parked.since.0 + 30 * 24 * HOUR_MILLIS);
        if self.actor != receiver && self.now < until {
            return Err(Failure::ParkedForReceiver { until });
        }
        let amount = amount.unwrap_or(parked.amount);
        self.unpark(asset, receiver, sender, amount)?;
        let to = if self.actor == receiver { receiver } else { sender };
        self.moves(Operation::Claim, asset, amount, From::Record(sender), To::Account(to))
    }
}

fn hour(now: Timestamp) -> u32 {
    (now.0 / HOUR_MILLIS) as u32
}
