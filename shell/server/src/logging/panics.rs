//! Panics in the log: one entry each, with the backtrace where `RUST_BACKTRACE` asks for one, and
//! limited in number as errors are.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::panic::{self, PanicHookInfo};
use std::thread;

/// Replaces the hook of the standard library, which writes to standard error and waits for its
/// reader, on the thread that panicked: with a codec, that is a media thread.
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

/// The backtrace, captured once the entry is really written.
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
