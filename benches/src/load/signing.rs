//! Payments signed ahead of their sending, by threads that stay a bounded stock ahead of the load.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use rpc::HexBytes;
use tokio::sync::Notify;
use types::codec::{Bounded, encode};
use types::{Address, AssetId, ChainTag, Deadline, Hash, Payload, SecretKey, Timestamp, Transaction};

use super::accounts::Accounts;
use super::chain::{Chain, Signed};
use super::clock::now;
use super::mix::{Choice, Profile, Step};
use super::random::Random;
use super::schedule::Schedule;

/// Payments are signed in chunks of this many.
const CHUNK: u64 = 256;

/// Signs what the payer is to sign, and writes it out. `pays`: the payment is made once it is final.
pub(super) fn sign(payload: Payload, secret: &SecretKey, chain: &Hash, pays: bool) -> Signed {
    let id = payload.id(chain);
    let transaction = Transaction::sign(payload, secret, chain);
    Signed { id, bytes: HexBytes(hex::encode(encode(&transaction))), pays }
}

/// Which payments are to be signed, and until when each is valid.
pub(super) struct Payments {
    /// The genesis hash.
    pub chain: Hash,
    /// What is paid with.
    pub asset: AssetId,
    /// What a payment is.
    pub profile: Profile,
    /// Who pays whom.
    pub accounts: Accounts,
    /// Decides who pays whom.
    pub seed: u64,
    /// Makes the payments of this run distinct from those of others.
    pub first_salt: u64,
    /// When payments are due, if that is known beforehand.
    pub schedule: Option<Schedule>,
    /// When the load is to begin.
    pub begin: Timestamp,
    /// Seconds from when a payment is due, or else from its signing, to its deadline.
    pub valid_for: u32,
}

impl Payments {
    /// Signs payment `n`, which the seed and `n` decide.
    fn sign(&self, n: u64) -> Chain {
        let mut random = Random::new(self.seed ^ n.wrapping_mul(0xd134_2543_de82_ef95));
        let payer = random.below(self.accounts.payers().len());
        let due = match self.schedule {
            Some(schedule) => self.begin.plus_millis(schedule.due(n) / 1000),
            None => self.begin.max(now()),
        };
        let salt = self.first_salt.wrapping_add(n);
        let choice = Choice { accounts: &self.accounts, payer, asset: self.asset, number: salt };
        let sign = |Step { signer, instruction, pays }| {
            let payload = Payload {
                chain: ChainTag::of(&self.chain),
                payer: Address::of(&signer.public()),
                valid_until: Deadline::after(due, self.valid_for),
                salt,
                instructions: Bounded::new(vec![instruction]).expect("one instruction is within the bound"),
            };
            sign(payload, signer, &self.chain, pays)
        };
        Chain::new(self.profile.steps(choice, &mut random).into_iter().map(sign).collect())
    }

    /// How many payments there are, if that is known.
    fn total(&self) -> u64 {
        self.schedule.map_or(u64::MAX, |schedule| schedule.total())
    }

    /// How long one payment takes to sign here, in seconds.
    pub(super) fn seconds_each(&self) -> f64 {
        let started = Instant::now();
        (0..CHUNK).for_each(|n| {
            std::hint::black_box(self.sign(n));
        });
        started.elapsed().as_secs_f64() / CHUNK as f64
    }
}

/// Chunks signed and not yet taken.
struct Stock {
    /// Chunks by their number; those of several threads may be ready out of order.
    chunks: BTreeMap<u64, Vec<Chain>>,
    /// The next chunk to sign.
    next_signed: u64,
    /// The next chunk to take.
    next_taken: u64,
    /// So many chunks are signed ahead.
    limit: u64,
    stopped: bool,
}

struct Shared {
    payments: Payments,
    stock: Mutex<Stock>,
    /// There is something to sign, or the end.
    room: Condvar,
    /// A chunk was signed.
    stocked: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work of one thread.
    fn run(&self) {
        let chunks = self.payments.total().div_ceil(CHUNK);
        loop {
            let mut stock = self.lock();
            while !stock.stopped && stock.next_signed < chunks && stock.next_signed - stock.next_taken >= stock.limit {
                stock = self.room.wait(stock).unwrap_or_else(PoisonError::into_inner);
            }
            if stock.stopped || stock.next_signed >= chunks {
                return;
            }
            let chunk = stock.next_signed;
            stock.next_signed += 1;
            drop(stock);

            let first = chunk * CHUNK;
            let end = (first + CHUNK).min(self.payments.total());
            let signed: Vec<Chain> = (first..end).map(|n| self.payments.sign(n)).collect();
            self.lock().chunks.insert(chunk, signed);
            self.stocked.notify_one();
        }
    }
}

/// The signing threads and their stock. Dropping it ends them.
pub(super) struct Signing {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    taken: std::vec::IntoIter<Chain>,
}

impl Signing {
    /// Starts signing on `threads` threads, at most `ahead` payments ahead.
    pub(super) fn start(payments: Payments, ahead: u64, threads: usize) -> Signing {
        let stock = Stock {
            chunks: BTreeMap::new(),
            next_signed: 0,
            next_taken: 0,
            limit: ahead.div_ceil(CHUNK).max(1),
            stopped: false,
        };
        let shared =
            Arc::new(Shared { payments, stock: Mutex::new(stock), room: Condvar::new(), stocked: Notify::new() });
        let threads = (0..threads.max(1))
            .map(|_| {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.run())
            })
            .collect();
        Signing { shared, threads, taken: Vec::new().into_iter() }
    }

    /// Waits until as many payments are signed as were to be signed ahead.
    pub(super) async fn stocked(&self) {
        loop {
            {
                let stock = self.shared.lock();
                let total = self.shared.payments.total().div_ceil(CHUNK);
                let wanted = stock.limit.min(total - stock.next_taken);
                if stock.chunks.len() as u64 >= wanted {
                    return;
                }
            }
            self.shared.stocked.notified().await;
        }
    }

    /// From now on signs only so many payments ahead, leaving the processors to the network while there is a stock.
    pub(super) fn slow_down(&self, ahead: u64) {
        self.shared.lock().limit = ahead.div_ceil(CHUNK).max(1);
    }

    /// The next payment in order, if it is signed by now.
    pub(super) fn next(&mut self) -> Option<Chain> {
        if let Some(signed) = self.taken.next() {
            return Some(signed);
        }
        let mut stock = self.shared.lock();
        let next = stock.next_taken;
        let chunk = stock.chunks.remove(&next)?;
        stock.next_taken += 1;
        drop(stock);
        self.shared.room.notify_all();
        self.taken = chunk.into_iter();
        self.taken.next()
    }
}

impl Drop for Signing {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.room.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has ended the program.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Instruction;
    use types::codec::decode;

    const CHAIN: Hash = Hash([7; 32]);

    fn payments(schedule: Option<Schedule>) -> Payments {
        Payments {
            chain: CHAIN,
            asset: AssetId(0),
            profile: Profile::Transfers,
            accounts: Accounts::own(1, 3),
            seed: 1,
            first_salt: 100,
            schedule,
            begin: Timestamp(1_800_000_000_000),
            valid_for: 60,
        }
    }

    #[tokio::test]
    async fn payments_come_in_order_and_end() {
        let schedule = Schedule::new(200, 1, 3);
        let mut signing = Signing::start(payments(Some(schedule)), 10_000, 2);
        signing.stocked().await;
        for n in 0..schedule.total() {
            let signed = signing.next().and_then(|mut chain| chain.next()).expect("signed ahead");
            let bytes = hex::decode(&signed.bytes.0).expect("hex");
            let transaction: Transaction = decode(&bytes).expect("canonical");
            assert_eq!(transaction.payload.salt, 100 + n);
            assert_eq!(signed.id.deadline(), Deadline(1_800_000_060 + (n / 200) as u32), "valid from when it is due");
            let Instruction::Transfer { to, .. } = transaction.payload.instructions[0] else { panic!("a transfer") };
            assert_ne!(to, transaction.payload.payer);
            let verdict = Transaction::authorize_all(vec![transaction], &CHAIN).remove(0);
            assert_eq!(verdict.map(|authorized| authorized.id()), Ok(signed.id));
        }
        assert!(signing.next().is_none());
    }

    #[tokio::test]
    async fn the_stock_is_bounded_and_refilled() {
        let mut signing = Signing::start(payments(None), 2 * CHUNK, 2);
        signing.stocked().await;
        for _ in 0..5 {
            assert!(signing.shared.lock().chunks.len() <= 2);
            for _ in 0..CHUNK {
                while signing.taken.len() == 0 && signing.shared.lock().chunks.is_empty() {
                    signing.shared.stocked.notified().await;
                }
                signing.next();
            }
            signing.stocked().await;
        }
        assert_eq!(signing.shared.lock().next_taken, 5);
    }
}
