//! Naming what an instruction has opened.

use types::{Origin, TransactionId};

/// The place of an instruction as a user names it.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct OriginArg(pub(in crate::cli) Origin);

/// Reads `ID:NUMBER`, or an id alone for its first instruction.
pub(in crate::cli) fn origin(text: &str) -> Result<OriginArg, String> {
    if text.contains(':') {
        return text.parse().map(OriginArg).map_err(|error| format!("{error}"));
    }
    let transaction: TransactionId = text.parse().map_err(|error| format!("{error}"))?;
    Ok(OriginArg(Origin { transaction, instruction: 0 }))
}
