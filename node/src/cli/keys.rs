//! `baro keys`.

use std::path::PathBuf;

use types::AccountKey;

use super::Outcome;
use crate::home::{KeyFile, KeyKind};

/// Make keys and look at them
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a new account key
    New {
        /// The file to write; it is readable by its owner alone
        #[arg(long, value_name = "FILE", default_value = "account.key")]
        out: PathBuf,
        /// Replace the file if it is there: the key in it is lost
        #[arg(long)]
        force: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the address and the public key of a key file
    Show {
        /// The file
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: Command) -> Outcome {
    let (key, path, json) = match command {
        Command::New { out, force, json } => {
            let key = KeyFile::generate(KeyKind::Account);
            key.write(&out, force).map_err(anyhow::Error::from)?;
            (key, out, json)
        }
        Command::Show { file, json } => (KeyFile::read_any(&file).map_err(anyhow::Error::from)?, file, json),
    };
    // As others name it who let it sign for their account.
    let account_key = key.address.map(|_| AccountKey::from(key.public_key));
    if json {
        let value = serde_json::json!({
            "file": path, "kind": key.kind, "address": key.address, "key": account_key, "public_key": key.public_key,
        });
        println!("{value}");
        return Ok(());
    }
    if let Some(address) = key.address {
        println!("address     {address}");
    }
    if let Some(key) = account_key {
        println!("key         {key}");
    }
    println!("public key  {}", key.public_key);
    println!("file        {}", path.display());
    Ok(())
}
