//! Scratch buffers for the voice or mix of a leg in a tick. Written before they are read, and so
//! never cleared.

use confab_codec::{OpusSpares, PAYLOAD_BYTES_MAX};
use confab_terms::Rate;

const SAMPLES_MAX: usize = Rate::Hz48000.frame_samples();

#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    pub(crate) mix: Box<[i32]>,
    pub(crate) frame: Box<[i16]>,
    pub(crate) other: Box<[i16]>,
    pub(crate) payload: Box<[u8]>,
    pub(crate) spares: OpusSpares,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            mix: vec![0; SAMPLES_MAX].into(),
            frame: vec![0; SAMPLES_MAX].into(),
            other: vec![0; SAMPLES_MAX].into(),
            payload: vec![0; PAYLOAD_BYTES_MAX].into(),
            spares: OpusSpares::default(),
        }
    }
}
