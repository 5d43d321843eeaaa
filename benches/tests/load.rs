//! The load harness against toy validators, in good order and in bad.

#![allow(clippy::unwrap_used, missing_docs)]

mod fake_node;

use std::collections::BTreeSet;

use benches::load::{Bound, Options, Report, Series, run, run_audited, search};
use clap::Parser;
use fake_node::{FakeNet, Faults};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

fn options(line: &str) -> Options {
    let line = format!("bench --json --accounts 50 --duration 1 {line}");
    Line::try_parse_from(line.split_whitespace()).unwrap().options
}

async fn load(net: &FakeNet, line: &str) -> Report {
    run(&options(line), &net.file).await.unwrap()
}

#[tokio::test]
async fn an_open_loop_sends_exactly_its_schedule() {
    let net = FakeNet::start(4, Faults::default()).await;
    let report = load(&net, "--rate 500").await;
    let summary = &report.summary;
    assert_eq!((summary.submitted, summary.finalized, summary.lost, summary.rejected), (500, 500, 0, 0), "{summary:?}");
    assert!(report.is_sound(), "{summary:?}");
    // The last payment is due at 0.998 s.
    assert!(summary.duration_s > 0.9 && summary.payments_per_second > 0.0);
    assert!(summary.finality_ms.p50 > 0.0 && summary.finality_ms.p50 <= summary.finality_ms.max);
    assert_eq!(report.timeline.iter().map(|interval| interval.finalized).sum::<u64>(), 500);

    let again = load(&net, "--rate 100 --warmup 1").await;
    assert_eq!((again.summary.submitted, again.summary.warmup_submitted), (100, 100));
    again.write(&net.directory().join("report")).unwrap();
}

#[tokio::test]
async fn saturation_keeps_its_bound() {
    let net = FakeNet::start(2, Faults::default()).await;
    let report = load(&net, "--saturate --in-flight 20 --presign 500").await;
    let summary = &report.summary;
    assert!(summary.submitted > 500 && summary.finalized == summary.submitted, "{summary:?}");
    // At most 20 at each of 2 validators in each block.
    assert!(summary.submitted <= 40 * (summary.blocks + 1), "{summary:?}");
    assert!(report.is_sound());
}

#[tokio::test]
async fn a_busy_refusal_is_sent_again_and_not_lost() {
    let net = FakeNet::start(4, Faults { busy: 30, ..Faults::default() }).await;
    let report = load(&net, "--rate 300").await;
    let summary = &report.summary;
    assert_eq!((summary.finalized, summary.rejected, summary.lost), (300, 0, 0), "{summary:?}");
    assert_eq!((summary.refusals.get(&rpc::code::BUSY), summary.resent), (Some(&30), 30));
}

#[tokio::test]
async fn a_crashed_validator_loses_nothing() {
    let net = FakeNet::start(4, Faults { crash_after: Some(200), ..Faults::default() }).await;
    let report = load(&net, "--rate 1000 --warmup 1").await;
    let summary = &report.summary;
    assert_eq!((summary.finalized, summary.lost), (1000, 0), "{summary:?}");
    assert!(report.is_sound(), "{summary:?}");
    assert!(summary.resent > 0, "what the validator took with it is sent to others");
    let slowest = report.timeline.iter().map(|interval| interval.max_ms).fold(0.0, f64::max);
    assert!(slowest < 4000.0, "at once, not only when patience ends: {slowest} ms");
    assert!(net.admitted_since_restart() > Some(0), "it is used again once it is back");
}

#[tokio::test]
async fn a_forgotten_payment_is_lost_and_the_report_unsound() {
    let net = FakeNet::start(4, Faults { forgotten: 1, ..Faults::default() }).await;
    let report = load(&net, "--rate 100 --valid-for 1 --grace 1").await;
    let summary = &report.summary;
    assert_eq!((summary.submitted, summary.finalized, summary.lost), (100, 99, 1), "{summary:?}");
    assert!(!report.is_sound());
}

#[tokio::test]
async fn a_sale_is_one_payment_of_two_or_three_transactions() {
    let net = FakeNet::start(4, Faults { busy: 30, ..Faults::default() }).await;
    let report = load(&net, "--mix shop --rate 400").await;
    let summary = &report.summary;
    let (captured, refunded) = net.sales();
    assert_eq!((summary.submitted, summary.finalized, summary.lost), (400, 400, 0), "{summary:?}");
    assert!(captured == 400 && (1..40).contains(&refunded), "{captured} captured, {refunded} refunded");
    assert!(!net.was_too_early(), "each step waits until the one before it is final");
    assert!(report.is_sound(), "{summary:?}");

    // The shops are there already, and orders have new names.
    let again = load(&net, "--mix shop --saturate --in-flight 10 --presign 500").await;
    let summary = &again.summary;
    assert!(summary.submitted > 100 && summary.finalized == summary.submitted, "{summary:?}");
    // At most 10 sales at each of 4 validators, each of two blocks at least.
    assert!(2 * summary.submitted <= 40 * (summary.blocks + 1), "{summary:?}");
    assert!(net.sales().0 as u64 == 400 + summary.finalized && !net.was_too_early());
}

#[tokio::test]
async fn a_sale_whose_capture_fails_has_failed_and_nothing_follows() {
    let net = FakeNet::start(2, Faults { failing_captures: 100, ..Faults::default() }).await;
    let report = load(&net, "--mix shop --rate 100").await;
    let summary = &report.summary;
    assert_eq!((summary.submitted, summary.finalized, summary.failed), (100, 0, 100), "{summary:?}");
    assert_eq!((net.sales(), net.was_too_early()), ((0, 0), false));
    assert!(report.is_sound(), "what is held is not lost: {summary:?}");
}

#[tokio::test]
async fn a_sale_whose_hold_is_forgotten_is_lost() {
    let net = FakeNet::start(2, Faults { forgotten: 1, ..Faults::default() }).await;
    let report = load(&net, "--mix shop --rate 50 --valid-for 2 --grace 1").await;
    let summary = &report.summary;
    assert_eq!((summary.submitted, summary.finalized, summary.lost), (50, 49, 1), "{summary:?}");
}

#[tokio::test]
async fn a_crashed_validator_breaks_no_sale() {
    let net = FakeNet::start(4, Faults { crash_after: Some(300), ..Faults::default() }).await;
    let report = load(&net, "--mix shop --rate 1000").await;
    let summary = &report.summary;
    assert_eq!((summary.finalized, summary.lost), (1000, 0), "{summary:?}");
    assert!(net.sales().0 == 1000 && summary.resent > 0 && !net.was_too_early());
    assert!(report.is_sound(), "{summary:?}");
}

#[tokio::test]
async fn a_call_is_one_payment_to_programs_of_this_run() {
    let net = FakeNet::start(2, Faults::default()).await;
    for run in 1..=2 {
        let report = load(&net, "--mix programs --rate 200").await;
        assert_eq!((report.summary.submitted, report.summary.finalized), (200, 200), "{:?}", report.summary);
        let paid = net.paid_to_programs();
        assert!((run * 200 * 3_000..=run * 200 * 7_000).contains(&paid), "{paid}");
        assert!(report.is_sound());
    }
}

#[tokio::test]
async fn differing_roots_and_new_money_are_noticed() {
    let net = FakeNet::start(4, Faults { fork: true, ..Faults::default() }).await;
    let report = load(&net, "--rate 50").await;
    assert!(!report.summary.state_roots_agree && report.summary.supply_conserved && !report.is_sound());

    let net = FakeNet::start(1, Faults { inflation: true, ..Faults::default() }).await;
    let report = load(&net, "--rate 50").await;
    assert!(report.summary.state_roots_agree && !report.summary.supply_conserved && !report.is_sound());
}

#[tokio::test]
async fn a_network_that_is_not_there_is_an_error_that_says_so() {
    let mut net = FakeNet::start(1, Faults::default()).await;
    net.file.genesis_hash = types::Hash([1; 32]);
    let options = Line::try_parse_from(["bench", "--json"]).unwrap().options;
    let error = run(&options, &net.file).await.unwrap_err().to_string();
    assert!(error.contains("out of date"), "{error}");

    // Nothing listens on port 1.
    net.file.validators[0].rpc_ws = "ws://127.0.0.1:1".into();
    let error = run(&options, &net.file).await.unwrap_err().to_string();
    assert!(error.contains("none of the network's 1 validators answers"), "{error}");
}

#[tokio::test]
async fn runs_on_one_network_send_other_transactions() {
    let net = FakeNet::start(2, Faults::default()).await;
    let mut ids = BTreeSet::new();
    let mut reports = Vec::new();
    for _ in 0..3 {
        let (report, outcomes) = run_audited(&options("--rate 100"), &net.file, |_| {}).await.unwrap();
        ids.extend(outcomes.into_iter().map(|(id, _)| id));
        reports.push(report);
    }
    assert_eq!(ids.len(), 300, "the same options, and yet other ids");
    let series = Series::of(&reports);
    assert!(series.is_sound() && series.runs.iter().all(|run| run.finalized == 100), "{series:?}");
}

#[tokio::test]
async fn a_search_ends_at_the_bound() {
    let net = FakeNet::start(2, Faults::default()).await;
    // No network is so fast.
    let bound = Bound { p99_ms: 0.001 };
    let mut told = 0;
    let found = search(&options("--rate 40"), &net.file, bound, |_| told += 1).await.unwrap();
    let rates: Vec<u32> = found.probes.iter().map(|probe| probe.rate).collect();
    assert_eq!((rates, told), (vec![40, 20, 10, 5], 4));
    assert!(found.highest.is_none() && found.is_sound, "{found:?}");
    assert!(found.probes.iter().all(|probe| !probe.held && probe.why[0].contains("p99")), "{:?}", found.probes);
}

#[tokio::test]
async fn a_search_reports_the_highest_rate_that_held() {
    // The first probe loses a payment, and no other does.
    let net = FakeNet::start(1, Faults { forgotten: 1, ..Faults::default() }).await;
    let options = options("--rate 20 --valid-for 1 --grace 1");
    let found = search(&options, &net.file, Bound { p99_ms: 5000.0 }, |_| ()).await.unwrap();
    assert_eq!((found.probes[0].rate, found.probes[0].lost, found.probes[0].held), (20, 1, false), "{found:?}");
    assert!(found.is_sound, "a loss breaks the bound, and that is all");
    let best = found.probes.iter().filter(|probe| probe.held).map(|probe| probe.rate).max();
    assert!(best.is_some_and(|best| best < 20), "{:?}", found.probes);
    assert_eq!(found.highest.and_then(|report| report.summary.rate), best);
}
