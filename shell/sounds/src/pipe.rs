//! A file on its way from the network to its decoder: written as it arrives, read once, each byte
//! freed when it is read. The writer never waits; the reader does.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::budget::Budget;
use crate::limits::{AUDIO_BYTES_MAX, UNDECODED_BYTES_EACH};

/// There is no room for more, and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

#[derive(Debug)]
struct Pipe {
    state: Mutex<State>,
    changed: Condvar,
    budget: Arc<Budget>,
}

#[derive(Debug)]
struct State {
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk was read.
    offset: usize,
    written: usize,
    /// Bytes of the chunks.
    waiting: usize,
    end: End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Open,
    Finished,
    Failed(String),
    /// Nobody reads any more.
    Abandoned,
}

/// Writes a file as it arrives. Dropped before `finish` it counts as failed.
#[derive(Debug)]
pub struct AudioWriter(Arc<Pipe>);

/// Reads it, once.
#[derive(Debug)]
pub(crate) struct AudioReader(Arc<Pipe>);

/// Both ends of a new pipe.
pub(crate) fn pipe(budget: Arc<Budget>) -> (AudioWriter, AudioReader) {
    let state = State {
        chunks: VecDeque::new(),
        offset: 0,
        written: 0,
        waiting: 0,
        end: End::Open,
    };
    let pipe = Arc::new(Pipe {
        state: Mutex::new(state),
        changed: Condvar::new(),
        budget,
    });
    (AudioWriter(pipe.clone()), AudioReader(pipe))
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the pipe and frees the bytes that are not read.
    fn abandon(&self) {
        let mut state = self.lock();
        let left: usize = state.chunks.iter().map(Vec::len).sum();
        state.chunks = VecDeque::new();
        state.offset = 0;
        state.waiting = 0;
        self.budget.give_back(left);
        if state.end == End::Open {
            state.end = End::Abandoned;
        }
        self.changed.notify_all();
    }

    fn end(&self, end: End) {
        let mut state = self.lock();
        if state.end == End::Open {
            state.end = end;
        }
        self.changed.notify_all();
    }
}

impl AudioWriter {
    /// The next bytes; copied, never waited with.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let pipe = &self.0;
        let mut state = pipe.lock();
        if state.end == End::Abandoned {
            return Err(Refused("nobody listens to this audio any more".to_owned()));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        if state.written + bytes.len() > AUDIO_BYTES_MAX {
            let most = AUDIO_BYTES_MAX >> 20;
            return Err(Refused(format!(
                "audio of more than {most} MB is not played"
            )));
        }
        if !pipe.budget.take(bytes.len()) {
            return Err(Refused("too much audio waits to be decoded".to_owned()));
        }
        state.written += bytes.len();
        state.waiting += bytes.len();
        state.chunks.push_back(bytes.to_vec());
        pipe.changed.notify_all();
        Ok(())
    }

    /// Whether the reader keeps up. If not, what comes faster than it is read should wait
    /// where it comes from; it is taken nevertheless while there is room in all.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let state = self.0.lock();
        state.waiting < UNDECODED_BYTES_EACH || state.end != End::Open
    }

    /// Returns whether the bytes are still read or may be.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.0.lock().end != End::Abandoned
    }

    /// That was all.
    pub fn finish(self) {
        self.0.end(End::Finished);
    }

    /// There is more, but it will not come.
    pub fn fail(self, reason: &str) {
        self.0.end(End::Failed(reason.to_owned()));
    }
}

impl Drop for AudioWriter {
    fn drop(&mut self) {
        self.0.end(End::Failed("the audio broke off".to_owned()));
    }
}

impl AudioReader {
    /// Another hold on the same pipe: to ask for the failure once the reading is over.
    pub(crate) fn witness(&self) -> Witness {
        Witness(self.0.clone())
    }

    /// Reads like `read`, but gives up after this time: `None`.
    pub(crate) fn read_within(
        &mut self,
        into: &mut [u8],
        time: Duration,
    ) -> Option<io::Result<usize>> {
        let pipe = &self.0;
        let is_idle = |state: &mut State| state.chunks.is_empty() && state.end == End::Open;
        let waited = pipe
            .changed
            .wait_timeout_while(pipe.lock(), time, is_idle)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.1.timed_out() {
            return None;
        }
        drop(waited);
        Some(self.read(into))
    }
}

/// Knows why a pipe broke off.
#[derive(Clone, Debug)]
pub(crate) struct Witness(Arc<Pipe>);

impl Witness {
    /// Ends the reading and, before its next byte, the writing.
    pub(crate) fn abandon(&self) {
        self.0.abandon();
    }

    /// Why the file broke off, if it did.
    pub(crate) fn failure(&self) -> Option<String> {
        match &self.0.lock().end {
            End::Failed(reason) => Some(reason.clone()),
            End::Open | End::Finished | End::Abandoned => None,
        }
    }
}

impl Read for AudioReader {
    /// Waits for at least a byte. A file that broke off is an error, after its last byte.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let pipe = &self.0;
        let waited = pipe.changed.wait_while(pipe.lock(), |state| {
            state.chunks.is_empty() && state.end == End::Open
        });
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let State {
            chunks,
            offset,
            waiting,
            ..
        } = &mut *state;
        let Some(first) = chunks.front() else {
            return match &state.end {
                End::Failed(reason) => Err(io::Error::other(reason.clone())),
                End::Open | End::Finished | End::Abandoned => Ok(0),
            };
        };
        let count = into.len().min(first.len() - *offset);
        into[..count].copy_from_slice(&first[*offset..*offset + count]);
        *offset += count;
        if *offset == first.len() {
            *offset = 0;
            if let Some(done) = chunks.pop_front() {
                *waiting -= done.len();
                pipe.budget.give_back(done.len());
            }
        }
        Ok(count)
    }
}

impl Drop for AudioReader {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
