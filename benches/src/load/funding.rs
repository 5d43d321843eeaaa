//! Gives the accounts something to pay with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use jsonrpsee::ws_client::WsClient;
use rpc::{AccountInfo, BaroApiClient, ChainInfo, TransactionStatus, code};
use types::codec::{Bounded, Text};
use types::{Address, Amount, AssetId, ChainTag, Deadline, Instruction, Payload, SecretKey};

use super::clock::now;
use super::signing::{Signed, sign};

/// So many accounts are funded by one transaction, all or none.
const ACCOUNTS_EACH: usize = 1000;

/// What each account is given, in the asset's smallest unit, if the payer has it.
const AMOUNT: u128 = 1_000_000;

/// The least that is worth giving.
const LEAST_AMOUNT: u128 = 1000;

/// So many requests are under way at once.
const CONCURRENT: usize = 16;

/// How long a funding transaction may take, in seconds.
const VALID_SECONDS: u32 = 60;

/// A pause before a busy node is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Who funds the accounts, with what, on which chain.
pub(super) struct Funding<'a> {
    /// A connection to each reachable validator.
    pub clients: &'a [Arc<WsClient>],
    /// The chain.
    pub chain: &'a ChainInfo,
    /// What is paid with.
    pub asset: AssetId,
    /// The key of the account that pays.
    pub payer: &'a SecretKey,
    /// Makes the transactions distinct from those of other runs.
    pub first_salt: u64,
}

impl Funding<'_> {
    fn client(&self, place: usize) -> &WsClient {
        &self.clients[place % self.clients.len()]
    }

    fn balance(&self, account: &AccountInfo) -> u128 {
        account.balances.iter().find(|balance| balance.asset == self.asset).map_or(0, |balance| balance.amount.0)
    }

    /// Funds all of `accounts` that an earlier run has not, and waits until that is final. Returns how many.
    pub(super) async fn fund(&self, accounts: &[Address]) -> anyhow::Result<usize> {
        let payer = Address::of(&self.payer.public());
        let info = self.client(0).account(payer).await.context("cannot read the paying account")?;
        let amount = AMOUNT.min(self.balance(&info) / (2 * accounts.len() as u128));
        ensure!(
            amount >= LEAST_AMOUNT,
            "the account {payer} has {} in total, too little to fund {} accounts: use fewer --accounts or fund it",
            self.balance(&info),
            accounts.len()
        );

        let poor: Vec<&[Address]> = stream::iter(accounts.chunks(ACCOUNTS_EACH).enumerate())
            .map(|(place, group)| async move {
                // A group is funded as a whole, so one of its accounts tells of all of them.
                let last = self.client(place).account(group[group.len() - 1]).await?;
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
        let valid_seconds = VALID_SECONDS.min(self.chain.max_valid_seconds / 2);
        let payload = Payload {
            chain: ChainTag::of(&self.chain.genesis_hash),
            payer: Address::of(&self.payer.public()),
            valid_until: Deadline::after(now(), valid_seconds),
            salt: self.first_salt.wrapping_add(place as u64),
            instructions: Bounded::new(transfers.collect()).context("too many transfers in one transaction")?,
        };
        let signed = sign(payload, self.payer, &self.chain.genesis_hash);
        self.send(place, &signed).await?;
        let timeout = u64::from(valid_seconds) * 1000 + 5000;
        match self.client(place).wait(signed.id, timeout).await.context("funding was sent, but not answered for")? {
            TransactionStatus::Final { .. } => Ok(()),
            TransactionStatus::Failed { reason, .. } => bail!("funding the accounts failed: {reason}"),
            TransactionStatus::Expired { .. } => bail!("funding the accounts expired: is the network finalizing?"),
            TransactionStatus::Pending | TransactionStatus::Unknown { .. } => {
                bail!("funding the accounts took more than {timeout} ms: is the network finalizing?")
            }
        }
    }

    async fn send(&self, place: usize, signed: &Signed) -> anyhow::Result<()> {
        for attempt in 0.. {
            match self.client(place + attempt).send(signed.bytes.clone()).await {
                Ok(_) => return Ok(()),
                Err(jsonrpsee::core::client::Error::Call(error))
                    if error.code() == code::BUSY && !signed.id.deadline().has_passed(now()) =>
                {
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                Err(error) => return Err(error).context("funding the accounts was refused"),
            }
        }
        unreachable!("the loop ends by returning")
    }
}
