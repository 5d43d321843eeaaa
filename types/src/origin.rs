//! What an instruction has opened, such as a proposal or a redemption, is named by the place of that instruction.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};

use crate::{HexError, TransactionId};

/// The place of an instruction: its transaction, and its number there from zero. Whoever signs the transaction knows it
/// beforehand, and whoever reads it finds the transaction. Written `ID:NUMBER`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Origin {
    /// The transaction.
    pub transaction: TransactionId,
    /// The instruction's number, from zero.
    pub instruction: u32,
}

/// Why a string is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// There is no colon with a number behind it.
    #[error("write the transaction's id, a colon and the instruction's number from zero")]
    Form,
    /// What stands before the colon is no id.
    #[error("before the colon: {0}")]
    Transaction(#[from] HexError),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.transaction, self.instruction)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let (transaction, instruction) = text.split_once(':').ok_or(OriginError::Form)?;
        let is_number = !instruction.is_empty() && instruction.bytes().all(|digit| digit.is_ascii_digit());
        let instruction = instruction.parse().ok().filter(|_| is_number).ok_or(OriginError::Form)?;
        Ok(Origin { transaction: transaction.parse()?, instruction })
    }
}

crate::hash::text_serde!(Origin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_it_is_written() {
        let origin = Origin { transaction: TransactionId([0xab; 32]), instruction: 17 };
        assert_eq!(origin.to_string().parse(), Ok(origin));
        let id = "ab".repeat(32);
        for wrong in [id.clone(), format!("{id}:"), format!("{id}:-1"), format!("{id}:+1"), format!("{id}:4294967296")]
        {
            assert_eq!(wrong.parse::<Origin>(), Err(OriginError::Form), "{wrong}");
        }
        assert!(matches!(format!("{}:1", &id[1..]).parse::<Origin>(), Err(OriginError::Transaction(_))));
    }
}
