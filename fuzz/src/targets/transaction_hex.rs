//! A transaction as JSON-RPC takes it: a JSON string with hexadecimal digits.

use node::server::bytes_of;
use rpc::HexBytes;
use types::Transaction;
use types::codec::encode;

use super::canonical;
use crate::memory::bounded;
use crate::{Target, values};

pub(crate) const TARGET: Target = Target { name: "transaction_hex", run, seeds };

fn run(json: &[u8]) -> bool {
    let text = bounded(json.len(), || serde_json::from_slice::<HexBytes>(json));
    let Ok(text) = text else { return false };
    let Some(bytes) = bounded(json.len(), || bytes_of(&text)) else { return false };
    let digits = text.0.strip_prefix("0x").unwrap_or(&text.0);
    assert_eq!(hex::encode(&bytes), digits.to_ascii_lowercase());
    canonical::<Transaction>(&bytes).is_some()
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let digits = hex::encode(encode(&values::transaction(1)));
    let text = [("plain", digits.clone()), ("prefixed", format!("0x{digits}")), ("upper", digits.to_uppercase())];
    text.map(|(name, text)| (name, format!("\"{text}\"").into_bytes())).to_vec()
}
