//! The end of a demonstration: its chain is checked again.

use anyhow::{Context, ensure};
use types::{Amount, AssetId};

use super::stage::Stage;
use crate::cli::audit::examine;
use crate::cli::network::Network;
use crate::cli::text::amount::grouped;
use crate::reexecution::open_rpc;

/// Checks the whole chain again, from its genesis file and with every signature, on no validator's word: nothing may be
/// found, and `left` of `asset` must exist.
pub(super) async fn audited(
    stage: &Stage,
    network: &Network,
    asset: AssetId,
    left: Amount,
    json: bool,
) -> anyhow::Result<()> {
    let file = network.file.as_ref().context("the demonstration is given on a local network")?;
    let (report, auditor) = examine(open_rpc(&stage.validator().url, &file.genesis_file).await?).await?;
    ensure!(report.is_clean(), "the audit has findings: see `baro audit`");
    let supply = auditor.ledger().asset(asset).context("the audited chain has no such asset")?.supply;
    ensure!(supply == left, "by the audit {supply} of asset {asset} exist, and {left} must");
    let (blocks, transactions, signatures) = (report.blocks, report.transactions, report.signatures);
    let seconds = report.speed.millis as f64 / 1_000.0;
    if json {
        let end = serde_json::json!({
            "audit": "clean", "blocks": blocks, "transactions": transactions, "signatures": signatures, "seconds": seconds,
        });
        println!("{end}");
    } else {
        let [blocks, transactions, signatures] = [blocks, transactions, signatures].map(|count| grouped(count.into()));
        println!(
            "Audited from genesis in {seconds:.1} s: {blocks} blocks, {transactions} transactions, {signatures} \
             signatures, and nothing was found."
        );
    }
    Ok(())
}
