//! The shortest failing prefix of a run: the fewest of its first faults with which the same checker still fails, and of
//! those only the ones that matter.

use crate::run::{Report, Run};

/// So many attempts at leaving single faults out.
const ATTEMPTS: usize = 64;

/// The smallest variant found of a run that fails, with its report.
pub fn shrink(run: &Run, report: &Report) -> (Run, Report) {
    let Some(violation) = &report.violation else { return (run.clone(), report.clone()) };
    let attempt = |faults: &[usize]| {
        let smaller = Run { faults: Some(faults.to_vec()), ..run.clone() };
        let report = smaller.report();
        let is_same = report.violation.as_ref().is_some_and(|found| found.checker == violation.checker);
        is_same.then_some((smaller, report))
    };
    let all: Vec<usize> = run.faults.clone().unwrap_or_else(|| (0..report.faults.len()).collect());
    let mut best = (Run { faults: Some(all.clone()), ..run.clone() }, report.clone());
    // What begins after the violation does not matter; how much before it does, halving finds.
    let (mut enough, mut too_few) = (all.len(), 0);
    while too_few < enough {
        let middle = (too_few + enough) / 2;
        match attempt(&all[..middle]) {
            Some(smaller) => {
                enough = middle;
                best = smaller;
            }
            None => too_few = middle + 1,
        }
    }
    let mut kept = all[..enough].to_vec();
    let mut place = kept.len();
    for _ in 0..ATTEMPTS {
        let Some(last) = place.checked_sub(1) else { break };
        place = last;
        let mut fewer = kept.clone();
        fewer.remove(place);
        if let Some(smaller) = attempt(&fewer) {
            kept = fewer;
            best = smaller;
        }
    }
    // Once more, for the trace: nothing smaller may have been found.
    let report = best.0.report();
    (best.0, report)
}
