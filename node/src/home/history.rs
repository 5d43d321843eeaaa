//! How much of the chain a validator keeps: `history` in the configuration, and `--history`.

use std::fmt;
use std::num::NonZero;
use std::str::FromStr;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How much of the chain a validator keeps.
///
/// As a word `all` or `30d`; in the configuration also `{ days = 30 }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum History {
    /// All of it, from its first block on: the validator is an archive.
    #[default]
    All,
    /// At least the last so many days of block time, and up to a volume of the store more.
    Days(Days),
}

/// A number of days, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(NonZero<u32>);

impl Days {
    /// So much time.
    pub fn time(self) -> Duration {
        DAY * self.0.get()
    }
}

/// What is no amount of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// Neither `all` nor a number of days.
    #[error("keep `all` history, or so many days of it, such as `30d`")]
    Form,
    /// A validator keeps at least one day.
    #[error("keep at least one day of history (`1d`), or `all`: peers that were away fetch what they missed from it")]
    TooShort,
}

impl TryFrom<u32> for History {
    type Error = HistoryError;

    fn try_from(days: u32) -> Result<History, HistoryError> {
        let days = NonZero::new(days).ok_or(HistoryError::TooShort)?;
        Ok(History::Days(Days(days)))
    }
}

impl FromStr for History {
    type Err = HistoryError;

    fn from_str(text: &str) -> Result<History, HistoryError> {
        if text == "all" {
            return Ok(History::All);
        }
        let days = text.strip_suffix('d').filter(|days| days.bytes().all(|byte| byte.is_ascii_digit()));
        days.and_then(|days| days.parse::<u32>().ok()).ok_or(HistoryError::Form)?.try_into()
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            History::All => f.write_str("all"),
            History::Days(Days(days)) => write!(f, "{days}d"),
        }
    }
}

/// The table `{ days = 30 }`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    days: u32,
}

impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            History::All => serializer.collect_str(self),
            History::Days(Days(days)) => Table { days: days.get() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for History {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<History, D::Error> {
        deserializer.deserialize_any(Form)
    }
}

struct Form;

impl<'de> Visitor<'de> for Form {
    type Value = History;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"all\" or a number of days, as in { days = 30 }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<History, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<History, A::Error> {
        let Table { days } = Table::deserialize(MapAccessDeserializer::new(map))?;
        days.try_into().map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct File {
        history: History,
    }

    fn read(text: &str) -> Result<History, String> {
        toml::from_str::<File>(text).map(|file| file.history).map_err(|error| error.to_string())
    }

    #[test]
    fn words_and_tables_say_the_same() {
        let days = |days: u32| History::try_from(days).unwrap();
        assert_eq!("all".parse(), Ok(History::All));
        assert_eq!("30d".parse(), Ok(days(30)));
        assert_eq!(read("history = \"all\""), Ok(History::All));
        assert_eq!(read("history = \"30d\""), Ok(days(30)));
        assert_eq!(read("history = { days = 30 }"), Ok(days(30)));
        let History::Days(two) = days(2) else { panic!("days") };
        assert_eq!(two.time(), Duration::from_secs(172_800));
        for history in [History::All, days(1), days(u32::MAX)] {
            let file = File { history };
            assert_eq!(toml::from_str::<File>(&toml::to_string(&file).unwrap()).unwrap(), file);
            assert_eq!(history.to_string().parse(), Ok(history));
        }
    }

    #[test]
    fn what_is_no_history_is_refused_with_the_way_out() {
        assert_eq!("0d".parse::<History>(), Err(HistoryError::TooShort));
        for text in ["", "d", "30", "+3d", "-1d", "4294967296d", "ALL", "1.5d"] {
            assert_eq!(text.parse::<History>(), Err(HistoryError::Form), "{text}");
        }
        for text in ["history = { days = 0 }", "history = \"0d\""] {
            let error = read(text).unwrap_err();
            assert!(error.contains("at least one day"), "{error}");
        }
        for text in ["history = { days = -1 }", "history = {}", "history = { weeks = 1 }", "history = true"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
