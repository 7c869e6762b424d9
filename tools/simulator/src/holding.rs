//! Checker of held legs: they receive no audio of their room. They receive the built-in music,
//! frame by frame, or silence, bit-exact in the RTP (G.722: up to codec noise). Silence in place of
//! music is short. Legs with any other sound are checked in `music`. The music continues frame by
//! frame while its leg moves between threads.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use confab_terms::{Codec, LegId, RoomId};

use crate::outcome::Checked;
use crate::thread::Sent;
use crate::voices::{FRAME, LOOKED_AT};
use crate::world::World;

/// Maximum number of ticks without music: the grace period of 500 ms, and the delay of the thread.
const SILENT_MAX: u32 = 40;

/// Maximum number of consecutive frames in which the G.722 decoder of a phone is out of step:
/// streams of the leg and shared streams differ in state. The highest measured value is 8.
const OUT_OF_STEP_MAX: u32 = 15;

/// Coded frames of the music: the last octets of a frame, with the numbers of all frames that end
/// so.
#[derive(Default)]
struct Frames {
    numbers: HashMap<[u8; LOOKED_AT], Vec<u64>>,
    count: u64,
}

/// Returns the possible numbers of a coded frame in the built-in music, and the number of its
/// frames.
pub(crate) fn music_frames(codec: Codec, payload: &[u8]) -> (&'static [u64], u64) {
    static FRAMES: OnceLock<[Frames; 2]> = OnceLock::new();
    let [pcmu, pcma] = FRAMES.get_or_init(|| [frames(Codec::Pcmu), frames(Codec::Pcma)]);
    let frames = match codec {
        Codec::Pcmu => pcmu,
        Codec::Pcma => pcma,
        // `WideEar` identifies frames of G.722.
        Codec::G722 | Codec::Opus => return (&[], 1),
    };
    let part = payload.last_chunk::<LOOKED_AT>();
    let numbers = part.and_then(|part| frames.numbers.get(part));
    (numbers.map_or(&[], Vec::as_slice), frames.count)
}

/// Encodes the built-in music from its first sample and indexes its frames.
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

    /// Checks that a held leg receives consecutive frames of its music.
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
        // Number of the frame at tick 0.
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

    /// Ends the music of participants that are no longer held, once a change has reached their
    /// engine.
    pub(crate) fn music_over(&mut self, room: RoomId) {
        let picture = self.oracle.holds.get(&room);
        for person in picture.into_iter().flat_map(|picture| &picture.seated) {
            if !person.held {
                self.music_began.remove(&person.leg);
            }
        }
    }

    /// Returns whether the hold sound of a leg is the built-in music.
    fn wants_music(&self, leg: LegId) -> bool {
        let call = self.oracle.call_of.get(&leg);
        call.is_some_and(|call| !self.books.hold_urls.contains(call))
    }
}
