//! The JSON form of bounded values: lists are arrays, text is a string, bytes are hexadecimal. What is too long is refused.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{Blob, Bounded, Text};

impl<T: Serialize, const MAX: usize> Serialize for Bounded<T, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self[..].serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Bounded<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Bounded::new(Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<const MAX: usize> Serialize for Blob<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self[..]))
    }
}

/// Words of 32 bytes, each in hexadecimal.
pub(crate) fn words<S: Serializer>(words: &[[u8; 32]], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(words.iter().map(hex::encode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_refused() {
        let text: Result<Text<3>, _> = serde_json::from_str("\"abc\"");
        assert_eq!(serde_json::to_string(&text.expect("three")).expect("text"), "\"abc\"");
        assert!(serde_json::from_str::<Text<3>>("\"abcd\"").is_err());
        let list: Result<Bounded<u8, 2>, _> = serde_json::from_str("[1,2]");
        assert_eq!(serde_json::to_string(&list.expect("two")).expect("list"), "[1,2]");
        assert!(serde_json::from_str::<Bounded<u8, 2>>("[1,2,3]").is_err());
    }
}
