//! Times as people write them, in the proleptic Gregorian calendar.

use types::Timestamp;

/// A time that was given as text: milliseconds since the Unix epoch, or a date with or without time and zone, such as
/// `2026-03-01`, `2026-03-01T09:30` or `2026-03-01T09:30:00+09:00`. Without a zone it is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no time: write 2026-03-01, 2026-03-01T09:30:00, either with Z or a zone such as +09:00, or milliseconds \
     since 1970"
)]
pub struct TimeError(String);

const DAY_MILLIS: i64 = 86_400_000;

impl std::str::FromStr for Moment {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let millis = text.parse::<u64>().ok().or_else(|| parse(text));
        millis.map(|millis| Moment(Timestamp(millis))).ok_or_else(|| TimeError(text.chars().take(80).collect()))
    }
}

/// The time in UTC as ISO 8601 writes it, with milliseconds.
pub fn iso(timestamp: Timestamp) -> String {
    // Far beyond any chain's time the date is wrong, and nothing else happens.
    let millis = i64::try_from(timestamp.0).unwrap_or(i64::MAX);
    let (days, of_day) = (millis.div_euclid(DAY_MILLIS), millis.rem_euclid(DAY_MILLIS));
    let (year, month, day) = civil(days);
    let (seconds, fraction) = (of_day / 1_000, of_day % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

fn parse(text: &str) -> Option<u64> {
    let (date, rest) = text.split_at_checked(10)?;
    let days = days_of(date)?;
    let (time, zone) = match rest.strip_prefix(['T', ' ']) {
        Some(rest) => rest.split_at(rest.find(['Z', '+', '-']).unwrap_or(rest.len())),
        None => ("00:00", rest),
    };
    let millis = days * DAY_MILLIS + time_of(time)? - zone_of(zone)?;
    u64::try_from(millis).ok()
}

fn days_of(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let days = days_from_civil(year, month, day);
    // A day that the month does not have comes back as another one.
    (parts.next().is_none() && civil(days) == (year, month, day)).then_some(days)
}

fn time_of(time: &str) -> Option<i64> {
    let mut parts = time.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| number(second, 2))?;
    let is_time = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    is_time.then_some(((hour * 60 + minute) * 60 + second) * 1_000)
}

/// How far ahead of UTC, in milliseconds.
fn zone_of(zone: &str) -> Option<i64> {
    let (sign, offset) = match zone.as_bytes().first() {
        None => return Some(0),
        Some(b'Z') => return (zone == "Z").then_some(0),
        Some(b'+') => (1, &zone[1..]),
        Some(b'-') => (-1, &zone[1..]),
        Some(_) => return None,
    };
    Some(sign * time_of(offset)?)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

/// Year, month and day. Source: as above, civil_from_days.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_place = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_place + 2) / 5 + 1;
    let month = if month_place < 10 { month_place + 3 } else { month_place - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<u64> {
        text.parse::<Moment>().ok().map(|moment| moment.0.0)
    }

    #[test]
    fn known_times() {
        assert_eq!(millis("1970-01-01"), Some(0));
        assert_eq!(millis("2000-02-29T12:00"), Some(951_825_600_000));
        assert_eq!(millis("2026-03-01T09:30:15Z"), Some(1_772_357_415_000));
        assert_eq!(millis("2026-03-01T09:30:15+09:00"), Some(1_772_357_415_000 - 9 * 3_600_000));
        assert_eq!(millis("2026-03-01+09:00"), Some(1_772_323_200_000 - 9 * 3_600_000));
        assert_eq!(millis("1772357415123"), Some(1_772_357_415_123));
        assert_eq!(iso(Timestamp(1_772_357_415_123)), "2026-03-01T09:30:15.123Z");
    }

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        for day in 0..146_097u64 {
            let text = iso(Timestamp(day * DAY_MILLIS as u64));
            assert_eq!(millis(&text[..10]), Some(day * DAY_MILLIS as u64), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "today", "2026-2-1", "2026-02-30", "2025-02-29", "2026-13-01", "2026-03-01T24:00"] {
            assert_eq!(millis(text), None, "{text}");
        }
        for text in ["2026-03-01T9:30", "2026-03-01T09", "2026-03-01T09:30+9", "1969-12-31", "2026-03-01Zulu", "-5"] {
            assert_eq!(millis(text), None, "{text}");
        }
        assert_eq!(millis("２０２６-03-01"), None);
    }
}
