//! The bytes on disk, pinned: a change of the format is a change of `vectors/store.txt` and of the format's number.

use std::fmt::Write;

use super::*;

const VECTOR: &str = include_str!("../../../vectors/store.txt");

#[test]
fn the_bytes_on_disk_are_those_of_the_vector() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CHAIN).unwrap();
    store.put_batch(digest(1), b"first batch").unwrap();
    store.put_batch(digest(2), &[0xab; 513]).unwrap();
    store.put_batch(digest(3), b"waits").unwrap();
    store.put_batch(digest(4), b"expires").unwrap();
    store.append_journal(View(6), b"old vote").unwrap();
    store.append_journal(View(7), b"vote").unwrap();
    store.put_proposal(View(7), Hash([9; 32]), b"proposal").unwrap();
    let record = BlockRecord {
        block: b"block".to_vec(),
        certificate: Some(b"certificate".to_vec()),
        receipts: b"receipts".to_vec(),
        batches: vec![digest(2), digest(1)],
    };
    store.put_block(Height(1), &record).unwrap();
    let record = BlockRecord { certificate: None, batches: vec![], ..record };
    store.put_block(Height(2), &record).unwrap();
    store.forget_batch(&digest(4)).unwrap();
    let second = Deadline(1_800_000_000);
    store.put_id_pages(second, &[(id(second, 9), b"page".to_vec())]).unwrap();
    store.put_ids(second, b"ids").unwrap();
    store.put_nodes(3, b"nodes").unwrap();
    store.trim_journal(View(7)).unwrap();
    store.flush().unwrap();
    // Opened again, it has everything in its database.
    drop(store);
    let store = Store::open(dir.path(), CHAIN).unwrap();

    let mut text = std::fs::read_to_string(dir.path().join("BARO")).unwrap();
    for (table, key, value) in store.dump() {
        let is_reserved = table == "chunks" && value.is_empty();
        if !is_reserved {
            writeln!(text, "{table} {} {}", hex::encode(key), hex::encode(value)).unwrap();
        }
    }
    assert!(text == VECTOR, "the format has changed; it is now\n{text}");
}
