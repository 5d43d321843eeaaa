//! What stands in the store. The first byte of the input says which kind of value the rest is.

use bincode::{Decode, Encode};
use node::store::decoders;
use types::codec::{Blob, Bounded, List, encode};
use types::{BatchDigest, Hash, TransactionId};
use vm::{IdPage, IdPages, Receipt, ReceiptPointer, SecondLeaf};

use super::canonical;
use crate::memory::bounded;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "store", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Some((&kind, rest)) = bytes.split_first() else { return false };
    match kind {
        0 => writes_again(rest, decoders::value),
        1 => writes_again(rest, decoders::block),
        2 => writes_again(rest, decoders::opening),
        3 => writes_again(rest, decoders::commit),
        4 => writes_again(rest, decoders::marks),
        5 => canonical_list::<Receipt>(rest),
        6 => canonical::<(u32, SecondLeaf, List<Hash>, Option<TransactionId>)>(rest).is_some(),
        7 => canonical::<(u32, Bounded<Hash, 33>)>(rest).is_some(),
        8 => writes_again(rest, decoders::records),
        9 => canonical::<(u32, IdPage)>(rest).is_some(),
        _ => false,
    }
}

fn writes_again(bytes: &[u8], decoder: fn(&[u8]) -> Option<Vec<u8>>) -> bool {
    let written = bounded(bytes.len(), || decoder(bytes));
    assert!(written.as_ref().is_none_or(|written| written == bytes), "it would be written as other bytes");
    written.is_some()
}

/// The receipts of a block, which the server reads back.
fn canonical_list<T: Encode + Decode<()> + 'static>(bytes: &[u8]) -> bool {
    canonical::<List<T>>(bytes).is_some()
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let kind = |kind: u8, bytes: Vec<u8>| [vec![kind], bytes].concat();
    let certificate = Some(encode(&values::certificate(values::ballots()[2])));
    let places: Vec<(u64, BatchDigest)> = vec![(8, BatchDigest([1; 32])), (300, BatchDigest([2; 32]))];
    let block = (
        Blob::<1024>::new(encode(&values::block(2))).expect("short"),
        certificate.map(|bytes| Blob::<1024>::new(bytes).expect("short")),
        Bounded::<_, 16>::new(places).expect("few"),
        301u64,
        9u64,
    );
    let (id, at) = (TransactionId([6; 32]), ReceiptPointer { height: types::Height(7), index: 1 });
    let leaf = SecondLeaf { previous: Some(types::Deadline(5)), second: id.deadline(), ids: Hash([1; 32]) };
    let ids = IdPages::new([(id, at)]);
    let link = vm::Link { account: types::Address([2; 20]), previous: Some(at) };
    let failure = vm::Failure::ZeroAmount;
    let receipt = |outcome| Receipt {
        id,
        outcome,
        fee: None,
        links: Bounded::new(vec![link]).expect("few"),
        results: Bounded::default(),
    };
    let receipts = vec![receipt(vm::Outcome::Succeeded), receipt(vm::Outcome::Failed { instruction: 1, failure })];
    vec![
        ("value-here", kind(0, [&[0; 17][..], b"the value"].concat())),
        ("value-chunks", kind(0, [&[1][..], &[9; 16], &[0; 15], &[200]].concat())),
        ("block", kind(1, encode(&block))),
        ("opening", kind(2, encode(&vec![(1u64, 0u64, 0u64, 0u32, 0u32), (2, 900, 4_000, 1_800_000_000, 60)]))),
        ("commit", kind(3, encode(&(12_000u64, 9u64, [5u8; 16])))),
        ("marks", kind(4, encode(&(300u64, 200u64)))),
        ("receipts", kind(5, encode(&receipts))),
        ("ids", kind(6, encode(&(7u32, leaf, ids.leaves(), ids.last())))),
        ("id-page", kind(9, encode(&(0u32, ids.page(0).expect("it has an id"))))),
        ("records", kind(8, b"\x01\x00\x07\x00\x00\x00\x02journalab\x02\x00\x01\x00\x00\x00\x00k".to_vec())),
        ("nodes", kind(7, encode(&(0u32, vec![leaf.hash(), Hash([2; 32])])))),
    ]
}
