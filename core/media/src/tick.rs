//! Tick: playout of every leg, mix of every room, a packet for each leg that is sent any. Confirms
//! the changes that this tick carries first. Allocates nothing.

use confab_rtp::{DigitPacket, HEADER_BYTES, Pulled};
use confab_terms::{Instant, SocketAddr};

use crate::counters::Counters;
use crate::engine::{Engine, RoomAudio};
use crate::leg::Leg;
use crate::outbox::Outbox;
use crate::report::report;
use crate::scratch::Scratch;
use crate::slab::Slab;
use crate::{Component, Event, Source, ear};

impl Engine {
    /// Runs a tick of all rooms.
    pub fn tick(&mut self, now: Instant) {
        let skipped = self.count_tick(now);
        for leg in self.legs.iter_mut() {
            let missed = core::mem::take(&mut leg.to_skip);
            leg.jitter.skip(skipped.saturating_add(missed));
        }
        self.pull_voices(now);
        for audio in self.rooms.iter_mut() {
            audio.room.mix();
        }
        let tick = self.ticks;
        for leg in self.legs.iter_mut() {
            let limit = self.config.media_timeout;
            if limit.is_some_and(|limit| leg.count_silence(limit)) {
                self.outbox.event(Event::MediaTimeout { leg: leg.id });
            }
            leg.stream.skip(skipped, leg.coding.codec());
            let rooms = (&mut self.rooms, &mut self.scratch);
            say(leg, tick, rooms, &mut self.outbox, &mut self.counters);
            if let Some(tape) = leg.tape.as_mut().filter(|_| leg.media.is_some()) {
                tape.end_tick(skipped, &mut self.outbox);
            }
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
            if let Some(tape) = &mut audio.tape {
                tape.end_tick(skipped, &audio.room, &mut self.scratch, &mut self.outbox);
            }
            audio.room.finish();
        }
        for &(room, number) in &self.unconfirmed {
            self.outbox.event(Event::Applied { room, number, tick });
        }
        self.unconfirmed.clear();
    }

    /// Plays out every jitter buffer, audible or not, so that an unmuted voice is current.
    fn pull_voices(&mut self, now: Instant) {
        let scratch = &mut self.scratch;
        for leg in self.legs.iter_mut().filter(|leg| leg.media.is_some()) {
            leg.heard.waits(&leg.jitter);
            let place = leg.place.filter(|_| leg.speaks());
            let room = place.and_then(|place| Some((place, self.rooms.at_mut(place.room)?)));
            let Leg { mouth, jitter, .. } = leg;
            let (said, loudness) = match room {
                None => {
                    let said = mouth.pull(now, jitter, scratch);
                    if let Some(tape) = &mut leg.tape {
                        tape.says(said.pulled, &scratch.frame);
                    }
                    (said, None)
                }
                Some((place, audio)) => {
                    let seat = (&mut audio.room, place.seat);
                    let said = mouth.speak(now, jitter, seat, scratch);
                    if let Some(tape) = &mut leg.tape {
                        let voice = mouth.said(&mut audio.room, place.seat, scratch);
                        tape.says(said.pulled, voice);
                    }
                    let told = audio.tells_speech && audio.room.is_audible(place.seat);
                    (said, told.then_some(said.loud))
                }
            };
            jitter.rest(&mut scratch.spares);
            self.outbox.speech(leg, loudness);
            if let Some(digit) = said.digit {
                self.outbox.digit(leg.id, digit, &mut self.counters);
            }
            self.counters.concealed += u64::from(said.pulled == Pulled::Concealed);
        }
    }
}

/// Writes the packet of a leg.
fn say(
    leg: &mut Leg,
    tick: u64,
    (rooms, scratch): (&mut Slab<RoomAudio>, &mut Scratch),
    outbox: &mut Outbox,
    counters: &mut Counters,
) {
    let Some(media) = leg.media else { return };
    if media.sends {
        leg.consent.tick();
    }
    let to = leg.destination(Component::Rtp).filter(|_| media.sends);
    // Audio that is not sent is not recorded as egress.
    let is_recorded = leg.tape.is_some() && to.is_some();
    if to.is_some() || !leg.ear.is_idle() || is_recorded {
        let place = leg.place;
        let place = place.and_then(|place| Some((place, rooms.at_mut(place.room)?)));
        let pressed = match &mut leg.keys {
            Some(keys) if to.is_some() => keys.step(&media, leg.stream.timestamp()),
            _ => None,
        };
        let pressed = pressed.as_ref().zip(media.digits_payload_type);
        let Leg {
            coding,
            ear,
            jitter,
            keys,
            ..
        } = &mut *leg;
        let apart = place.as_ref().is_some_and(|(place, audio)| {
            let speaks = jitter.has_decoder();
            audio.room.sets_apart(place.seat, speaks)
        });
        let keys = keys.as_deref_mut().filter(|_| to.is_some());
        let is_sent = to.is_some() && pressed.is_none();
        let (payload, heard) =
            coding.payload((tick, is_sent), (ear, is_recorded, keys), place, scratch);
        if let Some(to) = to {
            let voice = (media.payload_type, payload);
            send(leg, to, voice, pressed, (outbox, counters));
        }
        if let Some(tape) = leg.tape.as_mut().filter(|_| is_recorded) {
            tape.hears(&scratch.frame);
        }
        if !apart && leg.keys.is_none() {
            leg.coding.rest(&mut scratch.spares);
        }
        tell(leg, tick, &heard, outbox, counters);
    } else {
        let audio = leg.place.and_then(|place| rooms.at_mut(place.room));
        leg.coding.pause(tick, audio.as_deref());
    }
    end_keys(leg, outbox);
    leg.stream.advance(media.codec);
}

/// Reports the orders of digits that are complete.
fn end_keys(leg: &mut Leg, outbox: &mut Outbox) {
    if let Some(keys) = &mut leg.keys {
        while let Some(player) = keys.over() {
            outbox.event(Event::PlayerEnded {
                leg: leg.id,
                player,
            });
        }
    }
    leg.keys.take_if(|keys| keys.is_over());
}

/// Enqueues the voice, or a digit in its place, encrypted if agreed.
fn send(
    leg: &mut Leg,
    to: SocketAddr,
    (payload_type, payload): (u8, &[u8]),
    pressed: Option<(&DigitPacket, u8)>,
    (outbox, counters): (&mut Outbox, &mut Counters),
) {
    let (payload_type, payload) = pressed.map_or((payload_type, payload), |(digit, agreed)| {
        (agreed, &digit.payload[..])
    });
    let length = HEADER_BYTES + payload.len();
    let added = leg.overhead(Component::Rtp);
    let Some(packet) = outbox.packet(leg.id, Component::Rtp, to, length + added) else {
        counters.lost_outputs += 1;
        return;
    };
    let mut header = leg.stream.next(payload_type, payload.len());
    if let Some((digit, _)) = pressed {
        header.marker = digit.marker;
        header.timestamp = digit.timestamp;
    }
    header.write(packet);
    packet[HEADER_BYTES..length].copy_from_slice(payload);
    if leg.seal(Component::Rtp, packet) {
        counters.rtp_out += 1;
    } else {
        counters.lost_outputs += 1;
        outbox.retract();
    }
}

/// Reports events of the leg's players, and their requests for sound.
fn tell(
    leg: &mut Leg,
    tick: u64,
    heard: &ear::Heard,
    outbox: &mut Outbox,
    counters: &mut Counters,
) {
    counters.dry += heard.dry;
    for playing in leg.ear.playing() {
        let told = playing.player();
        if let Source::Sound(sound) = told.source
            && let Some((position, rate)) = playing.ask(tick)
        {
            outbox.wants(leg.id, told.player, sound, (position, rate));
        }
    }
    for player in heard.ended.into_iter().flatten() {
        outbox.event(Event::PlayerEnded {
            leg: leg.id,
            player,
        });
    }
}
