//! Conversion of the rules' effects into one numbered change of the room.

use confab_conference::{Beep as RuleBeep, Effects, Hears};
use confab_media::{Background, Beep, BeepTone, Command, RoomChange};
use confab_terms::{ConferenceSid, Now};

use crate::interpreter;
use crate::{Output, Switchboard};

/// Sends the change. Returns its number, or `None` for an empty change.
pub(crate) fn send(
    switchboard: &mut Switchboard,
    now: Now,
    sid: ConferenceSid,
    effects: &Effects,
) -> Option<u64> {
    let change = RoomChange {
        unseat: effects.unseat.clone(),
        seat: effects.seat.clone(),
        audibility: effects.audibility.clone(),
        backgrounds: backgrounds(switchboard, now, effects),
        beep: effects.beep.map(beep),
    };
    if change == RoomChange::default() {
        return None;
    }
    let room = switchboard.rooms.get_mut(sid)?;
    room.issued += 1;
    let number = room.issued;
    let (id, thread) = (room.room, room.thread);
    switchboard.send(Output::Media {
        thread,
        command: Command::Change {
            room: id,
            number,
            change,
        },
    });
    Some(number)
}

/// Returns the background sounds of legs. They are part of the same change, so music and room never
/// overlap.
fn backgrounds(
    switchboard: &mut Switchboard,
    now: Now,
    effects: &Effects,
) -> Vec<(confab_terms::LegId, Background)> {
    let mut backgrounds = Vec::new();
    for (call, hears) in &effects.hears {
        let Some(leg) = switchboard.calls.get(*call).map(|c| c.leg) else {
            continue;
        };
        match hears {
            Hears::Room => {
                if interpreter::stop_music(switchboard, *call) {
                    backgrounds.push((leg, Background::None));
                }
            }
            Hears::Music(kind, music) => {
                let background = interpreter::start_music(switchboard, now, *call, *kind, music);
                backgrounds.push((leg, background));
            }
        }
    }
    for leg in &effects.unseat {
        let Some(call) = switchboard.calls.of_leg(*leg) else {
            continue;
        };
        let goes_on = switchboard
            .calls
            .get(call)
            .is_some_and(|c| c.times.ended.is_none());
        if interpreter::stop_music(switchboard, call) && goes_on {
            backgrounds.retain(|(of, _)| of != leg);
            backgrounds.push((*leg, Background::None));
        }
    }
    backgrounds
}

fn beep(beep: RuleBeep) -> Beep {
    match beep {
        RuleBeep::Enter(except) => Beep {
            tone: BeepTone::Enter,
            except,
        },
        RuleBeep::Exit => Beep {
            tone: BeepTone::Exit,
            except: None,
        },
    }
}
