use super::*;

#[test]
fn everything_comes_back_in_order_before_and_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    (1..=20).for_each(|height| put_height(&store, height).unwrap());
    assert_eq!(check_prefix(&store).unwrap(), 20);
    store.flush().unwrap();
    drop(store);
    assert_eq!(check_prefix(&open(dir.path())).unwrap(), 20);
}

#[test]
fn an_empty_store_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.latest_height(), None);
    assert_eq!(store.block(Height(0)).unwrap(), None);
    assert_eq!(store.receipts(Height(1)).unwrap(), None);
    assert_eq!(store.blocks(Height(1), 1 << 20).unwrap(), []);
    assert_eq!(store.batch(&digest(1)).unwrap(), None);
    assert_eq!(store.ids(Deadline(1)).unwrap(), None);
    assert!(store.journal().unwrap().is_empty() && store.proposals().unwrap().is_empty());
    assert!(store.read_checkpoint().unwrap().is_none());
}

#[test]
fn values_of_every_length_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let lengths = [0, 1, 511, 512, 513, 7167, 7168, 7169, 14_336, 1 << 20, 2 << 20];
    let store = Store::open(dir.path(), CHAIN).unwrap();
    for (n, length) in lengths.into_iter().enumerate() {
        store.put_batch(digest(n as u64), &bytes(n as u64, length)).unwrap();
    }
    store.flush().unwrap();
    drop(store);
    let store = Store::open(dir.path(), CHAIN).unwrap();
    for (n, length) in lengths.into_iter().enumerate() {
        assert_eq!(store.batch(&digest(n as u64)).unwrap().unwrap(), bytes(n as u64, length), "{length} bytes");
    }
}

#[test]
fn only_batches_that_are_neither_ordered_nor_forgotten_wait() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    (1..=6).for_each(|n| store.put_batch(digest(n), &batch(n)).unwrap());
    let record = BlockRecord { batches: vec![digest(5), digest(2)], ..block(1) };
    store.put_block(Height(1), &record).unwrap();
    store.forget_batch(&digest(3)).unwrap();
    store.forget_batch(&digest(2)).unwrap();
    let expected: Vec<_> = [1, 4, 6].into_iter().map(|n| (digest(n), batch(n))).collect();
    assert_eq!(store.unordered_batches().unwrap(), expected);
    store.flush().unwrap();
    drop(store);

    let store = open(dir.path());
    assert_eq!(store.unordered_batches().unwrap(), expected);
    assert_eq!(store.batch(&digest(2)).unwrap().unwrap(), batch(2), "an ordered batch is not forgotten");
    assert_eq!(store.batch(&digest(3)).unwrap(), None);
}

#[test]
fn a_batch_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.put_batch(digest(1), &batch(1)).unwrap();
    let before = store.written();
    store.put_batch(digest(1), &batch(1)).unwrap();
    assert_eq!(store.written(), before);
    assert_eq!(store.unordered_batches().unwrap().len(), 1);
}

#[test]
fn a_block_needs_its_batches_and_its_parent() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put_height(&store, 1).unwrap();
    let refused = store.put_block(Height(2), &block(7)).unwrap_err();
    assert!(matches!(refused, StoreError::UnknownBatch { height: Height(2), .. }), "{refused}");
    let refused = store.put_block(Height(3), &BlockRecord { batches: vec![], ..block(3) }).unwrap_err();
    assert!(matches!(refused, StoreError::Gap { height: Height(3), latest: Height(1) }), "{refused}");
    // Neither has harmed the store.
    put_height(&store, 2).unwrap();
    assert_eq!(check_prefix(&store).unwrap(), 2);
}

#[test]
fn a_block_that_is_put_again_keeps_its_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    (1..=3).for_each(|height| put_height(&store, height).unwrap());
    store.put_block(Height(2), &BlockRecord { certificate: None, ..block(2) }).unwrap();
    assert_eq!(store.block(Height(2)).unwrap().unwrap(), block(2));
    let certificate = Some(vec![1, 2, 3]);
    store.put_block(Height(3), &BlockRecord { certificate: certificate.clone(), ..block(3) }).unwrap();
    assert_eq!(store.block(Height(3)).unwrap().unwrap().certificate, certificate);
    assert_eq!(store.latest_height(), Some(Height(3)));
}

#[test]
fn blocks_are_served_up_to_a_size_and_at_least_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    (1..=10).for_each(|height| put_height(&store, height).unwrap());
    let all: Vec<StoredBlock> = (1..=10).map(stored).collect();
    assert_eq!(store.blocks(Height(1), usize::MAX).unwrap(), all);
    assert_eq!(store.blocks(Height(4), 1).unwrap(), all[3..4]);
    let two: usize = all[..2]
        .iter()
        .map(|block| {
            let certificate = block.certificate.as_ref().map_or(0, Vec::len);
            block.block.len() + certificate + block.batches.iter().map(Vec::len).sum::<usize>()
        })
        .sum();
    assert_eq!(store.blocks(Height(1), two).unwrap(), all[..2]);
    assert_eq!(store.blocks(Height(1), two - 1).unwrap(), all[..1]);
}

#[test]
fn trimmed_views_are_gone_also_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for (n, view) in [3u64, 4, 4, 7, 5, 8].into_iter().enumerate() {
        store.append_journal(View(view), &journal_record(n as u64)).unwrap();
        store.put_proposal(View(view), Hash([n as u8; 32]), &[view as u8]).unwrap();
    }
    store.trim_journal(View(5)).unwrap();
    store.trim_journal(View(4)).unwrap();
    let journal: Vec<_> = [3, 4, 5].map(journal_record).to_vec();
    let check = |store: &Store| {
        assert_eq!(store.journal().unwrap(), journal);
        assert_eq!(store.proposals().unwrap(), [[5], [7], [8]]);
    };
    check(&store);
    store.flush().unwrap();
    drop(store);
    check(&open(dir.path()));
}

#[test]
fn repeated_ids_are_written_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for second in [1, 2, 5, 2, 4] {
        put_ids(&store, Deadline(second)).unwrap();
    }
    for second in [1, 2, 4, 5] {
        check_ids(&store, Deadline(second)).unwrap();
    }
    assert_eq!(store.id_page(&id(Deadline(3), 0)).unwrap(), None, "the next page is of another second");
    assert_eq!(store.ids(Deadline(3)).unwrap(), None);
}

#[test]
fn counts_what_is_written_and_what_it_takes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), CHAIN).unwrap();
    let before = store.size_on_disk().unwrap();
    (0..40).for_each(|n| store.put_batch(digest(n), &bytes(n, 250_000)).unwrap());
    store.flush().unwrap();
    let written = store.written();
    assert_eq!((written.records, written.bytes), (40, 10_000_000));
    // Opened again, sled has all of it on disk.
    drop(store);
    let store = Store::open(dir.path(), CHAIN).unwrap();
    let grown = store.size_on_disk().unwrap() - before;
    // Without reserved positions it is 18 million.
    assert!((10_000_000..12_000_000).contains(&grown), "{grown} bytes on disk");
}

#[test]
fn a_store_is_open_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert!(matches!(Store::open(dir.path(), CHAIN), Err(StoreError::Locked { .. })));
    assert!(matches!(Store::open(dir.path(), Hash([1; 32])), Err(StoreError::Locked { .. })));
    drop(store);
    assert!(matches!(Store::open(dir.path(), Hash([1; 32])), Err(StoreError::OtherChain { .. })));
}
