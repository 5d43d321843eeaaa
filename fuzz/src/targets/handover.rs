//! A handover from one validator set to the next, and the judgement on it.

use types::codec::encode;
use types::{Ballot, Handover, SecretKey, ValidatorSet, View};

use super::canonical;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "handover", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Some(handover) = canonical::<Handover>(bytes) else { return false };
    let _ = handover.verify(&values::committee());
    // Whatever decodes as a validator set can work as one.
    let next = values::committee().next(handover.validators);
    assert!(next.quorum() > 2 * next.tolerated_faults());
    assert!(next.key(next.leader(View(u64::MAX))).is_some());
    assert_eq!(ValidatorSet::new(next.validators.keys().to_vec()), Ok(next.validators));
    true
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let validators = (3..8).map(|byte| SecretKey::from_seed([byte; 32]).public()).collect();
    let validators = ValidatorSet::new(validators).expect("distinct keys");
    let mut header = values::block(1).header;
    header.next_validators = validators.hash();
    let certificate = values::certificate(Ballot::Finalize { view: View(301), block: header.hash() });
    vec![("five", encode(&Handover { header, certificate, validators }))]
}
