//! A proof file, and the judgement on it.

use proof::{Claim, Finality, Proof, ProofFile};
use types::codec::Bounded;
use types::{Ballot, Header, TransactionId, View};
use vm::{Outcome, Receipt, ReceiptProof};

use crate::memory::bounded;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "proof_file", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(file) = bounded(bytes.len(), || ProofFile::parse(text)) else { return false };
    let written = serde_json::to_string(&file).expect("it is JSON");
    assert_eq!(ProofFile::parse(&written).as_ref(), Ok(&file), "it is not read as what was written");
    bounded(bytes.len(), || file.verify(&values::committee())).is_ok()
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let receipt = |byte| Receipt {
        id: TransactionId([byte; 32]),
        outcome: Outcome::Succeeded,
        fee: None,
        links: Bounded::default(),
        results: Bounded::default(),
    };
    let receipts = [receipt(1), receipt(2), receipt(3)];
    let header = Header { receipts_root: vm::receipts_root(&receipts), ..values::block(1).header };
    let certificate = values::certificate(Ballot::Finalize { view: View(300), block: header.hash() });
    let headers = Bounded::new(vec![header]).expect("one");
    let finality = Finality { handovers: Bounded::default(), headers, certificate };
    let claim = Claim::Receipt(ReceiptProof::new(&receipts, 1).expect("it is there"));
    let file = ProofFile::new(&Proof { finality, claim }, &values::committee()).expect("it holds");
    vec![("receipt", serde_json::to_vec(&file).expect("it is JSON"))]
}
