//! Transactions that come before the load: each is sent, and waited for until it is final.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use jsonrpsee::ws_client::WsClient;
use rpc::{BaroApiClient, ChainInfo, TransactionStatus, code};
use types::codec::Bounded;
use types::{Address, ChainTag, Deadline, Instruction, Payload, SecretKey, TransactionId};

use super::chain::Signed;
use super::clock::now;
use super::signing::sign;

/// How long such a transaction may take, in seconds.
const VALID_SECONDS: u32 = 60;

/// A pause before a busy node is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Sends to the validators in turn.
#[derive(Clone, Copy)]
pub(super) struct Submitter<'a> {
    /// A connection to each reachable validator.
    pub clients: &'a [Arc<WsClient>],
    /// The chain.
    pub chain: &'a ChainInfo,
    /// Makes the transactions distinct from those of other runs.
    pub first_salt: u64,
}

impl Submitter<'_> {
    /// A validator, by turns.
    pub(super) fn client(&self, place: usize) -> &WsClient {
        &self.clients[place % self.clients.len()]
    }

    /// Sends `instructions` of `payer` in one transaction and waits until it has taken effect. `what` it does is for
    /// errors; `place` tells it from others of this run, and chooses the validator.
    pub(super) async fn submit(
        &self,
        what: &str,
        place: usize,
        payer: &SecretKey,
        instructions: Vec<Instruction>,
    ) -> anyhow::Result<TransactionId> {
        let valid_seconds = VALID_SECONDS.min(self.chain.max_valid_seconds / 2);
        let payload = Payload {
            chain: ChainTag::of(&self.chain.genesis_hash),
            payer: Address::of(&payer.public()),
            valid_until: Deadline::after(now(), valid_seconds),
            salt: self.first_salt.wrapping_add(place as u64),
            instructions: Bounded::new(instructions).with_context(|| format!("{what}: too much in one transaction"))?,
        };
        let signed = sign(payload, payer, &self.chain.genesis_hash, true);
        self.send(place, &signed).await.with_context(|| format!("{what} was refused"))?;
        let timeout = u64::from(valid_seconds) * 1000 + 5000;
        let answer = self.client(place).wait(signed.id, timeout).await;
        match answer.with_context(|| format!("{what} was sent, but not answered for"))? {
            TransactionStatus::Final { .. } => Ok(signed.id),
            TransactionStatus::Failed { reason, .. } => bail!("{what} failed: {reason}"),
            TransactionStatus::Expired { .. } => bail!("{what} expired: is the network finalizing?"),
            TransactionStatus::Pending | TransactionStatus::Unknown { .. } => {
                bail!("{what} took more than {timeout} ms: is the network finalizing?")
            }
        }
    }

    async fn send(&self, place: usize, signed: &Signed) -> Result<(), jsonrpsee::core::client::Error> {
        for attempt in 0.. {
            match self.client(place + attempt).send(signed.bytes.clone()).await {
                Ok(_) => return Ok(()),
                Err(jsonrpsee::core::client::Error::Call(error))
                    if error.code() == code::BUSY && !signed.id.deadline().has_passed(now()) =>
                {
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
        unreachable!("the loop ends by returning")
    }
}
