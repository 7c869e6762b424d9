//! Samples to bytes and back, in each codec; and what is found in samples.

mod dtmf;
mod g711;
mod g722;
mod libopus;
mod opus;
mod resample;
mod sounds;
