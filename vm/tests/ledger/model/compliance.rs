//! The controls that officers set.

use types::{Address, AssetId, Compliance, Extent, Height, ListId, Role};
use vm::{ComplianceFailure, Failure, Freeze, Policy, Record, RecordKey, Sanction, SanctionList};

use super::turn::Turn;

const FROZEN: u8 = 1;
const LISTED: u8 = 2;
const TIERED: u8 = 4;

impl Turn<'_> {
    pub(crate) fn control(&mut self, step: &Compliance) -> Result<(), Failure> {
        match step {
            Compliance::Freeze { asset, account, extent, case } => {
                expect_reference(case)?;
                self.expect_role(*asset, Role::Compliance)?;
                if matches!(extent, Extent::Amount(amount) if amount.0 == 0) {
                    return Err(Failure::ZeroAmount);
                }
                self.state.mark(*account, FROZEN);
                self.put(
                    RecordKey::Freeze(*asset, *account),
                    Record::Freeze(Freeze { extent: *extent, case: case.clone() }),
                );
                self.touch(*account)
            }
            Compliance::Thaw { asset, account, case } => {
                expect_reference(case)?;
                self.expect_role(*asset, Role::Compliance)?;
                let key = RecordKey::Freeze(*asset, *account);
                if self.record(&key).is_none() {
                    return Err(ComplianceFailure::NotFrozen { account: *account, asset: *asset }.into());
                }
                self.remove(&key);
                self.touch(*account)
            }
            Compliance::Pause { asset, operations } => {
                self.expect_role(*asset, Role::Pauser)?;
                self.state.asset_mut(*asset).controls.paused = *operations;
                Ok(())
            }
            Compliance::DefinePolicy { policy, terms } => {
                let home = match self.record(&RecordKey::Policy(*policy)) {
                    Some(Record::Policy(before)) => {
                        self.expect_keeper(before.home)?;
                        before.home
                    }
                    _ => self.home()?,
                };
                let (tiers, default) = (terms.tiers.len() as u8, terms.default_tier);
                if default >= tiers {
                    return Err(ComplianceFailure::MalformedPolicy { policy: *policy, tiers, default }.into());
                }
                let record = Policy { home, terms: (**terms).clone() };
                self.put(RecordKey::Policy(*policy), Record::Policy(record));
                Ok(())
            }
            Compliance::SetTier { policy, account, tier } => {
                let Some(Record::Policy(found)) = self.record(&RecordKey::Policy(*policy)) else {
                    return Err(ComplianceFailure::UnknownPolicy { policy: *policy }.into());
                };
                self.expect_keeper(found.home)?;
                let key = RecordKey::Tier(*policy, *account);
                match *tier {
                    Some(tier) if usize::from(tier) >= found.terms.tiers.len() => {
                        return Err(ComplianceFailure::UnknownTier { policy: *policy, tier }.into());
                    }
                    Some(tier) => {
                        self.state.mark(*account, TIERED);
                        self.put(key, Record::Tier(tier));
                    }
                    None => {
                        self.state.open(*account);
                        self.remove(&key);
                    }
                }
                self.touch(*account)
            }
            Compliance::UpdateSanctions { list, version, effective, add, remove } => {
                self.new_version(*list, *version, *effective)?;
                for account in add.iter() {
                    self.add(*list, *account, *effective)?;
                }
                for account in remove.iter() {
                    self.take_off(*list, *account, *effective)?;
                }
                Ok(())
            }
            Compliance::DeclareTravel { reference } => {
                expect_reference(reference)?;
                *self.has_travel = true;
                Ok(())
            }
        }
    }

    /// The first asset that the actor is compliance of.
    fn home(&self) -> Result<AssetId, Failure> {
        let found = self.state.assets.iter().position(|asset| asset.controls.roles.compliance == Some(self.actor));
        found.map(|place| AssetId(place as u32)).ok_or_else(|| ComplianceFailure::NotCompliance.into())
    }

    fn expect_keeper(&self, home: AssetId) -> Result<(), Failure> {
        match self.state.asset(home)?.controls.roles.compliance == Some(self.actor) {
            true => Ok(()),
            false => Err(ComplianceFailure::NotKeeper { home }.into()),
        }
    }

    fn new_version(&mut self, list: ListId, version: u32, effective: Height) -> Result<(), Failure> {
        let (home, before) = match self.record(&RecordKey::SanctionList(list)) {
            Some(Record::SanctionList(present)) => {
                self.expect_keeper(present.home)?;
                (present.home, (present.version, present.effective))
            }
            _ => (self.home()?, (0, Height(0))),
        };
        if version != before.0 + 1 {
            return Err(ComplianceFailure::WrongVersion { list, expected: before.0 + 1, got: version }.into());
        }
        let earliest = before.1.max(self.height);
        if effective < earliest {
            return Err(ComplianceFailure::TooEarly { list, earliest, got: effective }.into());
        }
        let latest = Height(earliest.0 + 1_000_000);
        if effective > latest {
            return Err(ComplianceFailure::TooLate { list, latest, got: effective }.into());
        }
        let record = SanctionList { home, version, effective };
        self.put(RecordKey::SanctionList(list), Record::SanctionList(record));
        Ok(())
    }

    fn entry(&self, list: ListId, account: Address) -> Option<Sanction> {
        match self.record(&RecordKey::Sanction(list, account)) {
            Some(Record::Sanction(entry)) => Some(entry),
            _ => None,
        }
    }

    /// Who is on the list stays on it without a gap: a removal that has not taken effect never does.
    fn add(&mut self, list: ListId, account: Address, effective: Height) -> Result<(), Failure> {
        let from = match self.entry(list, account) {
            Some(Sanction { from, until: None }) => from,
            Some(Sanction { from, until: Some(until) }) if until > self.height => from,
            _ => effective,
        };
        self.put(RecordKey::Sanction(list, account), Record::Sanction(Sanction { from, until: None }));
        self.state.mark(account, LISTED);
        self.touch(account)
    }

    fn take_off(&mut self, list: ListId, account: Address, effective: Height) -> Result<(), Failure> {
        let Some(Sanction { from, until: None }) = self.entry(list, account) else { return Ok(()) };
        let entry = Sanction { from, until: Some(effective) };
        self.put(RecordKey::Sanction(list, account), Record::Sanction(entry));
        self.touch(account)
    }
}

pub(crate) fn expect_reference(reference: &str) -> Result<(), Failure> {
    match reference.chars().all(char::is_whitespace) {
        true => Err(ComplianceFailure::NoReference.into()),
        false => Ok(()),
    }
}
