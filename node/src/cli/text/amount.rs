//! Amounts as people write and read them.

use types::Amount;

/// Reads an amount in the asset's smallest unit; underscores may group the digits.
pub(in crate::cli) fn amount(text: &str) -> Result<Amount, String> {
    let digits = text.replace('_', "");
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let amount = digits.parse().ok().filter(|_| is_number);
    amount.ok_or_else(|| "an amount is a whole number in the asset's smallest unit, such as 4500 or 4_500".to_owned())
}

/// A number with its thousands apart.
pub(in crate::cli) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }

    #[test]
    fn only_whole_numbers_are_amounts() {
        assert_eq!(amount("4500"), Ok(Amount(4_500)));
        assert_eq!(amount("4_500"), Ok(Amount(4_500)));
        let too_much = format!("{}0", u128::MAX);
        for text in ["", "_", "-1", "+1", "4.5", "4,500", "0x10", " 1", too_much.as_str()] {
            assert!(amount(text).is_err(), "{text:?}");
        }
    }
}
