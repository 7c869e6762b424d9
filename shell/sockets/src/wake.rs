//! Wake-up for a thread that waits in `Poll`: an eventfd.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

/// Wake-up that other threads ring, and the waiting thread clears. Several rings before a clear
/// count as one.
#[derive(Debug)]
pub struct Wake(File);

impl Wake {
    /// Creates a wake-up that is not rung.
    ///
    /// # Errors
    ///
    /// No file descriptors are left.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers; the result is checked below.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a new descriptor without another owner.
        Ok(Self(File::from(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    /// Wakes the waiting thread. Never blocks: a full counter means that the thread is already
    /// rung.
    pub fn ring(&self) {
        let _rung_already = (&self.0).write(&1u64.to_ne_bytes());
    }

    /// Clears all rings so far. To be called before the cause of the rings is read.
    pub fn clear(&self) {
        let mut count = [0; 8];
        let _not_rung = (&self.0).read(&mut count);
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
