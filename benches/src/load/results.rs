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
    let mut value: Value = serde_json::from_str(text)?;
    for (part, inside) in [("ours", "--against"), ("probes", "--search")] {
        if value.get(part).is_some() {
            bail!("what {inside} printed holds several results: take one of them out");
        }
    }
    match value.get_mut("runs").and_then(Value::as_array_mut) {
        Some(runs) => runs.iter_mut().for_each(complete),
        None => complete(&mut value),
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

/// Earlier results do not tell what could not be chosen then: a custodian's batch was of 100 payments, and no link delayed.
fn complete(run: &mut Value) {
    let each = if run["mix"] == "custodial" { 100 } else { 1 };
    if let Some(run) = run.as_object_mut() {
        run.entry("payments_each").or_insert(each.into());
        run.entry("link_delay_ms").or_insert(0.into());
    }
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
    fn earlier_results_are_read() {
        for (mix, each) in [("self-signed", 1), ("custodial", 100)] {
            let mut run = serde_json::to_value(sound().summary).expect("JSON");
            run["mix"] = mix.into();
            let fields = run.as_object_mut().expect("an object");
            for field in ["costs", "payments_each", "link_delay_ms"] {
                assert!(fields.remove(field).is_some(), "{field}");
            }
            for text in [run.to_string(), serde_json::json!({ "runs": [run] }).to_string()] {
                let series = parse(&text).expect("an earlier result");
                assert_eq!((series.runs[0].payments_each, series.runs[0].link_delay_ms), (each, 0));
            }
        }
    }

    #[test]
    fn what_is_no_result_is_refused() {
        for text in ["", "7", "{}", "{\"runs\":[]}", "{\"runs\":[{}]}", "{\"ours\":{}}", "{\"probes\":[]}"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let error = read_results(Path::new("/there/is/none.json")).unwrap_err().to_string();
        assert!(error.contains("none.json"), "{error}");
    }
}
