//! A key file.

use node::home::{KeyFile, KeyKind};
use types::{Address, SecretKey};

use crate::Target;
use crate::memory::bounded;

pub(crate) const TARGET: Target = Target { name: "key_file", run, seeds };

fn run(bytes: &[u8]) -> bool {
    let Ok(key) = bounded(bytes.len(), || serde_json::from_slice::<KeyFile>(bytes)) else { return false };
    let written = serde_json::to_string(&key).expect("a key has a JSON form");
    let again: KeyFile = serde_json::from_str(&written).expect("what is written can be read");
    assert_eq!(again.secret_key().seed(), key.secret_key().seed());
    assert!(!format!("{key:?}").contains(&hex::encode(key.secret_key().seed())), "Debug shows the secret");
    let is_consistent = key.is_consistent();
    if is_consistent {
        assert_eq!(key.secret_key().public(), key.public_key);
        assert_eq!(key.address.is_some(), key.kind == KeyKind::Account);
    }
    is_consistent
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let secret = SecretKey::from_seed([3; 32]);
    let file = |kind: &str, address: &str| {
        let (public_key, secret) = (secret.public(), hex::encode(secret.seed()));
        format!(r#"{{"kind":"{kind}",{address}"public_key":"{public_key}","secret":"{secret}"}}"#).into_bytes()
    };
    let address = format!(r#""address":"{}","#, Address::of(&secret.public()));
    vec![("account", file("account", &address)), ("validator", file("validator", "")), ("network", file("network", ""))]
}
