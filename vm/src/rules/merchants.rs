//! The registry of merchants. Its registrar is the issuer of the first asset, who knows its merchants by contract.
//!
//! What forbids a change of the registry is looked for in a fixed order:
//!
//! 1. the payer is the registrar ([`Failure::NotRegistrar`]; without assets nobody is);
//! 2. a new merchant has no entry ([`Failure::MerchantExists`]), any other has one ([`Failure::UnknownMerchant`]);
//! 3. each part of the entry is what it must be ([`Failure::MalformedMerchant`]).
//!
//! A merchant needs no account to have an entry, and an entry moves no money.

use types::{Address, Merchant};

use crate::rules::turn::Turn;
use crate::{Asset, Failure, Record, RecordKey};

/// A change of a merchant's entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Registration<'t> {
    pub(crate) merchant: Address,
    pub(crate) change: Change<'t>,
}

/// What becomes of the entry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change<'t> {
    Register(&'t Merchant),
    Update(&'t Merchant),
    Close,
}

impl<'t> Registration<'t> {
    /// The merchant's entry after the change, or what forbids the change. `is_registered`: there is an entry before.
    fn check(&self, payer: &Address, assets: &[Asset], is_registered: bool) -> Result<Option<&'t Merchant>, Failure> {
        let merchant = self.merchant;
        if assets.first().is_none_or(|asset| asset.issuer != *payer) {
            return Err(Failure::NotRegistrar);
        }
        let entry = match (self.change, is_registered) {
            (Change::Register(_), true) => return Err(Failure::MerchantExists { merchant }),
            (Change::Update(_) | Change::Close, false) => return Err(Failure::UnknownMerchant { merchant }),
            (Change::Register(entry) | Change::Update(entry), _) => Some(entry),
            (Change::Close, true) => None,
        };
        entry
            .map_or(Ok(()), Merchant::check)
            .map_err(|error| Failure::MalformedMerchant { merchant, field: error.field })?;
        Ok(entry)
    }
}

/// Changes the registry as the actor wants it, or says what forbids it.
pub(crate) fn register(turn: &mut Turn<'_, '_>, registration: Registration<'_>) -> Result<(), Failure> {
    let key = RecordKey::Merchant(registration.merchant);
    let is_registered = turn.overlay.record(&key).is_some();
    match registration.check(&turn.actor, turn.overlay.assets(), is_registered)? {
        Some(entry) => turn.overlay.put_record(key, Record::Merchant(entry.clone())),
        None => turn.overlay.remove_record(key),
    }
    Ok(())
}
