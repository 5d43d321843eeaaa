//! The one kind of value that a program handles.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use types::{Address, AddressError, AssetId};

/// 32 bytes: a number, an address, an asset, a hash or a short text.
///
/// A number is big-endian in the last 16 bytes, an address is the last 20; what stands before is zero. A text begins at
/// the first byte and ends with zeros. A condition is false where all bytes are zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Word(pub [u8; 32]);

impl Word {
    /// Zero, no address, the empty text, false; and what an unused cell holds.
    pub const ZERO: Word = Word([0; 32]);

    /// The word as a number; `None` where it is more than 128 bits.
    pub fn number(&self) -> Option<u128> {
        let (high, low) = self.0.split_at(16);
        let low: [u8; 16] = low.try_into().ok()?;
        (high == [0; 16]).then(|| u128::from_be_bytes(low))
    }

    /// The word as an address; `None` where it is more than 20 bytes.
    pub fn address(&self) -> Option<Address> {
        let (high, low) = self.0.split_at(12);
        let low: [u8; 20] = low.try_into().ok()?;
        (high == [0; 12]).then_some(Address(low))
    }

    /// The word as an asset's id; `None` where it is no 32-bit number.
    pub fn asset(&self) -> Option<AssetId> {
        Some(AssetId(u32::try_from(self.number()?).ok()?))
    }

    /// A text of at most 32 bytes; `None` where it is longer.
    pub fn text(text: &str) -> Option<Word> {
        let mut bytes = [0; 32];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Word(bytes))
    }

    /// True unless all bytes are zero.
    pub fn is_true(&self) -> bool {
        *self != Word::ZERO
    }

    /// The text that the word spells, where every byte of it can be printed between quotation marks.
    pub fn spelled(&self) -> Option<&str> {
        let end = self.0.iter().rposition(|&byte| byte != 0)? + 1;
        let text = &self.0[..end];
        let plain = |byte: &u8| (b' '..=b'~').contains(byte) && *byte != b'"';
        if text.iter().all(plain) { std::str::from_utf8(text).ok() } else { None }
    }
}

impl From<u128> for Word {
    fn from(number: u128) -> Word {
        let mut bytes = [0; 32];
        bytes[16..].copy_from_slice(&number.to_be_bytes());
        Word(bytes)
    }
}

impl From<bool> for Word {
    fn from(condition: bool) -> Word {
        Word::from(u128::from(condition))
    }
}

impl From<Address> for Word {
    fn from(address: Address) -> Word {
        let mut bytes = [0; 32];
        bytes[12..].copy_from_slice(&address.0);
        Word(bytes)
    }
}

impl From<AssetId> for Word {
    fn from(asset: AssetId) -> Word {
        Word::from(u128::from(asset.0))
    }
}

/// Writes a number in decimal, an address as such, a text between quotation marks and anything else in hexadecimal, so
/// that [`Word::from_str`] reads the same word.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.number() {
            return write!(f, "{number}");
        }
        if let Some(address) = self.address() {
            return write!(f, "{address}");
        }
        if let Some(text) = self.spelled() {
            return write!(f, "\"{text}\"");
        }
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// Neither a number nor a text.
    #[error("a value is a number such as 4_500 or 0x1f, an address, or a text such as \"fee\"")]
    Form,
    /// A number of more than 128 bits.
    #[error("the number has more than 128 bits")]
    Number,
    /// More than 32 bytes.
    #[error("a value has at most 32 bytes")]
    Long,
    /// 40 hexadecimal digits whose letters' case does not fit.
    #[error(transparent)]
    Address(#[from] AddressError),
}

/// Reads decimal digits (underscores may group them), `0x` with up to 64 hexadecimal digits, or a text between quotation
/// marks. 40 hexadecimal digits are an address, and their checksum is checked.
impl FromStr for Word {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Word, WordError> {
        if let Some(inner) = text.strip_prefix('"') {
            let inner = inner.strip_suffix('"').filter(|inner| !inner.contains('"')).ok_or(WordError::Form)?;
            return Word::text(inner).ok_or(WordError::Long);
        }
        if let Some(digits) = text.strip_prefix("0x") {
            return hexadecimal(text, digits);
        }
        let digits = text.replace('_', "");
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(WordError::Form);
        }
        digits.parse::<u128>().map(Word::from).map_err(|_| WordError::Number)
    }
}

fn hexadecimal(text: &str, digits: &str) -> Result<Word, WordError> {
    if digits.len() == 40 {
        return Ok(Word::from(text.parse::<Address>()?));
    }
    if digits.is_empty() {
        return Err(WordError::Form);
    }
    if digits.len() > 64 {
        return Err(WordError::Long);
    }
    let mut bytes = [0; 32];
    for (place, digit) in digits.chars().rev().enumerate() {
        let value = digit.to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(WordError::Form)?;
        bytes[31 - place / 2] |= if place % 2 == 0 { value } else { value << 4 };
    }
    Ok(Word(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut odd = [0xee; 32];
        odd[3] = 0;
        let address = Address([0xab; 20]);
        let words = [Word::ZERO, Word::from(u128::MAX), Word::from(address), Word(odd), Word([b'x'; 32])];
        for word in words.into_iter().chain([Word::text("due fee").unwrap()]) {
            assert_eq!(word.to_string().parse(), Ok(word), "{word}");
        }
        assert_eq!(Word::text("fee").unwrap().to_string(), "\"fee\"");
        assert_eq!("4_500".parse(), Ok(Word::from(4_500)));
        assert_eq!("0x1f".parse(), Ok(Word::from(31)));
    }

    #[test]
    fn what_is_no_word_is_refused_with_the_reason() {
        for text in ["", "_", "-1", "4.5", "0x", "0xfg", "\"", "\"a", "\"a\"b\"", "fee"] {
            assert_eq!(text.parse::<Word>(), Err(WordError::Form), "{text:?}");
        }
        assert_eq!("340282366920938463463374607431768211456".parse::<Word>(), Err(WordError::Number));
        assert_eq!(format!("\"{}\"", "x".repeat(33)).parse::<Word>(), Err(WordError::Long));
        assert_eq!(format!("0x{}", "1".repeat(65)).parse::<Word>(), Err(WordError::Long));
        let mistyped = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee";
        assert_eq!(mistyped.parse::<Word>(), Err(WordError::Address(AddressError::Checksum)));
    }

    #[test]
    fn a_word_is_a_number_an_address_or_an_asset_only_where_it_fits() {
        let mut bytes = [0; 32];
        bytes[15] = 1;
        assert_eq!(Word(bytes).number(), None);
        assert!(Word(bytes).address().is_some());
        bytes[11] = 1;
        assert_eq!(Word(bytes).address(), None);
        assert_eq!(Word::from(1 << 32).asset(), None);
        assert_eq!(Word::from(7).asset(), Some(AssetId(7)));
    }
}
