//! Values as people write them for programs.

use anyhow::{Context, anyhow};
use rpc::net_file::NetAccount;
use rpc::{AssetInfo, ChainInfo};
use types::Timestamp;
use vm::program::{Word, hash};

use crate::cli::Failure;
use crate::cli::network::Network;
use crate::cli::sending::submission::now;
use crate::cli::text::span::millis;

/// What names can stand for, and the time from which others count.
pub(super) struct Values<'a> {
    accounts: &'a [NetAccount],
    assets: &'a [AssetInfo],
    now: Timestamp,
}

impl<'a> Values<'a> {
    /// With the names of the network's accounts and the chain's assets.
    pub(super) fn new(network: &'a Network, chain: &'a ChainInfo) -> Self {
        let accounts = network.file.as_ref().map_or(&[][..], |file| &file.accounts);
        Self { accounts, assets: &chain.assets, now: now() }
    }

    /// An account of the network, an asset's symbol, a time from now, or a value as in a program's text.
    pub(super) fn word(&self, text: &str) -> Result<Word, Failure> {
        if let Some(account) = self.accounts.iter().find(|account| account.name == text) {
            return Ok(account.address.into());
        }
        if let Some(asset) = self.assets.iter().find(|asset| asset.symbol == text) {
            return Ok(asset.id.into());
        }
        if let Some(time) = text.strip_prefix('+').and_then(millis) {
            return Ok(Word::from(u128::from(self.now.0.saturating_add(time))));
        }
        let word = text.parse().with_context(|| {
            format!(
                "{text:?} is no account or asset, and no value that a program takes. A time from now is such as +90s, \
                 +15m, +2h or +7d"
            )
        })?;
        Ok(word)
    }

    /// The key of the cell that `text` names: `NAME`, or `NAME[VALUE]`.
    pub(super) fn cell(&self, text: &str) -> Result<Word, Failure> {
        let form = || anyhow!("a cell is named as in the program's text: settle_at, or left[17]");
        let (name, which) = match text.split_once('[') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(']').ok_or_else(form)?)),
            None => (text, None),
        };
        let name = Word::text(name).filter(Word::is_true).ok_or_else(form)?;
        match which {
            Some(which) => Ok(hash(&name, &self.word(which)?)),
            None => Ok(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{Address, Amount, AssetId};

    /// The values of a network where the cafe is at an address of fives and the won is asset 3, a second after 1970.
    fn with_values(test: impl Fn(&Values<'_>)) {
        let accounts = [NetAccount { name: "cafe".to_owned(), address: Address([5; 20]), key_file: "cafe.key".into() }];
        let issuer = Address([1; 20]);
        let assets = [AssetInfo { id: AssetId(3), symbol: "KRW".to_owned(), decimals: 0, issuer, supply: Amount(0) }];
        test(&Values { accounts: &accounts, assets: &assets, now: Timestamp(1_000) });
    }

    #[test]
    fn a_value_is_a_name_a_time_from_now_or_what_a_program_writes() {
        let cases = [
            ("cafe", Word::from(Address([5; 20]))),
            ("KRW", Word::from(3)),
            ("4_500", Word::from(4_500)),
            ("\"fee\"", Word::text("fee").unwrap()),
            ("0xff", Word::from(255)),
            ("+90s", Word::from(91_000)),
            ("+15m", Word::from(901_000)),
            ("+2h", Word::from(7_201_000)),
            ("+1d", Word::from(86_401_000)),
        ];
        with_values(|values| {
            for (text, word) in cases {
                assert_eq!(values.word(text).unwrap(), word, "{text}");
            }
            for text in ["bar", "+", "+s", "+-1s", "+1w", "-1", "", "+é"] {
                assert!(values.word(text).is_err(), "{text:?}");
            }
        });
    }

    #[test]
    fn a_cell_is_named_as_in_the_programs_text() {
        with_values(|values| {
            assert_eq!(values.cell("due_fee").unwrap(), Word::text("due_fee").unwrap());
            assert_eq!(values.cell("left[17]").unwrap(), hash(&Word::text("left").unwrap(), &Word::from(17)));
            assert_eq!(values.cell("of[cafe]").unwrap(), hash(&Word::text("of").unwrap(), &Address([5; 20]).into()));
            for text in ["", "left[17", "[17]", "left[what]"] {
                assert!(values.cell(text).is_err(), "{text:?}");
            }
        });
    }
}
