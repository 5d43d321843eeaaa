//! What a rate must keep to hold.

use super::options::Options;
use super::report::Report;

/// Of what is offered, so much must become final while load is on, in percent.
const LEAST_FINAL_PERCENT: f64 = 99.0;

/// The bound of a search: everything that was sent is final, soon enough, and as fast as it was sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// 99 of a hundred payments must be final within so many milliseconds.
    pub p99_ms: f64,
}

impl Bound {
    /// In which ways a run in open loop breaks the bound; none if it holds.
    pub(super) fn broken_by(&self, options: &Options, report: &Report) -> Vec<String> {
        let run = &report.summary;
        let mut why = Vec::new();
        if !run.state_roots_agree {
            why.push("state roots differ".to_owned());
        }
        if !run.supply_conserved {
            why.push("supply is not conserved".to_owned());
        }
        for (what, count) in
            [("lost", run.lost), ("failed", run.failed), ("expired", run.expired), ("rejected", run.rejected)]
        {
            if count > 0 {
                why.push(format!("{count} {what}"));
            }
        }
        if run.finality_ms.p99 > self.p99_ms {
            why.push(format!("p99 above {} ms", self.p99_ms));
        }
        let pace = Pace::of(options, report);
        if !pace.keeps_up(run.rate.map_or(0.0, f64::from), options.payments_each()) {
            let percent = LEAST_FINAL_PERCENT;
            why.push(format!("{:.0} a second final: less than {percent} % of what was sent", pace.per_second()));
        }
        why
    }
}

/// Payments that became final while load was on, its first second left out: then the first ones were on their way.
/// `payments_per_second` would also count the time after the last sending, in which the last ones were, and so be a bound on
/// latency that is the harder the shorter the run. A run too short for this is judged by it all the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    finalized: u64,
    seconds: f64,
}

impl Pace {
    pub(super) fn of(options: &Options, report: &Report) -> Pace {
        let (first, last) = (u64::from(options.warmup) + 1, u64::from(options.warmup + options.duration));
        let mut under_load = report.timeline.iter().filter(|interval| (first..=last).contains(&interval.second));
        let begin = under_load.next().map_or(last, |interval| interval.second);
        let (finalized, end) =
            under_load.fold((0, begin), |(sum, _), interval| (sum + interval.finalized, interval.second));
        if end > begin {
            Pace { finalized, seconds: (end - begin) as f64 }
        } else {
            Pace { finalized: report.summary.finalized, seconds: report.summary.duration_s }
        }
    }

    /// Payments a second.
    pub(super) fn per_second(self) -> f64 {
        if self.seconds > 0.0 { self.finalized as f64 / self.seconds } else { 0.0 }
    }

    /// One transaction, of `each` payments, may be final a moment before the time or after it.
    fn keeps_up(self, offered: f64, each: u64) -> bool {
        (self.finalized + each) as f64 * 100.0 >= offered * self.seconds * LEAST_FINAL_PERCENT
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::Interval;
    use super::super::options::tests::options;
    use super::super::report::Summary;
    use super::super::report::tests::sound;
    use super::*;

    type Spoil = fn(&mut Summary);

    const BOUND: Bound = Bound { p99_ms: 1000.0 };

    /// A run of 1000 payments a second, all of them final.
    fn held() -> Report {
        let mut report = sound();
        (report.summary.failed, report.summary.rejected) = (0, 0);
        report.timeline.iter_mut().for_each(|interval| interval.finalized = 1000);
        report
    }

    #[test]
    fn a_run_without_fault_holds() {
        assert_eq!(BOUND.broken_by(&options(&[]), &held()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_breaks_it_and_is_named() {
        let spoil: [(Spoil, &str); 7] = [
            (|run| run.state_roots_agree = false, "state roots"),
            (|run| run.supply_conserved = false, "supply"),
            (|run| run.lost = 3, "3 lost"),
            (|run| run.failed = 3, "3 failed"),
            (|run| run.expired = 3, "3 expired"),
            (|run| run.rejected = 3, "3 rejected"),
            (|run| run.finality_ms.p99 = 1000.5, "p99 above 1000 ms"),
        ];
        for (spoil, reason) in spoil {
            let mut report = held();
            spoil(&mut report.summary);
            let why = BOUND.broken_by(&options(&[]), &report);
            assert!(why.len() == 1 && why[0].contains(reason), "{why:?}");
        }
    }

    #[test]
    fn what_becomes_final_more_slowly_than_it_is_sent_breaks_it() {
        let mut report = held();
        report.timeline.iter_mut().for_each(|interval| interval.finalized = 985);
        let why = BOUND.broken_by(&options(&[]), &report);
        assert!(why.len() == 1 && why[0].starts_with("985 a second final"), "{why:?}");
    }

    #[test]
    fn the_time_after_the_load_does_not_count() {
        let interval = |second, finalized| Interval { second, finalized, ..held().timeline[0] };
        let mut report = held();
        // Two seconds of warm-up, three of load; everything half a second late.
        let (options, counts) = (options(&["--warmup", "2", "--duration", "3"]), [500, 1000, 1000, 1000, 1000, 500]);
        report.timeline = (1..).zip(counts).map(|(second, finalized)| interval(second, finalized)).collect();
        assert_eq!(Pace::of(&options, &report), Pace { finalized: 2000, seconds: 2.0 });
        assert!(BOUND.broken_by(&options, &report).is_empty());
        // A second that was told late covers two.
        report.timeline.remove(3);
        report.timeline[3].finalized = 2000;
        assert_eq!(Pace::of(&options, &report), Pace { finalized: 2000, seconds: 2.0 });
    }

    #[test]
    fn a_run_of_a_second_is_judged_by_all_of_it() {
        let mut report = held();
        (report.summary.finalized, report.summary.duration_s) = (950, 1.25);
        for seconds in [2, 0] {
            report.timeline.truncate(seconds);
            let pace = Pace::of(&options(&["--duration", "1"]), &report);
            assert_eq!((pace, pace.per_second()), (Pace { finalized: 950, seconds: 1.25 }, 760.0));
        }
    }

    #[test]
    fn a_transaction_at_the_edge_does_not_break_it() {
        // Of 20 a second in 2 seconds, 39.6 are needed.
        let pace = Pace { finalized: 39, seconds: 2.0 };
        assert!(pace.keeps_up(20.0, 1) && !Pace { finalized: 38, ..pace }.keeps_up(20.0, 1));
        let batches = Pace { finalized: 8_900, seconds: 9.0 };
        assert!(batches.keeps_up(1000.0, 100) && !Pace { finalized: 8_800, ..batches }.keeps_up(1000.0, 100));
        assert_eq!(Pace { finalized: 0, seconds: 0.0 }.per_second(), 0.0);
        assert!(!Pace { finalized: 0, seconds: 9.0 }.keeps_up(1000.0, 1));
    }
}
