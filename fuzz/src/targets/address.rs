//! An address and a hash as text.

use types::{Address, Hash};

use crate::Target;
use crate::memory::bounded;

pub(crate) const TARGET: Target = Target { name: "address", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    if let Ok(hash) = bounded(bytes.len(), || text.parse::<Hash>()) {
        assert_eq!(hash.to_string(), text.strip_prefix("0x").unwrap_or(text).to_lowercase());
    }
    let Ok(address) = bounded(bytes.len(), || text.parse::<Address>()) else { return false };
    let written = address.to_string();
    assert!(written == text || written.to_lowercase() == text.to_lowercase(), "{text} was read as {written}");
    assert_eq!(written.parse(), Ok(address));
    true
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let text = Address([0x5a; 20]).to_string();
    let upper = format!("0x{}", text[2..].to_uppercase());
    [("checksummed", text.clone()), ("lower", text.to_lowercase()), ("upper", upper)]
        .map(|(name, text)| (name, text.into_bytes()))
        .to_vec()
}
