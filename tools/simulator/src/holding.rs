//! What the API holds hears nothing of its room, to the last bit of its RTP: the built-in music,
//! frame by frame as it was made, or silence; and it does not hear silence for long where music was
//! to be heard. Legs that were ever fed a sound are `music`'s.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use confab_terms::{Codec, LegId};

use crate::outcome::Checked;
use crate::thread::Sent;
use crate::voices::{FRAME, LOOKED_AT};
use crate::world::World;

/// Ticks without music: the grace of 500 ms, and the way to the thread.
const SILENT_MAX: u32 = 40;

type Frames = HashSet<[u8; LOOKED_AT]>;

/// Whether the later part of a coded frame is one of the built-in music's.
pub(crate) fn is_music(codec: Codec, payload: &[u8]) -> bool {
    static FRAMES: OnceLock<[Frames; 2]> = OnceLock::new();
    let [pcmu, pcma] = FRAMES.get_or_init(|| [frames(Codec::Pcmu), frames(Codec::Pcma)]);
    let frames = match codec {
        Codec::Pcmu => pcmu,
        Codec::Pcma => pcma,
        // No phone of the simulator speaks them.
        Codec::G722 | Codec::Opus => return false,
    };
    let Some(part) = payload.last_chunk::<LOOKED_AT>() else {
        return false;
    };
    frames.contains(part)
}

/// It begins at its first sample, and goes on frame by frame.
fn frames(codec: Codec) -> Frames {
    let music = confab_codec::music::built_in();
    let mut coded = vec![0; music.len()];
    confab_codec::encode(codec, &music, &mut coded);
    let frames = coded.chunks_exact(FRAME);
    frames
        .filter_map(|frame| frame.last_chunk().copied())
        .collect()
}

impl World {
    pub(crate) fn check_held(&mut self, thread: usize, sent: &[Sent]) -> Checked {
        let mut silent = BTreeMap::new();
        for Sent { leg, heard } in sent {
            let mut holds = self.oracle.holds.values();
            let person = holds.find_map(|picture| picture.person(*leg));
            let fed = self
                .ports
                .legs
                .get(leg)
                .is_none_or(|here| !here.fed.is_empty());
            if fed || !person.is_some_and(|person| person.held) {
                continue;
            }
            if !heard.is_silent() && !heard.is_music() {
                let tick = self.ticks();
                return Err(format!(
                    "tick {tick}: leg {leg} is held and hears more than its music: {heard:?}"
                ));
            }
            if heard.is_silent() && self.wants_music(*leg) {
                let ticks = self.held_silent.get(leg).map_or(1, |ticks| ticks + 1);
                if ticks > SILENT_MAX {
                    return Err(format!("leg {leg} is held, and hears no music"));
                }
                silent.insert(*leg, ticks);
            }
        }
        let ports = &self.ports;
        self.held_silent
            .retain(|leg, _| ports.thread_of(*leg) != Some(thread));
        self.held_silent.append(&mut silent);
        Ok(())
    }

    /// Nobody ever named anything else for it, nor silence.
    fn wants_music(&self, leg: LegId) -> bool {
        let call = self.oracle.call_of.get(&leg);
        call.is_some_and(|call| !self.books.hold_urls.contains(call))
    }
}
