//! Files that are there whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {path}: {error}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is there already.
    #[error("{0} exists already: name another file, or use --force to replace it")]
    Exists(PathBuf),
}

pub(crate) fn read(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|error| FileError::Read { path: path.to_owned(), error })
}

/// Writes a file that nobody but its owner can read: first beside its place, flushed, then put there. What is there is
/// replaced only if it may be, even if it appears at the same moment.
pub(crate) fn write_new(path: &Path, bytes: &[u8], may_replace: bool) -> Result<(), FileError> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = dir.join(name);
    let failed = |error| {
        // A half-written secret is not left behind; if there is none, there is nothing to remove.
        let _ = std::fs::remove_file(&beside);
        FileError::Write { path: path.to_owned(), error }
    };
    write_whole(dir, &beside, bytes).map_err(failed)?;
    let placed = if may_replace {
        std::fs::rename(&beside, path)
    } else {
        // A link is refused where a name is taken; a rename is not.
        let linked = std::fs::hard_link(&beside, path);
        linked.and(std::fs::remove_file(&beside))
    };
    placed.and_then(|()| File::open(dir)?.sync_all()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => FileError::Exists(path.to_owned()),
        _ => failed(error),
    })
}

fn write_whole(dir: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    // What an earlier process of the same id left behind would keep its own permissions.
    if path.symlink_metadata().is_ok() {
        std::fs::remove_file(path)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_whole_private_and_never_replaced_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/file");
        write_new(&path, b"first", false).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(write_new(&path, b"second", false), Err(FileError::Exists(_))));
        assert_eq!(read(&path).unwrap(), "first");
        write_new(&path, b"third", true).unwrap();
        assert_eq!(read(&path).unwrap(), "third");
        let names = std::fs::read_dir(dir.path().join("deep")).unwrap();
        assert_eq!(names.count(), 1, "nothing is left beside it");
        assert!(
            matches!(write_new(dir.path(), b"", true), Err(FileError::Write { .. })),
            "a directory is not replaced"
        );
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "").unwrap();
        let error = write_new(&dir.path().join("file/below"), b"", false).unwrap_err();
        assert!(matches!(error, FileError::Write { .. }) && error.to_string().contains("file/below"), "{error}");
    }
}
