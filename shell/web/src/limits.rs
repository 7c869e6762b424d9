//! Every bound of this crate, by name, next to those of `confab_terms::limits`.

use std::time::Duration;

/// Redirects followed (11215 beyond).
pub const REDIRECTS_MAX: usize = 3;
/// Bytes of one audio file (11750 beyond).
pub const AUDIO_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Audio must arrive at this average rate at least: 4 kbit/s.
pub const AUDIO_BYTES_PER_SECOND_MIN: u64 = 500;
/// From when on the average rate of audio counts.
pub const AUDIO_RATE_GRACE: Duration = Duration::from_secs(15);
/// How long one audio file may take to arrive: as long as the longest sound plays.
pub const AUDIO_TIME_MAX: Duration = Duration::from_secs(2 * 3_600);
/// How long audio waits for whoever decodes it, before it is given up.
pub const AUDIO_STALL_MAX: Duration = Duration::from_secs(10);
/// How often it looks again.
pub const AUDIO_STALL_STEP: Duration = Duration::from_millis(20);
/// Interval at which a source that sends nothing is checked for being played still.
pub const AUDIO_WANTED_STEP: Duration = Duration::from_millis(200);
/// Time allowed for the first bytes of audio, which tell a playlist.
pub const PEEK_WAIT: Duration = Duration::from_millis(200);
/// Entries of playlists that are tried for one sound.
pub const PLAYLIST_ENTRIES_MAX: usize = 8;
/// Playlists inside playlists.
pub const PLAYLIST_DEPTH_MAX: usize = 2;
/// Bytes looked at to tell what a body without a telling content type is.
pub const SNIFF_BYTES: usize = 64;
/// How long the body of an answer that is of no use is read, to be shown in a notice.
pub const WITNESS_WAIT: Duration = Duration::from_millis(500);
/// Fetches under way; one more waits within its own time-out.
pub const FETCHES_AT_ONCE: usize = 512;
/// Audio bodies that stream in at once (11200 beyond).
pub const STREAMS_AT_ONCE: usize = 512;
/// Lookups of names under way: each holds a thread.
pub const LOOKUPS_AT_ONCE: usize = 64;
/// Addresses of one name that are looked at; a name with more is refused.
pub const ADDRESSES_MAX: usize = 64;
/// Audio files that the cache remembers.
pub const CACHED_AUDIO_MAX: usize = 4_096;
/// However the server feels about caching, requests this close together share one answer.
pub const SHARED_ANSWER: Duration = Duration::from_secs(2);
/// Pause between two searches for audio that no request can find again.
pub const STALE_SWEEP: Duration = Duration::from_secs(5);
/// The longest that audio counts as fresh, whatever its server says.
pub const FRESH_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Pairs of clients kept, one for each time-out to connect.
pub const CLIENTS_MAX: usize = 16;
/// URLs remembered that are requested without our fields.
pub const BARE_URLS_MAX: usize = 1_024;
/// Time for which such a URL is remembered.
pub const BARE_LIFE: Duration = Duration::from_secs(3_600);
/// Bytes of the head of a Shoutcast server's answer.
pub const ICY_HEAD_BYTES_MAX: usize = 8 * 1024;
/// Idle connections kept open to one host.
pub const IDLE_PER_HOST_MAX: usize = 8;
/// How long an idle connection is kept.
pub const IDLE_MAX: Duration = Duration::from_secs(20);
/// Characters of a URL.
pub const URL_CHARS_MAX: usize = 8_192;

/// Bytes of a callback's answer that are read before the connection is closed instead of reused.
pub const CALLBACK_ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Receivers whose last error is kept, for the dead letters of events that expire.
pub const RECEIVER_ERRORS_MAX: usize = 10_000;
