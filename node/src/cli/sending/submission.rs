//! A transaction's way from a key to its certain outcome, over whichever validators answer.
//!
//! The same bytes may go to several validators, and again after a silence: one id has one outcome. So a validator that
//! goes away while a payment waits costs time, and never leaves the payer not knowing.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use rpc::{BaroApiClient, HexBytes, TransactionStatus, code};
use types::codec::{Bounded, encode};
use types::{ChainTag, Deadline, Hash, Instruction, Payload, Timestamp, TransactionId};

use super::signing::Signers;
use crate::cli::Failure;
use crate::cli::network::Validator;

/// So long one validator is asked to wait before the next one is.
const SLICE: Duration = Duration::from_secs(10);

/// The pause after a validator that does not answer.
const PAUSE: Duration = Duration::from_millis(200);

/// A signed transaction as it travels.
pub(in crate::cli) struct Submission {
    pub(in crate::cli) id: TransactionId,
    bytes: HexBytes,
}

/// Civil time.
pub(in crate::cli) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

impl Submission {
    /// Signs instructions of the signers' account, to be executed within `valid_seconds`.
    pub(in crate::cli) fn sign(
        chain: &Hash,
        signers: &Signers,
        instructions: Vec<Instruction>,
        valid_seconds: u32,
    ) -> Result<Submission, Failure> {
        let payload = Payload {
            chain: ChainTag::of(chain),
            payer: signers.payer,
            valid_until: Deadline::after(now(), valid_seconds),
            salt: rand::random(),
            instructions: Bounded::new(instructions).context("too many instructions")?,
        };
        let id = payload.id(chain);
        let transaction = signers.sign(payload, chain)?;
        Ok(Submission { id, bytes: HexBytes(hex::encode(encode(&transaction))) })
    }

    /// Hands the transaction to the first validator that takes it. After `Unreachable` it may have arrived nevertheless.
    pub(in crate::cli) async fn send(&self, validators: &[Validator]) -> Result<(), Failure> {
        let mut failure = None;
        let mut may_have_arrived = false;
        for validator in validators {
            match self.send_to(validator).await {
                Ok(()) => return Ok(()),
                Err(error) if is_worth_another(&error) => {
                    may_have_arrived |= matches!(error, Failure::Unreachable { .. });
                    failure = failure.or(Some(error));
                }
                // It may be refused only because an earlier copy took effect: its outcome will tell.
                Err(_) if may_have_arrived => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Err(failure.unwrap_or_else(|| anyhow::anyhow!("the network has no validators").into()))
    }

    async fn send_to(&self, validator: &Validator) -> Result<(), Failure> {
        match validator.client.send(self.bytes.clone()).await {
            Ok(_) => Ok(()),
            Err(error) => match Failure::of_call(&validator.url, error) {
                // An earlier copy arrived although nothing was heard of it.
                Failure::Refused { code: code::ALREADY_EXECUTED, .. } => Ok(()),
                failure => Err(failure),
            },
        }
    }

    /// What becomes of the transaction, as far as it is certain within `patience`. Where a validator is silent or has not
    /// seen the transaction, the next one gets it.
    pub(in crate::cli) async fn wait(
        &self,
        validators: &[Validator],
        patience: Duration,
    ) -> Result<TransactionStatus, Failure> {
        wait(validators, self.id, patience, Some(self)).await
    }
}

/// What becomes of somebody's transaction, as far as it is certain within `patience`.
pub(in crate::cli) async fn outcome(
    validators: &[Validator],
    id: TransactionId,
    patience: Duration,
) -> Result<TransactionStatus, Failure> {
    wait(validators, id, patience, None).await
}

async fn wait(
    validators: &[Validator],
    id: TransactionId,
    patience: Duration,
    submission: Option<&Submission>,
) -> Result<TransactionStatus, Failure> {
    let start = Instant::now();
    let mut latest = Err(Failure::from(anyhow::anyhow!("the network has no validators")));
    for validator in validators.iter().cycle() {
        let slice = SLICE.min(patience.saturating_sub(start.elapsed()));
        // A slice is ten seconds at most: its milliseconds fit.
        latest = match validator.client.wait(id, slice.as_millis() as u64).await {
            Ok(status) if status.is_certain() => return Ok(status),
            Ok(status) => Ok(status),
            Err(error) => match Failure::of_call(&validator.url, error) {
                failure if is_worth_another(&failure) => Err(failure),
                failure => return Err(failure),
            },
        };
        if start.elapsed() >= patience {
            break;
        }
        if latest.is_err() {
            tokio::time::sleep(PAUSE.min(patience.saturating_sub(start.elapsed()))).await;
        }
        if let (Some(submission), Err(_) | Ok(TransactionStatus::Unknown { .. })) = (submission, &latest) {
            // Whoever takes it: if nobody does, the next round sends it again, and the deadline ends it.
            let _ = submission.send(validators).await;
        }
    }
    latest
}

/// True if another validator, or the same one later, may answer otherwise.
fn is_worth_another(failure: &Failure) -> bool {
    match failure {
        Failure::Unreachable { .. } => true,
        Failure::Refused { code, .. } => {
            matches!(*code, code::BUSY | code::STOPPING | code::STORE | code::NOT_A_VALIDATOR)
        }
        Failure::Failed(_) | Failure::Unsuccessful(_) | Failure::Cannot(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use jsonrpsee::RpcModule;
    use jsonrpsee::server::{Server, ServerHandle};
    use jsonrpsee::types::ErrorObjectOwned;
    use types::{Amount, AssetId, SecretKey};

    use super::*;

    type Answer<T> = Result<T, i32>;

    /// A validator that always gives the same answers.
    struct Fake {
        validator: Validator,
        sent: Arc<AtomicUsize>,
        _server: ServerHandle,
    }

    impl Fake {
        async fn start(send: Answer<()>, wait: Answer<TransactionStatus>) -> Fake {
            let sent = Arc::new(AtomicUsize::new(0));
            let mut module = RpcModule::new(sent.clone());
            let refuse = |code| ErrorObjectOwned::owned(code, "refused", None::<()>);
            let id = submission().id;
            module
                .register_method("baro_send", move |_, sent, _| {
                    sent.fetch_add(1, Ordering::SeqCst);
                    send.map(|()| id).map_err(refuse)
                })
                .unwrap();
            module.register_method("baro_wait", move |_, _, _| wait.clone().map_err(refuse)).unwrap();
            let server = Server::builder().build("127.0.0.1:0").await.unwrap();
            let address: SocketAddr = server.local_addr().unwrap();
            let validator = Validator::at(&format!("http://{address}")).unwrap();
            Fake { validator, sent, _server: server.start(module) }
        }
    }

    /// Nobody listens on the discard port of loopback.
    fn silent() -> Validator {
        Validator::at("http://127.0.0.1:9").unwrap()
    }

    fn submission() -> Submission {
        let burn = Instruction::Burn { asset: AssetId(0), amount: Amount(1) };
        let signers = Signers::one(&SecretKey::from_seed([1; 32]));
        Submission::sign(&Hash::ZERO, &signers, vec![burn], 60).unwrap()
    }

    fn expired() -> TransactionStatus {
        TransactionStatus::Expired { valid_until: Deadline(1) }
    }

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_payment_survives_the_validator_that_took_it() {
        let stopping = Fake::start(Ok(()), Err(code::STOPPING)).await;
        let forgetful = Fake::start(Err(code::BUSY), Ok(TransactionStatus::Pending)).await;
        let good = Fake::start(Ok(()), Ok(expired())).await;
        let submission = submission();
        let took = [stopping.validator, silent(), forgetful.validator, good.validator];
        submission.send(&took).await.unwrap();
        assert_eq!(good.sent.load(Ordering::SeqCst), 0, "the first one took it");
        assert_eq!(submission.wait(&took, PATIENCE).await.unwrap(), expired());
        assert!(stopping.sent.load(Ordering::SeqCst) > 1, "after a silence the same bytes are sent again");
    }

    #[tokio::test]
    async fn another_validator_is_asked_only_where_it_may_answer_otherwise() {
        let busy = Fake::start(Err(code::BUSY), Ok(expired())).await;
        let strict = Fake::start(Err(code::WOULD_FAIL), Ok(expired())).await;
        let good = Fake::start(Ok(()), Ok(expired())).await;
        let sent = submission().send(&[busy.validator, strict.validator, good.validator]).await;
        assert!(matches!(sent, Err(Failure::Refused { code: code::WOULD_FAIL, .. })));
        assert_eq!(good.sent.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_refusal_after_a_silence_is_no_outcome() {
        let strict = Fake::start(Err(code::WOULD_FAIL), Ok(expired())).await;
        let executed = Fake::start(Err(code::ALREADY_EXECUTED), Ok(expired())).await;
        submission().send(&[silent(), strict.validator]).await.unwrap();
        submission().send(&[executed.validator]).await.unwrap();
        let nobody = submission().send(&[silent()]).await;
        assert!(matches!(nobody, Err(Failure::Unreachable { .. })));
    }

    #[tokio::test]
    async fn patience_ends() {
        let slow = Fake::start(Ok(()), Ok(TransactionStatus::Pending)).await;
        let status = submission().wait(std::slice::from_ref(&slow.validator), Duration::ZERO).await.unwrap();
        assert_eq!(status, TransactionStatus::Pending);
        assert_eq!(slow.sent.load(Ordering::SeqCst), 0, "what is pending is not sent again");
        assert!(submission().wait(&[silent()], Duration::ZERO).await.is_err());
    }
}
