//! A record of the journal.

use consensus::Record;
use types::codec::encode;

use super::canonical;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "record", run, seeds };

fn run(bytes: &[u8]) -> bool {
    canonical::<Record>(bytes).is_some_and(|record| {
        let _ = (record.view(), record.block());
        true
    })
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let [notarize, nullify, finalize] = values::ballots();
    let records = [
        ("proposed", Record::Proposed(super::consensus_message::proposal())),
        ("nullify", Record::Voted(values::vote(nullify, 3).into_inner())),
        ("notarize", Record::Voted(values::vote(notarize, 3).into_inner())),
        ("certified", Record::Certified(values::certificate(finalize))),
    ];
    records.into_iter().map(|(name, record)| (name, encode(&record))).collect()
}
