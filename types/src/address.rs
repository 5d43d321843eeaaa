//! Account addresses: 20 bytes, written as Ethereum writes them (`0x`, 40 digits, EIP-55 checksum in the case).

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use sha3::{Digest, Keccak256};

use crate::{Domain, Hash, PublicKey};

/// The address of an account. It outlives the keys that control the account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Address(pub [u8; 20]);

impl Address {
    /// The address of the account that `key` opens: the first 20 bytes of the key's hash.
    pub fn of(key: &PublicKey) -> Address {
        Address::derived(Domain::Address, &key.0)
    }

    /// The address that is the beginning of a hash under a domain.
    pub(crate) fn derived(domain: Domain, bytes: &[u8]) -> Address {
        let hash = Hash::of(domain, bytes);
        let mut address = [0; 20];
        address.copy_from_slice(&hash.0[..20]);
        Address(address)
    }
}

/// Why a string is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `0x` and 40 hexadecimal digits.
    #[error("an address is 0x and 40 hexadecimal digits")]
    Form,
    /// The case of the letters does not fit: a digit was mistyped.
    #[error("the address's checksum does not fit: check for a mistyped digit")]
    Checksum,
}

/// The digits with EIP-55's case: a letter is upper case where the hash of the lower-case digits has a high nibble.
fn checksummed(address: &Address) -> String {
    let lower = hex::encode(address.0);
    let hash = Keccak256::digest(lower.as_bytes());
    let digits = lower.chars().enumerate().map(|(place, digit)| {
        let nibble = if place % 2 == 0 { hash[place / 2] >> 4 } else { hash[place / 2] & 0xf };
        if nibble >= 8 { digit.to_ascii_uppercase() } else { digit }
    });
    std::iter::once('0').chain(std::iter::once('x')).chain(digits).collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&checksummed(self))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix("0x").ok_or(AddressError::Form)?;
        let mut bytes = [0; 20];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError::Form)?;
        let address = Address(bytes);
        let one_case = !digits.contains(|c: char| c.is_ascii_uppercase()) || digits == digits.to_uppercase();
        if !one_case && text != checksummed(&address) {
            return Err(AddressError::Checksum);
        }
        Ok(address)
    }
}

crate::hash::text_serde!(Address);

#[cfg(test)]
mod tests {
    use super::*;

    /// The example addresses of EIP-55.
    const EIP55: [&str; 4] = [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn writes_and_reads_the_checksum() {
        for text in EIP55 {
            let address: Address = text.parse().expect("valid");
            assert_eq!(address.to_string(), text);
            assert_eq!(text.to_lowercase().parse(), Ok(address));
        }
    }

    #[test]
    fn refuses_a_mistyped_letter() {
        assert_eq!("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee".parse::<Address>(), Err(AddressError::Checksum));
        assert_eq!("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".parse::<Address>(), Err(AddressError::Form));
        assert_eq!("0x0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed".parse::<Address>(), Err(AddressError::Form));
    }
}
