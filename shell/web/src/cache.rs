//! Cache of the audio of each URL, with the time until which no request is needed. The sink owns
//! the audio; audio that the sink has dropped counts as unknown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use confab_terms::AudioId;
use reqwest::header::{
    AGE, CACHE_CONTROL, CONTENT_LENGTH, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED,
};

use crate::hop::Hop;
use crate::limits::{CACHED_AUDIO_MAX, FRESH_MAX, SHARED_ANSWER, STALE_SWEEP};

/// Key of a request: the URL as given, and the whole request with fields and cookies.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) url: String,
    pub(crate) whole: String,
}

impl Asked {
    /// Returns the key of a first hop with these cookies.
    pub(crate) fn of(hop: &Hop<'_>, cookies: Option<&HeaderValue>) -> Self {
        let cookies = cookies.map(HeaderValue::as_bytes).unwrap_or_default();
        let cookies = String::from_utf8_lossy(cookies);
        Self {
            url: hop.base.to_string(),
            whole: format!("{} {} {cookies}", hop.url, hop.body()),
        }
    }
}

/// Cached audio of a URL.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) audio: AudioId,
    /// True if no request is needed.
    pub(crate) fresh: bool,
    /// Headers of a conditional request.
    pub(crate) conditions: HeaderMap,
    marks: Marks,
}

/// Validators that distinguish versions of a resource.
#[derive(Clone, Debug, Default)]
struct Marks {
    etag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
    length: Option<HeaderValue>,
}

#[derive(Debug)]
struct Entry {
    audio: AudioId,
    whole: String,
    marks: Marks,
    fresh_until: Instant,
    used: Instant,
}

/// Place in the queue of equal requests. The last one to be dropped removes the queue, also when
/// the fetch is canceled.
pub(crate) struct Turn<'a> {
    cache: &'a Cache,
    whole: String,
    mutex: Arc<tokio::sync::Mutex<()>>,
}

impl Turn<'_> {
    pub(crate) async fn wait(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.mutex.lock().await
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self
            .cache
            .turns
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // One reference of the map, one of this turn.
        if Arc::strong_count(&self.mutex) == 2 {
            turns.remove(&self.whole);
        }
    }
}

#[derive(Default)]
pub(crate) struct Cache {
    entries: Mutex<BTreeMap<String, Entry>>,
    swept: Mutex<Option<Instant>>,
    turns: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Entry {
    /// Returns whether no response can confirm that the audio is unchanged.
    fn is_useless(&self, now: Instant) -> bool {
        let has_marks = self.marks.etag.is_some() || self.marks.modified.is_some();
        now >= self.fresh_until && !has_marks
    }
}

impl Known {
    /// Returns whether a full response has the same version as the cached audio.
    pub(crate) fn is_same(&self, headers: &HeaderMap) -> bool {
        let (old, new) = (&self.marks, Marks::read(headers));
        if old.etag.is_some() || new.etag.is_some() {
            return old.etag == new.etag;
        }
        let told = old.modified.is_some() && old.length.is_some();
        told && old.modified == new.modified && old.length == new.length
    }
}

impl Marks {
    fn read(headers: &HeaderMap) -> Self {
        Self {
            etag: headers.get(ETAG).cloned(),
            modified: headers.get(LAST_MODIFIED).cloned(),
            length: headers.get(CONTENT_LENGTH).cloned(),
        }
    }

    fn conditions(&self) -> HeaderMap {
        let mut conditions = HeaderMap::new();
        if let Some(etag) = &self.etag {
            conditions.insert(IF_NONE_MATCH, etag.clone());
        } else if let Some(modified) = &self.modified {
            conditions.insert(IF_MODIFIED_SINCE, modified.clone());
        }
        conditions
    }
}

impl Cache {
    /// Returns a place in the queue of equal requests: the second finds the response of the first.
    pub(crate) fn turn(&self, whole: &str) -> Turn<'_> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let mutex = turns.entry(whole.to_owned()).or_default().clone();
        let whole = whole.to_owned();
        Turn {
            cache: self,
            whole,
            mutex,
        }
    }

    pub(crate) fn known(&self, asked: &Asked) -> Option<Known> {
        let mut entries = self.lock();
        let entry = entries.get_mut(&asked.url)?;
        let now = Instant::now();
        entry.used = now;
        Some(Known {
            audio: entry.audio,
            fresh: now < entry.fresh_until && entry.whole == asked.whole,
            conditions: entry.marks.conditions(),
            marks: entry.marks.clone(),
        })
    }

    /// Stores a response, and returns the audio that no request finds from now on. A 304 keeps the
    /// stored validators.
    pub(crate) fn keep(&self, asked: &Asked, audio: AudioId, headers: &HeaderMap) -> Vec<AudioId> {
        let now = Instant::now();
        let mut entries = self.lock();
        let mut marks = Marks::read(headers);
        if let Some(old) = entries.get(&asked.url).filter(|old| old.audio == audio) {
            marks = old.marks.clone();
        }
        let entry = Entry {
            audio,
            whole: asked.whole.clone(),
            marks,
            fresh_until: now + fresh_for(headers),
            used: now,
        };
        let mut lost: Vec<AudioId> = entries
            .insert(asked.url.clone(), entry)
            .map(|old| old.audio)
            .filter(|old| *old != audio)
            .into_iter()
            .collect();
        if entries.len() > CACHED_AUDIO_MAX {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.used);
            let oldest = oldest.map(|(url, _)| url.clone());
            let oldest = oldest.and_then(|url| entries.remove(&url));
            lost.extend(oldest.map(|oldest| oldest.audio));
        }
        if self.is_time_to_sweep(now) {
            let useless = entries.extract_if(.., |_, entry| entry.is_useless(now));
            lost.extend(useless.map(|(_, entry)| entry.audio));
        }
        lost
    }

    fn is_time_to_sweep(&self, now: Instant) -> bool {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = swept.is_none_or(|swept| now >= swept + STALE_SWEEP);
        if is_time {
            *swept = Some(now);
        }
        is_time
    }

    /// Removes audio whose transfer failed.
    pub(crate) fn drop_audio(&self, url: &str, audio: AudioId) {
        let mut entries = self.lock();
        if entries.get(url).is_some_and(|entry| entry.audio == audio) {
            entries.remove(url);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the time for which a response is used without a request (RFC 9111 §5.2.2, in part).
fn fresh_for(headers: &HeaderMap) -> Duration {
    let mut fresh = Duration::ZERO;
    for value in headers.get_all(CACHE_CONTROL) {
        for directive in value.to_str().unwrap_or_default().split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            if directive == "no-store" || directive == "no-cache" {
                return SHARED_ANSWER;
            }
            if let Some(seconds) = directive.strip_prefix("max-age=") {
                fresh = Duration::from_secs(seconds.trim_matches('"').parse().unwrap_or(0));
            }
        }
    }
    let age = headers
        .get(AGE)
        .and_then(|age| age.to_str().ok()?.parse().ok());
    let fresh = fresh.saturating_sub(Duration::from_secs(age.unwrap_or(0)));
    fresh.clamp(SHARED_ANSWER, FRESH_MAX)
}

#[cfg(test)]
mod tests {
    use confab_terms::AudioId;
    use reqwest::header::{ETAG, HeaderMap, HeaderValue, LAST_MODIFIED};

    use super::{Asked, Cache};

    fn asked(url: &str) -> Asked {
        Asked {
            url: url.to_owned(),
            whole: url.to_owned(),
        }
    }

    #[test]
    fn only_stale_audio_without_marks_is_useless() {
        for (mark, is_useless) in [
            (None, true),
            (Some(ETAG), false),
            (Some(LAST_MODIFIED), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(mark) = mark {
                headers.insert(mark, HeaderValue::from_static("x"));
            }
            let cache = Cache::default();
            assert!(cache.keep(&asked("a"), AudioId(1), &headers).is_empty());
            let entries = cache.lock();
            let entry = &entries["a"];
            assert!(!entry.is_useless(entry.used));
            assert_eq!(entry.is_useless(entry.fresh_until), is_useless);
        }
    }

    #[test]
    fn audio_is_lost_with_its_place() {
        let cache = Cache::default();
        let none = HeaderMap::new();
        assert!(cache.keep(&asked("a"), AudioId(1), &none).is_empty());
        assert!(cache.keep(&asked("a"), AudioId(1), &none).is_empty());
        assert_eq!(cache.keep(&asked("a"), AudioId(2), &none), [AudioId(1)]);
    }
}
