//! Merchants as the ledger's registry lists them.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::codec::{Bounded, Text};
use crate::{Address, Amount};

/// The digits of a Korean business registration number.
pub const BUSINESS_NUMBER_DIGITS: usize = 10;

/// The longest name of a merchant, in bytes.
pub const MAX_MERCHANT_NAME_BYTES: usize = 128;

/// The longest id of a terminal, in bytes.
pub const MAX_TERMINAL_BYTES: usize = 16;

/// The most terminals of a merchant.
pub const MAX_TERMINALS: usize = 64;

/// The id of a terminal, such as a till's.
pub type TerminalId = Text<MAX_TERMINAL_BYTES>;

/// A merchant's entry in the registry. The merchant is named by the address of its account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merchant {
    /// The Korean business registration number: ten digits without hyphens, of which the last is a check digit.
    pub business_number: Text<BUSINESS_NUMBER_DIGITS>,
    /// The name over the door.
    pub name: Text<MAX_MERCHANT_NAME_BYTES>,
    /// What it sells: an ISO 18245 merchant category code.
    pub category: u16,
    /// Where it sells: a code that the registrar assigns.
    pub region: u16,
    /// False while it is suspended.
    pub is_active: bool,
    /// Its terminals, each once.
    pub terminals: Bounded<TerminalId, MAX_TERMINALS>,
    /// How what is paid for its orders is split. Without a rule all of it is the merchant's.
    pub settlement: Option<SettlementRule>,
}

/// How what is paid for a merchant's orders is split.
///
/// The fee is `price * fee_points / 10,000`. The VAT that the price contains is `price * vat_points / (10,000 +
/// vat_points)`: of 11,000 at 1,000 points, 1,000. Both are rounded down, and the rest is the merchant's, so that the
/// shares always add up to the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlementRule {
    /// Who receives the fee.
    pub processor: Address,
    /// The fee, in basis points of the price.
    pub fee_points: u16,
    /// Who receives the VAT.
    pub treasury: Address,
    /// The rate of the VAT that the price contains, in basis points.
    pub vat_points: u16,
}

/// What a price is split into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shares {
    /// The merchant's.
    pub merchant: Amount,
    /// The processor's.
    pub fee: Amount,
    /// The treasury's.
    pub vat: Amount,
}

impl SettlementRule {
    /// The shares of a price.
    pub fn shares(&self, price: Amount) -> Shares {
        let part = |points: u16, whole: u32| {
            let (points, whole) = (u128::from(points), u128::from(whole));
            // price * points / whole without a product that overflows: points are no more than whole.
            price.0 / whole * points + price.0 % whole * points / whole
        };
        let fee = part(self.fee_points.min(10_000), 10_000);
        let vat = part(self.vat_points, 10_000 + u32::from(self.vat_points));
        // A rule in the registry leaves something; of no other is more split off than there is.
        let vat = vat.min(price.0 - fee);
        Shares { merchant: Amount(price.0 - fee - vat), fee: Amount(fee), vat: Amount(vat) }
    }

    /// Fee and VAT are together no more than the price.
    fn leaves_something(&self) -> bool {
        let (fee, vat) = (u64::from(self.fee_points), u64::from(self.vat_points));
        // fee / 10,000 + vat / (10,000 + vat) <= 1, without fractions.
        fee * (10_000 + vat) + vat * 10_000 <= 10_000 * (10_000 + vat)
    }
}

/// What a merchant's entry consists of, as far as it can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum MerchantField {
    /// [`Merchant::business_number`].
    BusinessNumber,
    /// [`Merchant::name`].
    Name,
    /// [`Merchant::terminals`].
    Terminals,
    /// [`Merchant::settlement`].
    Settlement,
}

impl MerchantField {
    /// The field's name in files.
    pub fn name(self) -> &'static str {
        match self {
            MerchantField::BusinessNumber => "business_number",
            MerchantField::Name => "name",
            MerchantField::Terminals => "terminals",
            MerchantField::Settlement => "settlement",
        }
    }

    /// What the field must be.
    pub fn rule(self) -> &'static str {
        match self {
            MerchantField::BusinessNumber => "ten digits, of which the last is the check digit of the others",
            MerchantField::Name => "text without control characters",
            MerchantField::Terminals => "different ids, each text without control characters",
            MerchantField::Settlement => "a rule whose fee and VAT are together no more than the price",
        }
    }
}

impl std::fmt::Display for MerchantField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A part of a merchant's entry is not what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {field} must be {}", .field.rule())]
pub struct MerchantError {
    /// Which part.
    pub field: MerchantField,
}

impl Merchant {
    /// Names the first field that is not what it must be.
    pub fn check(&self) -> Result<(), MerchantError> {
        let is_text = |text: &str| !text.trim().is_empty() && !text.contains(char::is_control);
        let mut terminals: Vec<&str> = self.terminals.iter().map(|terminal| &**terminal).collect();
        terminals.sort_unstable();
        let are_terminals =
            terminals.iter().all(|id| is_text(id)) && terminals.windows(2).all(|pair| pair[0] < pair[1]);
        let fields = [
            (MerchantField::BusinessNumber, is_business_number(&self.business_number)),
            (MerchantField::Name, is_text(&self.name)),
            (MerchantField::Terminals, are_terminals),
            (MerchantField::Settlement, self.settlement.is_none_or(|rule| rule.leaves_something())),
        ];
        let wrong = fields.into_iter().find(|(_, is_good)| !is_good);
        wrong.map_or(Ok(()), |(field, _)| Err(MerchantError { field }))
    }
}

/// True for ten digits whose last is the check digit that the National Tax Service of Korea defines: the others,
/// weighted, and the tens of the ninth's weighted value make it up to a multiple of ten.
fn is_business_number(text: &str) -> bool {
    const WEIGHTS: [u32; 9] = [1, 3, 7, 1, 3, 7, 1, 3, 5];
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(10)).collect();
    let Some([first @ .., check]) = digits.as_deref() else { return false };
    if first.len() != WEIGHTS.len() {
        return false;
    }
    let sum: u32 = first.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    (sum + first[8] * WEIGHTS[8] / 10 + check).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    fn merchant() -> Merchant {
        Merchant {
            business_number: Text::new("1248100998").expect("ten"),
            name: Text::new("커피 바로").expect("short"),
            category: 5_814,
            region: 11,
            is_active: true,
            terminals: Bounded::new(["till-1", "till-2"].map(|id| Text::new(id).expect("short")).to_vec())
                .expect("two"),
            settlement: None,
        }
    }

    #[test]
    fn business_numbers_of_companies_pass_and_no_other_last_digit_does() {
        for number in ["1248100998", "2208162517", "1208147521"] {
            assert!(is_business_number(number), "{number}");
            for digit in ('0'..='9').filter(|digit| !number.ends_with(*digit)) {
                assert!(!is_business_number(&format!("{}{digit}", &number[..9])), "{number} with {digit}");
            }
        }
        for wrong in ["", "124810099", "12481009980", "124-81-009", "124810099８", "abcdefghij"] {
            assert!(!is_business_number(wrong), "{wrong}");
        }
    }

    #[test]
    fn shares_add_up_to_the_price() {
        let rule = |fee_points, vat_points| SettlementRule {
            processor: Address([1; 20]),
            fee_points,
            treasury: Address([2; 20]),
            vat_points,
        };
        let shares = rule(150, 1_000).shares(Amount(11_000));
        assert_eq!(shares, Shares { merchant: Amount(9_835), fee: Amount(165), vat: Amount(1_000) });
        let prices = [0, 1, 9, 10, 99, 4_500, 10_001, 1 << 100, u128::MAX - 1, u128::MAX];
        for (fee, vat) in [(0, 0), (150, 1_000), (10_000, 0), (9_090, 1_000), (1, u16::MAX), (333, 7)] {
            assert!(rule(fee, vat).leaves_something(), "{fee} {vat}");
            for price in prices {
                let Shares { merchant, fee, vat } = rule(fee, vat).shares(Amount(price));
                assert_eq!(merchant.0.checked_add(fee.0).and_then(|sum| sum.checked_add(vat.0)), Some(price));
            }
        }
        for (fee, vat) in [(10_001, 0), (10_000, 1), (9_091, 1_000), (5_001, 10_000)] {
            assert!(!rule(fee, vat).leaves_something(), "{fee} {vat}");
            assert_eq!(
                Merchant { settlement: Some(rule(fee, vat)), ..merchant() }.check(),
                Err(MerchantError { field: MerchantField::Settlement })
            );
        }
    }

    #[test]
    fn each_field_is_checked() {
        assert_eq!(merchant().check(), Ok(()));
        assert_eq!(Merchant { terminals: Bounded::default(), ..merchant() }.check(), Ok(()), "a shop without tills");
        let terminals =
            |ids: &[&str]| Bounded::new(ids.iter().map(|id| Text::new(*id).expect("short")).collect()).expect("few");
        let wrong = [
            (Merchant { business_number: Text::default(), ..merchant() }, MerchantField::BusinessNumber),
            (Merchant { name: Text::new(" ").expect("short"), ..merchant() }, MerchantField::Name),
            (Merchant { name: Text::new("a\nb").expect("short"), ..merchant() }, MerchantField::Name),
            (Merchant { terminals: terminals(&["a", "b", "a"]), ..merchant() }, MerchantField::Terminals),
            (Merchant { terminals: terminals(&["a", ""]), ..merchant() }, MerchantField::Terminals),
            (Merchant { terminals: terminals(&["a\t"]), ..merchant() }, MerchantField::Terminals),
        ];
        for (merchant, field) in wrong {
            assert_eq!(merchant.check(), Err(MerchantError { field }), "{merchant:?}");
        }
    }

    #[test]
    fn an_entry_round_trips() {
        assert_eq!(decode::<Merchant>(&encode(&merchant())), Ok(merchant()));
    }
}
