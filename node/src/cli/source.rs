//! Where commands that execute a chain again get it from, and how they show how far they are.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use audit::{Audited, Auditor, Signatures};
use indicatif::{ProgressBar, ProgressStyle};
use types::{Address, Height};
use vm::Ledger;

use super::Failure;
use super::network::NetworkArgs;
use crate::reexecution::{Chain, Ended, open_home, open_rpc, reexecute};

/// The bar is drawn so often at most.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// Where the chain comes from
#[derive(Debug, clap::Args)]
pub(super) struct SourceArgs {
    /// The home of a validator that does not run [default: a running validator is asked]
    #[arg(long, value_name = "DIR", conflicts_with = "rpc")]
    home: Option<PathBuf>,
    /// The chain's genesis file [default: that of the home or of the local network; with --rpc it must be named, because
    /// nothing that a validator says is believed]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

impl SourceArgs {
    pub(super) async fn open(self) -> Result<Chain, Failure> {
        if let Some(home) = self.home {
            let genesis = self.genesis;
            let opened = tokio::task::spawn_blocking(move || open_home(&home, genesis.as_deref())).await;
            return Ok(opened.unwrap_or_else(|_| Err(anyhow::anyhow!("opening the home broke off")))?);
        }
        let network = self.network.open()?;
        let own = network.file.as_ref().map(|file| file.genesis_file.clone()).filter(|_| !self.network.names_rpc());
        let genesis = self.genesis.or(own).context(
            "name a chain: --home DIR, --rpc URL with --genesis FILE, or --net FILE of a local network \
             (there is no localnet/localnet.json here)",
        )?;
        Ok(open_rpc(&network.any().await?.url, &genesis).await?)
    }

    /// The address that `text` is, or names on the local network.
    pub(super) fn address(&self, text: &str) -> Result<Address, Failure> {
        self.network.open()?.address(text)
    }
}

/// Executes the chain again on threads of its own, with a progress bar on a terminal. `observer` is shown each block and
/// comes back with the result.
pub(super) async fn run<O: Send + 'static>(
    chain: Chain,
    signatures: Signatures,
    until: Option<Height>,
    mut observer: O,
    observe: fn(&mut O, &Audited<'_>, &Ledger),
) -> anyhow::Result<(Ended, O)> {
    let work = move || {
        let bar = bar(&chain);
        let mut drawn = Instant::now();
        let began = drawn;
        let mut progress = |auditor: &Auditor| {
            if drawn.elapsed() < DRAWN_EVERY {
                return;
            }
            drawn = Instant::now();
            let done = auditor.progress().transactions;
            bar.set_position(auditor.tip().0.height.0);
            let rate = done as f64 / began.elapsed().as_secs_f64();
            bar.set_message(format!("{done} transactions, {rate:.0}/s"));
        };
        let mut show = |block: &Audited<'_>, ledger: &Ledger| observe(&mut observer, block, ledger);
        let ended = reexecute(chain, signatures, until, &mut show, &mut progress);
        bar.finish_and_clear();
        Ok((ended?, observer))
    };
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|_| Err(anyhow::anyhow!("executing the chain again broke off")))
}

fn bar(chain: &Chain) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = "{spinner} block {pos} of {len} {bar:32} {msg}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    let bar = ProgressBar::new(chain.last.0).with_style(style);
    bar.set_position(chain.start.height().0);
    bar.reset_eta();
    bar
}
