//! Encoding and decoding in each codec, sample-rate conversion, and detection of tones.

mod dtmf;
mod g711;
mod g722;
mod libopus;
mod opus;
mod resample;
mod sounds;
