//! Queue of lines to standard error or a file. A thread of its own writes the lines, so that no
//! other thread blocks on a reader or a disk. Lines beyond the limits are dropped, counted, and
//! reported by a line in their place.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use confab_sockets::{now, sleep_until};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::config::LogFormat;

/// Maximum number of queued lines.
const LINES_MAX: usize = 2_048;
/// Maximum size of queued lines, in bytes.
const BYTES_MAX: usize = 2 << 20;
/// Interval between two reports of dropped lines.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Pause after a write that the system rejected for the moment (a pipe in non-blocking mode).
const RETRY: Duration = Duration::from_millis(20);
/// Interval of the checks of `flush`.
const FLUSH_STEP: Duration = Duration::from_millis(2);

/// Queue of lines. Cheap to clone.
#[derive(Clone)]
pub(super) struct Queue {
    lines: SyncSender<Vec<u8>>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    lines: AtomicUsize,
    bytes: AtomicUsize,
    /// Number of lines dropped so far.
    dropped: AtomicU64,
}

impl Queue {
    /// Starts the thread that writes to `to`.
    pub(super) fn start(to: impl Write + Send + 'static, format: LogFormat) -> io::Result<Self> {
        let (lines, received) = sync_channel(LINES_MAX);
        let waiting = Arc::new(Waiting::default());
        let writer = Lines {
            to,
            format,
            received,
            waiting: Arc::clone(&waiting),
            reported: 0,
            reported_at: None,
        };
        let thread = thread::Builder::new().name("log".to_owned());
        thread.spawn(move || writer.run())?;
        Ok(Self { lines, waiting })
    }

    /// Enqueues a line, or drops it; never blocks.
    pub(super) fn push(&self, line: &[u8]) {
        let bytes = line.len();
        let before = self.waiting.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.waiting.lines.fetch_add(1, Ordering::Relaxed);
        let has_room = before + bytes <= BYTES_MAX;
        if !has_room || self.lines.try_send(line.to_vec()).is_err() {
            self.waiting.leave(bytes);
            self.waiting.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the number of lines dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.waiting.dropped.load(Ordering::Relaxed)
    }

    /// Waits until all lines are written, at most for `patience`.
    pub(super) fn flush(&self, patience: Duration) {
        let until = now() + patience;
        while self.waiting.lines.load(Ordering::Acquire) > 0 && now() < until {
            sleep_until(now() + FLUSH_STEP);
        }
    }
}

/// Writes a line with each call, always successfully.
impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Waiting {
    fn leave(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.lines.fetch_sub(1, Ordering::Release);
    }
}

/// Receiver of the queue, which writes the lines.
struct Lines<W> {
    to: W,
    format: LogFormat,
    received: Receiver<Vec<u8>>,
    waiting: Arc<Waiting>,
    /// Number of dropped lines in the reports so far.
    reported: u64,
    reported_at: Option<Instant>,
}

impl<W: Write> Lines<W> {
    fn run(mut self) {
        loop {
            match self.received.recv_timeout(REPORT_INTERVAL) {
                Ok(line) => {
                    self.write(&line);
                    self.waiting.leave(line.len());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.report();
        }
    }

    /// Reports the lines that were dropped since the last report.
    fn report(&mut self) {
        let dropped = self.waiting.dropped.load(Ordering::Relaxed);
        let is_early = |at: Instant| at.elapsed() < REPORT_INTERVAL;
        if dropped == self.reported || self.reported_at.is_some_and(is_early) {
            return;
        }
        let line = report(self.format, dropped - self.reported);
        self.write(line.as_bytes());
        self.reported = dropped;
        self.reported_at = Some(Instant::now());
    }

    fn write(&mut self, mut line: &[u8]) {
        while !line.is_empty() {
            match self.to.write(line) {
                Ok(written) if written > 0 => line = &line[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    sleep_until(now() + RETRY);
                }
                // Closed, or a disk without space.
                Ok(_) | Err(_) => {
                    self.waiting.dropped.fetch_add(1, Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}

/// Returns the line in place of dropped lines, in the formatter's style.
fn report(format: LogFormat, dropped: u64) -> String {
    const MESSAGE: &str = "log lines dropped: the reader of the log is too slow";
    let target = module_path!();
    let mut time = String::new();
    // Writing to a string does not fail.
    let _written = SystemTime.format_time(&mut Writer::new(&mut time));
    match format {
        LogFormat::Text => format!("{time}  WARN {target}: {MESSAGE} dropped={dropped}\n"),
        LogFormat::Json => format!(
            "{{\"timestamp\":\"{time}\",\"level\":\"WARN\",\"message\":\"{MESSAGE}\",\
             \"dropped\":{dropped},\"target\":\"{target}\"}}\n"
        ),
    }
}
