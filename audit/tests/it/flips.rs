//! Whatever single byte of a chain is altered, the audit says so.

use crate::bank::*;

#[test]
fn no_flipped_byte_goes_unnoticed() {
    let good = Chain::business();
    let mut flips = 0;
    for place in 0..good.entries.len() {
        let parts = |entry: &audit::Entry| {
            let certificate = entry.certificate.as_ref().map_or(0, Vec::len);
            let batches: Vec<usize> = entry.batches.iter().map(Vec::len).collect();
            (entry.block.len(), certificate, batches, entry.receipts.as_ref().map_or(0, Vec::len))
        };
        let (block, certificate, batches, receipts) = parts(&good.entries[place]);
        let mut entries = good.entries.clone();
        let mut check = |what: &str, change: &dyn Fn(&mut audit::Entry)| {
            change(&mut entries[place]);
            let auditor = audit(&good.genesis, &entries);
            let is_noticed = !auditor.findings().is_empty() || auditor.stop().is_some();
            assert!(is_noticed, "block {}: {what}", place + 1);
            change(&mut entries[place]);
            flips += 1;
        };
        for at in 0..block {
            check("the block", &|entry| entry.block[at] ^= 1);
        }
        for at in 0..certificate {
            check("the certificate", &|entry| entry.certificate.as_mut().unwrap()[at] ^= 1);
        }
        for (batch, length) in batches.into_iter().enumerate() {
            for at in 0..length {
                check("a batch", &|entry| entry.batches[batch][at] ^= 1);
            }
        }
        for at in 0..receipts {
            check("the receipts", &|entry| entry.receipts.as_mut().unwrap()[at] ^= 1);
        }
    }
    assert!(flips > 2_500, "{flips}");
}
