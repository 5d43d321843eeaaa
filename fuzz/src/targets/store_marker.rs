//! The file that says whose a data directory is.

use node::store::StoreError;
use node::store::decoders::marker;

use crate::memory::bounded;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "store_marker", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    match bounded(bytes.len(), || marker(text, values::CHAIN)) {
        Ok(()) => true,
        // Damage changes more than one field of a file with a checksum: what another chain's is, is whole.
        Err(StoreError::OtherChain { found, .. }) => marker(text, found).is_ok(),
        Err(_) => false,
    }
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let directory = std::env::temp_dir().join(format!("baro-fuzz-marker-{}", std::process::id()));
    drop(node::store::Store::open(&directory, values::CHAIN).expect("a store"));
    let text = std::fs::read(directory.join("BARO")).expect("the marker");
    // What is left behind in the system's temporary directory does no harm.
    let _ = std::fs::remove_dir_all(&directory);
    vec![("this-chain", text)]
}
