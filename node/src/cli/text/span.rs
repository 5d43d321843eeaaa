//! Lengths of time as people write them.

/// A length of time such as `90s`, `15m`, `2h` or `7d`, in milliseconds.
pub(in crate::cli) fn millis(text: &str) -> Option<u64> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count = &text[..text.len() - unit.len_utf8()];
    let is_number = !count.is_empty() && count.bytes().all(|digit| digit.is_ascii_digit());
    count.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(seconds * 1_000)
}

/// Reads a length of time from an option, in whole seconds.
pub(in crate::cli) fn seconds(text: &str) -> Result<u32, String> {
    let seconds = millis(text).and_then(|millis| u32::try_from(millis / 1_000).ok());
    seconds.ok_or_else(|| "a length of time is a number and a unit, such as 90s, 15m, 2h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("2h"), Ok(7_200));
        assert_eq!(millis("1d"), Some(86_400_000));
        for text in ["", "s", "7", "-1s", "1w", "+1s", "99999999999d", "1.5h"] {
            assert!(seconds(text).is_err(), "{text:?}");
        }
    }
}
