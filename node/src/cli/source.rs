//! Where commands that execute a chain again get it from, and how they show how far they are.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use audit::{Audited, Auditor, Signatures};
use indicatif::{ProgressBar, ProgressStyle};
use types::Height;
use vm::Ledger;

use crate::reexecution::{Chain, Ended, open_home, open_rpc, reexecute};

/// The bar is drawn so often at most.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// Where the chain comes from
#[derive(Debug, clap::Args)]
pub(super) struct SourceArgs {
    /// The home of a validator that does not run
    #[arg(long, value_name = "DIR", required_unless_present = "rpc", conflicts_with = "rpc")]
    home: Option<PathBuf>,
    /// A running validator's JSON-RPC; needs --genesis, because nothing that it says is believed
    #[arg(long, value_name = "URL", requires = "genesis")]
    rpc: Option<String>,
    /// The chain's genesis file [default: the home's]
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

impl SourceArgs {
    pub(super) async fn open(self) -> anyhow::Result<Chain> {
        match (self.home, self.rpc, self.genesis) {
            (None, Some(url), Some(genesis)) => open_rpc(&url, &genesis).await,
            (Some(home), _, genesis) => {
                let opened = tokio::task::spawn_blocking(move || open_home(&home, genesis.as_deref())).await;
                opened.unwrap_or_else(|_| Err(anyhow::anyhow!("opening the home broke off")))
            }
            _ => Err(anyhow::anyhow!("name a source: --home DIR, or --rpc URL with --genesis FILE")),
        }
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
