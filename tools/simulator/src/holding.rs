//! Legs that the API holds receive no audio of their room: only the built-in music, frame by frame
//! as it was made, or silence, to the last bit of the RTP (G.722: up to the codec's noise). Silence
//! in place of music is short. Legs that were ever fed a sound are checked in `music`. The music of
//! a hold continues frame by frame while its leg moves between threads.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use confab_terms::{Codec, LegId, RoomId};

use crate::outcome::Checked;
use crate::thread::Sent;
use crate::voices::{FRAME, LOOKED_AT};
use crate::world::World;

/// Ticks without music: the grace of 500 ms, and the way to the thread.
const SILENT_MAX: u32 = 40;

/// Frames in a row in which the decoder of a phone with G.722 may be out of step: the engine
/// changes between a stream of the leg's own and the shared one, whose states differ. The most seen
/// is 8.
const OUT_OF_STEP_MAX: u32 = 15;

/// Frames of the music, by their later part, with the numbers of all frames that have that part.
#[derive(Default)]
struct Frames {
    numbers: HashMap<[u8; LOOKED_AT], Vec<u64>>,
    count: u64,
}

/// Numbers of the frames of the built-in music that a coded frame may be, of so many.
pub(crate) fn music_frames(codec: Codec, payload: &[u8]) -> (&'static [u64], u64) {
    static FRAMES: OnceLock<[Frames; 2]> = OnceLock::new();
    let [pcmu, pcma] = FRAMES.get_or_init(|| [frames(Codec::Pcmu), frames(Codec::Pcma)]);
    let frames = match codec {
        Codec::Pcmu => pcmu,
        Codec::Pcma => pcma,
        // A `WideEar` knows their frames.
        Codec::G722 | Codec::Opus => return (&[], 1),
    };
    let part = payload.last_chunk::<LOOKED_AT>();
    let numbers = part.and_then(|part| frames.numbers.get(part));
    (numbers.map_or(&[], Vec::as_slice), frames.count)
}

/// It begins at its first sample, and goes on frame by frame.
fn frames(codec: Codec) -> Frames {
    let music = confab_codec::music::built_in();
    let mut coded = vec![0; music.len()];
    confab_codec::encode(codec, &music, &mut coded);
    let mut frames = Frames::default();
    for frame in coded.chunks(FRAME) {
        if let Some(part) = frame.last_chunk() {
            frames.numbers.entry(*part).or_default().push(frames.count);
        }
        frames.count += 1;
    }
    frames
}

impl World {
    pub(crate) fn check_held(&mut self, thread: usize, sent: &[Sent]) -> Checked {
        let mut silent = BTreeMap::new();
        for Sent { leg, heard, music } in sent {
            self.check_position(*leg, music)?;
            let mut holds = self.oracle.holds.values();
            let person = holds.find_map(|picture| picture.person(*leg));
            let fed = self
                .ports
                .legs
                .get(leg)
                .is_none_or(|here| !here.fed.is_empty());
            if fed || !person.is_some_and(|person| person.held) {
                self.held_unknown.remove(leg);
                continue;
            }
            let unknown = match heard.is_silent() || heard.is_music() {
                true => 0,
                false => self.held_unknown.get(leg).unwrap_or(&0) + 1,
            };
            self.held_unknown.insert(*leg, unknown);
            let allowed = if self.is_wide(*leg) {
                OUT_OF_STEP_MAX
            } else {
                0
            };
            if unknown > allowed {
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

    /// A held leg hears the next frame of its music, if this is one.
    fn check_position(&mut self, leg: LegId, (numbers, count): &(Vec<u64>, u64)) -> Checked {
        let mut holds = self.oracle.holds.values();
        let person = holds.find_map(|picture| picture.person(leg));
        let is_held = person.is_some_and(|person| person.held);
        let Some(here) = self.ports.legs.get(&leg).filter(|_| is_held) else {
            self.music_began.remove(&leg);
            return Ok(());
        };
        if numbers.is_empty() || !self.wants_music(leg) {
            return Ok(());
        }
        // The frame that the music would have had on tick 0.
        let began = |number: &u64| (number + count - here.ticks % count) % count;
        let began: Vec<u64> = numbers.iter().map(began).collect();
        let Some(known) = self.music_began.get_mut(&leg) else {
            self.music_began.insert(leg, began);
            return Ok(());
        };
        known.retain(|one| began.contains(one));
        match known.is_empty() {
            false => Ok(()),
            true => Err(format!(
                "leg {leg} is held, and its music does not go on where it was: {numbers:?}"
            )),
        }
    }

    /// A change of a room has reached its engine: the music of those who are not held is over.
    pub(crate) fn music_over(&mut self, room: RoomId) {
        let picture = self.oracle.holds.get(&room);
        for person in picture.into_iter().flat_map(|picture| &picture.seated) {
            if !person.held {
                self.music_began.remove(&person.leg);
            }
        }
    }

    /// Nobody ever named anything else for it, nor silence.
    fn wants_music(&self, leg: LegId) -> bool {
        let call = self.oracle.call_of.get(&leg);
        call.is_some_and(|call| !self.books.hold_urls.contains(call))
    }
}
