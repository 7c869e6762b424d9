//! Buffer of a file between the network and its decoders. The writer never blocks; readers do. A
//! file is kept, and can be read again from any position; the bytes of a stream are freed when
//! read.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::budget::Budget;
use crate::file_cache::{CacheFile, FileCache};
use crate::limits::{
    AHEAD_SHARE, AUDIO_BYTES_MAX, CACHED_BYTES_MIN, KEEP_SHARE, UNDECODED_BYTES_EACH,
};

/// Size of a block in memory, in bytes.
const BLOCK_BYTES: usize = 64 * 1024;

/// Rejection for lack of room; the text names a remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// File with its first bytes on the disk, and the rest in memory.
#[derive(Debug)]
pub(crate) struct Pipe {
    state: Mutex<State>,
    changed: Condvar,
    budget: Arc<Budget>,
    cache: Arc<FileCache>,
}

#[derive(Debug)]
struct State {
    /// File with the bytes before `disk_end`.
    disk: Option<Arc<CacheFile>>,
    disk_end: usize,
    /// True while the file is in the queue of the cache.
    is_queued: bool,
    /// Bytes from `base` on; each block but the last is full.
    blocks: VecDeque<Vec<u8>>,
    base: usize,
    written: usize,
    /// Position of the reader that has read most.
    read: usize,
    /// True if bytes stay after reading.
    keeps: bool,
    end: End,
    /// True once no bytes are read any more.
    is_abandoned: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Open,
    Finished,
    Failed(String),
}

/// Writer of a file while it arrives. A writer that is dropped before `finish` counts as failed.
#[derive(Debug)]
pub struct AudioWriter(Arc<Pipe>);

/// Owner of a file: dropping it frees the bytes and stops the writer.
#[derive(Debug)]
pub(crate) struct Encoded(Arc<Pipe>);

/// Reader of a file from a position.
#[derive(Debug)]
pub(crate) struct AudioReader {
    pipe: Arc<Pipe>,
    at: usize,
}

/// Creates a pipe, and returns both ends.
pub(crate) fn pipe(budget: Arc<Budget>, cache: Arc<FileCache>) -> (AudioWriter, Encoded) {
    let state = State {
        disk: None,
        disk_end: 0,
        is_queued: false,
        blocks: VecDeque::new(),
        base: 0,
        written: 0,
        read: 0,
        keeps: true,
        end: End::Open,
        is_abandoned: false,
    };
    let pipe = Arc::new(Pipe {
        state: Mutex::new(state),
        changed: Condvar::new(),
        budget,
        cache,
    });
    (AudioWriter(pipe.clone()), Encoded(pipe))
}

impl State {
    fn is_idle(&self, at: usize) -> bool {
        at >= self.written && self.end == End::Open && !self.is_abandoned
    }

    /// Returns whether the file is kept and its first block is complete.
    fn has_block(&self) -> bool {
        let first = self.blocks.front();
        let is_full = first.is_some_and(|b| b.len() == BLOCK_BYTES || self.end != End::Open);
        is_full && self.keeps && !self.is_abandoned
    }

    fn push(&mut self, mut bytes: &[u8]) {
        self.written += bytes.len();
        while !bytes.is_empty() {
            match self.blocks.back_mut().filter(|b| b.len() < BLOCK_BYTES) {
                Some(last) => {
                    let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - last.len()));
                    last.extend_from_slice(now);
                    bytes = later;
                }
                None => self.blocks.push_back(Vec::new()),
            }
        }
    }

    /// Copies bytes of one block.
    fn copy(&self, at: usize, into: &mut [u8]) -> usize {
        let place = at - self.base;
        let Some(block) = self.blocks.get(place / BLOCK_BYTES) else {
            return 0;
        };
        let from = &block[place % BLOCK_BYTES..];
        let count = into.len().min(from.len());
        into[..count].copy_from_slice(&from[..count]);
        count
    }
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Frees the blocks before a position.
    fn free_before(&self, state: &mut State, position: usize) {
        while position >= state.base + BLOCK_BYTES
            && let Some(block) = state.blocks.pop_front()
        {
            state.base += block.len();
            self.budget.give_back(block.len());
        }
    }

    fn end(self: &Arc<Self>, end: End) {
        let mut state = self.lock();
        if state.end == End::Open {
            state.end = end;
        }
        self.changed.notify_all();
        self.give_to_cache(state);
    }

    /// Queues the file in the cache if the file is large enough.
    fn give_to_cache(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if state.written >= CACHED_BYTES_MIN && state.has_block() && !state.is_queued {
            state.is_queued = true;
            drop(state);
            self.cache.take(self);
        }
    }

    /// Returns the next bytes for the cache, with their position, and the file that has the earlier
    /// bytes. Returns `None` if no block is complete.
    pub(crate) fn next_block(&self) -> Option<(usize, Vec<u8>, Option<Arc<CacheFile>>)> {
        let mut state = self.lock();
        if !state.has_block() {
            state.is_queued = false;
            return None;
        }
        let block = state.blocks.front()?.clone();
        Some((state.base, block, state.disk.clone()))
    }

    /// Frees bytes that the cache has written.
    pub(crate) fn set_written(&self, at: usize, count: usize, file: Arc<CacheFile>) {
        let mut state = self.lock();
        if state.is_abandoned || !state.keeps || state.base != at {
            return;
        }
        state.blocks.pop_front();
        state.base += count;
        state.disk_end = state.base;
        state.disk = Some(file);
        self.budget.give_back(count);
    }
}

impl AudioWriter {
    /// Copies the next bytes into the buffer; never blocks.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let pipe = &self.0;
        let mut state = pipe.lock();
        if state.is_abandoned {
            return Err(Refused("nobody listens to this audio any more".to_owned()));
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
        state.push(bytes);
        pipe.changed.notify_all();
        pipe.give_to_cache(state);
        Ok(())
    }

    /// Returns whether the next bytes should be read from the source now. The bytes of a stream
    /// stay at their source while the reader is behind; those of a file are kept while there is
    /// room.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let state = self.0.lock();
        let is_kept = state.keeps && !self.0.budget.has_less_than_one_of(AHEAD_SHARE);
        is_kept || state.written - state.read < UNDECODED_BYTES_EACH
    }

    /// Returns whether the bytes are read, or may be.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.0.lock().is_abandoned
    }

    /// Ends a complete file.
    pub fn finish(self) {
        self.0.end(End::Finished);
    }

    /// Ends an incomplete file with the reason.
    pub fn fail(self, reason: &str) {
        self.0.end(End::Failed(reason.to_owned()));
    }
}

impl Drop for AudioWriter {
    fn drop(&mut self) {
        self.0.end(End::Failed("the audio broke off".to_owned()));
    }
}

impl Encoded {
    /// Returns a reader of the kept bytes, from the first one on.
    pub(crate) fn reader(&self) -> AudioReader {
        let state = self.0.lock();
        AudioReader {
            pipe: self.0.clone(),
            at: if state.keeps { 0 } else { state.base },
        }
    }

    /// Returns whether more bytes may arrive.
    pub(crate) fn is_open(&self) -> bool {
        self.0.lock().end == End::Open
    }

    /// Returns whether all bytes have arrived and are kept.
    pub(crate) fn is_whole(&self) -> bool {
        let state = self.0.lock();
        state.keeps && state.end == End::Finished
    }

    /// Returns whether bytes stay after reading.
    pub(crate) fn is_kept(&self) -> bool {
        self.0.lock().keeps
    }

    /// Returns whether memory is so short that files should be played as streams.
    pub(crate) fn is_short_of_room(&self) -> bool {
        self.0.budget.has_less_than_one_of(KEEP_SHARE)
    }

    /// Frees the bytes that were read, and later ones when they are read.
    pub(crate) fn keep_no_longer(&self) {
        let mut state = self.0.lock();
        state.keeps = false;
        let read = state.read;
        self.0.free_before(&mut state, read);
    }

    /// Returns the reason for an incomplete file.
    pub(crate) fn failure(&self) -> Option<String> {
        match &self.0.lock().end {
            End::Failed(reason) => Some(reason.clone()),
            End::Open | End::Finished => None,
        }
    }
}

impl Drop for Encoded {
    fn drop(&mut self) {
        let pipe = &self.0;
        let mut state = pipe.lock();
        state.is_abandoned = true;
        let left: usize = state.blocks.iter().map(Vec::len).sum();
        state.blocks = VecDeque::new();
        state.disk = None;
        pipe.budget.give_back(left);
        pipe.changed.notify_all();
    }
}

impl AudioReader {
    /// Returns another reader of the file, from the first byte on; `None` if the file is not kept.
    pub(crate) fn again(&self) -> Option<Self> {
        self.pipe.lock().keeps.then(|| Self {
            pipe: self.pipe.clone(),
            at: 0,
        })
    }

    /// Returns the number of bytes that have arrived.
    pub(crate) fn len(&self) -> usize {
        self.pipe.lock().written
    }

    /// Reads like `read`; returns `None` if no byte arrives within this time.
    pub(crate) fn read_within(
        &mut self,
        into: &mut [u8],
        time: Duration,
    ) -> Option<io::Result<usize>> {
        self.wait(time).then(|| self.read(into))
    }

    /// Waits for a byte or the end; returns false after this time.
    fn wait(&self, time: Duration) -> bool {
        let at = self.at;
        let waited = self
            .pipe
            .changed
            .wait_timeout_while(self.pipe.lock(), time, |state| state.is_idle(at))
            .unwrap_or_else(PoisonError::into_inner);
        !waited.1.timed_out()
    }

    /// Waits until all bytes have arrived or the file has failed; returns false after this time.
    pub(crate) fn wait_for_end(&self, time: Duration) -> bool {
        let waited = self
            .pipe
            .changed
            .wait_timeout_while(self.pipe.lock(), time, |state| {
                state.end == End::Open && !state.is_abandoned
            })
            .unwrap_or_else(PoisonError::into_inner);
        !waited.1.timed_out()
    }
}

impl AudioReader {
    fn has_read(&mut self, count: usize) -> io::Result<usize> {
        self.at += count;
        let mut state = self.pipe.lock();
        state.read = state.read.max(self.at);
        if !state.keeps {
            self.pipe.free_before(&mut state, self.at);
            state.disk = state.disk.take().filter(|_| self.at < state.disk_end);
        }
        Ok(count)
    }
}

impl Read for AudioReader {
    /// Waits for at least a byte. An incomplete file returns an error after its last byte.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (pipe, at) = (&self.pipe, self.at);
        let waited = pipe
            .changed
            .wait_while(pipe.lock(), |state| state.is_idle(at));
        let state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.is_abandoned {
            return Ok(0);
        }
        if at >= state.written {
            return match &state.end {
                End::Failed(reason) => Err(io::Error::other(reason.clone())),
                End::Open | End::Finished => Ok(0),
            };
        }
        if at < state.disk_end
            && let Some(file) = state.disk.clone()
        {
            let most = into.len().min(state.disk_end - at);
            drop(state);
            let count = file.read(&mut into[..most], at as u64)?;
            if count == 0 && most > 0 {
                return Err(io::Error::other("the file of the audio cache is cut short"));
            }
            return self.has_read(count);
        }
        if at < state.base {
            return Err(io::Error::other("the beginning of a stream is not kept"));
        }
        let count = state.copy(at, into);
        drop(state);
        self.has_read(count)
    }
}

impl Seek for AudioReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => (self.at as u64).checked_add_signed(by),
            SeekFrom::End(by) => (self.len() as u64).checked_add_signed(by),
        };
        let at = to.and_then(|to| usize::try_from(to).ok());
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_cache::CacheConfig;

    #[test]
    fn bytes_of_a_stream_wait_until_they_are_read_and_then_are_free() {
        let budget = Arc::new(Budget::new(1 << 20));
        let (mut writer, file) = pipe(budget.clone(), FileCache::new(CacheConfig::default()));
        let mut reader = file.reader();
        writer.write(&[7; 200_000]).unwrap();
        assert!(writer.has_room(), "a file is kept as it comes");
        file.keep_no_longer();
        assert!(!writer.has_room());
        reader.read_exact(&mut [0; 100_000]).unwrap();
        assert!(writer.has_room());
        assert!(reader.again().is_none(), "the beginning is free");
        reader.read_exact(&mut [0; 100_000]).unwrap();
        drop(file);
        assert!(writer.write(&[7]).is_err());
        assert!(budget.take(1 << 20), "all bytes are given back");
    }

    #[test]
    fn readers_of_a_file_read_the_same_from_any_position() {
        let budget = Arc::new(Budget::new(1 << 20));
        let (mut writer, file) = pipe(budget, FileCache::new(CacheConfig::default()));
        let bytes: Vec<u8> = (0..150_000_u32).map(|at| (at % 251) as u8).collect();
        for piece in bytes.chunks(1_460) {
            writer.write(piece).unwrap();
        }
        writer.finish();
        for from in [0, 1, 65_535, 65_536, 131_073, 150_000] {
            let mut reader = file.reader();
            reader.seek(SeekFrom::Start(from as u64)).unwrap();
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            assert_eq!(read, bytes[from..], "from {from}");
        }
    }
}
