//! A wake-up for a thread that waits in `Poll`: an eventfd.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

/// Rung by others, cleared by the one who waits. Many rings before a clear are one.
#[derive(Debug)]
pub struct Wake(File);

impl Wake {
    /// Not rung.
    ///
    /// # Errors
    ///
    /// When there are no more file descriptors.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers; the result is checked below.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a new descriptor that nobody else owns.
        Ok(Self(File::from(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    /// Wakes the one who waits. (A full counter cannot block: then it has been rung already.)
    pub fn ring(&self) {
        let _rung_already = (&self.0).write(&1u64.to_ne_bytes());
    }

    /// Forgets all rings so far. To be called before looking at what the rings were for.
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
