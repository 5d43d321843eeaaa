//! Results of earlier runs, read from their files.

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

use super::report::Summary;
use super::series::Series;

/// Reads what `--json` printed or `--report` wrote, of one run or of several.
pub fn read_results(path: &Path) -> anyhow::Result<Series> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("{} does not hold results of `baro bench`", path.display()))
}

fn parse(text: &str) -> anyhow::Result<Series> {
    let value: Value = serde_json::from_str(text)?;
    for (part, inside) in [("ours", "--against"), ("probes", "--search")] {
        if value.get(part).is_some() {
            bail!("what {inside} printed holds several results: take one of them out");
        }
    }
    if value.get("runs").is_none() {
        let run: Summary = serde_json::from_value(value)?;
        return Ok(Series::new(vec![run]));
    }
    let series: Series = serde_json::from_value(value)?;
    if series.runs.is_empty() {
        bail!("there is no run in it");
    }
    Ok(series)
}

#[cfg(test)]
mod tests {
    use super::super::report::Report;
    use super::super::report::tests::sound;
    use super::*;

    #[test]
    fn reports_are_read_as_they_were_written() {
        let report = sound();
        assert!(!report.summary.refusals.is_empty(), "keys of maps are numbers, which JSON writes as text");
        let text = serde_json::to_string(&report).expect("JSON");
        assert_eq!(serde_json::from_str::<Report>(&text).expect("a report"), report);
        assert_eq!(serde_json::from_str::<Summary>(&report.json()).expect("a summary"), report.summary);
        let series = Series::new(vec![report.summary]);
        assert_eq!(serde_json::from_str::<Series>(&series.json()).expect("a series"), series);
    }

    #[test]
    fn results_of_any_form_are_a_series() {
        let report = sound();
        let one = Series::of(&[sound()]);
        assert_eq!(parse(&report.json()).expect("what --json prints"), one);
        let full = serde_json::to_string(&report).expect("JSON");
        assert_eq!(parse(&full).expect("report.json"), one);
        let three = Series::of(&[sound(), sound(), sound()]);
        assert_eq!(parse(&three.json()).expect("series.json"), three);
    }

    #[test]
    fn results_from_before_costs_were_told_are_read() {
        let mut value = serde_json::to_value(sound().summary).expect("JSON");
        value.as_object_mut().expect("an object").remove("costs");
        assert!(parse(&value.to_string()).is_ok());
    }

    #[test]
    fn what_is_no_result_is_refused() {
        for text in ["", "{}", "{\"runs\":[]}", "{\"runs\":[{}]}", "{\"ours\":{}}", "{\"probes\":[]}"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let error = read_results(Path::new("/there/is/none.json")).unwrap_err().to_string();
        assert!(error.contains("none.json"), "{error}");
    }
}
