//! Reports, signed and altered.

use audit::{Report, ReportError, SignedReport, Speed};
use types::Amount;

use crate::bank::*;

fn report() -> Report {
    let auditor = Chain::business().audit();
    Report::of(&auditor, "audited", "a test", vec!["a note".to_owned()], Speed::of(7, 2, 1))
}

#[test]
fn a_report_says_what_was_audited() {
    let report = report();
    assert!(report.is_clean());
    assert_eq!((report.from.0, report.to.0, report.blocks, report.transactions), (1, 3, 3, 7));
    let won = &report.supplies[0];
    assert_eq!(
        (won.supply, won.held(), won.minted, won.burnt),
        (Amount(1_520), Amount(1_520), Amount(500), Amount(30))
    );
    assert_eq!((won.issuer, won.others, won.holders), (Amount(3), Amount(1_517), 4));
    assert_eq!(report.speed.transactions_per_second, 3_500);
    let mut chain = Chain::business();
    chain.entries[0].batches[1][40] ^= 1;
    let auditor = chain.audit();
    let report = Report::of(&auditor, "audited", "a test", Vec::new(), Speed::default());
    assert!(!report.is_clean());
    assert_eq!((report.to.0, report.findings[0].height.0, report.stopped.map(|stop| stop.height.0)), (0, 1, Some(1)));
}

#[test]
fn a_signature_holds_for_the_report_as_it_is() {
    let auditor = key(60);
    let text = SignedReport::sign(report(), &auditor).unwrap().to_text().unwrap();
    assert_eq!(SignedReport::parse(&text).unwrap().verify(), Ok(auditor.public()));
    let unsigned = SignedReport::unsigned(report()).to_text().unwrap();
    assert_eq!(SignedReport::parse(&unsigned).unwrap().verify(), Err(ReportError::Unsigned));

    let altered = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        SignedReport::parse(&text.replacen(from, to, 1)).and_then(|report| report.verify())
    };
    assert_eq!(altered("\"supply\": \"1520\"", "\"supply\": \"1521\""), Err(ReportError::Signature));
    assert_eq!(
        altered("\"findings\": []", "\"findings\": [{\"height\":1,\"kind\":\"a\",\"reason\":\"b\"}]"),
        Err(ReportError::Signature)
    );
    assert_eq!(altered("\"to\": 3", "\"to\": 4"), Err(ReportError::Signature));
    let other_key = auditor.public().to_string();
    assert_eq!(altered(&other_key, &key(61).public().to_string()), Err(ReportError::Signature));
    assert!(matches!(altered("report v1", "report v2"), Err(ReportError::Format(_))));
    assert!(matches!(altered("\"to\": 3", "\"to\": 3, \"approved\": true"), Err(ReportError::Form(_))));
}
