//! The built-in music, made once a process: it is a constant, so no engine writes it out.

use std::sync::OnceLock;

use confab_codec::Resampler;
use confab_terms::Rate;

static NARROW: OnceLock<Vec<i16>> = OnceLock::new();
static WIDE: OnceLock<Vec<i16>> = OnceLock::new();

/// One round of it at the rate of a sound; never empty. It is made to sound well over a telephone
/// and has nothing above 4 kHz, so that the wide one is no more than the narrow one's equal.
pub(crate) fn music(rate: Rate) -> &'static [i16] {
    let narrow = NARROW.get_or_init(|| {
        let mut music = confab_codec::music::built_in();
        let whole = music.len().next_multiple_of(Rate::Hz8000.frame_samples());
        music.resize(whole.max(Rate::Hz8000.frame_samples()), 0);
        music
    });
    match rate {
        Rate::Hz8000 => narrow,
        Rate::Hz16000 | Rate::Hz48000 => WIDE.get_or_init(|| widened(narrow)),
    }
}

/// At 16 kHz; round and round, so that its end still leads into its start.
fn widened(narrow: &[i16]) -> Vec<i16> {
    let (from, to) = (Rate::Hz8000, Rate::Hz16000);
    let mut way = Resampler::new(from, to);
    let mut wide = vec![0; narrow.len() * to.factor()];
    // Once to fill the filter, and once to keep.
    for _ in 0..2 {
        let frames = narrow.chunks(from.frame_samples());
        for (frame, out) in frames.zip(wide.chunks_mut(to.frame_samples())) {
            way.run(frame, out);
        }
    }
    wide
}
