//! Encoded audio on the disk. A file of the cache is unlinked after its creation, and therefore
//! freed when it is closed, also by a crash. One thread writes and closes; other threads only read.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Instant;

use crate::limits::{CACHE_FILES_MAX, CACHE_PAUSE};
use crate::pipe::Pipe;
use crate::private_dir;

/// Mode of files: access for this user only.
const MODE: u32 = 0o600;

/// Folder and quota of the cache.
#[derive(Clone, Debug, Default)]
pub struct CacheConfig {
    /// Folder; created if absent, and emptied.
    pub dir: PathBuf,
    /// Maximum size of all files, in bytes; 0 disables the cache.
    pub bytes_max: u64,
}

/// Usage and failures of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheUse {
    /// Size of the encoded audio on the disk, in bytes.
    pub bytes: u64,
    /// Number of files.
    pub files: usize,
    /// Number of failed writes.
    pub failed: u64,
    /// Number of times that audio in use filled the quota.
    pub full: u64,
}

/// Callback that makes room by removing the least recently used file; returns false if all are in
/// use.
type Evict = Box<dyn Fn() -> bool + Send + Sync>;

pub(crate) struct FileCache {
    config: CacheConfig,
    state: Mutex<State>,
    evict: OnceLock<Evict>,
    failed: AtomicU64,
    full: AtomicU64,
}

#[derive(Default)]
struct State {
    /// Files with bytes in memory.
    waiting: VecDeque<Weak<Pipe>>,
    /// Files to close.
    closing: Vec<File>,
    has_thread: bool,
    is_prepared: bool,
    /// End of the pause in which no file is written.
    paused_until: Option<Instant>,
    /// True if the last write failed.
    is_failing: bool,
    count: u64,
    bytes: u64,
    files: usize,
}

/// File of the cache.
pub(crate) struct CacheFile {
    /// Open file; `None` while it is being dropped.
    file: Option<File>,
    bytes: AtomicU64,
    cache: Arc<FileCache>,
}

/// Reason for keeping bytes in memory.
#[derive(Debug)]
enum Refusal {
    Full,
    Disk(io::Error),
}

impl FileCache {
    pub(crate) fn new(config: CacheConfig) -> Arc<Self> {
        Arc::new(Self {
            config,
            state: Mutex::default(),
            evict: OnceLock::new(),
            failed: AtomicU64::new(0),
            full: AtomicU64::new(0),
        })
    }

    /// Starts the thread, which empties the folder. `evict` is called without a lock held.
    pub(crate) fn start(self: &Arc<Self>, evict: Evict) {
        let _is_first = self.evict.set(evict);
        if self.config.bytes_max > 0 {
            self.wake(self.lock());
        }
    }

    pub(crate) fn usage(&self) -> CacheUse {
        let state = self.lock();
        CacheUse {
            bytes: state.bytes,
            files: state.files,
            failed: self.failed.load(Ordering::Relaxed),
            full: self.full.load(Ordering::Relaxed),
        }
    }

    /// Queues a file for writing; never blocks.
    pub(crate) fn take(self: &Arc<Self>, pipe: &Arc<Pipe>) {
        if self.config.bytes_max == 0 {
            return;
        }
        let mut state = self.lock();
        state.waiting.push_back(Arc::downgrade(pipe));
        self.wake(state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the thread if none is running. Without a thread, the bytes stay in memory.
    fn wake(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if std::mem::replace(&mut state.has_thread, true) {
            return;
        }
        drop(state);
        let cache = self.clone();
        let name = "confab-audio-cache".to_owned();
        let started = thread::Builder::new()
            .name(name)
            .spawn(move || cache.work());
        if let Err(error) = started {
            tracing::error!(%error, "no thread for the audio cache");
            self.lock().has_thread = false;
        }
    }

    fn work(self: &Arc<Self>) {
        loop {
            let mut state = self.lock();
            let closing = std::mem::take(&mut state.closing);
            let until = state.paused_until.filter(|until| Instant::now() < *until);
            let next = match until {
                Some(_) => None,
                None => state.waiting.pop_front(),
            };
            let prepares = !std::mem::replace(&mut state.is_prepared, true);
            if closing.is_empty() && next.is_none() && !prepares {
                if let Some(until) = until.filter(|_| !state.waiting.is_empty()) {
                    drop(state);
                    thread::park_timeout(until.saturating_duration_since(Instant::now()));
                    continue;
                }
                state.has_thread = false;
                return;
            }
            drop(state);
            drop(closing);
            if prepares {
                self.prepare();
            }
            if let Some(pipe) = next.and_then(|pipe| pipe.upgrade()) {
                self.write(&pipe);
            }
        }
    }

    /// Removes files of an earlier run: a crash between creation and unlinking leaves a name.
    fn prepare(&self) {
        let dir = &self.config.dir;
        let prepared = private_dir::create(dir).and_then(|()| fs::read_dir(dir));
        let Ok(entries) = prepared else {
            return;
        };
        for entry in entries.flatten() {
            let _may_be_a_folder = fs::remove_file(entry.path());
        }
    }

    /// Writes the bytes of a file that are in memory.
    fn write(self: &Arc<Self>, pipe: &Arc<Pipe>) {
        while let Some((at, bytes, file)) = pipe.next_block() {
            match self.write_block(at, &bytes, file) {
                Ok(file) => pipe.set_written(at, bytes.len(), file),
                Err(refusal) => return self.pause(pipe, &refusal),
            }
            self.recovered();
        }
    }

    fn write_block(
        self: &Arc<Self>,
        at: usize,
        bytes: &[u8],
        file: Option<Arc<CacheFile>>,
    ) -> Result<Arc<CacheFile>, Refusal> {
        let length = bytes.len() as u64;
        while !self.reserve(length, file.is_none()) {
            if !self.evict.get().is_some_and(|evict| evict()) {
                return Err(Refusal::Full);
            }
        }
        let file = match file {
            Some(file) => file,
            None => match self.create() {
                Ok(file) => Arc::new(CacheFile {
                    file: Some(file),
                    bytes: AtomicU64::new(0),
                    cache: self.clone(),
                }),
                Err(error) => {
                    self.give_back(length);
                    return Err(Refusal::Disk(error));
                }
            },
        };
        // After an error too, dropping the file returns the bytes to the quota.
        file.bytes.fetch_add(length, Ordering::Relaxed);
        let written = file.write(bytes, at as u64);
        written.map(|()| file).map_err(Refusal::Disk)
    }

    /// Takes bytes from the quota, and a file if `is_new`.
    fn reserve(&self, bytes: u64, is_new: bool) -> bool {
        let mut state = self.lock();
        let has_bytes = state.bytes + bytes <= self.config.bytes_max;
        let has_files = !is_new || state.files < CACHE_FILES_MAX;
        if has_bytes && has_files {
            state.bytes += bytes;
            state.files += usize::from(is_new);
        }
        has_bytes && has_files
    }

    fn give_back(&self, bytes: u64) {
        let mut state = self.lock();
        state.bytes -= bytes;
        state.files -= 1;
    }

    /// Creates a file, and removes its name.
    fn create(&self) -> io::Result<File> {
        let dir = &self.config.dir;
        private_dir::create(dir)?;
        let count = {
            let mut state = self.lock();
            state.count += 1;
            state.count
        };
        let path = dir.join(format!("{count}.audio"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(MODE);
        let file = options.open(&path)?;
        fs::remove_file(&path)?;
        Ok(file)
    }

    /// Pauses writing for `CACHE_PAUSE`; the bytes stay in memory.
    fn pause(&self, pipe: &Arc<Pipe>, refusal: &Refusal) {
        let mut state = self.lock();
        state.waiting.push_front(Arc::downgrade(pipe));
        state.paused_until = Some(Instant::now() + CACHE_PAUSE);
        let was_failing = std::mem::replace(&mut state.is_failing, true);
        let (bytes, files) = (state.bytes, state.files);
        drop(state);
        let dir = self.config.dir.display();
        let counter = match refusal {
            Refusal::Disk(_) => &self.failed,
            Refusal::Full => &self.full,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if was_failing {
            return;
        }
        match refusal {
            Refusal::Disk(error) => {
                tracing::warn!(%dir, %error, "audio cache not written: audio stays in memory");
            }
            Refusal::Full => {
                tracing::warn!(%dir, bytes, files, "audio cache full of audio in use");
            }
        }
    }

    fn recovered(&self) {
        let was_failing = std::mem::take(&mut self.lock().is_failing);
        if was_failing {
            tracing::info!(dir = %self.config.dir.display(), "audio is written to the cache again");
        }
    }
}

impl CacheFile {
    fn file(&self) -> io::Result<&File> {
        let closed = || io::Error::other("the file is closed");
        self.file.as_ref().ok_or_else(closed)
    }

    fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.file()?.write_all_at(bytes, at)
    }

    pub(crate) fn read(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.file()?.read_at(into, at)
    }
}

impl Drop for CacheFile {
    /// Passes the file to the thread of the cache: closing frees blocks, which may take long.
    fn drop(&mut self) {
        self.cache.give_back(*self.bytes.get_mut());
        let mut state = self.cache.lock();
        state.closing.extend(self.file.take());
        self.cache.wake(state);
    }
}

impl fmt::Debug for FileCache {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("FileCache")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CacheFile {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("CacheFile")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
