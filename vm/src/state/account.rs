//! Accounts: an address, its balances, and where its history begins.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use types::codec::{Bounded, encode};
use types::{Address, Amount, AssetId, Domain, Hash};

use crate::execution::receipt::ReceiptPointer;
use crate::state::asset::MAX_ASSETS;

/// What the ledger knows of an address.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Account {
    /// The address.
    pub address: Address,
    balances: Balances,
    /// The latest receipt of a transaction that touched the account. It names the one before.
    pub latest: Option<ReceiptPointer>,
    /// Which records to look for when money leaves the account or arrives.
    pub(crate) marks: Marks,
}

/// What there may be records about. A mark is never taken away: it says where to look, so that an account without marks
/// costs no look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode)]
pub(crate) struct Marks(u8);

impl Marks {
    /// Something of it is frozen, or was.
    pub(crate) const FROZEN: Marks = Marks(1);
    /// It is on a sanction list, will be, or was.
    pub(crate) const LISTED: Marks = Marks(1 << 1);
    /// It was given a tier.
    pub(crate) const TIERED: Marks = Marks(1 << 2);
    /// It is the address of an order.
    pub(crate) const ORDER: Marks = Marks(1 << 3);
    const ALL: Marks = Marks(Marks::FROZEN.0 | Marks::LISTED.0 | Marks::TIERED.0 | Marks::ORDER.0);

    /// True if all of `marks` are set.
    pub(crate) fn contain(self, marks: Marks) -> bool {
        self.0 & marks.0 == marks.0
    }

    /// These and `marks`.
    pub(crate) fn with(self, marks: Marks) -> Marks {
        Marks(self.0 | marks.0)
    }
}

impl<C> Decode<C> for Marks {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let marks = Marks(u8::decode(decoder)?);
        if !Marks::ALL.contain(marks) {
            return Err(DecodeError::Other("a mark that does not exist"));
        }
        Ok(marks)
    }
}

impl<'de, C> BorrowDecode<'de, C> for Marks {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// Balances that are not zero, by asset. Most accounts hold one asset, and that needs no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Balances {
    /// At most one asset; an amount of zero stands for none.
    One(AssetId, Amount),
    /// Two or more, ascending.
    Many(Vec<(AssetId, Amount)>),
}

impl Account {
    /// An account that holds nothing.
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            balances: Balances::One(AssetId::default(), Amount::ZERO),
            latest: None,
            marks: Marks::default(),
        }
    }

    /// How much of an asset the account holds.
    pub fn balance(&self, asset: AssetId) -> Amount {
        match &self.balances {
            Balances::One(held, amount) if *held == asset => *amount,
            Balances::One(..) => Amount::ZERO,
            Balances::Many(list) => {
                list.binary_search_by_key(&asset, |(held, _)| *held).map_or(Amount::ZERO, |place| list[place].1)
            }
        }
    }

    /// What the account holds, by asset; no zeros.
    pub fn balances(&self) -> impl Iterator<Item = (AssetId, Amount)> {
        let (one, many) = match &self.balances {
            Balances::One(_, Amount::ZERO) => (None, &[][..]),
            Balances::One(asset, amount) => (Some((*asset, *amount)), &[][..]),
            Balances::Many(list) => (None, list.as_slice()),
        };
        one.into_iter().chain(many.iter().copied())
    }

    /// Replaces a balance. Whoever moves money goes through [`crate::rules::gate`].
    pub(crate) fn set_balance(&mut self, asset: AssetId, amount: Amount) {
        match &mut self.balances {
            Balances::One(held, old) if *held == asset => *old = amount,
            Balances::One(held, old) if *old == Amount::ZERO => (*held, *old) = (asset, amount),
            Balances::One(..) if amount == Amount::ZERO => {}
            Balances::One(held, old) => {
                let mut list = vec![(*held, *old), (asset, amount)];
                list.sort_unstable();
                self.balances = Balances::Many(list);
            }
            Balances::Many(list) => {
                match (list.binary_search_by_key(&asset, |(held, _)| *held), amount) {
                    (Ok(place), Amount::ZERO) => drop(list.remove(place)),
                    (Ok(place), _) => list[place].1 = amount,
                    (Err(_), Amount::ZERO) => {}
                    (Err(place), _) => list.insert(place, (asset, amount)),
                }
                if let [(asset, amount)] = list[..] {
                    self.balances = Balances::One(asset, amount);
                }
            }
        }
        // An account without balances has one form.
        if let Balances::One(held, Amount::ZERO) = &mut self.balances {
            *held = AssetId::default();
        }
    }

    /// The account's leaf in the tree of accounts.
    pub(crate) fn leaf(&self) -> Hash {
        Hash::of(Domain::Account, &encode(self))
    }

    /// No encoding of the account is longer than this, in bytes.
    pub(crate) fn max_encoded_bytes(&self) -> usize {
        let assets = match &self.balances {
            Balances::One(..) => 1,
            Balances::Many(list) => list.len(),
        };
        // Address, count, latest receipt and marks; then for each asset an id of up to 5 and an amount of up to 17 bytes.
        41 + 22 * assets
    }
}

impl Encode for Balances {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        match self {
            Balances::One(_, Amount::ZERO) => 0u64.encode(encoder),
            Balances::One(asset, amount) => (1u64, asset, amount).encode(encoder),
            Balances::Many(list) => {
                (list.len() as u64).encode(encoder)?;
                list.iter().try_for_each(|entry| entry.encode(encoder))
            }
        }
    }
}

impl<C> Decode<C> for Balances {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let list = Bounded::<(AssetId, Amount), MAX_ASSETS>::decode(decoder)?.into_vec();
        let ascends = list.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !ascends || list.iter().any(|(_, amount)| *amount == Amount::ZERO) {
            return Err(DecodeError::Other("balances ascend by asset and are not zero"));
        }
        Ok(match list[..] {
            [] => Balances::One(AssetId::default(), Amount::ZERO),
            [(asset, amount)] => Balances::One(asset, amount),
            _ => Balances::Many(list),
        })
    }
}

impl<'de, C> BorrowDecode<'de, C> for Balances {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use types::Height;
    use types::codec::{CodecError, decode};

    #[test]
    fn balances_behave_as_a_map_without_zeros() {
        let mut account = Account::new(Address([1; 20]));
        let mut model = BTreeMap::new();
        // Every way between none, one and three assets.
        for step in 0..2_000u32 {
            let (asset, amount) = (AssetId(step * 7 % 11 % 3), Amount(u128::from(step * 5 % 13 % 2)));
            account.set_balance(asset, amount);
            model.insert(asset, amount);
            model.retain(|_, amount| *amount != Amount::ZERO);
            assert!(account.balances().eq(model.iter().map(|(asset, amount)| (*asset, *amount))), "step {step}");
            for asset in (0..4).map(AssetId) {
                assert_eq!(account.balance(asset), model.get(&asset).copied().unwrap_or_default());
            }
            assert_eq!(decode::<Account>(&encode(&account)).as_ref(), Ok(&account), "one form for equal balances");
        }
    }

    #[test]
    fn the_encoding_is_no_longer_than_announced() {
        let mut account = Account::new(Address([255; 20]));
        account.latest = Some(ReceiptPointer { height: Height(u64::MAX), index: u32::MAX });
        for asset in 0..MAX_ASSETS as u32 {
            assert!(encode(&account).len() <= account.max_encoded_bytes());
            account.set_balance(AssetId(u32::MAX - asset), Amount(u128::MAX));
        }
        assert!(encode(&account).len() <= account.max_encoded_bytes());
    }

    #[test]
    fn refuses_balances_that_are_zero_or_out_of_order() {
        let encoded = |balances: &[(u32, u128)]| {
            let list: Vec<(AssetId, Amount)> =
                balances.iter().map(|(asset, amount)| (AssetId(*asset), Amount(*amount))).collect();
            encode(&(Address([1; 20]), list, None::<ReceiptPointer>, 0u8))
        };
        assert!(decode::<Account>(&encoded(&[(0, 1), (1, 1)])).is_ok());
        for bad in [&[(1, 1), (0, 1)][..], &[(0, 1), (0, 1)], &[(0, 0)]] {
            assert!(matches!(decode::<Account>(&encoded(bad)), Err(CodecError::Invalid(_))), "{bad:?}");
        }
    }
}
