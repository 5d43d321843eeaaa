//! What an audit says in the end, and the auditor's signature under it.

use serde::{Deserialize, Serialize};
use types::codec::encode;
use types::{Amount, AssetId, Hash, Height, PublicKey, SecretKey, Signature, SignedMessage, Timestamp, verify_one};
use vm::Ledger;

use crate::{Auditor, Finding, ReserveChange, Stop, SupplyChange};

/// The name of the format.
const FORMAT: &str = "baro audit report v1";

/// The result of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The chain's name.
    pub chain_id: String,
    /// The hash of its genesis block.
    pub genesis_hash: Hash,
    /// Where the blocks came from.
    pub source: String,
    /// The first block that was executed; above 1 where the audit began with a checkpoint.
    pub from: Height,
    /// The latest block that was executed.
    pub to: Height,
    /// Its hash.
    pub block: Hash,
    /// Its time.
    pub timestamp: Timestamp,
    /// The ledger after it, as execution gives it.
    pub state_root: Hash,
    /// Blocks executed.
    pub blocks: u64,
    /// Transactions executed, the failed ones included.
    pub transactions: u64,
    /// Payers' signatures verified.
    pub signatures: u64,
    /// Finality certificates verified; one may cover several blocks.
    pub certificates: u64,
    /// Blocks at the end that no certificate covers: they were not executed.
    pub uncertified: u64,
    /// Each asset at the end.
    pub supplies: Vec<Supply>,
    /// Each mint and each burn, in order.
    pub supply_changes: Vec<SupplyChange>,
    /// Each reserve that was attested, in order.
    pub reserves: Vec<ReserveChange>,
    /// What is wrong.
    pub findings: Vec<ReportedFinding>,
    /// Findings beyond those that are listed.
    pub more_findings: u64,
    /// Why the audit did not reach the end, if so.
    pub stopped: Option<Stop>,
    /// What the reader has to know besides.
    pub notes: Vec<String>,
    /// How fast it was.
    pub speed: Speed,
}

/// An asset at the end of an audit, in its smallest unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supply {
    /// The asset.
    pub asset: AssetId,
    /// Its symbol.
    pub symbol: String,
    /// How many decimals its unit has.
    pub decimals: u8,
    /// What the issuer's account holds.
    pub issuer: Amount,
    /// What all other accounts hold together.
    pub others: Amount,
    /// How many accounts hold any.
    pub holders: u64,
    /// What records hold, by kind.
    pub records: Vec<RecordsHold>,
    /// Issued less redeemed.
    pub supply: Amount,
    /// How much was minted since the start of the audit.
    pub minted: Amount,
    /// How much was burnt.
    pub burnt: Amount,
}

/// What records of one kind hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsHold {
    /// The kind of record.
    pub kind: String,
    /// How much.
    pub amount: Amount,
}

/// A finding in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedFinding {
    /// The block.
    pub height: Height,
    /// What is wrong, as a word.
    pub kind: String,
    /// What is wrong, for people.
    pub reason: String,
}

/// How fast an audit was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// Transactions a second.
    pub transactions_per_second: u64,
    /// How many threads verified signatures.
    pub threads: u64,
}

impl From<&Finding> for ReportedFinding {
    fn from(finding: &Finding) -> Self {
        let (kind, reason) = (finding.fault.kind().to_owned(), finding.fault.to_string());
        ReportedFinding { height: finding.height, kind, reason }
    }
}

impl Speed {
    /// The speed of so many transactions in so many milliseconds.
    pub fn of(transactions: u64, millis: u64, threads: u64) -> Speed {
        let transactions_per_second = transactions.saturating_mul(1_000) / millis.max(1);
        Speed { millis, transactions_per_second, threads }
    }
}

impl Supply {
    /// Each asset of a ledger, with what these changes have minted and burnt.
    pub fn of(ledger: &Ledger, changes: &[SupplyChange]) -> Vec<Supply> {
        let supply = |trial: vm::TrialBalance| {
            let named = ledger.asset(trial.asset);
            let of_asset = || changes.iter().filter(|change| change.asset == trial.asset);
            let record = |(kind, amount): (vm::RecordKind, Amount)| RecordsHold { kind: word(kind), amount };
            Supply {
                asset: trial.asset,
                symbol: named.map(|asset| asset.symbol.to_string()).unwrap_or_default(),
                decimals: named.map_or(0, |asset| asset.decimals),
                issuer: trial.issuer,
                others: trial.others,
                holders: trial.holders,
                records: trial.records.into_iter().map(record).collect(),
                supply: trial.supply,
                minted: sum(of_asset().map(|change| change.after.0.saturating_sub(change.before.0))),
                burnt: sum(of_asset().map(|change| change.before.0.saturating_sub(change.after.0))),
            }
        };
        ledger.trial_balances().into_iter().map(supply).collect()
    }

    /// All balances and records together.
    pub fn held(&self) -> Amount {
        let records = self.records.iter().map(|record| record.amount.0);
        sum([self.issuer.0, self.others.0].into_iter().chain(records))
    }
}

fn sum(amounts: impl Iterator<Item = u128>) -> Amount {
    Amount(amounts.fold(0, u128::saturating_add))
}

/// A kind of record as a word: its name in the ledger, in small letters with underscores.
fn word(kind: vm::RecordKind) -> String {
    let mut word = String::new();
    for letter in format!("{kind:?}").chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

impl Report {
    /// The report of an audit that has ended.
    pub fn of(auditor: &Auditor, chain_id: &str, source: &str, notes: Vec<String>, speed: Speed) -> Report {
        let (header, block) = auditor.tip();
        let progress = auditor.progress();
        Report {
            chain_id: chain_id.to_owned(),
            genesis_hash: auditor.chain(),
            source: source.to_owned(),
            from: auditor.from(),
            to: header.height,
            block,
            timestamp: header.timestamp,
            state_root: auditor.ledger().state_root(),
            blocks: progress.blocks,
            transactions: progress.transactions,
            signatures: progress.signatures,
            certificates: progress.certificates,
            uncertified: auditor.uncertified() as u64,
            supplies: Supply::of(auditor.ledger(), auditor.books().changes()),
            supply_changes: auditor.books().changes().to_vec(),
            reserves: auditor.books().reserves().to_vec(),
            findings: auditor.findings().iter().map(ReportedFinding::from).collect(),
            more_findings: auditor.more_findings(),
            stopped: auditor.stop().cloned(),
            notes,
            speed,
        }
    }

    /// True if nothing is wrong and the audit reached the end.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.stopped.is_none()
    }

    /// What the signature is over: a purpose, and the report as JSON in its one form.
    fn message(&self) -> Result<Vec<u8>, ReportError> {
        let text = serde_json::to_string(self).map_err(|error| ReportError::Form(error.to_string()))?;
        Ok(encode(&(FORMAT.to_owned(), text)))
    }
}

/// A report with the auditor's signature, or with none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedReport {
    format: String,
    /// The report.
    pub report: Report,
    /// The auditor's key; none where nobody signed.
    pub signer: Option<PublicKey>,
    signature: Option<Signature>,
}

/// Why a report proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The text is no report.
    #[error("this is no audit report: {0}")]
    Form(String),
    /// It is in another format.
    #[error("the report's format is {0:?}, this version reads {FORMAT:?}")]
    Format(String),
    /// Nobody signed it.
    #[error("the report is not signed: baro audit --sign-with KEYFILE signs one")]
    Unsigned,
    /// The signature does not fit.
    #[error("the signature does not fit: the report was altered, or another key signed it")]
    Signature,
}

impl SignedReport {
    /// A report without signature.
    pub fn unsigned(report: Report) -> SignedReport {
        SignedReport { format: FORMAT.to_owned(), report, signer: None, signature: None }
    }

    /// A report signed with an ed25519 key.
    pub fn sign(report: Report, key: &SecretKey) -> Result<SignedReport, ReportError> {
        let signature = key.sign(&report.message()?);
        Ok(SignedReport { signer: Some(key.public()), signature: Some(signature), ..SignedReport::unsigned(report) })
    }

    /// Reads a report.
    pub fn parse(text: &str) -> Result<SignedReport, ReportError> {
        let report: SignedReport = serde_json::from_str(text).map_err(|error| ReportError::Form(error.to_string()))?;
        if report.format != FORMAT {
            return Err(ReportError::Format(report.format));
        }
        Ok(report)
    }

    /// The report as a file.
    pub fn to_text(&self) -> Result<String, ReportError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| ReportError::Form(error.to_string()))?;
        Ok(text + "\n")
    }

    /// The key under whose signature the report stands.
    pub fn verify(&self) -> Result<PublicKey, ReportError> {
        let (Some(key), Some(signature)) = (self.signer, self.signature) else { return Err(ReportError::Unsigned) };
        let message = self.report.message()?;
        let is_valid = verify_one(&SignedMessage { key: &key, message: &message, signature: &signature });
        is_valid.then_some(key).ok_or(ReportError::Signature)
    }
}
