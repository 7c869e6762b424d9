//! Decoding of audio files and speech synthesis in separate threads, to mono at 8 kHz and, for
//! sources of a higher rate, at 16 kHz. Players request chunks, and receive each when it is
//! decoded; media threads never block. A further thread writes recordings.

mod au;
mod audio_files;
mod budget;
mod decoder;
mod file_cache;
mod flite;
mod gsm;
mod kind;
mod library;
pub mod limits;
mod mixdown;
mod mp3;
mod mp4;
mod ogg_opus;
mod permits;
mod pipe;
mod plain;
mod private_dir;
mod probes;
mod recorder;
mod reel;
mod resampler;
mod riff;
mod samples;
mod shelf;
mod sounds;
mod speech;
mod telephone;
mod told;
mod wav;
mod widened;
mod widths;
mod work;

pub use audio_files::{AudioFiles, NoMp3};
pub use decoder::{Decoded, Decoders};
pub use file_cache::{CacheConfig, CacheUse};
pub use flite::Flite;
pub use pipe::{AudioWriter, Refused};
pub use recorder::{Backlog, Piece, Recorder, RecorderEnd, file_of, repair};
pub use resampler::Resampler;
pub use sounds::{Sounds, SoundsConfig};
pub use speech::{Phrase, Tts};
pub use told::{Sink, Told, Want};
