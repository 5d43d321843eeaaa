//! A certificate, and the judgement on it.

use types::Certificate;
use types::codec::encode;

use super::canonical;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "certificate", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Some(certificate) = canonical::<Certificate>(bytes) else { return false };
    // Whether it is valid is for the tests of `types` to say.
    let _ = certificate.verify(&values::committee());
    true
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let names = ["notarize", "nullify", "finalize"];
    let certificates = values::ballots().map(values::certificate);
    names.into_iter().zip(certificates).map(|(name, certificate)| (name, encode(&certificate))).collect()
}
