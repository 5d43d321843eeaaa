//! The figures by which runs are compared.

use serde::Serialize;

use super::report::Summary;

/// A figure of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Payments a second.
    PaymentsPerSecond,
    /// Half of the payments were final within so many milliseconds.
    FinalityP50Ms,
    /// Nine of ten were.
    FinalityP90Ms,
    /// 99 of a hundred were.
    FinalityP99Ms,
    /// All were.
    FinalityMaxMs,
    /// The longest time between two blocks with payments.
    LongestGapMs,
    /// Processor time of the client for each payment.
    ClientCpuMicros,
    /// Processor time of all validators together for each payment.
    ValidatorCpuMicros,
    /// Resident memory of a validator at the end, on average.
    ValidatorResidentMib,
}

impl Figure {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Figure; 9] = [
        Figure::PaymentsPerSecond,
        Figure::FinalityP50Ms,
        Figure::FinalityP90Ms,
        Figure::FinalityP99Ms,
        Figure::FinalityMaxMs,
        Figure::LongestGapMs,
        Figure::ClientCpuMicros,
        Figure::ValidatorCpuMicros,
        Figure::ValidatorResidentMib,
    ];

    /// Its name for people, with its unit.
    pub fn name(self) -> &'static str {
        match self {
            Figure::PaymentsPerSecond => "payments a second",
            Figure::FinalityP50Ms => "finality p50 (ms)",
            Figure::FinalityP90Ms => "finality p90 (ms)",
            Figure::FinalityP99Ms => "finality p99 (ms)",
            Figure::FinalityMaxMs => "finality max (ms)",
            Figure::LongestGapMs => "longest gap (ms)",
            Figure::ClientCpuMicros => "client, us a payment",
            Figure::ValidatorCpuMicros => "validators, us a payment",
            Figure::ValidatorResidentMib => "memory a validator (MiB)",
        }
    }

    /// Its value in a run; `None` where the run does not tell.
    pub fn of(self, run: &Summary) -> Option<f64> {
        match self {
            Figure::PaymentsPerSecond => Some(run.payments_per_second),
            Figure::FinalityP50Ms => Some(run.finality_ms.p50),
            Figure::FinalityP90Ms => Some(run.finality_ms.p90),
            Figure::FinalityP99Ms => Some(run.finality_ms.p99),
            Figure::FinalityMaxMs => Some(run.finality_ms.max),
            Figure::LongestGapMs => Some(run.longest_gap_ms),
            Figure::ClientCpuMicros => each_payment(run, run.client_cpu_seconds),
            Figure::ValidatorCpuMicros => each_payment(run, run.validator_cpu_seconds.iter().copied().sum()),
            Figure::ValidatorResidentMib => {
                let bytes: u64 = run.validator_resident_bytes.iter().copied().sum::<Option<u64>>()?;
                let validators = run.validator_resident_bytes.len();
                (validators > 0).then(|| bytes as f64 / validators as f64 / f64::from(1 << 20))
            }
        }
    }

    /// A value with as many digits as mean something.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Figure::PaymentsPerSecond | Figure::LongestGapMs | Figure::ValidatorResidentMib => format!("{value:.0}"),
            _ => format!("{value:.1}"),
        }
    }
}

/// Processor time counts from the beginning of the load, so the warm-up's payments have their part in it.
fn each_payment(run: &Summary, seconds: Option<f64>) -> Option<f64> {
    let payments = run.finalized + run.warmup_submitted;
    (payments > 0).then_some(seconds? * 1e6 / payments as f64)
}

/// The middle and the ends of a figure over several runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// As many are below as above; of an even number, between the two in the middle.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Of these values; `None` if there are none.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Spread> {
        values.sort_by(f64::total_cmp);
        let (&min, &max) = (values.first()?, values.last()?);
        let (below, above) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Spread { median: (below + above) / 2.0, min, max })
    }

    /// Whether some value lies in both ranges.
    pub fn overlaps(&self, other: &Spread) -> bool {
        self.min <= other.max && other.min <= self.max
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::sound;
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(Spread::of(vec![]), None);
        assert_eq!(Spread::of(vec![5.0]), Some(Spread { median: 5.0, min: 5.0, max: 5.0 }));
        assert_eq!(Spread::of(vec![9.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 9.0 }));
        assert_eq!(Spread::of(vec![9.0, 1.0, 2.0, 4.0]), Some(Spread { median: 3.0, min: 1.0, max: 9.0 }));
    }

    #[test]
    fn ranges_overlap_where_they_touch() {
        let spread = |min, max| Spread { median: min, min, max };
        assert!(spread(1.0, 3.0).overlaps(&spread(3.0, 4.0)));
        assert!(spread(1.0, 9.0).overlaps(&spread(3.0, 4.0)));
        assert!(!spread(1.0, 3.0).overlaps(&spread(3.1, 4.0)));
        assert!(!spread(3.1, 4.0).overlaps(&spread(1.0, 3.0)));
    }

    #[test]
    fn processor_time_is_for_each_payment() {
        let mut run = sound().summary;
        (run.finalized, run.warmup_submitted) = (900, 100);
        (run.client_cpu_seconds, run.validator_cpu_seconds) = (Some(0.5), vec![Some(1.0), Some(2.0)]);
        assert_eq!(Figure::ClientCpuMicros.of(&run), Some(500.0));
        assert_eq!(Figure::ValidatorCpuMicros.of(&run), Some(3000.0));
        run.validator_cpu_seconds[0] = None;
        assert_eq!(Figure::ValidatorCpuMicros.of(&run), None, "a part of the validators is not all of them");
        (run.finalized, run.warmup_submitted) = (0, 0);
        assert_eq!(Figure::ClientCpuMicros.of(&run), None);
    }

    #[test]
    fn memory_is_a_validators() {
        let mut run = sound().summary;
        assert_eq!(Figure::ValidatorResidentMib.of(&run), None);
        run.validator_resident_bytes = vec![Some(50 << 20), Some(70 << 20)];
        assert_eq!(Figure::ValidatorResidentMib.of(&run), Some(60.0));
        run.validator_resident_bytes.clear();
        assert_eq!(Figure::ValidatorResidentMib.of(&run), None);
    }
}
