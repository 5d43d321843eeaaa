//! The corpus on disk.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::Target;

/// What the names of the files begin with that are made from real values.
pub const SEED: &str = "seed-";

/// Where a target's inputs are.
pub fn directory(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// A target's inputs with the names of their files, in the order of the names.
pub fn inputs(target: &Target) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let directory = directory(target);
    let list = fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut inputs = Vec::new();
    for entry in list {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        inputs.push((name, bytes));
    }
    inputs.sort();
    Ok(inputs)
}

/// Writes a target's seeds, and removes seeds that are none any more.
pub fn write_seeds(target: &Target) -> anyhow::Result<()> {
    let directory = directory(target);
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    for (name, _) in inputs(target)?.into_iter().filter(|(name, _)| name.starts_with(SEED)) {
        fs::remove_file(directory.join(name))?;
    }
    for (name, bytes) in (target.seeds)() {
        let path = directory.join(format!("{SEED}{name}"));
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
