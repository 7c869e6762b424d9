//! Checker of wait and hold music: a leg receives the sound that was last requested for it, no
//! other leg's, and none after it is admitted.

use std::collections::BTreeMap;

use confab_terms::LegId;

use crate::fetches::Purpose;
use crate::oracle::Picture;
use crate::outcome::Checked;
use crate::sounds::tone_of;
use crate::thread::Sent;
use crate::world::World;

/// Maximum number of ticks for which the former sound may continue: 500 ms of grace, and the delay
/// of the thread. Ticks in which the thread waits for a leg, and executes no orders, do not count.
pub(crate) const WRONG_MAX: u32 = 40;

impl World {
    pub(crate) fn check_music(&mut self, thread: usize, sent: &[Sent]) -> Checked {
        let mut wrong = BTreeMap::new();
        let more = u32::from(!self.threads[thread].awaits());
        for one in sent {
            let mut holds = self.oracle.holds.values();
            let picture = holds.find(|picture| picture.person(one.leg).is_some());
            for tone in one.heard.tones() {
                if self.is_right(one.leg, tone, picture) {
                    continue;
                }
                let ticks = self.wrong_music.get(&(one.leg, tone)).copied();
                let ticks = ticks.unwrap_or(0) + more;
                if ticks > WRONG_MAX {
                    let call = self.oracle.call_of.get(&one.leg);
                    return Err(format!(
                        "leg {} of {call:?} hears a sound that is not for it, or not any more: \
                         tone {tone}, {picture:?}",
                        one.leg
                    ));
                }
                wrong.insert((one.leg, tone), ticks);
            }
        }
        let ports = &self.ports;
        self.wrong_music
            .retain(|(leg, _), _| ports.thread_of(*leg) != Some(thread));
        self.wrong_music.append(&mut wrong);
        Ok(())
    }

    /// Returns whether a sound with this tone may be audible on the leg now.
    fn is_right(&self, leg: LegId, tone: usize, picture: Option<&Picture>) -> bool {
        let Some(here) = self.ports.legs.get(&leg) else {
            return true;
        };
        let call = self.oracle.call_of.get(&leg);
        let mut fed = here.fed.iter().filter(|sound| tone_of(**sound) == tone);
        fed.any(|sound| {
            let Some((whose, purpose, latest)) = self.books.fetches.whose(*sound) else {
                return true;
            };
            let person = picture.and_then(|picture| picture.person(leg).zip(Some(picture)));
            let wanted = match (purpose, person) {
                (Purpose::Hold, Some((person, _))) => latest && person.held,
                (Purpose::Wait, Some((person, picture))) => {
                    latest && !person.held && !picture.started
                }
                // A leg without a room receives no hold or wait music.
                (Purpose::Hold | Purpose::Wait, None) => false,
                (Purpose::Announcement | Purpose::Document, _) => true,
            };
            wanted && call.is_none_or(|call| *call == whose)
        })
    }
}
