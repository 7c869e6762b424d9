//! Panics in the log: an entry each, with a backtrace if `RUST_BACKTRACE` requests it, limited in
//! number like errors.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::panic::{self, PanicHookInfo};
use std::thread;

/// Replaces the panic hook of the standard library. That hook blocks on the reader of standard
/// error on the panicking thread, which may be a media thread (in a codec).
pub(super) fn log_panics() {
    panic::set_hook(Box::new(log));
}

pub(super) fn log(panic: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let thread = thread.name().unwrap_or_default();
    let place = panic.location().map(ToString::to_string);
    let place = place.unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    tracing::error!(thread, place, backtrace = %Trace, "thread panicked: {message}");
}

/// Backtrace, captured only if the entry is written.
struct Trace;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace = Backtrace::capture();
        if trace.status() != BacktraceStatus::Captured {
            return write!(f, "off");
        }
        let text = trace.to_string();
        let mut lines = text.lines().map(str::trim);
        write!(f, "{}", lines.next().unwrap_or_default())?;
        lines.try_for_each(|line| write!(f, "; {line}"))
    }
}
