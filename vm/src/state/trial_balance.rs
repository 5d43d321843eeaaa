//! The trial balance: where all money of an asset is.

use std::collections::BTreeMap;

use types::{Amount, AssetId};

use crate::{Ledger, RecordKind};

/// Where all money of an asset is. Sums that cannot be counted are the greatest amount, so that they show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    /// The asset.
    pub asset: AssetId,
    /// What the issuer's account holds.
    pub issuer: Amount,
    /// What all other accounts hold together.
    pub others: Amount,
    /// How many accounts hold any, the issuer's included.
    pub holders: u64,
    /// What records hold, by kind; kinds that hold nothing are left out.
    pub records: Vec<(RecordKind, Amount)>,
    /// Issued less redeemed.
    pub supply: Amount,
}

impl TrialBalance {
    /// All balances and records together.
    pub fn held(&self) -> Amount {
        let parts = [self.issuer, self.others].into_iter().chain(self.records.iter().map(|(_, amount)| *amount));
        parts.fold(Amount::ZERO, saturating_sum)
    }

    /// True if what is held is the supply.
    pub fn balances(&self) -> bool {
        self.held() == self.supply
    }
}

fn saturating_sum(sum: Amount, amount: Amount) -> Amount {
    Amount(sum.0.saturating_add(amount.0))
}

impl Ledger {
    /// The trial balance of every asset, by id. Looks at every account and record.
    pub fn trial_balances(&self) -> Vec<TrialBalance> {
        // Assets are at most MAX_ASSETS.
        let mut sums: Vec<TrialBalance> = (0..)
            .zip(self.assets())
            .map(|(number, asset)| TrialBalance {
                asset: AssetId(number),
                issuer: Amount::ZERO,
                others: Amount::ZERO,
                holders: 0,
                records: Vec::new(),
                supply: asset.supply,
            })
            .collect();
        for account in self.accounts().iter() {
            for (asset, amount) in account.balances() {
                let place = asset.0 as usize;
                let sum = &mut sums[place];
                let is_issuer = self.assets()[place].issuer == account.address;
                let part = if is_issuer { &mut sum.issuer } else { &mut sum.others };
                *part = saturating_sum(*part, amount);
                sum.holders += 1;
            }
        }
        let mut records: BTreeMap<(AssetId, RecordKind), Amount> = BTreeMap::new();
        for (_, record) in self.records(..) {
            if let Some((asset, amount)) = record.held() {
                let sum = records.entry((asset, record.kind())).or_default();
                *sum = saturating_sum(*sum, amount);
            }
        }
        for ((asset, kind), amount) in records {
            sums[asset.0 as usize].records.push((kind, amount));
        }
        sums
    }
}
