//! Reading a network's file and the key files that it names.

use std::path::Path;

use anyhow::{Context, ensure};
use rpc::net_file::{NetAccount, NetFile};
use serde::Deserialize;
use types::{Address, SecretKey};

/// An account's key as its file holds it.
#[derive(Clone, Deserialize)]
pub struct KeyFile {
    /// The kind of key: `ed25519` here.
    pub kind: String,
    /// The account that the key opens.
    pub address: Address,
    /// The 32-byte seed in hexadecimal.
    pub secret: String,
}

impl KeyFile {
    /// The secret key. An error where it is not the key of the file's address.
    pub fn secret_key(&self) -> anyhow::Result<SecretKey> {
        let mut seed = [0; 32];
        hex::decode_to_slice(self.secret.trim_start_matches("0x"), &mut seed)
            .ok()
            .context("the secret is not 32 bytes in hexadecimal")?;
        let secret = SecretKey::from_seed(seed);
        let opens = Address::of(&secret.public());
        ensure!(opens == self.address, "the key ({}) opens {opens}, not {}", self.kind, self.address);
        Ok(secret)
    }
}

/// Reads a network's file; relative paths in it are made to start at its directory.
pub fn read_net_file(path: &Path) -> anyhow::Result<NetFile> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read {}: is the network running (baro localnet)?", path.display()))?;
    let mut net: NetFile =
        serde_json::from_str(&text).with_context(|| format!("{} does not describe a network", path.display()))?;
    let directory = path.parent().unwrap_or(Path::new("."));
    net.genesis_file = directory.join(&net.genesis_file);
    for account in &mut net.accounts {
        account.key_file = directory.join(&account.key_file);
    }
    Ok(net)
}

/// The key of the network's account of this name.
pub(super) fn account_key(net: &NetFile, name: &str) -> anyhow::Result<SecretKey> {
    let account = net.accounts.iter().find(|account| account.name == name);
    read_key(account.with_context(|| format!("the network has no account named {name:?} to pay from"))?)
}

/// The key of the network's account with this address.
pub(super) fn key_of(net: &NetFile, address: Address) -> anyhow::Result<SecretKey> {
    let account = net.accounts.iter().find(|account| account.address == address);
    read_key(account.with_context(|| format!("the network's file has no key of the account {address}"))?)
}

fn read_key(account: &NetAccount) -> anyhow::Result<SecretKey> {
    let path = account.key_file.display();
    let text =
        std::fs::read_to_string(&account.key_file).with_context(|| format!("cannot read the key file {path}"))?;
    let file: KeyFile = serde_json::from_str(&text).with_context(|| format!("{path} is not a key file"))?;
    file.secret_key().with_context(|| format!("the key file {path} is wrong"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_must_open_its_address() {
        let secret = SecretKey::from_seed([3; 32]);
        let file =
            KeyFile { kind: "ed25519".into(), address: Address::of(&secret.public()), secret: hex::encode([3; 32]) };
        assert_eq!(file.secret_key().expect("fits").public(), secret.public());
        assert!(KeyFile { address: Address([1; 20]), ..file.clone() }.secret_key().is_err());
        assert!(KeyFile { secret: "12".into(), ..file }.secret_key().is_err());
    }

    #[test]
    fn relative_paths_start_at_the_net_file() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("localnet.json");
        let account = r#"{"name":"bench","address":"0x0000000000000000000000000000000000000001","key_file":"k.json"}"#;
        let text = format!(
            r#"{{"chain_id":"t","genesis_hash":"{}","genesis_file":"g","validators":[],"accounts":[{account}]}}"#,
            "00".repeat(32)
        );
        std::fs::write(&path, text).expect("written");
        let net = read_net_file(&path).expect("read");
        assert_eq!(net.accounts[0].key_file, directory.path().join("k.json"));
        assert_eq!(net.genesis_file, directory.path().join("g"));
    }
}
