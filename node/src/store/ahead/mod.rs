//! What is written ahead of sled: each flush puts all that has gathered into one of two files, as one frame.
//!
//! A frame is one write into space that the file has already, and one `fdatasync` that changes no metadata. When a file is full,
//! a thread puts what was in it into the volume's database and flushes that; then the file can be used again. What did
//! not last that long never gets there, as votes and proposals of small blocks.
//!
//! ```text
//! file      frames, each from a multiple of 4096 bytes on; what follows the last one is zero or older
//! frame     checksum [16] | generation u64 | number u64 | volume u64 | settled u64 | before u64 | length u64 | records
//! record    table u8 | length of the key u16 | length of the value u32 | key | value
//! ```
//!
//! Numbers are big-endian. *Generation* counts the files as they are filled, beginning with 1; an odd one is in file 1, an even one
//! in file 0. *Number* counts a generation's frames. All that was put in the generations up to *settled* is durable in the database.
//! *Before* is how many frames the generation before has. A file is overwritten only when a durable frame in the other one
//! says that it is settled. So at most two generations have to be put again, and it is known whether they are whole.

mod direct;
pub(super) mod frames;
pub(super) mod recent;
mod salt;
pub(super) mod settling;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::store::StoreError;
use crate::store::checksum::CHECKSUM_BYTES;
use crate::store::directory::sync_directory;
use direct::DirectFile;
use frames::{FRAME_ALIGNMENT, Frame, HEADER_BYTES, Header, Record, Recovered, recover};
use salt::Salt;
use settling::{Settlement, Settler};

/// The length of a file. About so much of it is used before the other one's turn comes. What is not settled yet, at most both
/// files, is put again when a validator starts.
pub(super) const FILE_BYTES: u64 = 4 << 20;

/// So much gathers in memory before it is flushed unasked, in bytes.
const PENDING_BYTES: usize = 1 << 20;

/// What was written ahead, as it is found again.
pub(super) struct Replay {
    /// Everything up to this generation was durable in the database.
    pub(super) settled: u64,
    /// The last generation.
    pub(super) generation: u64,
    /// The frames that the database may not have, in their order.
    pub(super) frames: Vec<Frame>,
}

/// The two files, and what they are to get.
pub(super) struct Ahead {
    path: PathBuf,
    files: [DirectFile; 2],
    /// So much of a file is used.
    file_bytes: u64,
    /// So much of the present one.
    room: u64,
    /// The volume into which records are put.
    volume: u64,
    generation: u64,
    /// The next frame's.
    number: u64,
    before: u64,
    /// Where the next frame begins.
    offset: u64,
    /// All generations up to this one are durable in the database.
    settled: u64,
    /// What the last frame says of that.
    declared: u64,
    /// Settles the generation before this one.
    settler: Settler,
    has_failed: bool,
    salt: Salt,
    /// Room for a header, and the records that wait.
    frame: Vec<u8>,
}

impl Ahead {
    /// Makes the files in a directory, or completes them after a crash.
    pub(super) fn create(path: &Path) -> Result<(), StoreError> {
        fs::create_dir_all(path).map_err(StoreError::io("create", path))?;
        Salt::create(path)?;
        for file in files_in(path) {
            let created = File::create(&file).and_then(|created| {
                created.write_all_at(&vec![0; FILE_BYTES as usize], 0)?;
                created.sync_all()
            });
            created.map_err(StoreError::io("create", &file))?;
        }
        sync_directory(path)
    }

    /// Opens the files in a directory, of which `file_bytes` are used. `replay` gets what the database of `volume` may
    /// not have, and makes it durable there.
    pub(super) fn open(
        path: &Path,
        volume: u64,
        file_bytes: u64,
        replay: impl FnOnce(&Replay) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let paths = files_in(path);
        if let Some(missing) = paths.iter().find(|file| !file.is_file()) {
            return Err(StoreError::corrupt(missing, "it is missing"));
        }
        let salt = Salt::open(path)?;
        let Recovered { last, mut frames } = recover(&paths, &salt)?;
        let files = [DirectFile::open(&paths[0])?, DirectFile::open(&paths[1])?];
        if let Some((header, _)) = last.filter(|(header, _)| header.volume > volume) {
            return Err(StoreError::corrupt(path, format!("volume {} is missing", header.volume)));
        }
        // Those of the volume before are durable there.
        frames.retain(|frame| frame.header.volume == volume);
        let mut ahead = Self {
            path: path.to_owned(),
            files,
            file_bytes,
            room: file_bytes,
            volume,
            generation: 0,
            number: 0,
            before: 0,
            offset: 0,
            settled: 0,
            declared: 0,
            settler: Settler::start().map_err(StoreError::io("start a thread for", path))?,
            has_failed: false,
            salt,
            frame: vec![0; HEADER_BYTES],
        };
        if let Some((header, end)) = last {
            replay(&Replay { settled: header.settled, generation: header.generation, frames })?;
            ahead = Self {
                generation: header.generation,
                number: header.number + 1,
                before: header.before,
                offset: end,
                settled: header.generation,
                ..ahead
            };
            // From here on the other file is not needed, and the next frame begins a generation there.
            ahead.declare()?;
        }
        ahead.begin_generation();
        // Validators that start together do not settle at the same moments.
        ahead.room = salt.part_of(file_bytes);
        Ok(ahead)
    }

    /// Takes a record; it is durable after the next [`Ahead::flush`].
    pub(super) fn take(
        &mut self,
        settlement: impl FnOnce(u64) -> Settlement,
        record: &Record<'_>,
    ) -> Result<(), StoreError> {
        self.refuse_if_failed()?;
        if !record.append_to(&mut self.frame) {
            return Err(StoreError::corrupt(&self.path, "a record is too long"));
        }
        if self.frame.len() > PENDING_BYTES { self.flush(settlement) } else { Ok(()) }
    }

    /// Every record taken before is durable when this returns, also when power fails.
    pub(super) fn flush(&mut self, settlement: impl FnOnce(u64) -> Settlement) -> Result<(), StoreError> {
        self.refuse_if_failed()?;
        self.attempt(|ahead| ahead.write_pending(settlement))
    }

    /// Settles, so that nothing that was taken before is needed any more. What follows is for another volume.
    pub(super) fn leave(&mut self, settlement: impl Fn(u64) -> Settlement, next_volume: u64) -> Result<(), StoreError> {
        self.flush(&settlement)?;
        self.attempt(|ahead| {
            ahead.wait_until_settled()?;
            settlement(ahead.generation).run(|| true)
        })?;
        self.volume = next_volume;
        Ok(())
    }

    /// Up to which generation all is durable in databases.
    pub(super) fn settled(&self) -> u64 {
        self.settled
    }

    /// As after an error, for tests.
    #[cfg(test)]
    pub(super) fn fail(&mut self) {
        self.has_failed = true;
    }

    fn refuse_if_failed(&self) -> Result<(), StoreError> {
        if self.has_failed { Err(StoreError::Broken { path: self.path.clone() }) } else { Ok(()) }
    }

    /// Nothing is taken any more after an error: what is on disk then is known only after a restart.
    fn attempt(&mut self, work: impl FnOnce(&mut Self) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.has_failed = true;
        work(self)?;
        self.has_failed = false;
        Ok(())
    }

    fn write_pending(&mut self, settlement: impl FnOnce(u64) -> Settlement) -> Result<(), StoreError> {
        if self.frame.len() == HEADER_BYTES {
            return Ok(());
        }
        if self.settler.is_done() {
            self.wait_until_settled()?;
        }
        let length = self.frame.len().next_multiple_of(FRAME_ALIGNMENT) as u64;
        if self.offset > 0 && self.offset + length > self.room {
            self.change_files(settlement)
        } else {
            self.write_frame()
        }
    }

    /// The other file's turn: it begins with what waits. Waits until what is in there is settled.
    fn change_files(&mut self, settlement: impl FnOnce(u64) -> Settlement) -> Result<(), StoreError> {
        self.wait_until_settled()?;
        if self.declared < self.settled {
            self.declare()?;
        }
        let full = self.generation;
        self.begin_generation();
        self.write_frame()?;
        // Only now: the settlement holds also what waited, and the database must have nothing that no frame has.
        self.settler.begin(settlement(full))
    }

    fn begin_generation(&mut self) {
        self.before = self.number;
        self.generation += 1;
        self.number = 0;
        self.offset = 0;
        self.room = self.file_bytes;
    }

    fn wait_until_settled(&mut self) -> Result<(), StoreError> {
        if self.settler.wait()? {
            self.settled = self.generation - 1;
        }
        Ok(())
    }

    /// Writes a frame without records, for what it says of generations.
    fn declare(&mut self) -> Result<(), StoreError> {
        let waiting = std::mem::replace(&mut self.frame, vec![0; HEADER_BYTES]);
        self.write_frame()?;
        self.frame = waiting;
        Ok(())
    }

    fn write_frame(&mut self) -> Result<(), StoreError> {
        let length = (self.frame.len() - HEADER_BYTES) as u64;
        let Self { generation, number, volume, settled, before, .. } = *self;
        let header = Header { generation, number, volume, settled, before, length };
        self.frame[CHECKSUM_BYTES..HEADER_BYTES].copy_from_slice(&header.encoded());
        let check = self.salt.checksum(&self.frame[CHECKSUM_BYTES..]);
        self.frame[..CHECKSUM_BYTES].copy_from_slice(&check);
        self.frame.resize(self.frame.len().next_multiple_of(FRAME_ALIGNMENT), 0);
        self.files[(generation % 2) as usize].write(&self.frame, self.offset)?;
        self.offset += self.frame.len() as u64;
        self.number += 1;
        self.declared = settled;
        self.frame.clear();
        self.frame.resize(HEADER_BYTES, 0);
        Ok(())
    }
}

/// Where the files are in a directory.
fn files_in(path: &Path) -> [PathBuf; 2] {
    ["0", "1"].map(|name| path.join(name))
}
