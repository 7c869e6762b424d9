//! One tick: pull what every leg says, mix every room, write one packet for each leg that is
//! sent anything, confirm the changes that this tick was the first to carry. Allocates nothing.

use confab_codec::{encode, silence};
use confab_mixer::{Heard, limit};
use confab_rtp::{HEADER_BYTES, Pulled};
use confab_terms::{Codec, Instant};

use crate::counters::Counters;
use crate::engine::{Engine, FRAME, RoomAudio, Shared, shared_index};
use crate::leg::Leg;
use crate::outbox::Outbox;
use crate::report::report;
use crate::slab::Slab;
use crate::speech::energy;
use crate::{Component, Event, Source};

impl Engine {
    /// One step of all rooms.
    pub fn tick(&mut self, now: Instant) {
        let skipped = self.count_tick(now);
        for leg in self.legs.iter_mut() {
            leg.jitter.skip(skipped);
        }
        self.pull_voices(now);
        for audio in self.rooms.iter_mut() {
            audio.room.mix();
            audio.shared.made = [false; 2];
        }
        let tick = self.ticks;
        for leg in self.legs.iter_mut() {
            leg.stream.skip(skipped);
            say(
                leg,
                tick,
                &mut self.rooms,
                &mut self.outbox,
                &mut self.counters,
            );
            report(
                now,
                tick,
                leg,
                &self.config,
                &mut self.outbox,
                &mut self.counters,
            );
        }
        for audio in self.rooms.iter_mut() {
            audio.room.finish();
        }
        for &(room, number) in &self.unconfirmed {
            self.outbox.event(Event::Applied { room, number, tick });
        }
        self.unconfirmed.clear();
    }

    /// Every jitter buffer runs on, whether anyone hears the leg or not: what is unmuted must be
    /// what is said now.
    fn pull_voices(&mut self, now: Instant) {
        let mut unheard = [0; FRAME];
        for leg in self.legs.iter_mut().filter(|leg| leg.media.is_some()) {
            leg.heard.waits(&leg.jitter);
            let mut loudness = None;
            let place = leg.place.filter(|_| leg.speaks());
            let room = place.and_then(|place| Some((place, self.rooms.at_mut(place.room)?)));
            let pulled = match room {
                None => leg.jitter.pull(now, &mut unheard),
                Some((place, audio)) => {
                    let voice = audio.room.voice(place.seat);
                    let pulled = leg.jitter.pull(now, voice);
                    let is_voice = pulled != Pulled::Silence;
                    if audio.tells_speech {
                        let loud = if is_voice { energy(voice) } else { 0 };
                        loudness = audio.room.is_audible(place.seat).then_some(loud);
                    }
                    if is_voice {
                        audio.room.spoke(place.seat);
                    }
                    pulled
                }
            };
            self.outbox.speech(leg, loudness);
            self.counters.concealed += u64::from(pulled == Pulled::Concealed);
        }
    }
}

/// What one leg hears, into a packet.
fn say(
    leg: &mut Leg,
    tick: u64,
    rooms: &mut Slab<RoomAudio>,
    outbox: &mut Outbox,
    counters: &mut Counters,
) {
    let Some(media) = leg.media else { return };
    let mut mix = [0_i32; FRAME];
    let mut made = Made::Nothing;
    let place = leg.place;
    let audio = place.and_then(|place| Some((place.seat, rooms.at_mut(place.room)?)));
    if leg.ear.is_idle() {
        if let Some((seat, audio)) = audio.filter(|_| media.sends) {
            match audio.room.heard(seat) {
                Heard::Nothing => {}
                Heard::Public => made = Made::Shared(audio),
                Heard::Own => {
                    audio.room.hear(seat, &mut mix);
                    made = Made::Own;
                }
            }
        }
    } else {
        if let Some((seat, audio)) = audio {
            audio.room.hear(seat, &mut mix);
        }
        play(leg, tick, &mut mix, outbox, counters);
        made = Made::Own;
    }
    if media.sends
        && let Some(to) = leg.destination(Component::Rtp)
    {
        let length = HEADER_BYTES + FRAME;
        let room = length + leg.overhead(Component::Rtp);
        match outbox.packet(leg.id, Component::Rtp, to, room) {
            Some(packet) => {
                let header = leg.stream.next(media.payload_type, FRAME);
                header.write(packet);
                made.encode(media.codec, &mix, &mut packet[HEADER_BYTES..length]);
                if leg.seal(Component::Rtp, packet) {
                    counters.rtp_out += 1;
                } else {
                    counters.lost_outputs += 1;
                    outbox.retract();
                }
            }
            None => counters.lost_outputs += 1,
        }
    }
    leg.stream.advance();
}

/// Adds what the leg's players play, and tells what became of them.
fn play(leg: &mut Leg, tick: u64, mix: &mut [i32], outbox: &mut Outbox, counters: &mut Counters) {
    let heard = leg.ear.add_to(mix, &mut [0; FRAME]);
    counters.dry += heard.dry;
    for playing in leg.ear.playing() {
        let told = playing.player();
        if let Source::Sound(sound) = told.source
            && let Some(position) = playing.ask(tick)
        {
            outbox.wants(leg.id, told.player, sound, position);
        }
    }
    for player in heard.ended.into_iter().flatten() {
        outbox.event(Event::PlayerEnded {
            leg: leg.id,
            player,
        });
    }
}

/// Where a leg's payload comes from.
enum Made<'a> {
    Nothing,
    Shared(&'a mut RoomAudio),
    Own,
}

impl Made<'_> {
    fn encode(self, codec: Codec, mix: &[i32; FRAME], payload: &mut [u8]) {
        match self {
            Self::Nothing => payload.fill(silence(codec)),
            Self::Own => limit_and_encode(codec, mix, payload),
            Self::Shared(audio) => {
                let Shared { payloads, made } = &mut audio.shared;
                let index = shared_index(codec);
                if !made[index] {
                    made[index] = true;
                    limit_and_encode(codec, audio.room.public(), &mut payloads[index]);
                }
                payload.copy_from_slice(&payloads[index]);
            }
        }
    }
}

fn limit_and_encode(codec: Codec, mix: &[i32], payload: &mut [u8]) {
    let mut frame = [0; FRAME];
    limit(mix, &mut frame);
    encode(codec, &frame, payload);
}
