//! The process's limits.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU64, Ordering};

/// Descriptors that are kept from media ports and SIP connections: for the API, documents,
/// webhooks, and the disk. Of a small limit a quarter.
const RESERVED_MAX: u64 = 128;

/// The first descriptor that media ports and SIP connections may not have.
static OF_CALLS: AtomicU64 = AtomicU64::new(u64::MAX);

/// Keeps descriptors from media ports and SIP connections from now on, where the process may have
/// `limit` in all. Returns their number.
pub fn reserve_descriptors(limit: u64) -> u64 {
    let reserved = RESERVED_MAX.min(limit / 4);
    OF_CALLS.store(limit - reserved, Ordering::Relaxed);
    reserved
}

/// Returns a socket of a call, or `EMFILE` where it would take a reserved descriptor: the system
/// gives out the lowest number that is free.
pub(crate) fn of_calls<T: AsFd>(socket: T) -> io::Result<T> {
    let number = u64::try_from(socket.as_fd().as_raw_fd()).unwrap_or(u64::MAX);
    match number < OF_CALLS.load(Ordering::Relaxed) {
        true => Ok(socket),
        false => Err(io::Error::from_raw_os_error(libc::EMFILE)),
    }
}

/// Raises the soft limit of open files to the hard one, and says what it is now:
/// a call needs two sockets.
pub fn raise_open_files() -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is ours to be written to.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return 0;
    }
    let soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: `limit` lives through the call.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } == 0 {
        limit.rlim_max
    } else {
        soft
    }
}
