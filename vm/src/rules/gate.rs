//! The gate: the one function through which every movement of money passes, whatever asks for it.
//!
//! What forbids a movement is looked for in a fixed order, so that each transaction fails for one reason everywhere:
//!
//! 1. the asset exists ([`Failure::UnknownAsset`]);
//! 2. the amount is not zero ([`Failure::ZeroAmount`]);
//! 3. the payer may do this ([`Failure::NotIssuer`], for mint and burn);
//! 4. the payer holds enough ([`Failure::Overdraft`], for burn and transfer);
//! 5. sums can be counted ([`Failure::SupplyOverflow`], then [`Failure::BalanceOverflow`]).
//!
//! A transfer to oneself is checked like any other and changes nothing.

use types::breakage::{Breakage, is_on};
use types::{Address, Amount, AssetId};

use crate::state::overlay::{Overlay, Slot};
use crate::{Asset, Failure};

/// Money that a payer wants moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Movement {
    pub(crate) asset: AssetId,
    pub(crate) amount: Amount,
    pub(crate) way: Way,
}

/// From where to where money moves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// From nowhere to an account.
    Mint { to: Address },
    /// From the payer to nowhere.
    Burn,
    /// From the payer to an account.
    Transfer { to: Address },
}

impl Movement {
    /// Everything that can be told from the payer's side. `balance` is what the payer holds of [`Movement::asset`].
    pub(crate) fn check(&self, payer: &Address, assets: &[Asset], balance: Amount) -> Result<(), Failure> {
        let Movement { asset: id, amount, way } = *self;
        let asset = assets.get(id.0 as usize).ok_or(Failure::UnknownAsset { asset: id })?;
        if amount == Amount::ZERO && !is_on(Breakage::ZeroAccepted) {
            return Err(Failure::ZeroAmount);
        }
        let is_issuer = asset.issuer == *payer || is_on(Breakage::IssuerUnchecked);
        if matches!(way, Way::Mint { .. } | Way::Burn) && !is_issuer {
            return Err(Failure::NotIssuer { asset: id });
        }
        if matches!(way, Way::Burn | Way::Transfer { .. }) && balance < amount {
            return Err(Failure::Overdraft { asset: id, balance, needed: amount });
        }
        if matches!(way, Way::Mint { .. }) && asset.supply.checked_add(amount).is_none() {
            return Err(Failure::SupplyOverflow { asset: id });
        }
        Ok(())
    }
}

/// Moves money as the account at `payer` wants it, or says what forbids it. After a failure the caller rolls the overlay
/// back. Returns the receiver's slot, if there is a receiver.
pub(crate) fn pass(overlay: &mut Overlay<'_>, payer: Slot, movement: Movement) -> Result<Option<Slot>, Failure> {
    let Movement { asset, amount, way } = movement;
    let account = overlay.account(payer);
    let held = account.balance(asset);
    movement.check(&account.address, overlay.assets(), held)?;

    let supply = overlay.assets()[asset.0 as usize].supply;
    let receiver = match way {
        Way::Mint { to } | Way::Transfer { to } => Some(overlay.find_or_create(&to)),
        Way::Burn => None,
    };
    match way {
        // The checks have shown that the new supply can be counted. It holds what the payer holds; were the books wrong,
        // the check of them after the block would say so.
        Way::Mint { .. } => overlay.set_supply(asset, Amount(supply.0 + amount.0)),
        Way::Burn => overlay.set_supply(asset, Amount(supply.0.saturating_sub(amount.0))),
        Way::Transfer { .. } => {}
    }
    if matches!(way, Way::Burn | Way::Transfer { .. }) {
        overlay.set_balance(payer, asset, Amount(held.0 - amount.0));
    }
    if let Some(receiver) = receiver {
        let amount = Amount(amount.0 * if is_on(Breakage::CreditedTwice) { 2 } else { 1 });
        let credited = overlay.account(receiver).balance(asset).checked_add(amount);
        overlay.set_balance(receiver, asset, credited.ok_or(Failure::BalanceOverflow { asset })?);
    }
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::overlay::Parent;
    use crate::{AssetSpec, Ledger, Parameters};
    use types::codec::Text;
    use types::{Member, PublicKey};

    const WON: AssetId = AssetId(0);

    fn ledger() -> Ledger {
        let won = AssetSpec { symbol: Text::new("KRW").unwrap(), decimals: 0, issuer: Address([1; 20]) };
        let accounts = vec![(Address([1; 20]), vec![(WON, Amount(100))]), (Address([2; 20]), vec![])];
        let parameters = Parameters { max_valid_seconds: 60, validator_notice_millis: 10_000, fees: None };
        let member = Member::new("only", PublicKey([1; 32]), "peer", "/address").unwrap();
        Ledger::genesis(parameters, vec![member], vec![won], accounts).unwrap()
    }

    #[test]
    fn a_balance_never_wraps_around_even_where_the_books_are_wrong() {
        let ledger = ledger();
        let mut overlay = Overlay::new(Parent::new(&ledger, &[]).unwrap(), 0);
        let payer = overlay.find(&Address([1; 20])).unwrap();
        let receiver = overlay.find(&Address([2; 20])).unwrap();
        overlay.begin();
        overlay.set_balance(receiver, WON, Amount(u128::MAX));
        overlay.begin();
        let transfer = Movement { asset: WON, amount: Amount(1), way: Way::Transfer { to: Address([2; 20]) } };
        assert_eq!(pass(&mut overlay, payer, transfer), Err(Failure::BalanceOverflow { asset: WON }));
        overlay.roll_back();
        assert_eq!(overlay.account(payer).balance(WON), Amount(100));
    }

    #[test]
    fn a_rollback_leaves_no_trace() {
        let ledger = ledger();
        let mut overlay = Overlay::new(Parent::new(&ledger, &[]).unwrap(), 0);
        let payer = overlay.find(&Address([1; 20])).unwrap();
        overlay.begin();
        let ways = [Way::Mint { to: Address([7; 20]) }, Way::Transfer { to: Address([2; 20]) }, Way::Burn];
        for way in ways {
            pass(&mut overlay, payer, Movement { asset: WON, amount: Amount(9), way }).unwrap();
        }
        assert_eq!(overlay.assets()[0].supply, Amount(100));
        let mint = Movement { asset: WON, amount: Amount(1), way: Way::Mint { to: Address([8; 20]) } };
        pass(&mut overlay, payer, mint).unwrap();
        assert_eq!(overlay.assets()[0].supply, Amount(101));
        overlay.roll_back();

        assert_eq!(overlay.assets()[0].supply, Amount(100));
        let (changes, account_count, ..) = overlay.into_parts();
        assert_eq!((changes.accounts().len(), account_count), (1, 2), "only the payer's copy is left");
        assert_eq!(changes.accounts()[0].account, *ledger.account(&Address([1; 20])).unwrap());
        assert!(changes.find(&Address([7; 20])).is_none());
    }
}
