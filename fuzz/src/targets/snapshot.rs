//! The chunks of a checkpoint, as a peer or the disk gives them, and the state that they make.

use types::codec::Text;
use types::{Address, Amount, Member, Transaction};
use types::{AssetId, Hash};
use vm::{AssetSpec, BlockContext, Ledger, Parameters, RestoreError};

use crate::memory::bounded;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "snapshot", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let chunks = cut(bytes);
    let restore = |root| Ledger::restore(chunks.iter().cloned(), root);
    // No state has this root: the answer tells which one the chunks have, if they are a state.
    let Err(RestoreError::StateRoot { got, .. }) = bounded(bytes.len(), || restore(Hash::ZERO)) else { return false };
    let ledger = restore(got).expect("it is the state of these chunks");
    let written: Vec<Vec<u8>> = ledger.snapshot().chunks().collect();
    let again = Ledger::restore(written.iter().cloned(), got).expect("what is written can be read");
    assert!(again.snapshot().chunks().eq(written));
    ledger.held(AssetId(0));
    true
}

/// Chunks behind their lengths; the last one may be short.
fn cut(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (chunk, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
        chunks.push(chunk.to_vec());
        bytes = rest;
    }
    chunks
}

fn framed(ledger: &Ledger) -> Vec<u8> {
    let snapshot = ledger.snapshot();
    snapshot.chunks().flat_map(|chunk| [&(chunk.len() as u16).to_be_bytes(), &chunk[..]].concat()).collect()
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let payer = values::transaction(0).payload.payer;
    let asset = |symbol, decimals| AssetSpec::new(Text::new(symbol).expect("short"), decimals, payer);
    let accounts = [payer, Address([2; 20])].map(|address| (address, vec![(AssetId(0), Amount(1_000_000))]));
    let parameters = Parameters { max_valid_seconds: 120, validator_notice_millis: 10_000, fees: None };
    let key = values::secrets()[0].public();
    let member = Member::new("a", key, "peer-a", "/ip4/127.0.0.1/tcp/9600").expect("short");
    let assets = vec![asset("KRW", 0), asset("USD", 2)];
    let mut ledger = Ledger::genesis(parameters, vec![member], assets, accounts.to_vec()).expect("a ledger");
    let fresh = framed(&ledger);
    let transactions = (0..3).map(values::transaction).collect();
    let authorized: Vec<_> = Transaction::authorize_all(transactions, &values::CHAIN).into_iter().flatten().collect();
    let header = values::block(0).header;
    let context = BlockContext { height: header.height, timestamp: header.timestamp };
    ledger.apply(vm::execute(&ledger, &[], context, &authorized).expect("it executes").delta);
    vec![("fresh", fresh), ("executed", framed(&ledger))]
}
