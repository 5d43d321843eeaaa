//! `baro genesis`: from the keys of each validator to a chain that all of them share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow, bail};
use genesis::{Account, Asset, ChainSpec, Fees, Genesis, Parameters, Validator};
use types::{Address, Amount, Role, Timestamp};

use super::Outcome;
use super::listening::Listening;
use super::text::amount::{amount, grouped};
use crate::home::{Entry, Home, KeyFile, KeyKind, NETWORK_KEY, VALIDATOR_KEY, read_genesis};
use crate::network::peer_id_of;

/// Make a chain: validators' homes, chain spec, checks
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
The ceremony:
  1. each validator     baro genesis validator --home HOME --name NAME --address /ip4/HOST/tcp/PORT > NAME.toml
  2. one of them        baro genesis assemble --chain-id ID --entry A.toml --entry B.toml ... --asset KRW:0:ISSUER
  3. everyone compares  baro genesis hash genesis.toml
  4. each validator     baro genesis join --home HOME --genesis genesis.toml --hash HASH
  5. each validator     baro node --home HOME")]
pub(super) enum Command {
    /// Make a validator's keys in its home and print its entry for the chain spec
    Validator {
        /// The home directory
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// The validator's name
        #[arg(long)]
        name: String,
        /// Where the other validators reach it, such as /ip4/192.0.2.1/tcp/9600
        #[arg(long, value_name = "MULTIADDR")]
        address: String,
        /// Print the entry as JSON instead of TOML
        #[arg(long)]
        json: bool,
    },
    /// Put the validators' entries, assets and first accounts together
    Assemble {
        /// The chain's name
        #[arg(long, value_name = "NAME")]
        chain_id: String,
        /// A validator's entry; the order gives the indices
        #[arg(long = "entry", value_name = "FILE", required = true)]
        entries: Vec<PathBuf>,
        /// An asset: symbol, decimals, issuer's address
        #[arg(long = "asset", value_name = "SYMBOL:DECIMALS:ADDRESS", required = true)]
        assets: Vec<AssetOption>,
        /// An account that holds something from the start
        #[arg(long = "account", value_name = "ADDRESS:SYMBOL:AMOUNT")]
        accounts: Vec<AccountOption>,
        /// The file to write
        #[arg(long, value_name = "FILE", default_value = "genesis.toml")]
        out: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put the chain spec into a validator's home
    Join {
        /// The home directory, with the keys that `genesis validator` made
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// The chain spec
        #[arg(long, value_name = "FILE")]
        genesis: PathBuf,
        /// The hash that the validators agreed on
        #[arg(long, value_name = "HASH")]
        hash: types::Hash,
        #[command(flatten)]
        listening: Listening,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the hash of a chain spec's genesis block: the chain
    Hash {
        /// The chain spec
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a chain spec says
    Show {
        /// The chain spec
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check that a home's keys, configuration and chain spec belong together
    Verify {
        /// The home directory
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `SYMBOL:DECIMALS:ADDRESS`.
#[derive(Debug, Clone)]
pub(super) struct AssetOption(Asset);

impl FromStr for AssetOption {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let [symbol, decimals, issuer] = parts(text, "SYMBOL:DECIMALS:ADDRESS")?;
        let decimals = decimals.parse().context("decimals are a number below 256")?;
        Ok(AssetOption(Asset::new(symbol, decimals, issuer.parse()?)))
    }
}

/// `ADDRESS:SYMBOL:AMOUNT`.
#[derive(Debug, Clone)]
pub(super) struct AccountOption {
    address: Address,
    symbol: String,
    amount: Amount,
}

impl FromStr for AccountOption {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let [address, symbol, amount] = parts(text, "ADDRESS:SYMBOL:AMOUNT")?;
        let amount = self::amount(amount).map_err(anyhow::Error::msg)?;
        Ok(AccountOption { address: address.parse()?, symbol: symbol.to_owned(), amount })
    }
}

fn parts<'a>(text: &'a str, form: &str) -> anyhow::Result<[&'a str; 3]> {
    let parts: Vec<&str> = text.split(':').collect();
    parts.try_into().map_err(|_| anyhow!("expected {form}"))
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Validator { home, name, address, json } => validator(&home, name, address, json)?,
        Command::Assemble { chain_id, entries, assets, accounts, out, json } => {
            let genesis = assemble(chain_id, &entries, assets, accounts, &out)?;
            show_hash(&genesis, &out, json);
        }
        Command::Join { home, genesis, hash, listening, json } => {
            join(&home, &genesis, hash, listening)?;
            verify(&home, json)?;
        }
        Command::Hash { file, json } => show_hash(&read_genesis(&file)?, &file, json),
        Command::Show { file, json } => show(&read_genesis(&file)?, json)?,
        Command::Verify { home, json } => verify(&home, json)?,
    }
    Ok(())
}

fn show_hash(genesis: &Genesis, file: &Path, json: bool) {
    if json {
        println!("{}", serde_json::json!({ "hash": genesis.hash(), "file": file }));
    } else {
        println!("{}", genesis.hash());
    }
}

fn validator(home: &Path, name: String, address: String, json: bool) -> anyhow::Result<()> {
    crate::network::parse_address(&address).context("--address")?;
    let (consensus, network) = (KeyFile::generate(KeyKind::Validator), KeyFile::generate(KeyKind::Network));
    consensus.write(&home.join(VALIDATOR_KEY), false)?;
    network.write(&home.join(NETWORK_KEY), false)?;
    let peer_id = peer_id_of(&network.secret_key().seed());
    let entry = Entry::of(Validator { name, key: consensus.public_key, peer_id, address });
    entry.write(home)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&entry)?);
    } else {
        print!("{}", entry.to_toml());
    }
    Ok(())
}

fn assemble(
    chain_id: String,
    entries: &[PathBuf],
    assets: Vec<AssetOption>,
    accounts: Vec<AccountOption>,
    out: &Path,
) -> anyhow::Result<Genesis> {
    let mut validators = Vec::new();
    for path in entries {
        validators.extend(Entry::read(path)?.validators);
    }
    let mut holdings: BTreeMap<Address, BTreeMap<String, Amount>> = BTreeMap::new();
    for AccountOption { address, symbol, amount } in accounts {
        if holdings.entry(address).or_default().insert(symbol.clone(), amount).is_some() {
            bail!("account {address} is given {symbol} twice: give the sum once");
        }
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let spec = ChainSpec {
        chain_id,
        timestamp: Timestamp(u64::try_from(now.as_millis()).unwrap_or(u64::MAX)),
        parameters: Parameters::default(),
        validators,
        assets: assets.into_iter().map(|asset| asset.0).collect(),
        accounts: holdings.into_iter().map(|(address, balances)| Account { address, balances }).collect(),
    };
    if out.exists() {
        bail!("{} exists already: name another file with --out", out.display());
    }
    let text = spec.to_toml();
    let genesis = spec.genesis()?;
    std::fs::write(out, text).with_context(|| format!("cannot write {}", out.display()))?;
    Ok(genesis)
}

fn join(home: &Path, path: &Path, hash: types::Hash, listening: Listening) -> anyhow::Result<()> {
    let genesis = read_genesis(path)?;
    genesis.expect_hash(hash).with_context(|| path.display().to_string())?;
    let key = KeyFile::read(&home.join(VALIDATOR_KEY), KeyKind::Validator)?.public_key;
    let own = genesis.spec().validators.iter().find(|validator| validator.key == key);
    let own = own.with_context(|| format!("the consensus key {key} of {} is not in the chain spec", home.display()))?;
    Home::create(home, listening.config(hash, own)?, &genesis.spec().to_toml())?;
    Ok(())
}

fn verify(home: &Path, json: bool) -> anyhow::Result<()> {
    let opened = Home::open(home)?;
    let genesis = opened.genesis()?;
    let (own, chain_id) = (opened.validator_of(&genesis)?, &genesis.spec().chain_id);
    if json {
        let value = serde_json::json!({
            "home": home, "validator": own, "chain_id": chain_id, "genesis_hash": genesis.hash(),
        });
        println!("{value}");
    } else {
        match own {
            Some(own) => println!("{} is {} of chain {chain_id} ({})", home.display(), own.name, genesis.hash()),
            None => println!(
                "{} is of chain {chain_id} ({}); its key is not in the genesis file and takes part once the validators \
                 have approved it",
                home.display(),
                genesis.hash()
            ),
        }
    }
    Ok(())
}

fn show(genesis: &Genesis, json: bool) -> anyhow::Result<()> {
    let spec = genesis.spec();
    let ledger = genesis.ledger()?;
    if json {
        let supplies: Vec<_> = ledger.assets().iter().map(|asset| (asset.symbol.to_string(), asset.supply)).collect();
        let value = serde_json::json!({
            "hash": genesis.hash(), "spec": spec, "supplies": supplies.into_iter().collect::<BTreeMap<_, _>>(),
        });
        println!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    println!("chain       {}", spec.chain_id);
    println!("hash        {}", genesis.hash());
    println!("time        {} ms since 1970", spec.timestamp);
    println!("validators  {}", spec.validators.len());
    for validator in &spec.validators {
        println!("  {:<14} {}  {}", validator.name, validator.key, validator.address);
    }
    println!("assets");
    for asset in ledger.assets() {
        let (symbol, supply) = (asset.symbol.to_string(), grouped(asset.supply.0));
        println!("  {symbol:<6} {supply:>26}  {} decimals, issued by {}", asset.decimals, asset.issuer);
        for role in [Role::Approver, Role::Compliance, Role::Pauser, Role::Attestor] {
            if let Some(holder) = asset.holder(role) {
                println!("         {:<12} {holder}", role.name());
            }
        }
        if let Some(cap) = asset.controls.supply_cap {
            println!("         at most      {}", grouped(cap.0));
        }
    }
    match &spec.parameters.fees {
        None => println!("fees        none"),
        Some(Fees { asset, per_transaction, per_instruction, collector }) => println!(
            "fees        {per_transaction} {asset} a transaction and {per_instruction} an instruction, to {collector}"
        ),
    }
    println!("accounts    {}", spec.accounts.len());
    Ok(())
}
