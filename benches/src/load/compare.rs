//! Two results side by side.

use std::fmt::Write as _;

use serde::Serialize;

use super::figures::{Figure, Spread};
use super::report::Summary;
use super::series::Series;

/// One figure of two results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which.
    pub figure: Figure,
    /// What the first result tells of it.
    pub a: Spread,
    /// What the second one does.
    pub b: Spread,
    /// The second median for one of the first; null where that is zero.
    pub ratio: Option<f64>,
    /// Whether the ranges overlap: then runs of one and the same program may differ as much.
    pub ranges_overlap: bool,
}

/// Two results side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The figures that both tell.
    pub comparison: Vec<Row>,
    /// Runs of the first result.
    pub a_runs: usize,
    /// Runs of the second one.
    pub b_runs: usize,
    /// Why the two are perhaps not comparable.
    pub warnings: Vec<String>,
}

impl Comparison {
    /// Compares `b` to `a`.
    pub fn new(a: &Series, b: &Series) -> Comparison {
        let mut warnings = Vec::new();
        if let (Some(a), Some(b)) = (a.runs.first(), b.runs.first()) {
            warnings.extend(differences(a, b));
        }
        for (name, series) in [("A", a), ("B", b)] {
            if !series.is_sound() {
                warnings.push(format!(
                    "a run of {name} is not sound: payments were lost, state roots differ, or supply is not conserved"
                ));
            }
        }
        let mut comparison = Vec::new();
        for figure in Figure::ALL {
            match (a.spread(figure), b.spread(figure)) {
                (Some(a), Some(b)) => comparison.push(Row::new(figure, a, b)),
                (None, None) => {}
                _ => warnings.push(format!("{} is known of one of the two only", figure.name())),
            }
        }
        Comparison { comparison, a_runs: a.runs.len(), b_runs: b.runs.len(), warnings }
    }

    /// What the overlap of a row's ranges means.
    fn words(&self, row: &Row) -> &'static str {
        match (self.a_runs, self.b_runs, row.ranges_overlap) {
            // Two points hardly ever coincide, which says nothing about how far apart two more would be.
            (..=1, ..=1, _) => "one run each: noise unknown",
            (.., true) => "within the noise",
            (.., false) => "ranges apart",
        }
    }

    /// The comparison as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers are JSON")
    }

    /// The comparison as a table for a terminal: median and range of each.
    pub fn table(&self) -> String {
        let (a, b) = (runs(self.a_runs), runs(self.b_runs));
        // Writing to a string cannot fail.
        let mut table = String::new();
        let _ = writeln!(table, "{:<26} {:<30} {:<30} {:>6}", "", format!("A, {a}"), format!("B, {b}"), "B/A");
        for row in &self.comparison {
            let ratio = row.ratio.map_or("?".to_owned(), |ratio| format!("{ratio:.3}"));
            let shown = |spread: &Spread| {
                let [median, min, max] = [spread.median, spread.min, spread.max].map(|value| row.figure.show(value));
                if spread.min < spread.max { format!("{median:>8} ({min} to {max})") } else { format!("{median:>8}") }
            };
            let (name, words) = (row.figure.name(), self.words(row));
            let _ = writeln!(table, "{name:<26} {:<30} {:<30} {ratio:>6}  {words}", shown(&row.a), shown(&row.b));
        }
        for warning in &self.warnings {
            let _ = writeln!(table, "! {warning}");
        }
        table
    }
}

impl Row {
    fn new(figure: Figure, a: Spread, b: Spread) -> Row {
        let ratio = (a.median != 0.0).then(|| b.median / a.median);
        Row { figure, a, b, ratio, ranges_overlap: a.overlaps(&b) }
    }
}

fn runs(count: usize) -> String {
    if count == 1 { "1 run".to_owned() } else { format!("median of {count}") }
}

/// What differs in how two runs were made.
fn differences(a: &Summary, b: &Summary) -> Vec<String> {
    let rate = |run: &Summary| run.rate.map_or("none".to_owned(), |rate| rate.to_string());
    let aspects = [
        ("mix", a.mix.name().to_owned(), b.mix.name().to_owned()),
        ("mode", a.mode.clone(), b.mode.clone()),
        ("rate", rate(a), rate(b)),
        ("number of validators", a.validators.to_string(), b.validators.to_string()),
        ("number of payments in a transaction", a.payments_each.to_string(), b.payments_each.to_string()),
        ("delay of links", a.link_delay_ms.to_string(), b.link_delay_ms.to_string()),
        ("number of accounts", a.accounts.to_string(), b.accounts.to_string()),
    ];
    let differing = aspects.into_iter().filter(|(_, a, b)| a != b);
    differing.map(|(aspect, a, b)| format!("not the same {aspect}: {a} in A, {b} in B")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::sound;
    use super::*;

    type Spoil = fn(&mut Summary);

    fn series(p50s: &[f64]) -> Series {
        let run = |&p50| {
            let mut run = sound().summary;
            run.finality_ms.p50 = p50;
            run
        };
        Series::new(p50s.iter().map(run).collect())
    }

    fn p50(comparison: &Comparison) -> &Row {
        comparison.comparison.iter().find(|row| row.figure == Figure::FinalityP50Ms).expect("known of both")
    }

    #[test]
    fn ranges_tell_noise_from_difference() {
        let before = series(&[10.0, 12.0, 11.0]);
        let noise = Comparison::new(&before, &series(&[12.0, 13.0, 14.0]));
        assert!(p50(&noise).ranges_overlap);
        assert_eq!(noise.words(p50(&noise)), "within the noise");
        let apart = Comparison::new(&before, &series(&[5.5, 5.0, 6.0]));
        assert_eq!((p50(&apart).ratio, p50(&apart).ranges_overlap), (Some(0.5), false));
        assert_eq!(apart.words(p50(&apart)), "ranges apart");
        let table = apart.table();
        assert!(table.contains("11.0 (10.0 to 12.0)") && table.contains("0.500  ranges apart"), "{table}");
    }

    #[test]
    fn one_run_each_tells_nothing_of_the_noise() {
        for (a, b) in [(10.0, 10.0), (10.0, 20.0)] {
            let one = Comparison::new(&series(&[a]), &series(&[b]));
            assert_eq!(one.words(p50(&one)), "one run each: noise unknown");
        }
        let against_many = Comparison::new(&series(&[10.0]), &series(&[9.0, 11.0]));
        assert_eq!(against_many.words(p50(&against_many)), "within the noise");
    }

    #[test]
    fn other_measurements_are_warned_of() {
        let spoil: [(Spoil, &str); 7] = [
            (|run| run.mix = super::super::mix::Mix::Hot, "mix: self-signed in A, hot in B"),
            (|run| run.mode = "saturate".into(), "mode: rate in A, saturate in B"),
            (|run| run.rate = None, "rate: 1000 in A, none in B"),
            (|run| run.validators = 7, "validators: 4 in A, 7 in B"),
            (|run| run.accounts = 5, "accounts: 10000 in A, 5 in B"),
            (|run| run.lost = 1, "a run of B is not sound"),
            (|run| run.client_cpu_seconds = None, "client, us a payment is known of one"),
        ];
        let same = series(&[10.0]);
        assert_eq!(Comparison::new(&same, &same).warnings, Vec::<String>::new());
        for (spoil, warning) in spoil {
            let mut other = sound().summary;
            spoil(&mut other);
            let comparison = Comparison::new(&same, &Series::new(vec![other]));
            assert_eq!(comparison.warnings.len(), 1, "{:?}", comparison.warnings);
            assert!(comparison.table().contains(warning), "{:?}", comparison.warnings);
        }
    }

    #[test]
    fn a_ratio_to_nothing_is_null() {
        let comparison = Comparison::new(&series(&[0.0]), &series(&[1.0]));
        let value: serde_json::Value = serde_json::from_str(&comparison.json()).expect("JSON");
        let row = &value["comparison"][1];
        assert_eq!((&row["figure"], row["ratio"].is_null()), (&"finality_p50_ms".into(), true));
        assert_eq!((&row["a"]["median"], &row["b"]["max"]), (&0.0.into(), &1.0.into()));
        assert_eq!((&value["a_runs"], &row["ranges_overlap"]), (&1.into(), &false.into()));
    }
}
