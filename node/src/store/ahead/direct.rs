//! A file that is written past the system's cache, where the system can.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::frames::FRAME_ALIGNMENT;
use crate::store::StoreError;

/// A file that has its space, so that writing it changes no metadata.
pub(super) struct DirectFile {
    path: PathBuf,
    file: File,
}

impl DirectFile {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        // Through the cache, some systems write a large page for a few bytes.
        let file = open(path, nix::libc::O_DIRECT).or_else(|_| open(path, 0));
        Ok(Self { path: path.to_owned(), file: file.map_err(StoreError::io("open", path))? })
    }

    /// Writes bytes that are durable when this returns. Their length and the offset are multiples of [`FRAME_ALIGNMENT`].
    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), StoreError> {
        let written = match write_aligned(&self.file, bytes, offset) {
            // Some systems open a file for direct writes, and then have none.
            Err(error) if error.kind() == ErrorKind::InvalidInput => open(&self.path, 0).and_then(|file| {
                self.file = file;
                self.file.write_all_at(bytes, offset)
            }),
            written => written,
        };
        written.and_then(|()| self.file.sync_data()).map_err(StoreError::io("write", &self.path))
    }
}

fn open(path: &Path, flags: i32) -> io::Result<File> {
    OpenOptions::new().write(true).custom_flags(flags).open(path)
}

/// Direct writes come from memory that is aligned as the disk is.
fn write_aligned(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut room = vec![0; bytes.len() + FRAME_ALIGNMENT];
    let start = room.as_ptr().align_offset(FRAME_ALIGNMENT);
    let aligned = &mut room[start..start + bytes.len()];
    aligned.copy_from_slice(bytes);
    file.write_all_at(aligned, offset)
}
