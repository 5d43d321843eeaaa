//! `a * b / c` where `a * b` may need 256 bits.

use super::trap::Trap;

/// Which way a quotient that is not whole goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// Towards zero.
    Floor,
    /// Away from zero.
    Ceil,
}

/// `a * b / c`, exact before it is rounded.
pub(super) fn mul_div(a: u128, b: u128, c: u128, rounding: Rounding) -> Result<u128, Trap> {
    if c == 0 {
        return Err(Trap::DivisionByZero);
    }
    let (quotient, remainder) = match a.checked_mul(b) {
        Some(product) => (product / c, product % c),
        None => divide(wide_product(a, b), c).ok_or(Trap::Overflow)?,
    };
    match rounding {
        Rounding::Ceil if remainder > 0 => quotient.checked_add(1).ok_or(Trap::Overflow),
        Rounding::Ceil | Rounding::Floor => Ok(quotient),
    }
}

/// The product's high and low 128 bits.
fn wide_product(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let lowest = a_low * b_low;
    // Each summand is at most (2^64 - 1)^2, so neither sum reaches 2^128.
    let middle = a_high * b_low + (lowest >> 64);
    let crossed = a_low * b_high + (middle & LOW);
    let high = a_high * b_high + (middle >> 64) + (crossed >> 64);
    (high, (crossed << 64) | (lowest & LOW))
}

/// Quotient and remainder by long division, bit by bit; `None` where the quotient has more than 128 bits.
fn divide((high, low): (u128, u128), divisor: u128) -> Option<(u128, u128)> {
    if high >= divisor {
        return None;
    }
    let (mut remainder, mut quotient) = (high, 0);
    for place in (0..128).rev() {
        // The remainder is below the divisor; doubled it may have 129 bits, of which this is the highest.
        let carry = remainder >> 127 == 1;
        remainder = (remainder << 1) | ((low >> place) & 1);
        if carry || remainder >= divisor {
            remainder = remainder.wrapping_sub(divisor);
            quotient |= 1 << place;
        }
    }
    Some((quotient, remainder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_256_bits_is_divided_exactly() {
        let max = u128::MAX;
        assert_eq!(mul_div(max, max, max, Rounding::Floor), Ok(max));
        assert_eq!(mul_div(max, max - 1, max, Rounding::Ceil), Ok(max - 1));
        assert_eq!(mul_div(max, 3, 4, Rounding::Floor), Ok(max / 4 * 3 + 2));
        assert_eq!(mul_div(max, 3, 4, Rounding::Ceil), Ok(max / 4 * 3 + 3));
        assert_eq!(mul_div(1 << 127, 1 << 127, (1 << 127) + 1, Rounding::Floor), Ok((1 << 127) - 1));
        assert_eq!(mul_div(max, 2, 1, Rounding::Floor), Err(Trap::Overflow));
        assert_eq!(mul_div(max, max, max - 1, Rounding::Floor), Err(Trap::Overflow));
        assert_eq!(mul_div(1, 1, 0, Rounding::Floor), Err(Trap::DivisionByZero));
    }

    #[test]
    fn a_quotient_is_rounded_as_asked() {
        assert_eq!(mul_div(4_500, 250, 10_000, Rounding::Floor), Ok(112));
        assert_eq!(mul_div(4_500, 250, 10_000, Rounding::Ceil), Ok(113));
        assert_eq!(mul_div(4_000, 250, 10_000, Rounding::Ceil), Ok(100));
    }

    proptest::proptest! {
        /// The product, undivided, is quotient * divisor + remainder, in 256 bits.
        #[test]
        fn long_division_is_undone_by_multiplication(a: u128, b: u128, c in 1u128..) {
            let product = wide_product(a, b);
            if let Some((quotient, remainder)) = divide(product, c) {
                assert!(remainder < c);
                let (high, low) = wide_product(quotient, c);
                let (low, carry) = low.overflowing_add(remainder);
                assert_eq!((high + u128::from(carry), low), product);
            } else {
                assert!(product.0 >= c);
            }
        }
    }
}
