//! How a command ends.

use std::process::ExitCode;

use jsonrpsee::core::ClientError;
use rpc::ErrorData;

use crate::home::HomeError;

/// What a command returns.
pub type Outcome = Result<(), Failure>;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It went wrong.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
    /// The transaction was executed without effect, or expired, or its outcome is not certain yet.
    #[error("{0}")]
    Unsuccessful(String),
    /// It could not even be tried.
    #[error("{0:#}")]
    Cannot(#[source] anyhow::Error),
    /// No validator answered.
    #[error("{url} does not answer ({why}): is the network running? `baro localnet` starts one, --rpc names another")]
    Unreachable {
        /// Who was asked.
        url: String,
        /// What happened.
        why: String,
    },
    /// The validator refused.
    #[error("refused: {message} (code {code})")]
    Refused {
        /// One of `rpc::code`, or of JSON-RPC.
        code: i32,
        /// The kind of error as a word; empty where the validator gives none.
        kind: String,
        /// What the validator says.
        message: String,
    },
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        Failure::Failed(error.into())
    }
}

impl Failure {
    /// What a failed call to `url` means.
    pub fn of_call(url: &str, error: ClientError) -> Failure {
        match error {
            ClientError::Call(error) => {
                let data: Option<ErrorData> = error.data().and_then(|data| serde_json::from_str(data.get()).ok());
                let kind = data.map(|data| data.kind).unwrap_or_default();
                Failure::Refused { code: error.code(), kind, message: error.message().to_owned() }
            }
            other => Failure::Unreachable { url: url.to_owned(), why: other.to_string() },
        }
    }

    /// Tells the user and gives the exit code.
    pub fn report(self) -> ExitCode {
        eprintln!("baro: {self:#}");
        match self {
            Failure::Failed(_) | Failure::Unsuccessful(_) => ExitCode::from(1),
            Failure::Cannot(_) => ExitCode::from(2),
            Failure::Unreachable { .. } => ExitCode::from(3),
            Failure::Refused { .. } => ExitCode::from(4),
        }
    }
}
