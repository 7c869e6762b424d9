//! Limits of this crate that are not in `confab_terms::limits`.

use std::time::Duration;

/// Maximum number of redirects; error 11215 beyond.
pub const REDIRECTS_MAX: usize = 3;
/// Maximum size of an audio file, in bytes; error 11750 beyond.
pub const AUDIO_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Minimum average rate of audio, in bytes per second: 4 kbit/s.
pub const AUDIO_BYTES_PER_SECOND_MIN: u64 = 500;
/// Time after which the minimum rate of audio applies.
pub const AUDIO_RATE_GRACE: Duration = Duration::from_secs(15);
/// Maximum duration of the transfer of an audio file: the playing time of the longest sound.
pub const AUDIO_TIME_MAX: Duration = Duration::from_secs(2 * 3_600);
/// Maximum wait of received audio for the decoder.
pub const AUDIO_STALL_MAX: Duration = Duration::from_secs(10);
/// Interval at which audio checks for room in the decoder.
pub const AUDIO_STALL_STEP: Duration = Duration::from_millis(20);
/// Interval at which a silent source is checked for listeners.
pub const AUDIO_WANTED_STEP: Duration = Duration::from_millis(200);
/// Maximum wait for the first bytes of audio, which distinguish a playlist.
pub const PEEK_WAIT: Duration = Duration::from_millis(200);
/// Maximum number of playlist entries tried for one sound.
pub const PLAYLIST_ENTRIES_MAX: usize = 8;
/// Maximum depth of nested playlists.
pub const PLAYLIST_DEPTH_MAX: usize = 2;
/// Bytes that are inspected to classify a body without a conclusive content type.
pub const SNIFF_BYTES: usize = 64;
/// Maximum time for reading the body of a failed response, for a notice.
pub const WITNESS_WAIT: Duration = Duration::from_millis(500);
/// Maximum number of concurrent fetches; a further one waits within its own timeout.
pub const FETCHES_AT_ONCE: usize = 512;
/// Maximum number of concurrent audio streams; error 11200 beyond.
pub const STREAMS_AT_ONCE: usize = 512;
/// Maximum number of concurrent name lookups; each uses a thread.
pub const LOOKUPS_AT_ONCE: usize = 64;
/// Maximum number of addresses of a name; a name with more is rejected.
pub const ADDRESSES_MAX: usize = 64;
/// Maximum number of audio files in the cache.
pub const CACHED_AUDIO_MAX: usize = 4_096;
/// Minimum time for which equal requests share a response, even without permission to cache.
pub const SHARED_ANSWER: Duration = Duration::from_secs(2);
/// Pause between two searches for audio that no request can find again.
pub const STALE_SWEEP: Duration = Duration::from_secs(5);
/// Maximum time for which audio counts as fresh, whatever the server declares.
pub const FRESH_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Maximum number of client pairs kept; one for each connect timeout and exemption.
pub const CLIENTS_MAX: usize = 16;
/// Maximum number of remembered URLs that are requested without confab's fields.
pub const BARE_URLS_MAX: usize = 1_024;
/// Time for which such a URL is remembered.
pub const BARE_LIFE: Duration = Duration::from_secs(3_600);
/// Maximum size of the head of a Shoutcast response, in bytes.
pub const ICY_HEAD_BYTES_MAX: usize = 8 * 1024;
/// Maximum number of idle connections to one host.
pub const IDLE_PER_HOST_MAX: usize = 8;
/// Time for which an idle connection is kept.
pub const IDLE_MAX: Duration = Duration::from_secs(20);
/// Maximum length of a URL, in bytes.
pub const URL_CHARS_MAX: usize = 8_192;

/// Bytes of a callback's response that are read; after more, the connection is closed.
pub const CALLBACK_ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Maximum number of receivers whose last error is kept, for dead letters of expired events.
pub const RECEIVER_ERRORS_MAX: usize = 10_000;
