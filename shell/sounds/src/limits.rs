//! Limits of this crate that are not in `confab_terms::limits`.

use std::time::Duration;

/// Maximum size of an audio file, in bytes.
pub const AUDIO_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Maximum size of encoded audio in memory, all files together, in bytes.
pub const UNDECODED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Size from which a file is written to the disk, in bytes.
pub const CACHED_BYTES_MIN: usize = 256 * 1024;
/// Maximum number of cache files on the disk, each of which holds a descriptor.
pub const CACHE_FILES_MAX: usize = 1_024;
/// Pause of the cache after a failed write, or after a write that found the cache full.
pub const CACHE_PAUSE: Duration = Duration::from_secs(5);
/// Divisor of `UNDECODED_BYTES_MAX`: with less left, files arrive at the pace of their listeners.
pub const AHEAD_SHARE: usize = 2;
/// Divisor of `UNDECODED_BYTES_MAX`: with less left, arriving files are played as streams.
pub const KEEP_SHARE: usize = 4;
/// Undecoded size from which the source of a file should pause, in bytes.
pub const UNDECODED_BYTES_EACH: usize = 128 * 1024;
/// Time after which audio that was never decoded is dropped, when other audio arrives.
pub const UNDECODED_AGE_MAX: Duration = Duration::from_secs(60);
/// Maximum length of a sound in samples at 8 kHz: two hours. Longer sounds are cut off.
pub const SOUND_SAMPLES_MAX: u64 = 2 * 3_600 * 8_000;
/// Maximum size of decoded samples, all sounds together, in bytes.
pub const SOUND_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Divisor of `SOUND_BYTES_MAX`: the maximum share of the additional samples at 16 kHz.
pub const WIDE_SHARE: usize = 2;
/// Maximum number of chunks converted to 16 kHz that are kept for further listeners, all sounds
/// together; 32 KB each.
pub const WIDENED_CHUNKS_MAX: usize = 256;
/// Maximum number of sounds, and of audio files.
pub const SOUNDS_MAX: usize = 16_384;
/// Time since the last use in which a sound is not dropped, even if memory is short.
pub const SOUND_KEPT: Duration = Duration::from_secs(60);
/// Samples that are decoded ahead of the listener of a long sound, at 8 kHz: 4 s.
pub const AHEAD_SAMPLES: u64 = 4 * 8_000;
/// Samples ahead of the listener below which the decoder continues, at 8 kHz: 2 s.
pub const REFILL_SAMPLES: u64 = 2 * 8_000;
/// Samples that are kept behind the slowest listener of a long sound, at 8 kHz: 2 s.
pub const BEHIND_SAMPLES: u64 = 2 * 8_000;
/// Maximum length of a short sound at 8 kHz: 30 s. A short sound is kept whole, and shared.
pub const SHORT_SAMPLES_MAX: u64 = 30 * 8_000;
/// Number of readers of a long sound from which the sound is decoded whole for all listeners, while
/// there is room.
pub const SHARED_READERS: usize = 3;
/// Maximum number of decoders of files, working or parked, of all sounds.
pub const READERS_MAX: usize = 1_024;
/// Free memory that a step of a decoder of a long sound requires, in bytes: the largest block of
/// samples.
pub const STEP_BYTES: usize = 192 * 1024;
/// Quarters of `SOUND_BYTES_MAX` in use from which long sounds are no longer decoded whole.
pub const SHARED_QUARTERS: usize = 3;
/// Minimum number of samples of a response before the end of the sound: 200 ms at 8 kHz.
pub const FEED_SAMPLES_MIN: usize = 1_600;
/// Maximum number of players of a reader that wait for samples.
pub const WANTS_MAX: usize = 16_384;
/// Maximum number of threads that decode files while they arrive.
pub const QUICK_WORKERS_MAX: usize = 64;
/// Time that a thread for files waits for the network before the source counts as slow.
pub const QUICK_WAIT_MAX: Duration = Duration::from_millis(500);
/// Maximum number of slow sources: streams, and files that arrive slowly. Each has a thread. A
/// server has one account, so the limit is also that of the account.
pub const SLOW_SOURCES_MAX: usize = 160;
/// Maximum number of slow sources of a call.
pub const SLOW_SOURCES_EACH_CALL: usize = 2;
/// Time after which an unfinished source without a length is a stream, whose past is not kept.
pub const STREAM_AFTER: Duration = Duration::from_secs(20);
/// Samples of a stream that are kept for paused listeners, at 8 kHz: 30 s.
pub const STREAM_SAMPLES_KEPT: u64 = 30 * 8_000;
/// Distance from the end of a stream at which a listener joins, at 8 kHz: 2 s.
pub const STREAM_SAMPLES_BEHIND: u64 = 2 * 8_000;
/// Time without a request after which the listener of a stream counts as paused.
pub const LISTENER_PAUSES_AFTER: Duration = Duration::from_secs(5);
/// Divisor of `SOUND_BYTES_MAX`: the maximum share of slow sources.
pub const SLOW_SHARE: usize = 2;
/// Maximum number of jobs in a queue.
pub const JOBS_MAX: usize = 4_096;
/// Maximum number of decoders that use the processor at once.
pub const DECODING_AT_ONCE: usize = 2;
/// Maximum number of concurrent speech syntheses.
pub const SPEAKING_AT_ONCE: usize = 2;
/// Maximum length of the text of a `<Say>`, in characters.
pub const TEXT_CHARS_MAX: usize = 4_096;
/// Maximum length of the first piece of a text, in characters: a short piece is spoken sooner.
pub const FIRST_PIECE_CHARS_MAX: usize = 100;
/// Maximum length of each later piece, in characters. Other texts wait for a piece, not for a whole
/// text.
pub const PIECE_CHARS_MAX: usize = 300;
/// Maximum time, and processor time, of the synthesis of a piece.
pub const SPEAKING_TIME_MAX: Duration = Duration::from_secs(10);
/// Maximum address space of the synthesizer, in bytes.
pub const SPEAKER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Maximum size of the speech of a piece, in bytes: seventeen minutes at 16 kHz.
pub const SPEECH_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Minimum sampling rate of a source, in Hz.
pub const RATE_MIN: u32 = 1_000;
/// Maximum sampling rate of a source, in Hz.
pub const RATE_MAX: u32 = 384_000;
/// Maximum number of channels that are mixed down.
pub const CHANNELS_MAX: usize = 16;
/// Maximum number of consecutive broken packets before the rest of a file is given up.
pub const BROKEN_PACKETS_MAX: u32 = 200;
/// Maximum number of bytes of a tag (title, cover) that are read; the rest is skipped.
pub const TAG_BYTES_MAX: usize = 64 * 1024;
/// Maximum size of titles, pictures and other data before the samples of a file, in bytes.
pub const SKIPPED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Maximum size of a file that is read whole before decoding, in bytes.
pub const WHOLE_BYTES_EACH: usize = 32 * 1024 * 1024;
/// Maximum size of all files that are read whole at a time, in bytes.
pub const WHOLE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Maximum number of filter tables kept; the oldest is dropped first.
pub const FILTERS_MAX: usize = 16;
/// Maximum time for the MP3 of a recording, including the wait for the turn.
pub const MP3_TIME_MAX: Duration = Duration::from_secs(300);
/// Maximum size of a WAV file that is encoded as MP3, in bytes: four hours and a half at 16 kHz.
pub const MP3_WAV_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Maximum number of concurrent requests for MP3, including those that wait.
pub const MP3_ASKED_MAX: usize = 16;
