//! Key files: JSON with one secret key, readable by its owner alone.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use types::{Address, Hash, PublicKey, SecretKey};

use super::files::{FileError, read, write_new};

/// What a key is for. A key made for one purpose is not taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Opens an account.
    Account,
    /// Signs a validator's votes.
    Validator,
    /// Names a validator to its peers.
    Network,
}

/// A secret key with what follows from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// What the key is for.
    pub kind: KeyKind,
    /// The address of the account that it opens; only of account keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The public key.
    pub public_key: PublicKey,
    /// The ed25519 seed.
    secret: Secret,
}

/// 32 bytes that `Debug` does not show.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Secret(Hash);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// Why a key file is not good.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Others may read it.
    #[error("{path} can be read by others (mode {mode:o}): run `chmod 600` on it, or make a new key")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is no key file.
    #[error("{path} is no key file: {error}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// Its parts do not fit one another.
    #[error("{0}: the public key or the address does not belong to the secret: the file was altered")]
    Altered(PathBuf),
    /// It holds a key for another purpose.
    #[error("{path} holds a key of kind {got:?}, expected {expected:?}")]
    Kind {
        /// The file.
        path: PathBuf,
        /// What the key is for.
        got: KeyKind,
        /// What was needed.
        expected: KeyKind,
    },
}

impl KeyFile {
    /// A new key from the system's random source.
    pub fn generate(kind: KeyKind) -> KeyFile {
        KeyFile::of(kind, &SecretKey::from_seed(rand::random()))
    }

    fn of(kind: KeyKind, secret: &SecretKey) -> KeyFile {
        let public_key = secret.public();
        let address = (kind == KeyKind::Account).then(|| Address::of(&public_key));
        KeyFile { kind, address, public_key, secret: Secret(Hash(secret.seed())) }
    }

    /// Reads a key of this kind.
    pub fn read(path: &Path, expected: KeyKind) -> Result<KeyFile, KeyError> {
        let key = KeyFile::read_any(path)?;
        if key.kind != expected {
            return Err(KeyError::Kind { path: path.to_owned(), got: key.kind, expected });
        }
        Ok(key)
    }

    /// Reads a key of any kind.
    pub fn read_any(path: &Path) -> Result<KeyFile, KeyError> {
        let text = read(path)?;
        let metadata = std::fs::metadata(path);
        let mode = metadata.map_err(|error| FileError::Read { path: path.to_owned(), error })?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed { path: path.to_owned(), mode: mode & 0o777 });
        }
        let key: KeyFile =
            serde_json::from_str(&text).map_err(|error| KeyError::Form { path: path.to_owned(), error })?;
        if !key.is_consistent() {
            return Err(KeyError::Altered(path.to_owned()));
        }
        Ok(key)
    }

    /// True if public key and address belong to the secret.
    pub fn is_consistent(&self) -> bool {
        let fitting = KeyFile::of(self.kind, &self.secret_key());
        (fitting.public_key, fitting.address) == (self.public_key, self.address)
    }

    /// Writes the file, for its owner alone.
    pub fn write(&self, path: &Path, may_replace: bool) -> Result<(), KeyError> {
        let mut text = serde_json::to_string_pretty(self).expect("a key has a JSON form");
        text.push('\n');
        Ok(write_new(path, text.as_bytes(), may_replace)?)
    }

    /// The secret key.
    pub fn secret_key(&self) -> SecretKey {
        SecretKey::from_seed(self.secret.0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_round_trips_and_is_never_replaced_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alice.key");
        let key = KeyFile::generate(KeyKind::Account);
        key.write(&path, false).unwrap();
        assert_eq!(KeyFile::read(&path, KeyKind::Account).unwrap().public_key, key.public_key);
        assert!(matches!(key.write(&path, false), Err(KeyError::File(FileError::Exists(_)))));
        assert!(key.write(&path, true).is_ok());
        assert!(!format!("{key:?}").contains(&key.secret.0.to_string()), "Debug shows the secret");
    }

    #[test]
    fn a_bad_key_file_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        let key = KeyFile::generate(KeyKind::Validator);
        key.write(&path, false).unwrap();
        assert!(matches!(KeyFile::read(&path, KeyKind::Account), Err(KeyError::Kind { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(KeyFile::read_any(&path), Err(KeyError::Exposed { mode: 0o644, .. })));
        let other = KeyFile { public_key: KeyFile::generate(KeyKind::Validator).public_key, ..key };
        other.write(&path, true).unwrap();
        assert!(matches!(KeyFile::read_any(&path), Err(KeyError::Altered(_))));
        write_new(&path, b"{}", true).unwrap();
        assert!(matches!(KeyFile::read_any(&path), Err(KeyError::Form { .. })));
    }
}
