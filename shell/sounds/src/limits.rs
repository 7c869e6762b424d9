//! Every bound of this crate, by name, next to those of `confab_terms::limits`.

use std::time::Duration;

/// Bytes of one audio file.
pub const AUDIO_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Bytes of encoded audio in memory, all files together.
pub const UNDECODED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of a file from which on it is written to the disk.
pub const CACHED_BYTES_MIN: usize = 256 * 1024;
/// Files of the cache on the disk: each holds a descriptor.
pub const CACHE_FILES_MAX: usize = 1_024;
/// Time for which nothing is written to the cache after a write has failed, or has found it full.
pub const CACHE_PAUSE: Duration = Duration::from_secs(5);
/// With less than one part in so many of that left, files arrive at the pace of their listeners.
pub const AHEAD_SHARE: usize = 2;
/// With less than one part in so many of that left, files that arrive are played as streams.
pub const KEEP_SHARE: usize = 4;
/// Bytes of one file that has arrived faster than it is decoded, from which on it should wait.
pub const UNDECODED_BYTES_EACH: usize = 128 * 1024;
/// Audio that nobody asked to decode is dropped after this, when room is needed.
pub const UNDECODED_AGE_MAX: Duration = Duration::from_secs(60);
/// Samples of one sound, at 8 kHz: two hours. It ends there.
pub const SOUND_SAMPLES_MAX: u64 = 2 * 3_600 * 8_000;
/// Bytes of decoded samples kept, all sounds together.
pub const SOUND_BYTES_MAX: usize = 256 * 1024 * 1024;
/// How much of it may be what is kept at 16 kHz besides: one part of so many.
pub const WIDE_SHARE: usize = 2;
/// Chunks made wide of narrow samples that are kept for others who hear the same, all sounds
/// together: 32 KB each.
pub const WIDENED_CHUNKS_MAX: usize = 256;
/// Sounds and audio files remembered.
pub const SOUNDS_MAX: usize = 16_384;
/// A sound wanted so recently is not dropped, however tight the room.
pub const SOUND_KEPT: Duration = Duration::from_secs(60);
/// Samples decoded ahead of the listener of a long sound, at 8 kHz: 4 s.
pub const AHEAD_SAMPLES: u64 = 4 * 8_000;
/// With less than this ahead the decoder of a long sound goes on, at 8 kHz: 2 s.
pub const REFILL_SAMPLES: u64 = 2 * 8_000;
/// Samples behind the slowest listener of a long sound that are kept, at 8 kHz: 2 s.
pub const BEHIND_SAMPLES: u64 = 2 * 8_000;
/// Samples of a short sound, at 8 kHz: 30 s. It is kept whole, and shared by its listeners.
pub const SHORT_SAMPLES_MAX: u64 = 30 * 8_000;
/// Listeners of one long sound at different positions, from which on it is decoded whole for all
/// of them, while there is room.
pub const SHARED_READERS: usize = 3;
/// Decoders of files, of all sounds together, that are at work or stand by.
pub const READERS_MAX: usize = 1_024;
/// A decoder of a long sound begins a step only while so many bytes fit: those of the largest
/// block of samples.
pub const STEP_BYTES: usize = 192 * 1024;
/// Long sounds are decoded whole while less than this part of `SOUND_BYTES_MAX` is in use: of 4.
pub const SHARED_QUARTERS: usize = 3;
/// Samples that make it worth answering a player before more is there: 200 ms at
/// 8 kHz.
pub const FEED_SAMPLES_MIN: usize = 1_600;
/// Players of one sound that wait for samples not decoded yet.
pub const WANTS_MAX: usize = 16_384;
/// Threads that decode files as they arrive.
pub const QUICK_WORKERS_MAX: usize = 64;
/// Time that a thread for files spends waiting for the network until its source counts as slow.
pub const QUICK_WAIT_MAX: Duration = Duration::from_millis(500);
/// Slow sources at once: streams, and files that arrive slowly. Each has a thread of its own. A
/// server has one account, so this is the account's limit too.
pub const SLOW_SOURCES_MAX: usize = 160;
/// Slow sources at once of one call.
pub const SLOW_SOURCES_EACH_CALL: usize = 2;
/// A source without a length that has not ended by then is a stream: its past is not kept.
pub const STREAM_AFTER: Duration = Duration::from_secs(20);
/// Samples of a stream's past that are kept for listeners that pause, at 8 kHz: 30 s.
pub const STREAM_SAMPLES_KEPT: u64 = 30 * 8_000;
/// Distance from a stream's end at which a listener joins, at 8 kHz: 2 s.
pub const STREAM_SAMPLES_BEHIND: u64 = 2 * 8_000;
/// A listener of a stream that wanted nothing for so long pauses.
pub const LISTENER_PAUSES_AFTER: Duration = Duration::from_secs(5);
/// Slow sources may use one part in so many of `SOUND_BYTES_MAX`.
pub const SLOW_SHARE: usize = 2;
/// Jobs that wait for a thread.
pub const JOBS_MAX: usize = 4_096;
/// Decoders that use the processor at once.
pub const DECODING_AT_ONCE: usize = 2;
/// Speech syntheses at once.
pub const SPEAKING_AT_ONCE: usize = 2;
/// Characters of one `<Say>`.
pub const TEXT_CHARS_MAX: usize = 4_096;
/// Characters of the first piece of a text: the shorter, the sooner its speech begins.
pub const FIRST_PIECE_CHARS_MAX: usize = 100;
/// Characters of each later piece. Another text waits for one piece, not for a whole text.
pub const PIECE_CHARS_MAX: usize = 300;
/// Longest time, and processor time, of the synthesis of one piece.
pub const SPEAKING_TIME_MAX: Duration = Duration::from_secs(10);
/// Address space of the program that synthesises.
pub const SPEAKER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of the speech of one piece: seventeen minutes at 16 kHz.
pub const SPEECH_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The lowest sampling rate that is resampled.
pub const RATE_MIN: u32 = 1_000;
/// The highest.
pub const RATE_MAX: u32 = 384_000;
/// Channels that are mixed down.
pub const CHANNELS_MAX: usize = 16;
/// Packets in a row that may be broken before the rest is given up.
pub const BROKEN_PACKETS_MAX: u32 = 200;
/// Bytes of one tag (a title, a cover) that are read; the rest is skipped.
pub const TAG_BYTES_MAX: usize = 64 * 1024;
/// Bytes of titles, pictures and the like before the samples of a file.
pub const SKIPPED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of one file that is read whole before it is decoded.
pub const WHOLE_BYTES_EACH: usize = 32 * 1024 * 1024;
/// Bytes of all such files at once.
pub const WHOLE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Filter tables kept for the rates used last.
pub const FILTERS_MAX: usize = 16;
/// How long an MP3 may take to be made of a recording, the wait for its turn included.
pub const MP3_TIME_MAX: Duration = Duration::from_secs(300);
/// Bytes of the largest WAV file that an MP3 is made of: four hours and a half at 16 kHz.
pub const MP3_WAV_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Requests for MP3 at once, those that wait included.
pub const MP3_ASKED_MAX: usize = 16;
