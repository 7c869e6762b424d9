//! Built-in music, computed once for each process: a constant, and so not part of an engine's
//! serialized state.

use std::sync::OnceLock;

use confab_codec::Resampler;
use confab_terms::Rate;

static NARROW: OnceLock<Vec<i16>> = OnceLock::new();
static WIDE: OnceLock<Vec<i16>> = OnceLock::new();

/// Returns a round of the music at the rate of sounds; never empty. The music is composed for
/// telephones and has nothing above 4 kHz, so both rates sound the same.
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

/// Computes the built-in music, unless this process has it already. This takes longer than a tick.
pub fn prepare_music() {
    for rate in Rate::ALL {
        music(rate);
    }
}

/// Returns the music at 16 kHz, converted as a loop, so that its end still continues into its
/// start.
fn widened(narrow: &[i16]) -> Vec<i16> {
    let (from, to) = (Rate::Hz8000, Rate::Hz16000);
    let mut way = Resampler::new(from, to);
    let mut wide = vec![0; narrow.len() * to.factor()];
    // The first pass fills the filter, the second is kept.
    for _ in 0..2 {
        let frames = narrow.chunks(from.frame_samples());
        for (frame, out) in frames.zip(wide.chunks_mut(to.frame_samples())) {
            way.run(frame, out);
        }
    }
    wide
}
