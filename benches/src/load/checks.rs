//! What must hold on all validators after a run.

use futures::future::join_all;
use rpc::net_file::NetFile;
use rpc::{BaroApiClient, ChainInfo};
use types::{Hash, Height};

use super::link::connect;

/// The verdict on the validators' ledgers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checks {
    /// Whether all validators that answer have the same block and state root at the greatest height that all have.
    pub state_roots_agree: bool,
    /// Whether on each of them each asset's supply equals the sum of all balances.
    pub supply_conserved: bool,
    /// The height at which roots were compared.
    pub height: Height,
    /// The state root there.
    pub state_root: Hash,
    /// What is wrong, and which validators did not answer.
    pub remarks: Vec<String>,
}

type Client = std::sync::Arc<jsonrpsee::ws_client::WsClient>;

/// Asks every validator that answers. Where none does, nothing is shown to hold.
pub(super) async fn check(net: &NetFile, chain: &ChainInfo) -> Checks {
    let mut remarks = Vec::new();
    let mut reached: Vec<(&str, Client, Height)> = Vec::new();
    let connections = join_all(net.validators.iter().map(|validator| async {
        let client = connect(&validator.rpc_ws).await?;
        let status = client.status().await?;
        Ok::<_, jsonrpsee::core::client::Error>((client, status.height))
    }));
    for (validator, connection) in net.validators.iter().zip(connections.await) {
        match connection {
            Ok((client, height)) => reached.push((&validator.name, client, height)),
            Err(error) => remarks.push(format!("{} does not answer and was not checked: {error}", validator.name)),
        }
    }

    let height = reached.iter().map(|&(.., height)| height).min().unwrap_or_default();
    let mut checks = Checks {
        state_roots_agree: !reached.is_empty(),
        supply_conserved: !reached.is_empty(),
        height,
        state_root: Hash::ZERO,
        remarks,
    };
    let mut first: Option<(&str, Hash, Hash)> = None;
    for (name, client, _) in &reached {
        match client.block(Some(height)).await {
            Ok(block) => match first {
                None => first = Some((name, block.hash, block.state_root)),
                Some((other, hash, root)) if (hash, root) != (block.hash, block.state_root) => {
                    checks.state_roots_agree = false;
                    checks.remarks.push(format!(
                        "at height {height} {name} has block {} with state root {}, but {other} has {hash} with {root}",
                        block.hash, block.state_root
                    ));
                }
                Some(_) => {}
            },
            Err(error) => {
                checks.state_roots_agree = false;
                checks.remarks.push(format!("{name} cannot show its block at height {height}: {error}"));
            }
        }
        for asset in &chain.assets {
            match client.supply(asset.id).await {
                Ok(supply) if supply.supply == supply.held => {}
                Ok(supply) => {
                    checks.supply_conserved = false;
                    checks.remarks.push(format!(
                        "on {name} the supply of {} is {}, but accounts hold {}",
                        asset.symbol, supply.supply, supply.held
                    ));
                }
                Err(error) => {
                    checks.supply_conserved = false;
                    checks.remarks.push(format!("{name} cannot show the supply of {}: {error}", asset.symbol));
                }
            }
        }
    }
    checks.state_root = first.map_or(Hash::ZERO, |(.., root)| root);
    checks
}
