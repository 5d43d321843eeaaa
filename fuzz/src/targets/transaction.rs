//! A transaction, and the judgement on its authorization.

use types::Transaction;
use types::codec::encode;

use super::canonical;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "transaction", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Some(transaction) = canonical::<Transaction>(bytes) else { return false };
    let id = transaction.payload.id(&values::CHAIN);
    assert_eq!(id.deadline(), transaction.payload.valid_until);
    let verdicts = Transaction::authorize_all(vec![transaction], &values::CHAIN);
    assert!(verdicts.iter().flatten().all(|authorized| authorized.id() == id));
    verdicts.len() == 1
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    vec![("three-instructions", encode(&values::transaction(1))), ("keys", encode(&values::key_change()))]
}
