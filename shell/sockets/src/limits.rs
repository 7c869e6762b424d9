//! Limits of the process.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU64, Ordering};

/// Maximum number of descriptors that are reserved for the API, documents, webhooks and the disk.
/// With a low limit of open files, a quarter is reserved.
const RESERVED_MAX: u64 = 128;

/// First reserved descriptor, which media ports and SIP connections may not use.
static OF_CALLS: AtomicU64 = AtomicU64::new(u64::MAX);

/// Reserves descriptors, which media ports and SIP connections may not use from now on. `limit` is
/// the number of descriptors of the process. Returns the number of reserved ones.
pub fn reserve_descriptors(limit: u64) -> u64 {
    let reserved = RESERVED_MAX.min(limit / 4);
    OF_CALLS.store(limit - reserved, Ordering::Relaxed);
    reserved
}

/// Returns a socket of a call, or `EMFILE` if the socket has a reserved descriptor. The system
/// assigns the lowest free number.
pub(crate) fn of_calls<T: AsFd>(socket: T) -> io::Result<T> {
    let number = u64::try_from(socket.as_fd().as_raw_fd()).unwrap_or(u64::MAX);
    match number < OF_CALLS.load(Ordering::Relaxed) {
        true => Ok(socket),
        false => Err(io::Error::from_raw_os_error(libc::EMFILE)),
    }
}

/// Raises the soft limit of open files to the hard limit, since a call needs two sockets. Returns
/// the resulting soft limit, or 0 if it is unknown.
pub fn raise_open_files() -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is owned here, and writable.
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
