//! Amounts that may be less than nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::Amount;

/// An amount in the asset's smallest unit that may be negative, such as what a merchant nets on a day of refunds. In JSON it is
/// a decimal string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Signed(pub i128);

impl Signed {
    /// The amount, unless it is beyond what can be counted here.
    pub(crate) fn of(amount: Amount) -> Option<Signed> {
        i128::try_from(amount.0).ok().map(Signed)
    }

    /// From one amount to another.
    pub(crate) fn between(before: Amount, after: Amount) -> Option<Signed> {
        Signed::of(after)?.minus(Signed::of(before)?)
    }

    pub(crate) fn plus(self, other: Signed) -> Option<Signed> {
        self.0.checked_add(other.0).map(Signed)
    }

    pub(crate) fn minus(self, other: Signed) -> Option<Signed> {
        self.0.checked_sub(other.0).map(Signed)
    }

    /// The sum, if it can be counted.
    pub(crate) fn sum(all: impl IntoIterator<Item = Signed>) -> Option<Signed> {
        all.into_iter().try_fold(Signed::default(), Signed::plus)
    }
}

/// Adds to what `key` has; what comes to nothing is left out. `None` if it cannot be counted.
pub(crate) fn add<K: Ord>(sums: &mut BTreeMap<K, Signed>, key: K, change: Signed) -> Option<()> {
    let sum = sums.get(&key).copied().unwrap_or_default().plus(change)?;
    if sum == Signed::default() {
        sums.remove(&key);
    } else {
        sums.insert(key, sum);
    }
    Some(())
}

impl std::fmt::Display for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Signed> for String {
    fn from(signed: Signed) -> String {
        signed.to_string()
    }
}

impl TryFrom<String> for Signed {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Signed)
    }
}
