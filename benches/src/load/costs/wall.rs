//! What the machine could do if it did nothing but verify signatures: the bound on everything else.

use std::fs::read_to_string;
use std::thread;
use std::time::{Duration, Instant};

use types::{DecodedKeys, PublicKey, SecretKey, Signature, SignedMessage, verify_all_with};

/// Signatures verified at once, as validators verify them under load.
const TOGETHER: usize = 1_024;

/// As long as the message under a transaction's signature.
const MESSAGE_BYTES: usize = 51;

/// How long each thread verifies.
const TIME: Duration = Duration::from_millis(300);

/// Processor time to verify one signature among many, each by another key that is known already, in microseconds: all
/// cores verify at the same time, as they do under load.
pub(super) fn signature_micros() -> f64 {
    let signed: Vec<Signed> = (0..TOGETHER as u64).map(Signed::of).collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let total: f64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| measure(&signed))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    });
    total / cores as f64
}

struct Signed {
    key: PublicKey,
    message: [u8; MESSAGE_BYTES],
    signature: Signature,
}

impl Signed {
    fn of(number: u64) -> Signed {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let secret = SecretKey::from_seed(seed);
        let message = [number as u8; MESSAGE_BYTES];
        Signed { key: secret.public(), message, signature: secret.sign(&message) }
    }
}

fn measure(signed: &[Signed]) -> f64 {
    let items: Vec<SignedMessage<'_>> =
        signed.iter().map(|Signed { key, message, signature }| SignedMessage { key, message, signature }).collect();
    let mut keys = DecodedKeys::with_capacity(2 * items.len());
    verify_all_with(&items, &mut keys);
    let start = Instant::now();
    let used = thread_time();
    let mut rounds = 0;
    while start.elapsed() < TIME {
        assert!(verify_all_with(&items, &mut keys).into_iter().all(|valid| valid), "they were signed here");
        rounds += 1;
    }
    // Where the system does not tell, as if the thread had not been interrupted.
    let used = thread_time().zip(used).map_or(start.elapsed(), |(after, before)| after - before);
    used.as_secs_f64() * 1e6 / (rounds * items.len()) as f64
}

/// Processor time of this thread.
fn thread_time() -> Option<Duration> {
    let on_processor = read_to_string("/proc/thread-self/schedstat").ok()?;
    on_processor.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
