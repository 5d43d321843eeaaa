//! Who signs a transaction: the keys of an account, and a sponsor's.

use anyhow::Context;
use types::{AccountSecret, Address, Hash, Payload, SecretKey, Sponsorship, Transaction};

use crate::cli::Failure;
use crate::cli::network::Network;

/// Who acts, who signs, and who pays the fee
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SigningArgs {
    /// Who acts and pays: a key file, or an account of the local network
    #[arg(long, value_name = "KEY")]
    from: String,
    /// The account that acts, where it is not the one of --from's own address: its keys were changed, or --from is a session
    /// key of it
    #[arg(id = "acting_account", long = "account", value_name = "ADDRESS")]
    account: Option<String>,
    /// Another key that signs beside --from, for accounts that need several; may be repeated
    #[arg(long, value_name = "KEY")]
    co_sign: Vec<String>,
    /// Who pays the fee instead: a key file, or an account of the local network
    #[arg(long, value_name = "KEY")]
    sponsor: Option<String>,
    /// The account that pays the fee, where it is not the one of --sponsor's own address
    #[arg(long, value_name = "ADDRESS", requires = "sponsor")]
    sponsor_account: Option<String>,
}

impl SigningArgs {
    /// Reads the keys.
    pub(in crate::cli) fn signers(&self, network: &Network) -> Result<Signers, Failure> {
        let first = network.key(&self.from)?;
        let payer = match &self.account {
            Some(account) => network.address(account)?,
            None => Address::of(&first.public()),
        };
        let mut secrets = vec![first.into()];
        for key in &self.co_sign {
            secrets.push(network.key(key)?.into());
        }
        let sponsor = match &self.sponsor {
            None => None,
            Some(key) => {
                let secret = network.key(key)?;
                let own = Address::of(&secret.public());
                let account = self.sponsor_account.as_deref().map_or(Ok(own), |account| network.address(account))?;
                Some((account, secret.into()))
            }
        };
        Ok(Signers { payer, secrets, sponsor })
    }
}

/// The keys that sign a transaction, and for whom.
pub(in crate::cli) struct Signers {
    /// The account that acts and pays.
    pub(in crate::cli) payer: Address,
    secrets: Vec<AccountSecret>,
    sponsor: Option<(Address, AccountSecret)>,
}

impl Signers {
    /// The key whose address the account has, alone.
    pub(in crate::cli) fn one(key: &SecretKey) -> Signers {
        Signers { payer: Address::of(&key.public()), secrets: vec![key.clone().into()], sponsor: None }
    }

    /// Signs a payload of the payer's. `chain` is the genesis hash.
    pub(in crate::cli) fn sign(&self, payload: Payload, chain: &Hash) -> Result<Transaction, Failure> {
        let id = payload.id(chain);
        let secrets: Vec<&AccountSecret> = self.secrets.iter().collect();
        let transaction = Transaction::sign_with(payload, &secrets, chain).context("--from and --co-sign")?;
        let Some((sponsor, secret)) = &self.sponsor else { return Ok(transaction) };
        let sponsorship = Sponsorship::sign(*sponsor, &id, &[secret], chain).context("--sponsor")?;
        Ok(transaction.sponsored(sponsorship))
    }
}
