//! The load harness: pays on a running network as many clients would, and tells what became of every payment.
//!
//! It knows the validators only by JSON-RPC. Payments are signed ahead (`signing`), sent when they are due
//! (`schedule`, `sender`) and known to be final when the validator that each was sent to reports it in a block
//! (`link`). In open loop a payment's latency counts from when it was due, not from when it could be sent, so a slow
//! network cannot hide behind a waiting client. A connection that fails loses nothing: the same bytes go to another
//! validator, and sending them twice has one effect. Every payment that was sent ends in exactly one way: final,
//! failed, expired, rejected or lost (`measure::Counts`).
//!
//! A payment is one transaction or a chain of them (`chain`): then each goes out once the one before it is final, and the
//! payment ends as the last one does, or as the first one without effect.
//!
//! `driver` owns all payments in flight in one task, so there are no locks; the signing threads idle while load is
//! on, if enough was signed before.

mod accounts;
mod block;
mod bound;
mod chain;
mod checks;
mod clock;
mod compare;
mod costs;
mod driver;
mod figures;
mod funding;
mod html;
mod in_flight;
mod link;
mod measure;
mod mix;
mod net;
mod options;
pub(crate) mod plot;
mod probe;
mod progress;
mod random;
mod report;
mod results;
mod schedule;
mod search;
mod sender;
mod series;
mod setup;
mod signing;
mod submitter;

pub use bound::Bound;
pub use compare::{Comparison, Row};
pub use costs::{Costs, CpuCost};
pub use figures::{Figure, Spread};
pub use measure::{Interval, Outcome};
pub use mix::Mix;
pub use net::{KeyFile, read_net_file};
pub use options::{Mode, Options};
pub use probe::{Probe, Saturation, search};
pub use report::{FinalityMillis, Report, Summary};
pub use results::read_results;
pub use series::{Series, write_series};

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use futures::future::join_all;
use jsonrpsee::ws_client::WsClient;
use rpc::net_file::NetFile;
use rpc::{BaroApiClient, ChainInfo};
use types::{AssetId, Timestamp, TransactionId};

use accounts::Accounts;
use checks::{Checks, check};
use clock::now;
use costs::{Reading, costs, signature_micros};
use driver::{Driver, Plan};
use funding::Funding;
use measure::{Measure, millis};
use mix::Profile;
use progress::Progress;
use schedule::Schedule;
use setup::Setup;
use signing::{Payments, Signing};
use submitter::Submitter;

/// The account that funds the others.
const PAYER: &str = "bench";

/// In saturation, transactions are signed beforehand for so many a second.
const SATURATION_RATE: u64 = 30_000;

/// While load is on, signing stays this many transactions ahead in saturation, and so many seconds in open loop.
const AHEAD: u64 = 50_000;
const AHEAD_SECONDS: u64 = 4;

/// Clocks and block times may be so far apart, in seconds.
const CLOCK_SLACK: u32 = 10;

/// Loads the network and reports. The accounts are funded by the network's account `bench`.
pub async fn run(options: &Options, net: &NetFile) -> anyhow::Result<Report> {
    let progress = Progress::new(options.json);
    let (report, _) = load(options, net, &progress, false, |interval| progress.second(interval)).await?;
    Ok(report)
}

/// As [`run`], for one run of many: tells how it goes on a terminal only.
pub async fn run_quietly(options: &Options, net: &NetFile) -> anyhow::Result<Report> {
    let progress = Progress::quiet(options.json);
    let (report, _) = load(options, net, &progress, false, |interval| progress.second(interval)).await?;
    Ok(report)
}

/// As [`run`], and keeps how each transaction ended. `each_second` is told of each second of load; before the first one,
/// nothing but the accounts' funding happens.
pub async fn run_audited(
    options: &Options,
    net: &NetFile,
    each_second: impl FnMut(&Interval),
) -> anyhow::Result<(Report, Vec<(TransactionId, Outcome)>)> {
    load(options, net, &Progress::new(true), true, each_second).await
}

async fn load(
    options: &Options,
    net: &NetFile,
    progress: &Progress,
    keep_outcomes: bool,
    each_second: impl FnMut(&Interval),
) -> anyhow::Result<(Report, Vec<(TransactionId, Outcome)>)> {
    let clients = reach(net).await?;
    let chain = clients[0].chain().await.context("cannot read the chain")?;
    ensure!(
        chain.genesis_hash == net.genesis_hash,
        "the validators run chain {}, the network file is for {}: it is out of date",
        chain.genesis_hash,
        net.genesis_hash
    );
    let asset = payment_asset(&chain)?;

    let (seed, count, mix) = (options.seed, options.accounts as usize, options.mix);
    progress.step(&format!("{count} accounts"));
    let accounts = tokio::task::spawn_blocking(move || mix.accounts(seed, count)).await?;
    let payer = net::account_key(net, PAYER)?;
    let first_salt = now().0 << 20;
    let submitter = Submitter { clients: &clients, chain: &chain, first_salt };
    let funding = Funding { submitter, asset, payer: &payer, price: mix.price() };
    let funded = funding.fund(accounts.addresses()).await?;
    if funded > 0 {
        progress.step(&format!("{funded} accounts funded"));
    }
    let profile = Setup { submitter, net, asset, payer: &payer, seed }.ready(mix, options.payments_each()).await?;
    drop(clients);

    // Before signing: the load begins when the deadlines of what is signed say.
    let signature_micros = signature_micros().await?;
    let signing = sign_ahead(options, &chain, asset, (profile, accounts), first_salt, progress).await?;
    let urls: Vec<String> = net.validators.iter().map(|validator| validator.rpc_ws.clone()).collect();
    let grace = Duration::from_secs(u64::from(options.grace));
    let each = options.payments_each();
    let plan =
        Plan { mode: options.mode(), each, warmup: options.warmup, duration: options.duration, grace, keep_outcomes };
    let driver = Driver::new(plan, signing, &urls, options.connections as usize).await;

    let before = Reading::now(net).await;
    let mut measure = driver.run(each_second).await;
    let outcomes = measure.outcomes.take().unwrap_or_default();
    let after = Reading::now(net).await;

    progress.step("checking state roots and supply");
    let checks = check(net, &chain).await;
    let costs = costs(&before, &after, measure.finalized(), signature_micros);
    Ok((report(options, net, measure, checks, (&before, &after), costs), outcomes))
}

/// A connection to each validator that answers; an error where none does.
async fn reach(net: &NetFile) -> anyhow::Result<Vec<Arc<WsClient>>> {
    let connections = join_all(net.validators.iter().map(|validator| link::connect(&validator.rpc_ws))).await;
    let clients: Vec<Arc<WsClient>> = connections.into_iter().flatten().collect();
    ensure!(
        !clients.is_empty(),
        "none of the network's {} validators answers: is it running (baro localnet)?",
        net.validators.len()
    );
    Ok(clients)
}

/// The won, or else the chain's first asset.
fn payment_asset(chain: &ChainInfo) -> anyhow::Result<AssetId> {
    let won = chain.assets.iter().find(|asset| asset.symbol == "KRW");
    won.or(chain.assets.first()).map(|asset| asset.id).context("the chain has no asset to pay with")
}

/// Signs what can be signed beforehand, and returns when the load may begin.
async fn sign_ahead(
    options: &Options,
    chain: &ChainInfo,
    asset: AssetId,
    (profile, accounts): (Profile, Accounts),
    first_salt: u64,
    progress: &Progress,
) -> anyhow::Result<Signing> {
    let window = chain.max_valid_seconds;
    let slack = CLOCK_SLACK.min(window / 4);
    let seconds = options.warmup + options.duration;
    let (each, steps) = (options.payments_each(), options.mix.transactions_each());
    let (schedule, longest) = match options.mode() {
        // Half of the window, because the load may begin earlier or later than was planned at signing.
        Mode::Rate(rate) => (Some(Schedule::new(rate, each, seconds)), window / 2),
        Mode::Saturate(_) => (None, window - slack),
    };
    let valid_for = options.valid_for.unwrap_or(longest).clamp(1, (window - slack).max(1));
    let (ahead, later) = match schedule {
        Some(schedule) => (schedule.total(), schedule.total().div_ceil(u64::from(seconds)) * AHEAD_SECONDS),
        None => (SATURATION_RATE / steps * u64::from(seconds.min(valid_for)), AHEAD / steps),
    };
    let ahead = ahead.min(options.presign / (each * steps)).max(1);

    let mut payments = Payments {
        chain: chain.genesis_hash,
        asset,
        profile,
        accounts,
        seed: options.seed,
        first_salt,
        schedule,
        begin: Timestamp(0),
        valid_for,
    };
    progress.step(&format!("signing {} transactions", ahead * steps));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let signing = tokio::task::spawn_blocking(move || {
        let needed = payments.seconds_each() * ahead as f64 / threads as f64;
        payments.begin = now().plus_millis((needed * 1000.0) as u64);
        let begin = payments.begin;
        (Signing::start(payments, ahead, threads), begin)
    });
    let (signing, begin) = signing.await?;
    signing.stocked().await;
    signing.slow_down(later.min(ahead));

    // A deadline may not lie further ahead than the chain allows: so the load does not begin much earlier than planned.
    let early =
        begin.millis_since(now()).saturating_sub(u64::from(window.saturating_sub(slack / 2 + valid_for)) * 1000);
    tokio::time::sleep(Duration::from_millis(early)).await;
    Ok(signing)
}

fn report(
    options: &Options,
    net: &NetFile,
    measure: Measure,
    checks: Checks,
    (before, after): (&Reading, &Reading),
    costs: Option<Costs>,
) -> Report {
    let used = |before: Option<f64>, after: Option<f64>| Some(after? - before?);
    let duration_s = match (measure.first_sent, measure.last_final) {
        (Some(first), Some(last)) if last > first => (last - first) as f64 / 1e6,
        _ => 0.0,
    };
    let finality = &measure.finality;
    let quantile = |quantile: f64| millis(finality.value_at_quantile(quantile));
    let (mode, rate) = match options.mode() {
        Mode::Rate(rate) => ("rate", Some(rate)),
        Mode::Saturate(_) => ("saturate", None),
    };
    let summary = Summary {
        submitted: measure.measured.submitted,
        finalized: measure.measured.finalized,
        failed: measure.measured.failed,
        expired: measure.measured.expired,
        rejected: measure.measured.rejected,
        lost: measure.measured.lost + measure.warmup.lost,
        duration_s,
        payments_per_second: if duration_s > 0.0 { measure.measured.finalized as f64 / duration_s } else { 0.0 },
        finality_ms: FinalityMillis {
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            max: millis(finality.max()),
        },
        validators: net.validators.len(),
        state_roots_agree: checks.state_roots_agree,
        supply_conserved: checks.supply_conserved,
        mix: options.mix,
        payments_each: options.payments_each(),
        link_delay_ms: options.link_delay,
        mode: mode.to_owned(),
        rate,
        accounts: options.accounts,
        warmup_submitted: measure.warmup.submitted,
        blocks: measure.blocks,
        longest_gap_ms: millis(measure.longest_gap),
        refusals: measure.refusals,
        resent: measure.resent,
        client_cpu_seconds: used(before.client, after.client),
        validator_cpu_seconds: (before.validators.iter().zip(&after.validators))
            .map(|(before, after)| used(before.cpu, after.cpu))
            .collect(),
        validator_resident_bytes: after.validators.iter().map(|validator| validator.resident).collect(),
        costs,
        height: checks.height,
        state_root: checks.state_root,
        remarks: checks.remarks,
    };
    let percentiles = (finality.iter_quantiles(5))
        .map(|value| (value.quantile() * 100.0, millis(value.value_iterated_to())))
        .collect();
    Report { summary, timeline: measure.timeline, percentiles }
}
