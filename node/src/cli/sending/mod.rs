//! What every command needs that signs a transaction, sends it and waits for its certain outcome.

pub(super) mod signing;
pub(super) mod submission;

use std::time::{Duration, Instant};

use anyhow::Context;
use rpc::{BaroApiClient, ChainInfo, ReceiptInfo, TransactionStatus};
use types::codec::Text;
use types::{Address, AssetId, Compliance, Instruction, TransactionId};

use super::network::{Network, NetworkArgs, Validator};
use super::{Failure, Outcome};
use signing::SigningArgs;
use submission::Submission;

/// What every transaction needs.
#[derive(Debug, clap::Args)]
pub(super) struct Sending {
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    network: NetworkArgs,
    /// The asset's symbol
    #[arg(long, value_name = "SYMBOL", default_value = "KRW")]
    asset: String,
    /// Where the travel rule's data on this payment is, if the asset's policy asks for it
    #[arg(long, value_name = "REFERENCE")]
    travel_reference: Option<String>,
    /// How long the transaction may wait to be executed, in seconds; after that it never will be
    #[arg(long, value_name = "S", default_value_t = 60)]
    valid_seconds: u32,
    /// Print the id and do not wait for the outcome
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for the outcome, in seconds [default: until it is certain, soon after --valid-seconds]
    #[arg(long, value_name = "S", conflicts_with = "no_wait")]
    timeout: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Sending {
    /// The network that the options name.
    pub(super) fn network(&self) -> Result<Network, Failure> {
        self.network.open()
    }

    /// The account that acts.
    pub(super) fn payer(&self, network: &Network) -> Result<Address, Failure> {
        Ok(self.signing.signers(network)?.payer)
    }

    /// True if JSON is to be printed, and nothing else.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// Signs, sends, and waits for the outcome.
    pub(super) async fn send(&self, network: &Network, instruction: impl FnOnce(AssetId) -> Instruction) -> Outcome {
        let sent = self.submit(network, |_, asset| Ok(instruction(asset))).await?;
        self.conclude(sent, serde_json::Map::new()).await.map(|_| ())
    }

    /// Signs and sends. After `Ok` the transaction may be on its way, whoever answers from here on.
    pub(super) async fn submit(
        &self,
        network: &Network,
        instruction: impl FnOnce(&ChainInfo, AssetId) -> Result<Instruction, Failure>,
    ) -> Result<Sent, Failure> {
        let signers = self.signing.signers(network)?;
        let validators = network.answering_first().await?;
        let Validator { url, client } = &validators[0];
        let chain = client.chain().await.map_err(|error| Failure::of_call(url, error))?;
        if self.valid_seconds == 0 || self.valid_seconds > chain.max_valid_seconds {
            let why = format!("--valid-seconds must be 1 to {} on this chain", chain.max_valid_seconds);
            return Err(anyhow::anyhow!(why).into());
        }
        let mut instructions = Vec::with_capacity(2);
        if let Some(reference) = &self.travel_reference {
            let reference = Text::new(reference.clone()).context("--travel-reference")?;
            instructions.push(Instruction::Compliance(Box::new(Compliance::DeclareTravel { reference })));
        }
        // Others name what they change after the place of the instruction that made it.
        let number = u32::try_from(instructions.len()).context("instructions")?;
        instructions.push(instruction(&chain, asset(&chain, &self.asset)?)?);
        let submission = Submission::sign(&chain.genesis_hash, &signers, instructions, self.valid_seconds)?;
        let (id, payer) = (submission.id, signers.payer);

        let start = Instant::now();
        match submission.send(&validators).await {
            Err(Failure::Unreachable { .. }) if self.no_wait => {
                let why = format!("nobody confirmed {id}: do not pay again, ask with `baro tx {id} --wait`");
                return Err(Failure::Unsuccessful(why));
            }
            // It may have arrived, and will be sent again while we wait.
            Err(Failure::Unreachable { .. }) => {}
            sent => sent?,
        }
        Ok(Sent { id, payer, number, submission, validators, start })
    }

    /// Waits for the outcome and tells it; `more` goes into the JSON beside it. Returns the receipt of what took effect,
    /// unless it is not to be waited for.
    pub(super) async fn conclude(
        &self,
        sent: Sent,
        more: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Option<ReceiptInfo>, Failure> {
        let Sent { id, number, submission, validators, start, .. } = sent;
        let mut object = serde_json::json!({ "id": id, "instruction": number });
        object.as_object_mut().into_iter().for_each(|fields| fields.extend(more.clone()));
        // Whatever happens while we wait, the payer has the id to ask with.
        match (self.json, self.no_wait) {
            (true, true) => println!("{object}"),
            (true, false) => {}
            (false, _) => println!("{id}"),
        }
        if number > 0 && !self.json {
            eprintln!("what it has opened, if anything, is named {id}:{number}");
        }
        if self.no_wait {
            return Ok(None);
        }
        // Block time passes the deadline's second soon after it.
        let seconds = self.timeout.unwrap_or_else(|| self.valid_seconds.saturating_add(10));
        let waited = submission.wait(&validators, Duration::from_secs(u64::from(seconds))).await;
        let took_ms = start.elapsed().as_secs_f64() * 1000.0;
        let status = waited.or_else(|failure| match failure {
            // It was admitted: that nobody answers now says nothing about its outcome.
            Failure::Unreachable { .. } => Ok(TransactionStatus::Unknown { valid_until: id.deadline() }),
            failure => Err(failure),
        })?;
        if self.json {
            object["outcome"] = serde_json::to_value(&status).context("an outcome as JSON")?;
            object["took_ms"] = took_ms.into();
            println!("{object}");
        }
        match status {
            TransactionStatus::Final { receipt } => {
                if !self.json {
                    println!("final in block {} after {took_ms:.1} ms", receipt.place.height);
                }
                Ok(Some(receipt))
            }
            TransactionStatus::Failed { reason, receipt, .. } => {
                let stopped = receipt.failure.and_then(|failure| failure.in_program);
                let place = stopped.map_or_else(String::new, |stopped| format!(" (at {} of its code)", stopped.at));
                Err(Failure::Unsuccessful(format!("{id} was executed without effect: {reason}{place}")))
            }
            TransactionStatus::Expired { .. } => {
                Err(Failure::Unsuccessful(format!("{id} expired: it was not and never will be executed. Send it anew")))
            }
            TransactionStatus::Pending | TransactionStatus::Unknown { .. } => Err(Failure::Unsuccessful(format!(
                "{id} has no certain outcome yet: do not send it anew, ask with `baro tx {id} --wait`"
            ))),
        }
    }
}

/// A transaction that was sent, and is waited for with [`Sending::conclude`].
pub(super) struct Sent {
    pub(super) id: TransactionId,
    pub(super) payer: Address,
    /// The place of its instruction.
    pub(super) number: u32,
    submission: Submission,
    validators: Vec<Validator>,
    start: Instant,
}

/// The asset of a symbol.
pub(super) fn asset(chain: &ChainInfo, symbol: &str) -> Result<AssetId, Failure> {
    let found = chain.assets.iter().find(|asset| asset.symbol == symbol);
    let known: Vec<&str> = chain.assets.iter().map(|asset| asset.symbol.as_str()).collect();
    let asset = found.with_context(|| format!("there is no asset {symbol}: this chain has {}", known.join(", ")))?;
    Ok(asset.id)
}
