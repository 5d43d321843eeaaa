//! Why a transaction had no effect.

use bincode::{Decode, Encode};
use types::{Amount, AssetId};

/// Why an instruction, and with it its transaction, had no effect. The variants are in the
/// order in which they are looked for; that order is part of the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum Failure {
    /// The payer has no account.
    #[error("the payer has no account: it comes into being when it first receives money")]
    UnknownAccount,
    /// There is no such asset.
    #[error("there is no asset {asset}")]
    UnknownAsset {
        /// The asset named.
        asset: AssetId,
    },
    /// The amount is zero.
    #[error("the amount is zero")]
    ZeroAmount,
    /// The payer is not the asset's issuer, who alone mints and burns it.
    #[error("only the issuer of asset {asset} mints and burns it")]
    NotIssuer {
        /// The asset.
        asset: AssetId,
    },
    /// The payer does not hold enough.
    #[error("the payer holds {balance} of asset {asset}, and {needed} are needed")]
    Overdraft {
        /// The asset.
        asset: AssetId,
        /// What the payer held when the instruction's turn came.
        balance: Amount,
        /// What the instruction moves.
        needed: Amount,
    },
    /// More of the asset would exist than can be counted.
    #[error("the supply of asset {asset} would be more than can be counted")]
    SupplyOverflow {
        /// The asset.
        asset: AssetId,
    },
    /// The receiver would hold more than can be counted.
    #[error("the receiver would hold more of asset {asset} than can be counted")]
    BalanceOverflow {
        /// The asset.
        asset: AssetId,
    },
}

impl Failure {
    /// The kind of failure as a word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::UnknownAccount => "unknown_account",
            Failure::UnknownAsset { .. } => "unknown_asset",
            Failure::ZeroAmount => "zero_amount",
            Failure::NotIssuer { .. } => "not_issuer",
            Failure::Overdraft { .. } => "overdraft",
            Failure::SupplyOverflow { .. } => "supply_overflow",
            Failure::BalanceOverflow { .. } => "balance_overflow",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::codec::encode;

    #[test]
    fn the_kind_is_the_variants_name() {
        let asset = AssetId(0);
        let failures = [
            Failure::UnknownAccount,
            Failure::UnknownAsset { asset },
            Failure::ZeroAmount,
            Failure::NotIssuer { asset },
            Failure::Overdraft { asset, balance: Amount(1), needed: Amount(2) },
            Failure::SupplyOverflow { asset },
            Failure::BalanceOverflow { asset },
        ];
        for (failure, number) in failures.iter().zip(0u8..) {
            assert_eq!(encode(failure)[0], number, "the variants' numbers are on the chain");
            let name = format!("{failure:?}").split([' ', '{']).next().unwrap().to_lowercase();
            assert_eq!(failure.kind().replace('_', ""), name);
        }
    }
}
