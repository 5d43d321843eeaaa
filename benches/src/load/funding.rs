//! Gives the accounts something to pay with.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use rpc::{AccountInfo, BaroApiClient};
use types::codec::Text;
use types::{Address, Amount, AssetId, Instruction, SecretKey};

use super::submitter::Submitter;

/// So many accounts are funded by one transaction, all or none.
const ACCOUNTS_EACH: usize = 1000;

/// So many payments each account is given the money for, if the payer has it.
const PAYMENTS: u128 = 1_000_000;

/// The least number of payments that is worth giving for.
const LEAST_PAYMENTS: u128 = 1000;

/// So many requests are under way at once.
const CONCURRENT: usize = 16;

/// Who funds the accounts, and with what.
pub(super) struct Funding<'a> {
    /// The way to the validators.
    pub submitter: Submitter<'a>,
    /// What is paid with.
    pub asset: AssetId,
    /// The key of the account that pays.
    pub payer: &'a SecretKey,
    /// The most that one payment of the load takes.
    pub price: Amount,
}

impl Funding<'_> {
    fn balance(&self, account: &AccountInfo) -> u128 {
        account.balances.iter().find(|balance| balance.asset == self.asset).map_or(0, |balance| balance.amount.0)
    }

    /// Funds all of `accounts` that an earlier run has not, and waits until that is final. Returns how many.
    pub(super) async fn fund(&self, accounts: &[Address]) -> anyhow::Result<usize> {
        let payer = Address::of(&self.payer.public());
        let info = self.submitter.client(0).account(payer).await.context("cannot read the paying account")?;
        let amount = (PAYMENTS * self.price.0).min(self.balance(&info) / (2 * accounts.len() as u128));
        ensure!(
            amount >= LEAST_PAYMENTS * self.price.0,
            "the account {payer} has {} in total, too little to fund {} accounts: use fewer --accounts or fund it",
            self.balance(&info),
            accounts.len()
        );

        let poor: Vec<&[Address]> = stream::iter(accounts.chunks(ACCOUNTS_EACH).enumerate())
            .map(|(place, group)| async move {
                // A group is funded as a whole, so one of its accounts tells of all of them.
                let last = self.submitter.client(place).account(group[group.len() - 1]).await?;
                anyhow::Ok((self.balance(&last) < amount / 2).then_some(group))
            })
            .buffered(CONCURRENT)
            .try_filter_map(async |group| Ok(group))
            .try_collect()
            .await
            .context("cannot read the accounts")?;

        let funded = AtomicU64::new(0);
        stream::iter(poor.into_iter().enumerate().map(anyhow::Ok))
            .try_for_each_concurrent(CONCURRENT, |(place, group)| {
                let funded = &funded;
                async move {
                    self.pay(place, group, Amount(amount)).await?;
                    funded.fetch_add(group.len() as u64, Ordering::Relaxed);
                    Ok(())
                }
            })
            .await?;
        Ok(funded.into_inner() as usize)
    }

    /// Pays `amount` to each of `group` in one transaction.
    async fn pay(&self, place: usize, group: &[Address], amount: Amount) -> anyhow::Result<()> {
        let transfers = group.iter().map(|&to| Instruction::Transfer {
            asset: self.asset,
            to,
            amount,
            memo: Text::default(),
            reference: Text::default(),
        });
        let transfers = transfers.collect();
        self.submitter.submit("funding the accounts", place, self.payer, transfers).await.map(|_| ())
    }
}
