use super::*;
use std::time::*;
fn q(v: &mut Vec<Duration>) -> String {
    v.sort();
    format!("p50 {:?} p99 {:?} max {:?}", v[v.len() / 2], v[v.len() * 99 / 100], v[v.len() - 1])
}
fn proc(name: &str, key: &str) -> u64 {
    let s = std::fs::read_to_string(format!("/proc/self/{name}")).unwrap();
    s.lines().find(|l| l.starts_with(key)).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let v: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (v[11].parse::<f64>().unwrap() + v[12].parse::<f64>().unwrap()) / 100.0
}
#[test]
#[ignore]
fn measure() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    for (length, count) in [(500usize, 3000u64), (100_000, 2000), (1_000_000, 600)] {
        let path = dir.path().join(length.to_string());
        let store = Store::open(&path, CHAIN).unwrap();
        let data = bytes(1, length);
        let (mut put, mut flush) = (vec![], vec![]);
        let (w, c, t) = (proc("io", "write_bytes"), cpu(), Instant::now());
        for n in 0..count {
            let s = Instant::now();
            store.put_batch(digest(n), &data).unwrap();
            put.push(s.elapsed());
            let s = Instant::now();
            store.flush().unwrap();
            flush.push(s.elapsed());
        }
        let total = length as u64 * count;
        println!(
            "{length} B: put {}; flush {}; {:.0} MB/s, {:.0} us cpu each, written x{:.2}, on disk x{:.2}, rss {} MB",
            q(&mut put),
            q(&mut flush),
            total as f64 / 1e6 / t.elapsed().as_secs_f64(),
            (cpu() - c) * 1e6 / count as f64,
            (proc("io", "write_bytes") - w) as f64 / total as f64,
            store.size_on_disk().unwrap() as f64 / total as f64,
            proc("status", "VmRSS") / 1024
        );
        drop(store);
        let t = Instant::now();
        let store = Store::open(&path, CHAIN).unwrap();
        println!("  reopen {:?} rss {} MB", t.elapsed(), proc("status", "VmRSS") / 1024);
        drop(store);
        let t = Instant::now();
        let store = Store::open(&path, CHAIN).unwrap();
        println!("  reopen again {:?}", t.elapsed());
        drop(store);
    }
    // idle-like: 100k blocks of small records
    let path = dir.path().join("idle");
    let store = Store::open(&path, CHAIN).unwrap();
    let (w, c, t) = (proc("io", "write_bytes"), cpu(), Instant::now());
    let (mut flush, mut n) = (vec![], 0u64);
    for h in 1..=20_000u64 {
        for _ in 0..3 {
            store.append_journal(View(h), &bytes(n, 200)).unwrap();
            n += 1;
        }
        store.put_proposal(View(h), Hash([1; 32]), &bytes(h, 300)).unwrap();
        store
            .put_block(
                Height(h),
                &BlockRecord {
                    block: bytes(h, 300),
                    certificate: Some(bytes(h, 300)),
                    receipts: vec![0],
                    batches: vec![],
                },
            )
            .unwrap();
        store.put_ids(Deadline(h as u32), &[0]).unwrap();
        store.trim_journal(View(h.saturating_sub(10))).unwrap();
        let s = Instant::now();
        store.flush().unwrap();
        flush.push(s.elapsed());
    }
    println!(
        "20000 empty blocks: {:?}, flush {}, {:.0} us cpu each, written {} B each, disk {} B each, rss {} MB",
        t.elapsed(),
        q(&mut flush),
        (cpu() - c) * 1e6 / 20000.0,
        (proc("io", "write_bytes") - w) / 20000,
        store.size_on_disk().unwrap() / 20000,
        proc("status", "VmRSS") / 1024
    );
    drop(store);
    let t = Instant::now();
    let store = Store::open(&path, CHAIN).unwrap();
    println!("  reopen {:?}", t.elapsed());
    // idle cpu
    let c = cpu();
    std::thread::sleep(Duration::from_secs(5));
    println!("idle cpu {:.2} %", (cpu() - c) / 5.0 * 100.0);
    // checkpoint 100 MB
    let (w, c, t) = (proc("io", "write_bytes"), cpu(), Instant::now());
    std::thread::scope(|s| {
        let other = store.clone();
        let h = s.spawn(move || other.write_checkpoint(Height(1), (0..100).map(|n| bytes(n, 1 << 20))).unwrap());
        let mut flush = vec![];
        let mut v = 30_000;
        while !h.is_finished() {
            store.append_journal(View(v), &[1; 200]).unwrap();
            v += 1;
            let s = Instant::now();
            store.flush().unwrap();
            flush.push(s.elapsed());
        }
        println!(
            "checkpoint 100 MB {:?}, cpu {:.2} s, written x{:.2}; flushes meanwhile {}",
            t.elapsed(),
            cpu() - c,
            (proc("io", "write_bytes") - w) as f64 / 104857600.0,
            q(&mut flush)
        );
    });
    let t = Instant::now();
    let n = store.read_checkpoint().unwrap().unwrap().1.count();
    println!("read checkpoint {n} parts {:?} rss {} MB", t.elapsed(), proc("status", "VmRSS") / 1024);
}
