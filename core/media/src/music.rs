//! The built-in music, made once a process: it is a constant, so no engine writes it out.

use std::sync::OnceLock;

static MUSIC: OnceLock<Vec<i16>> = OnceLock::new();

/// One round of it at 8 kHz; never empty.
pub(crate) fn music() -> &'static [i16] {
    MUSIC.get_or_init(|| {
        let mut music = confab_codec::music::built_in();
        if music.is_empty() {
            music.push(0);
        }
        music
    })
}
