//! The kinds of movements of money, as far as rules tell them apart.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::error::DecodeError;
use bincode::{BorrowDecode, Decode, Encode};
use serde::{Deserialize, Serialize};

/// A kind of movement of money. Each is paused by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Money comes into being in an account.
    Mint,
    /// Money ceases to be.
    Burn,
    /// An account pays another.
    Transfer,
    /// A customer pays a merchant's order, or money is set aside for it.
    Payment,
    /// Money that was set aside for a merchant's order goes to the merchant.
    Capture,
    /// A merchant gives back what was paid for an order.
    Refund,
    /// A caller puts money into a program's hands.
    Call,
    /// A program pays.
    Program,
    /// A holder asks for redemption and its money is set aside.
    Redeem,
    /// Money that was set aside goes back to whose it is.
    Release,
    /// Money that was kept from arriving is claimed.
    Claim,
    /// Money is taken from an account by order of a court or an authority.
    Seize,
    /// A transaction's fee. Never paused: whoever is to resume must pay one.
    Fee,
}

impl Operation {
    /// All kinds in the order of their numbers.
    pub const ALL: [Operation; 13] = [
        Operation::Mint,
        Operation::Burn,
        Operation::Transfer,
        Operation::Payment,
        Operation::Capture,
        Operation::Refund,
        Operation::Call,
        Operation::Program,
        Operation::Redeem,
        Operation::Release,
        Operation::Claim,
        Operation::Seize,
        Operation::Fee,
    ];

    /// The kind's name in files and commands.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Mint => "mint",
            Operation::Burn => "burn",
            Operation::Transfer => "transfer",
            Operation::Payment => "payment",
            Operation::Capture => "capture",
            Operation::Refund => "refund",
            Operation::Call => "call",
            Operation::Program => "program",
            Operation::Redeem => "redeem",
            Operation::Release => "release",
            Operation::Claim => "claim",
            Operation::Seize => "seize",
            Operation::Fee => "fee",
        }
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(text: &str) -> Result<Self, UnknownOperation> {
        Operation::ALL.into_iter().find(|operation| operation.name() == text).ok_or(UnknownOperation(text.to_owned()))
    }
}

/// No kind of movement has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no kind of movement {0}: choose among mint, burn, transfer, payment, capture, refund, call, program, \
     redeem, release, claim, seize, fee"
)]
pub struct UnknownOperation(pub String);

/// A set of kinds of movements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode)]
pub struct Operations(u16);

impl Operations {
    /// No kind.
    pub const NONE: Operations = Operations(0);
    /// Every kind.
    pub const ALL: Operations = Operations((1 << Operation::ALL.len()) - 1);

    /// This set with one more kind.
    #[must_use]
    pub const fn with(self, operation: Operation) -> Operations {
        Operations(self.0 | 1 << operation as u16)
    }

    /// True if the kind is in the set.
    pub const fn contains(self, operation: Operation) -> bool {
        self.0 & 1 << operation as u16 != 0
    }

    /// The kinds in the set, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Operation> {
        Operation::ALL.into_iter().filter(move |operation| self.contains(*operation))
    }
}

impl Serialize for Operations {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Operations {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Operation>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl FromIterator<Operation> for Operations {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        operations.into_iter().fold(Operations::NONE, Operations::with)
    }
}

impl<C> Decode<C> for Operations {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let bits = u16::decode(decoder)?;
        if bits & !Operations::ALL.0 != 0 {
            return Err(DecodeError::Other("a kind of movement that does not exist"));
        }
        Ok(Operations(bits))
    }
}

impl<'de, C> BorrowDecode<'de, C> for Operations {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    fn a_set_has_what_was_put_in() {
        for operation in Operation::ALL {
            let set = Operations::NONE.with(operation);
            assert!(Operation::ALL.iter().all(|other| set.contains(*other) == (*other == operation)));
            assert_eq!(set.iter().collect::<Vec<_>>(), [operation]);
            assert_eq!(decode::<Operations>(&encode(&set)), Ok(set));
            assert_eq!(operation.name().parse(), Ok(operation));
        }
        assert_eq!(Operation::ALL.into_iter().collect::<Operations>(), Operations::ALL);
        assert!(decode::<Operations>(&encode(&(Operations::ALL.0 + 1))).is_err());
    }
}
