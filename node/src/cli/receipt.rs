//! `baro receipt`: proofs that stand on their own.

use std::path::{Path, PathBuf};

use anyhow::Context;
use genesis::ChainSpec;
use proof::{Fact, ProofFile, Proven};
use rpc::BaroApiClient;
use types::{AssetId, TransactionId};
use vm::Outcome as TransactionOutcome;

use super::network::{NetworkArgs, Validator};
use super::sending::asset as asset_of;
use super::text::amount::grouped;
use super::{Failure, Outcome};

/// Proofs that anyone checks with the genesis file alone
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Get the proof of what became of a transaction: of its execution, or that it never was and never will be executed
    Export {
        /// The transaction's id
        id: TransactionId,
        #[command(flatten)]
        to: Destination,
    },
    /// Get the proof of what an account holds after the latest finalized block
    Balance {
        /// An address, or an account of the local network
        account: String,
        /// The asset's symbol
        #[arg(long, value_name = "SYMBOL", default_value = "KRW")]
        asset: String,
        #[command(flatten)]
        to: Destination,
    },
    /// Check a proof, without any network, and say what it proves
    Verify {
        /// The proof
        file: PathBuf,
        /// The chain's genesis file
        #[arg(long, value_name = "FILE")]
        genesis: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// From where to get a proof, and where to put it.
#[derive(Debug, clap::Args)]
pub(super) struct Destination {
    #[command(flatten)]
    network: NetworkArgs,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Export { id, to } => {
            let Validator { url, client } = to.network.open()?.any().await?;
            let file = client.prove_outcome(id).await.map_err(|error| Failure::of_call(&url, error))?;
            to.put(&file)
        }
        Command::Balance { account, asset, to } => {
            let network = to.network.open()?;
            let address = network.address(&account)?;
            let Validator { url, client } = network.any().await?;
            let chain = client.chain().await.map_err(|error| Failure::of_call(&url, error))?;
            let asset = asset_of(&chain, &asset)?;
            let file = client.prove_balance(address, asset).await.map_err(|error| Failure::of_call(&url, error))?;
            to.put(&file)
        }
        Command::Verify { file, genesis, json } => verify(&file, &genesis, json),
    }
}

impl Destination {
    fn put(&self, file: &ProofFile) -> Outcome {
        let text = serde_json::to_string_pretty(file).context("writing the proof as JSON")?;
        match &self.out {
            None => println!("{text}"),
            Some(path) => {
                std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
                println!("wrote {}; check it with: baro receipt verify {0} --genesis FILE", path.display());
            }
        }
        Ok(())
    }
}

fn verify(file: &Path, genesis: &Path, json: bool) -> Outcome {
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let not_genesis = || format!("{} is no genesis file", genesis.display());
    let spec = ChainSpec::from_toml(&read(genesis)?).with_context(not_genesis)?;
    let genesis = spec.genesis().with_context(not_genesis)?;
    let symbol = |AssetId(number): AssetId| {
        let asset = genesis.spec().assets.get(number as usize);
        asset.map_or_else(|| format!("of asset {number}"), |asset| asset.symbol.clone())
    };
    let text = read(file)?;
    let verdict = ProofFile::parse(&text).and_then(|file| Ok((file.verify(&genesis.committee())?, file)));
    match verdict {
        Ok((proven, proof)) => {
            match json {
                true => println!("{}", serde_json::json!({ "valid": true, "proves": proof.proves })),
                false => say(&proven, &genesis.hash().to_string(), symbol),
            }
            Ok(())
        }
        Err(error) => {
            if json {
                println!("{}", serde_json::json!({ "valid": false, "reason": error.to_string() }));
            }
            Err(Failure::Unsuccessful(format!("{} proves nothing: {error}", file.display())))
        }
    }
}

/// What is proven, in plain words.
fn say(proven: &Proven, chain: &str, symbol: impl Fn(AssetId) -> String) {
    let Proven { height, block, timestamp, fact } = proven;
    match fact {
        Fact::Executed { id, index, outcome, accounts } => {
            match outcome {
                TransactionOutcome::Succeeded => println!("PROVEN: transaction {id} was executed, and it took effect."),
                TransactionOutcome::Failed { failure, .. } | TransactionOutcome::FailedInProgram { failure, .. } => {
                    println!("PROVEN: transaction {id} was executed without effect: {failure}.");
                }
            }
            println!("receipt   place {index} in block {height}");
            accounts.iter().for_each(|account| println!("account   {account}"));
        }
        Fact::Held { account, asset, amount } => {
            println!("PROVEN: after block {height}, {account} held {} {}.", grouped(amount.0), symbol(*asset));
        }
        Fact::NeverExecuted { id } => {
            println!("PROVEN: transaction {id} was not executed, and never will be.");
            println!("deadline  second {}, which block {height} has passed", id.deadline());
        }
    }
    println!("block     {block}");
    println!("time      {timestamp} ms since 1970");
    println!("chain     {chain}");
    println!("A quorum of the chain's validators has finalized this block: it cannot be undone.");
}
