//! Execution of commands, immediate: the next tick is the first with the result.

use std::sync::Arc;

use confab_mixer::Room;
use confab_rtp::srtp::SRTP_BYTES_MAX;
use confab_terms::limits::{CALLS_MAX, CONFERENCES_MAX};
use confab_terms::{Instant, LegId, PlayerId, Rate, RequestId, RoomId};

use crate::ear::ANNOUNCEMENT;
use crate::engine::{Engine, RoomAudio};
use crate::leg::Leg;
use crate::rates::Wanted;
use crate::report::first_report_at;
use crate::shared::Shared;
use crate::sound::Fed;
use crate::stream::Stream;
use crate::{Command, Event, Key, LegFigures, LegMedia, Source};

/// Maximum number of bytes of a leg in the arena in a tick: a packet and a report.
pub(crate) const ARENA_BYTES_A_LEG: usize = 172 + 200 + 2 * SRTP_BYTES_MAX;

impl Engine {
    /// Executes a command. A command for an unknown leg or room has no effect, but is counted.
    pub fn apply(&mut self, _now: Instant, command: Command) {
        let known = match command {
            Command::AddLeg {
                leg,
                ssrc,
                sequence,
                timestamp,
            } => self.add_leg(leg, Stream::new(ssrc, sequence, timestamp)),
            Command::SetMedia { leg, media } => self.set_media(leg, media),
            Command::VerifyHost { leg, host } => self.play(leg, |leg| {
                if let Some(media) = leg.media {
                    leg.consent.verify(&media, host);
                }
            }),
            Command::RemoveLeg { leg } => self.remove_leg(leg),
            Command::OpenRoom { room, rate } => self.open_room(room, rate),
            Command::CloseRoom { room } => self.close_room(room),
            Command::Change {
                room,
                number,
                change,
            } => {
                let known = self.change(room, &change);
                self.confirm(room, number);
                known
            }
            Command::SetBackground { leg, background } => {
                self.play(leg, |leg| leg.ear.set_background(background))
            }
            Command::SetAnnouncement { leg, player } => {
                self.play(leg, |leg| leg.ear.set(ANNOUNCEMENT, player))
            }
            Command::SendDigits { leg, player, keys } => self.send_digits(leg, player, keys),
            Command::StopDigits { leg, player } => self.stop_digits(leg, player),
            Command::Feed {
                leg,
                player,
                position,
                rate,
                samples,
                last,
            } => {
                self.feed(leg, player, (position, (rate, samples), last));
                true
            }
            Command::TellSpeech { room } => match self.rooms.get_mut(room.0) {
                Some(audio) => {
                    audio.tells_speech = true;
                    true
                }
                None => false,
            },
            Command::Record { recording, of } => self.record(recording, of),
            Command::PauseRecording {
                recording,
                of,
                pause,
            } => self.pause_recording(recording, of, pause),
            Command::StopRecording { recording, of } => self.stop_recording(recording, of),
            Command::TellAudibility { room, request } => {
                self.tell_audibility(room, request);
                true
            }
        };
        self.counters.stale_commands += u64::from(!known);
    }

    fn add_leg(&mut self, id: LegId, stream: Stream) -> bool {
        if self.legs.len() >= CALLS_MAX {
            return false;
        }
        let mut leg = Leg::new(id, stream);
        leg.report_at = first_report_at(self.ticks, leg.stream.ssrc);
        let added = self.legs.insert(id.0, leg).is_ok();
        self.outbox.reserve(self.legs.len(), ARENA_BYTES_A_LEG);
        added
    }

    fn set_media(&mut self, id: LegId, media: LegMedia) -> bool {
        let Some(leg) = self.legs.get_mut(id.0) else {
            return false;
        };
        let spoke = leg.speaks();
        if leg.coding.codec() != media.codec {
            leg.release(&mut self.scratch.spares);
        } else if leg
            .media
            .is_some_and(|old| old.opus_limit != media.opus_limit)
        {
            leg.coding.release(&mut self.scratch.spares);
        }
        if leg.set_media(media, self.config) {
            self.outbox.unlocked(id);
        }
        leg.equip(&mut self.scratch.spares);
        if leg.speaks()
            && !spoke
            && let Some(place) = leg.place
            && let Some(audio) = self.rooms.at_mut(place.room)
        {
            audio.room.fade_in(place.seat);
        }
        self.fit_leg(id);
        true
    }

    fn remove_leg(&mut self, id: LegId) -> bool {
        self.unseat(id);
        let mut removed = self.legs.remove(id.0);
        if let Some(leg) = &mut removed {
            leg.release(&mut self.scratch.spares);
        }
        if let Some(tape) = removed.as_mut().and_then(|leg| leg.tape.take()) {
            self.end_tape(tape.tape);
        }
        let figures = removed.as_deref().map(LegFigures::of).unwrap_or_default();
        self.outbox.event(Event::LegRemoved { leg: id, figures });
        removed.is_some()
    }

    /// Opens a room at this rate; the rate is higher while a leg requires more.
    fn open_room(&mut self, id: RoomId, rate_least: Rate) -> bool {
        if self.rooms.len() >= CONFERENCES_MAX {
            return false;
        }
        let mut room = Room::new(rate_least);
        room.limit_voices(self.config.voices_max);
        let audio = RoomAudio {
            room,
            wanted: Wanted::new(rate_least),
            tells_speech: false,
            shared: Shared::default(),
            tape: None,
        };
        self.rooms.insert(id.0, audio).is_ok()
    }

    fn close_room(&mut self, id: RoomId) -> bool {
        let Some(mut audio) = self.rooms.remove(id.0) else {
            return false;
        };
        if let Some(tape) = audio.tape.take() {
            self.end_tape(tape.tape);
        }
        for (leg, _) in audio.room.legs() {
            if let Some(leg) = self.legs.get_mut(leg.0) {
                leg.part();
                leg.equip(&mut self.scratch.spares);
            }
        }
        true
    }

    /// Changes the players of a leg, and requests the sound that they need.
    pub(crate) fn play(&mut self, id: LegId, change: impl FnOnce(&mut Leg)) -> bool {
        let Some(leg) = self.legs.get_mut(id.0) else {
            return false;
        };
        change(leg);
        if !leg.ear.is_idle() {
            leg.equip(&mut self.scratch.spares);
        }
        for playing in leg.ear.playing() {
            if let Some(at) = playing.ask(self.ticks)
                && let Source::Sound(sound) = playing.player().source
            {
                self.outbox.wants(id, playing.player().player, sound, at);
            }
        }
        true
    }

    fn send_digits(&mut self, id: LegId, player: PlayerId, keys: Vec<Key>) -> bool {
        let Some(leg) = self.legs.get_mut(id.0) else {
            return false;
        };
        // Tones require a stream of the leg's own.
        leg.equip(&mut self.scratch.spares);
        let taken = leg.keys.get_or_insert_default().push(player, keys);
        if !taken {
            self.outbox.event(Event::PlayerEnded { leg: id, player });
        }
        taken
    }

    fn stop_digits(&mut self, id: LegId, player: PlayerId) -> bool {
        let leg = self.legs.get_mut(id.0);
        let keys = leg.and_then(|leg| leg.keys.as_mut());
        // A digit in progress is still completed.
        if let Some(keys) = keys {
            keys.stop(player);
        }
        true
    }

    fn feed(&mut self, id: LegId, player: PlayerId, chunk: (u64, (Rate, Arc<[i16]>), bool)) {
        let (position, samples, last) = chunk;
        let mut fed = Fed::Stale;
        let is_here = self.play(id, |leg| {
            if let Some(playing) = leg.ear.find(player) {
                fed = playing.feed(position, samples, last);
            }
        });
        match fed {
            Fed::Taken => {}
            // Every engine receives the chunk: the engine of the leg uses it.
            Fed::Stale if !is_here => {}
            Fed::Stale => self.counters.stale_chunks += 1,
            Fed::Gone => self.outbox.event(Event::PlayerEnded { leg: id, player }),
        }
    }

    fn tell_audibility(&mut self, room: RoomId, request: RequestId) {
        let audio = self.rooms.get(room.0);
        self.outbox.event(Event::Audibility {
            request,
            // The tick that is mixed next: all commands so far are in it.
            tick: self.ticks + 1,
            pairs: audio.map_or_else(Vec::new, |audio| audio.room.pairs().collect()),
        });
    }
}
