//! Makes the network ready for a mix: what must be on the ledger before the first payment of the load.

use anyhow::Context;
use futures::future::try_join_all;
use rpc::BaroApiClient;
use rpc::net_file::NetFile;
use types::{Address, AssetId, SecretKey};

use super::mix::{Mix, Profile, Programs, Shop};
use super::net::key_of;
use super::submitter::Submitter;

/// Who makes the network ready, and how.
pub(super) struct Setup<'a> {
    /// The way to the validators.
    pub submitter: Submitter<'a>,
    /// The network, whose file names the keys.
    pub net: &'a NetFile,
    /// What is paid with.
    pub asset: AssetId,
    /// The key of the account that pays for the load, and deploys its programs.
    pub payer: &'a SecretKey,
    /// Decides whose keys are used.
    pub seed: u64,
}

impl Setup<'_> {
    /// Does for `mix` what an earlier run has not done.
    pub(super) async fn ready(&self, mix: Mix, batch: u64) -> anyhow::Result<Profile> {
        Ok(match mix {
            Mix::SelfSigned => Profile::Transfers,
            Mix::Hot => Profile::Hot,
            Mix::Custodial => Profile::Custodial(batch),
            Mix::Shop => Profile::Shop(self.shop().await?),
            Mix::Programs => Profile::Programs(self.programs().await?),
        })
    }

    /// The shops of the seed, in the registry.
    async fn shop(&self) -> anyhow::Result<Shop> {
        let shop = Shop::new(self.seed);
        let client = self.submitter.client(0);
        let found = try_join_all(shop.addresses().into_iter().map(|address| client.merchant(address))).await;
        let found = found.context("cannot read the registry of merchants")?;
        let entries: Vec<_> = found.into_iter().map(|info| info.map(|info| info.entry)).collect();
        let registrations = shop.registrations(&entries);
        if !registrations.is_empty() {
            let registrar = self.submitter.chain.assets.first().context("a chain without assets has no registrar")?;
            let registrar = key_of(self.net, registrar.issuer).context("the shops cannot be registered")?;
            self.submitter.submit("registering the shops", 0, &registrar, registrations).await?;
        }
        Ok(shop)
    }

    /// New settlement programs.
    async fn programs(&self) -> anyhow::Result<Programs> {
        let deployments = Programs::deployments(self.seed, self.asset)?.into_iter().enumerate();
        let deployed = try_join_all(deployments.map(async |(place, deployment)| {
            let what = "deploying the settlement program";
            let id = self.submitter.submit(what, place, self.payer, vec![deployment]).await?;
            anyhow::Ok(Address::of_program(&Address::of(&self.payer.public()), &id, 0))
        }));
        Programs::at(deployed.await?)
    }
}
