//! The stage of a demonstration: actors with keys, steps that are final, balances that must be.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rpc::{BaroApiClient, TransactionStatus};
use types::{Address, AssetId, Hash, Instruction, Origin, SecretKey, TransactionId};

use crate::cli::Failure;
use crate::cli::network::{Network, Validator};
use crate::cli::sending::signing::Signers;
use crate::cli::sending::submission::Submission;
use crate::cli::text::amount::grouped;

/// How long a step may take to be final.
const PATIENCE: Duration = Duration::from_secs(70);

/// A running demonstration.
pub(super) struct Stage {
    validators: Vec<Validator>,
    chain: Hash,
    actors: BTreeMap<&'static str, SecretKey>,
    json: bool,
    steps: usize,
    began: Instant,
}

impl Stage {
    /// A stage with new keys for these actors.
    pub(super) async fn open(network: &Network, actors: &[&'static str], json: bool) -> Result<Stage, Failure> {
        let validators = network.answering_first().await?;
        let Validator { url, client } = &validators[0];
        let chain = client.chain().await.map_err(|error| Failure::of_call(url, error))?.genesis_hash;
        let actors = actors.iter().map(|name| (*name, SecretKey::from_seed(rand::random()))).collect();
        Ok(Stage { validators, chain, actors, json, steps: 0, began: Instant::now() })
    }

    /// Gives an actor a key that is there already.
    pub(super) fn cast(&mut self, name: &'static str, key: SecretKey) {
        self.actors.insert(name, key);
    }

    /// A validator to ask.
    pub(super) fn validator(&self) -> &Validator {
        &self.validators[0]
    }

    /// An actor's address.
    ///
    /// # Panics
    ///
    /// If nobody of this name is on the stage.
    pub(super) fn address(&self, name: &str) -> Address {
        Address::of(&self.actors[name].public())
    }

    /// Sends a transaction of an actor and waits until it has taken effect. Returns the place of its first instruction.
    pub(super) async fn step(
        &mut self,
        what: &str,
        actor: &str,
        instructions: Vec<Instruction>,
    ) -> anyhow::Result<Origin> {
        match self.send(actor, instructions).await? {
            (id, TransactionStatus::Final { .. }) => {
                self.say(what, actor, Some(id), None);
                Ok(Origin { transaction: id, instruction: 0 })
            }
            (id, status) => bail!("{what}: transaction {id} of {actor} has not taken effect: {status:?}"),
        }
    }

    /// Sends a transaction that the ledger must refuse, for a reason of this kind.
    pub(super) async fn refused(
        &mut self,
        what: &str,
        actor: &str,
        instructions: Vec<Instruction>,
        kind: &str,
    ) -> anyhow::Result<()> {
        match self.send(actor, instructions).await {
            Err(Failure::Refused { kind: got, message, .. }) if got == kind => {
                self.say(what, actor, None, Some(&message));
                Ok(())
            }
            Ok((id, TransactionStatus::Failed { kind: got, reason, .. })) if got == kind => {
                self.say(what, actor, Some(id), Some(&reason));
                Ok(())
            }
            Ok((id, status)) => bail!("{what}: transaction {id} of {actor} must fail with {kind}: {status:?}"),
            Err(failure) => Err(failure.into()),
        }
    }

    /// An actor must hold so much.
    pub(super) async fn holds(&self, name: &str, asset: AssetId, amount: u128) -> anyhow::Result<()> {
        let account = self.validator().client.account(self.address(name)).await?;
        let held = account.balances.iter().find(|balance| balance.asset == asset).map_or(0, |balance| balance.amount.0);
        ensure!(held == amount, "{name} holds {} of asset {asset}, and must hold {}", grouped(held), grouped(amount));
        Ok(())
    }

    /// How many steps there were, and how long they took.
    pub(super) fn summary(&self) -> (usize, Duration) {
        (self.steps, self.began.elapsed())
    }

    async fn send(
        &self,
        actor: &str,
        instructions: Vec<Instruction>,
    ) -> Result<(TransactionId, TransactionStatus), Failure> {
        let key = self.actors.get(actor).with_context(|| format!("nobody plays {actor}"))?;
        let submission = Submission::sign(&self.chain, &Signers::one(key), instructions, 60)?;
        submission.send(&self.validators).await?;
        Ok((submission.id, submission.wait(&self.validators, PATIENCE).await?))
    }

    fn say(&mut self, what: &str, actor: &str, id: Option<TransactionId>, refusal: Option<&str>) {
        self.steps += 1;
        if self.json {
            let step =
                serde_json::json!({ "step": self.steps, "what": what, "by": actor, "id": id, "refused": refusal });
            println!("{step}");
            return;
        }
        match refusal {
            None => println!("{:>3}  {what} ({actor})", self.steps),
            Some(refusal) => println!("{:>3}  {what} ({actor}): refused, {refusal}", self.steps),
        }
    }
}
