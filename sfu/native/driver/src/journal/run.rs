//! One run of a journal on the disk: its folder, lock and pieces. Touched only by the thread that opens it and then by
//! the writer thread.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::{frame_length, piece_header, PIECE_BYTES};

#[derive(Debug)]
pub enum OpenError {
    /// The folder's name is not 13 digits.
    BadName,
    /// Another writer lives.
    Locked,
    /// The system's own words.
    Unwritable(io::Error),
}

pub struct Run {
    folder: PathBuf,
    run_ms: u64,
    _lock: File,
    piece: Arc<File>,
    number: u32,
    /// Bytes of whole frames in the current piece.
    length: u64,
}

impl Run {
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let run_ms = run_of(folder).ok_or(OpenError::BadName)?;
        fs::create_dir_all(folder).map_err(OpenError::Unwritable)?;
        let lock = take_lock(&folder.join("writer.lock"))?;
        let number = next_number(folder).map_err(OpenError::Unwritable)?;
        let piece = new_piece(folder, number, run_ms).map_err(OpenError::Unwritable)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            run_ms,
            _lock: lock,
            piece: Arc::new(piece),
            number,
            length: 16,
        })
    }

    /// Writes as many of the sealed frames as the disk takes; returns the bytes of those. On an error the piece is cut
    /// back to its last whole frame, so that trying again later is safe.
    pub fn write(&mut self, frames: &[u8]) -> (usize, io::Result<()>) {
        let mut done = 0;
        while done < frames.len() {
            if self.length >= PIECE_BYTES {
                if let Err(error) = self.next_piece() {
                    return (done, Err(error));
                }
            }
            let end = done + self.fitting(&frames[done..]);
            if let Err(error) = (&*self.piece).write_all(&frames[done..end]) {
                let _ = self.piece.set_len(self.length);
                return (done, Err(error));
            }
            self.length += (end - done) as u64;
            done = end;
        }
        (done, Ok(()))
    }

    /// The current piece, for the thread that syncs it.
    pub fn piece(&self) -> Arc<File> {
        Arc::clone(&self.piece)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes of the frames that still belong into the current piece.
    fn fitting(&self, frames: &[u8]) -> usize {
        let mut bytes = 0;
        while bytes < frames.len() && self.length + (bytes as u64) < PIECE_BYTES {
            bytes += frame_length(&frames[bytes..]);
        }
        bytes
    }

    fn next_piece(&mut self) -> io::Result<()> {
        self.piece = Arc::new(new_piece(&self.folder, self.number + 1, self.run_ms)?);
        self.number += 1;
        self.length = 16;
        Ok(())
    }
}

fn run_of(folder: &Path) -> Option<u64> {
    let name = folder.file_name()?.to_str()?;
    let is_run = name.len() == 13 && name.bytes().all(|byte| byte.is_ascii_digit());
    is_run.then(|| name.parse().ok())?
}

fn take_lock(path: &Path) -> Result<File, OpenError> {
    let lock = OpenOptions::new().create(true).append(true).open(path).map_err(OpenError::Unwritable)?;
    // SAFETY: flock takes a descriptor, open for the whole call, and no pointers.
    let result = unsafe { libc::flock(lock.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    if result == 0 {
        return Ok(lock);
    }
    match io::Error::last_os_error() {
        error if error.kind() == io::ErrorKind::WouldBlock => Err(OpenError::Locked),
        error => Err(OpenError::Unwritable(error)),
    }
}

/// Zero in a new folder; after the last piece where a dead writer left some.
fn next_number(folder: &Path) -> io::Result<u32> {
    let mut next = 0;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(".jnl"))
            .and_then(|stem| stem.parse::<u32>().ok());
        next = next.max(number.map_or(0, |number| number + 1));
    }
    Ok(next)
}

/// A half-made piece (disk full) is taken away again, so that the next attempt finds its name free.
fn new_piece(folder: &Path, number: u32, run_ms: u64) -> io::Result<File> {
    let path = folder.join(format!("{number:06}.jnl"));
    let mut piece = OpenOptions::new().append(true).create_new(true).open(&path)?;
    if let Err(error) = piece.write_all(&piece_header(run_ms)) {
        let _ = fs::remove_file(&path);
        return Err(error);
    }
    Ok(piece)
}
