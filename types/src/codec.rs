//! The one encoding: bincode 2, variable-length integers, behind this module and nowhere else.
//!
//! Each value has exactly one encoding. [`decode`] refuses trailing bytes, over-long collections and any bytes that
//! the decoded value would not encode back to (bincode itself accepts integers written longer than needed).
//! Other crates derive `bincode::Encode` and `bincode::Decode` on their values; only this module runs them.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::de::read::Reader;
use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::enc::write::Writer;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

/// The longest encoding that [`decode`] accepts, in bytes. Transports and the store may set lower limits.
pub const MAX_ENCODED_BYTES: usize = 16 << 20;

const CONFIG: Configuration<LittleEndian, Varint, Limit<MAX_ENCODED_BYTES>> =
    bincode::config::standard().with_limit::<MAX_ENCODED_BYTES>();

/// Why bytes were not accepted as a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end before the value does.
    #[error("truncated: the bytes end before the value does")]
    Truncated,
    /// Bytes follow the value.
    #[error("trailing bytes: {extra} after the value")]
    Trailing {
        /// How many.
        extra: usize,
    },
    /// The whole, or a collection within, is longer than allowed.
    #[error("too long: {what}")]
    TooLong {
        /// What was too long, with its limit.
        what: String,
    },
    /// The value has another, shorter encoding, which is the only one accepted.
    #[error("not canonical: the value has another encoding")]
    NotCanonical,
    /// The bytes name no value of this type.
    #[error("invalid: {0}")]
    Invalid(String),
}

/// The canonical encoding of `value`.
pub fn encode<T: Encode>(value: &T) -> Vec<u8> {
    // Encoding into memory fails only for values that exceed the limit, and every collection is bounded below it.
    bincode::encode_to_vec(value, CONFIG).expect("bounded values encode")
}

/// Decodes exactly one value from exactly these bytes.
pub fn decode<T: Decode<()> + Encode>(bytes: &[u8]) -> Result<T, CodecError> {
    if bytes.len() > MAX_ENCODED_BYTES {
        return Err(CodecError::TooLong { what: format!("{} bytes, at most {MAX_ENCODED_BYTES}", bytes.len()) });
    }
    let (value, used): (T, usize) = bincode::decode_from_slice(bytes, CONFIG).map_err(from_bincode)?;
    if used < bytes.len() {
        return Err(CodecError::Trailing { extra: bytes.len() - used });
    }
    bincode::encode_into_writer(&value, Comparison { expected: bytes }, CONFIG)
        .map_err(|_| CodecError::NotCanonical)?;
    Ok(value)
}

/// Decodes a value from the front of bytes that may go on, for a first look. Only [`decode`] says what they are.
pub(crate) fn decode_front<T: Decode<()>>(bytes: &[u8]) -> Result<T, CodecError> {
    let (value, _) = bincode::decode_from_slice(bytes, CONFIG).map_err(from_bincode)?;
    Ok(value)
}

fn from_bincode(error: DecodeError) -> CodecError {
    match error {
        DecodeError::UnexpectedEnd { .. } => CodecError::Truncated,
        DecodeError::LimitExceeded => CodecError::TooLong { what: format!("at most {MAX_ENCODED_BYTES} bytes") },
        DecodeError::OtherString(what) if what.starts_with(TOO_LONG) => {
            CodecError::TooLong { what: what[TOO_LONG.len()..].to_owned() }
        }
        other => CodecError::Invalid(other.to_string()),
    }
}

/// Marks the text of a bound's error on its way through bincode, which carries only strings.
const TOO_LONG: &str = "too long: ";

fn too_long(what: &str, length: u64, max: usize) -> DecodeError {
    DecodeError::OtherString(format!("{TOO_LONG}{length} {what}, at most {max}"))
}

/// Compares what would be written with what was read, without keeping a copy.
struct Comparison<'a> {
    expected: &'a [u8],
}

impl Writer for Comparison<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        match self.expected.strip_prefix(bytes) {
            Some(rest) => {
                self.expected = rest;
                Ok(())
            }
            None => Err(EncodeError::Other("not canonical")),
        }
    }
}

/// A list of at most `MAX` values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bounded<T, const MAX: usize>(Vec<T>);

/// A list that nothing but the length of its encoding bounds. Its bytes are those of a `Vec`, which would allocate for as
/// many values as are announced.
pub type List<T> = Bounded<T, MAX_ENCODED_BYTES>;

impl<T, const MAX: usize> Bounded<T, MAX> {
    /// The list, or an error where it has more than `MAX` values.
    pub fn new(values: Vec<T>) -> Result<Self, CodecError> {
        if values.len() > MAX {
            return Err(CodecError::TooLong { what: format!("{} values, at most {MAX}", values.len()) });
        }
        Ok(Self(values))
    }

    /// The values.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for Bounded<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> std::ops::Deref for Bounded<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Encode, const MAX: usize> Encode for Bounded<T, MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u64).encode(encoder)?;
        self.0.iter().try_for_each(|value| value.encode(encoder))
    }
}

/// So many values are allocated for before any was read; more room is made as they arrive.
const FIRST_ALLOCATION: usize = 64;

impl<C, T: Decode<C>, const MAX: usize> Decode<C> for Bounded<T, MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = u64::decode(decoder)?;
        let count = usize::try_from(length).ok().filter(|&count| count <= MAX);
        let count = count.ok_or_else(|| too_long("values", length, MAX))?;
        let mut values = Vec::with_capacity(count.min(FIRST_ALLOCATION));
        for _ in 0..count {
            values.push(T::decode(decoder)?);
        }
        Ok(Self(values))
    }
}

impl<'de, C, T: Decode<C>, const MAX: usize> BorrowDecode<'de, C> for Bounded<T, MAX> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// At most `MAX` bytes.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Blob<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Blob<MAX> {
    /// The bytes, or an error where there are more than `MAX`.
    pub fn new(bytes: Vec<u8>) -> Result<Self, CodecError> {
        if bytes.len() > MAX {
            return Err(CodecError::TooLong { what: format!("{} bytes, at most {MAX}", bytes.len()) });
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl<const MAX: usize> std::fmt::Debug for Blob<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const MAX: usize> std::ops::Deref for Blob<MAX> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> Encode for Blob<MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u64).encode(encoder)?;
        encoder.writer().write(&self.0)
    }
}

impl<C, const MAX: usize> Decode<C> for Blob<MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = u64::decode(decoder)?;
        let count = usize::try_from(length).ok().filter(|&count| count <= MAX);
        let count = count.ok_or_else(|| too_long("bytes", length, MAX))?;
        decoder.claim_bytes_read(count)?;
        // A slice can show what it holds; so an announced length allocates nothing unless its bytes are here.
        let bytes = match decoder.reader().peek_read(count) {
            Some(bytes) => bytes.to_vec(),
            None => return Err(DecodeError::UnexpectedEnd { additional: count }),
        };
        decoder.reader().consume(count);
        Ok(Self(bytes))
    }
}

impl<'de, C, const MAX: usize> BorrowDecode<'de, C> for Blob<MAX> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// UTF-8 text of at most `MAX` bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// The text, or an error where it is longer than `MAX` bytes.
    pub fn new(text: impl Into<String>) -> Result<Self, CodecError> {
        let text = text.into();
        if text.len() > MAX {
            return Err(CodecError::TooLong { what: format!("{} bytes of text, at most {MAX}", text.len()) });
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> std::ops::Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Encode for Text<MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u64).encode(encoder)?;
        encoder.writer().write(self.0.as_bytes())
    }
}

impl<C, const MAX: usize> Decode<C> for Text<MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let bytes = Blob::<MAX>::decode(decoder)?.into_vec();
        String::from_utf8(bytes).map(Self).map_err(|_| DecodeError::Other("text is not UTF-8"))
    }
}

impl<'de, C, const MAX: usize> BorrowDecode<'de, C> for Text<MAX> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_trailing_bytes() {
        let mut bytes = encode(&7u64);
        bytes.push(0);
        assert_eq!(decode::<u64>(&bytes), Err(CodecError::Trailing { extra: 1 }));
    }

    #[test]
    fn refuses_truncated_bytes() {
        let bytes = encode(&Text::<8>::new("baro").expect("short"));
        for end in 0..bytes.len() {
            assert_eq!(decode::<Text<8>>(&bytes[..end]), Err(CodecError::Truncated), "cut at {end}");
        }
    }

    #[test]
    fn refuses_an_integer_written_longer_than_needed() {
        // 251 announces a u16; 7 fits in one byte.
        assert_eq!(decode::<u64>(&[251, 7, 0]), Err(CodecError::NotCanonical));
        assert_eq!(decode::<u64>(&[7]), Ok(7));
    }

    #[test]
    fn refuses_collections_over_their_bound() {
        let long = Bounded::<u8, 4>::new(vec![1, 2, 3, 4]).expect("fits");
        assert!(matches!(decode::<Bounded<u8, 3>>(&encode(&long)), Err(CodecError::TooLong { .. })));
        let blob = Blob::<4>::new(vec![1, 2, 3, 4]).expect("fits");
        assert!(matches!(decode::<Blob<3>>(&encode(&blob)), Err(CodecError::TooLong { .. })));
        assert!(matches!(Text::<3>::new("baro"), Err(CodecError::TooLong { .. })));
    }

    #[test]
    fn an_announced_length_allocates_nothing() {
        // 2^60 values announced, none there.
        let mut bytes = vec![253];
        bytes.extend_from_slice(&(1u64 << 60).to_le_bytes());
        assert!(matches!(decode::<Blob<{ usize::MAX }>>(&bytes), Err(CodecError::TooLong { .. })));
        assert!(matches!(decode::<Bounded<u8, { usize::MAX }>>(&bytes), Err(CodecError::Truncated)));
    }

    #[test]
    fn refuses_text_that_is_not_utf8() {
        assert!(matches!(decode::<Text<8>>(&[1, 0xff]), Err(CodecError::Invalid(_))));
    }
}
