//! A validator's public entry as a file: the same table that it becomes in the chain spec.

use std::path::Path;

use genesis::Validator;
use serde::{Deserialize, Serialize};

use super::files::{read, write_new};
use super::{Home, HomeError};

/// The entry's file in a home.
pub const ENTRY: &str = "entry.toml";

/// Entries as a file has them; usually one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The validators.
    pub validators: Vec<Validator>,
}

impl Entry {
    /// The entry of one validator.
    pub fn of(validator: Validator) -> Entry {
        Entry { validators: vec![validator] }
    }

    /// Reads a file of entries.
    pub fn read(path: &Path) -> Result<Entry, HomeError> {
        let text = read(path)?;
        toml::from_str(&text).map_err(|error| HomeError::Config { path: path.to_owned(), error })
    }

    /// The entries in a file, or that of the validator whose home this is.
    pub fn find(path: &Path) -> Result<Entry, HomeError> {
        if !path.is_dir() {
            return Entry::read(path);
        }
        let file = path.join(ENTRY);
        if file.exists() {
            return Entry::read(&file);
        }
        let home = Home::open(path)?;
        let genesis = home.genesis()?;
        let own = home.validator_of(&genesis)?.cloned();
        own.map(Entry::of).ok_or_else(|| HomeError::NoEntry(path.to_owned()))
    }

    /// The file form.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("an entry has a TOML form")
    }

    /// Leaves the entry in a home.
    pub fn write(&self, home: &Path) -> Result<(), HomeError> {
        Ok(write_new(&home.join(ENTRY), self.to_toml().as_bytes(), true)?)
    }
}

#[cfg(test)]
mod tests {
    use types::PublicKey;

    use super::*;

    #[test]
    fn an_entry_is_found_in_its_file_and_in_its_home() {
        let dir = tempfile::tempdir().unwrap();
        let entry = Entry::of(Validator {
            name: "bank".to_owned(),
            key: PublicKey([1; 32]),
            peer_id: "peer".to_owned(),
            address: "/ip4/127.0.0.1/tcp/9600".to_owned(),
        });
        assert!(matches!(Entry::find(dir.path()), Err(HomeError::NoHome(_))));
        entry.write(dir.path()).unwrap();
        assert_eq!(Entry::find(dir.path()).unwrap(), entry);
        assert_eq!(Entry::find(&dir.path().join(ENTRY)).unwrap(), entry);
        std::fs::write(dir.path().join(ENTRY), "surprise = 1").unwrap();
        assert!(Entry::find(dir.path()).unwrap_err().to_string().contains(ENTRY));
    }
}
