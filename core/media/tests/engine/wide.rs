//! Rooms with wideband voices: audibility and levels, changes between shared and own streams, and
//! changes of the room's rate, all measured at the phones.

use std::collections::BTreeMap;
use std::sync::Arc;

use confab_codec::tone::Sine;
use confab_codec::{Encoder, G722Decoder, OpusDecoder, OpusSettings, decode};
use confab_media::{
    Command, Component, Engine, EngineConfig, LegMedia, Output, Player, RoomChange, Source,
};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{
    Audibility, Codec, Instant, LegId, OpusLimit, PlayerId, Rate, ReceivedTypes, SoundId, Voice,
};

use crate::desk::{OPEN, ROOM, address, media};

const CODECS: [Codec; 4] = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus];

/// Phone: its voice, and the audio that it has heard.
pub(crate) struct Phone {
    pub(crate) codec: Codec,
    encoder: Encoder,
    says: Option<Sine>,
    sent: u32,
    ear: Ear,
    pub(crate) heard: Vec<i16>,
    pub(crate) payloads: Vec<Vec<u8>>,
    said: Vec<Vec<u8>>,
}

pub(crate) enum Ear {
    Narrow,
    Wide(Box<G722Decoder>),
    Full(OpusDecoder),
}

pub(crate) struct Table {
    pub(crate) engine: Engine,
    pub(crate) now: Instant,
    changes: u64,
    pub(crate) phones: BTreeMap<u64, Phone>,
    /// Sounds at each rate.
    pub(crate) sounds: BTreeMap<(SoundId, Rate), Vec<i16>>,
}

impl Table {
    fn new(config: EngineConfig) -> Self {
        let mut engine = Engine::new(config);
        let open = Command::OpenRoom {
            room: ROOM,
            rate: Rate::Hz8000,
        };
        engine.apply(Instant(0), open);
        Self {
            engine,
            now: Instant(0),
            changes: 0,
            phones: BTreeMap::new(),
            sounds: BTreeMap::new(),
        }
    }

    pub(crate) fn of(codecs: &[Codec]) -> Self {
        let mut table = Self::new(EngineConfig::default());
        for (leg, &codec) in (1..).zip(codecs) {
            table.join(leg, codec);
        }
        table
    }

    pub(crate) fn join(&mut self, leg: u64, codec: Codec) {
        let add = Command::AddLeg {
            leg: LegId(leg),
            ssrc: leg as u32,
            sequence: 0,
            timestamp: 0,
        };
        self.engine.apply(self.now, add);
        self.agree(leg, codec);
        self.change(RoomChange {
            seat: vec![(LegId(leg), OPEN)],
            ..RoomChange::default()
        });
    }

    /// Changes the codec of a phone, as for a new phone.
    pub(crate) fn agree(&mut self, leg: u64, codec: Codec) {
        self.agree_on(leg, codec, OpusLimit::None);
    }

    pub(crate) fn agree_on(&mut self, leg: u64, codec: Codec, opus_limit: OpusLimit) {
        let sent = self.phones.get(&leg).map_or(0, |phone| phone.sent);
        let media = LegMedia {
            codec,
            payload_type: codec.payload_type(),
            received: ReceivedTypes::same(codec.payload_type(), Some(101), None),
            opus_limit,
            ..media(leg)
        };
        self.apply(Command::SetMedia {
            leg: LegId(leg),
            media,
        });
        let ear = match codec {
            Codec::Pcmu | Codec::Pcma => Ear::Narrow,
            Codec::G722 => Ear::Wide(Box::default()),
            Codec::Opus => Ear::Full(OpusDecoder::default()),
        };
        let phone = Phone {
            codec,
            encoder: Encoder::new(codec, OpusSettings::default()),
            says: None,
            sent,
            ear,
            heard: Vec::new(),
            payloads: Vec::new(),
            said: Vec::new(),
        };
        self.phones.insert(leg, phone);
    }

    pub(crate) fn leave(&mut self, leg: u64) {
        let leg_id = LegId(leg);
        self.engine
            .apply(self.now, Command::RemoveLeg { leg: leg_id });
        self.phones.remove(&leg);
    }

    pub(crate) fn change(&mut self, change: RoomChange) {
        self.changes += 1;
        let change = Command::Change {
            room: ROOM,
            number: self.changes,
            change,
        };
        self.engine.apply(self.now, change);
    }

    pub(crate) fn set(&mut self, leg: u64, voice: Voice, hears: bool) {
        self.change(RoomChange {
            audibility: vec![(LegId(leg), Audibility { voice, hears })],
            ..RoomChange::default()
        });
    }

    /// Sets the tone of a phone; `None`: silence.
    pub(crate) fn says(&mut self, leg: u64, hz: Option<f32>) {
        let phone = self.phones.get_mut(&leg).expect("a phone");
        let rate = phone.codec.rate().hz();
        phone.says = hz.map(|hz| Sine::new(rate, hz, -15.0));
    }

    pub(crate) fn run(&mut self, ticks: usize) {
        for _ in 0..ticks {
            self.now.0 += 20_000_000;
            for (&leg, phone) in &mut self.phones {
                let packet = phone.speak();
                let from = address(leg, 4_000);
                let leg = LegId(leg);
                self.engine
                    .receive(self.now, leg, Component::Rtp, from, &packet);
            }
            self.engine.tick(self.now);
            self.poll();
        }
    }

    pub(crate) fn apply(&mut self, command: Command) {
        self.engine.apply(self.now, command);
        self.poll();
    }

    fn poll(&mut self) {
        let mut feeds = Vec::new();
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Packet {
                    leg,
                    component: Component::Rtp,
                    bytes,
                    ..
                } => {
                    if let Some(phone) = self.phones.get_mut(&leg.0) {
                        phone.hear(&bytes[HEADER_BYTES..]);
                    }
                }
                Output::Wants {
                    leg,
                    player,
                    sound,
                    position,
                    rate,
                } => {
                    let whole = &self.sounds[&(sound, rate)];
                    let from = position as usize * rate.factor();
                    let to = whole.len().min(from + rate.hz() as usize);
                    feeds.push(Command::Feed {
                        leg,
                        player,
                        position,
                        rate,
                        samples: Arc::from(&whole[from..to]),
                        last: to == whole.len(),
                    });
                }
                _ => {}
            }
        }
        // Requests are served immediately, as from a fast disk.
        for feed in feeds {
            self.apply(feed);
        }
    }

    pub(crate) fn forget(&mut self) {
        for phone in self.phones.values_mut() {
            phone.heard.clear();
            phone.payloads.clear();
            phone.said.clear();
        }
    }

    /// Returns whether the listener received, byte by byte, the speaker's payloads.
    fn is_passed_on(&self, speaker: u64, listener: u64) -> bool {
        // G.711 has a zero of either sign; the engine writes only one of them.
        let plain = |frames: &[Vec<u8>]| {
            let codes = frames.iter().flatten();
            let codes = codes.map(|&code| if code == 0x7f { 0xff } else { code });
            codes.collect::<Vec<u8>>()
        };
        let said = plain(&self.phones[&speaker].said);
        !said.is_empty() && said == plain(&self.phones[&listener].payloads)
    }

    pub(crate) fn level(&self, leg: u64, hz: f64) -> f64 {
        let phone = &self.phones[&leg];
        level(phone.codec, &phone.heard, hz)
    }
}

impl Phone {
    fn speak(&mut self) -> Vec<u8> {
        let mut samples = vec![0; self.codec.rate().frame_samples()];
        if let Some(sine) = &mut self.says {
            sine.fill(&mut samples);
        }
        let mut payload = [0; 400];
        let length = self.encoder.encode(&samples, &mut payload);
        let mut packet = vec![0; HEADER_BYTES + length];
        Header {
            payload_type: self.codec.payload_type(),
            marker: self.sent == 0,
            sequence: self.sent as u16,
            timestamp: self.sent * self.codec.frame_units(),
            ssrc: 77,
        }
        .write(&mut packet);
        packet[HEADER_BYTES..].copy_from_slice(&payload[..length]);
        self.said.push(payload[..length].to_vec());
        self.sent += 1;
        packet
    }

    fn hear(&mut self, payload: &[u8]) {
        let mut frame = vec![0; self.codec.rate().frame_samples()];
        let n = match &mut self.ear {
            Ear::Narrow => decode(self.codec, payload, &mut frame),
            Ear::Wide(decoder) => decoder.decode(payload, &mut frame),
            Ear::Full(decoder) => decoder.decode(payload, &mut frame),
        };
        assert_eq!(n, frame.len(), "a whole frame in {:?}", self.codec);
        self.heard.extend(frame);
        self.payloads.push(payload.to_vec());
    }
}

/// Returns the amplitude of the sine at this pitch.
pub(crate) fn level(codec: Codec, samples: &[i16], hz: f64) -> f64 {
    let turn = hz / f64::from(codec.rate().hz()) * std::f64::consts::TAU;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        real += f64::from(sample) * (n as f64 * turn).cos();
        imaginary += f64::from(sample) * (n as f64 * turn).sin();
    }
    2.0 * f64::hypot(real, imaginary) / samples.len().max(1) as f64
}

/// Returns the maximum deviation of a sample from the prediction by its two predecessors in a pure
/// tone: large for a click.
pub(crate) fn roughness(codec: Codec, samples: &[i16], hz: f64) -> f64 {
    let turn = hz / f64::from(codec.rate().hz()) * std::f64::consts::TAU;
    let expected = |two: &[i16]| 2.0 * turn.cos() * f64::from(two[1]) - f64::from(two[0]);
    let off = samples
        .windows(3)
        .map(|three| (f64::from(three[2]) - expected(&three[..2])).abs());
    off.fold(0.0, f64::max)
}

/// Amplitude of −15 dBFS.
pub(crate) const AMPLITUDE: f64 = 5_827.0;

pub(crate) fn is_whole(level: f64) -> bool {
    (0.85..1.15).contains(&(level / AMPLITUDE))
}

/// Returns a pitch within the narrow band, whole periods in 200 ms.
fn pitch(leg: u64) -> f64 {
    400.0 + 350.0 * leg as f64
}

#[test]
fn every_codec_hears_every_other_at_its_level_and_never_itself() {
    let mut table = Table::of(&CODECS);
    for leg in 1..=4 {
        table.says(leg, Some(pitch(leg) as f32));
    }
    table.run(30);
    table.forget();
    table.run(50);
    for listener in 1..=4 {
        for speaker in 1..=4 {
            let level = table.level(listener, pitch(speaker));
            if speaker == listener {
                assert!(level < 60.0, "{listener} hears itself: {level}");
            } else {
                assert!(is_whole(level), "{listener} hears {speaker}: {level}");
            }
        }
    }
}

#[test]
fn what_is_too_high_for_a_narrow_phone_never_folds_back_to_it() {
    let mut table = Table::of(&[Codec::Opus, Codec::Pcmu, Codec::G722, Codec::Opus]);
    table.says(1, Some(5_000.0));
    table.run(30);
    table.forget();
    table.run(50);
    assert!(is_whole(table.level(3, 5_000.0)), "G.722 hears 5 kHz");
    assert!(is_whole(table.level(4, 5_000.0)), "Opus hears 5 kHz");
    let folded = table.level(2, 3_000.0);
    assert!(folded < 20.0, "5 kHz folded to 3 kHz: {folded}");
}

#[test]
fn listeners_of_the_same_mix_in_the_same_codec_get_the_same_bytes() {
    for codec in CODECS {
        let mut table = Table::of(&[codec; 5]);
        table.says(1, Some(440.0));
        table.run(60);
        let payloads = |leg: u64| &table.phones[&leg].payloads[20..];
        for listener in 3..=5 {
            assert_eq!(payloads(2), payloads(listener), "{codec:?}");
        }
        assert_ne!(payloads(1), payloads(2), "who speaks hears something else");
    }
}

#[test]
fn who_begins_and_ends_to_speak_hears_the_others_without_a_seam() {
    for codec in CODECS {
        let mut table = Table::of(&[codec; 3]);
        table.says(1, Some(500.0));
        table.run(100);
        table.forget();
        table.run(50);
        let steady = roughness(codec, &table.phones[&2].heard, 500.0);
        // The second phone speaks for a second, twice: to a stream of its own, and back.
        table.forget();
        for _ in 0..2 {
            table.says(2, Some(1_300.0));
            table.run(50);
            table.says(2, None);
            table.run(50);
        }
        let heard = &table.phones[&2].heard;
        let seams = roughness(codec, heard, 500.0);
        assert!(seams < 2.0 * steady, "{codec:?}: {steady} to {seams}");
        // In no 4 ms is the tone weaker.
        let parts = heard.chunks_exact(codec.rate().frame_samples() / 5);
        for (at, part) in parts.enumerate() {
            let level = level(codec, part, 500.0);
            assert!(is_whole(level), "{codec:?}, at {} ms: {level}", 4 * at);
        }
        let own = level(codec, heard, 1_300.0);
        assert!(own < 50.0, "{codec:?} hears itself: {own}");
    }
}

#[test]
fn a_room_changes_its_rate_without_a_click() {
    for wide in [Codec::G722, Codec::Opus] {
        let mut table = Table::of(&[Codec::Pcmu, Codec::Pcmu]);
        table.says(1, Some(500.0));
        table.run(50);
        table.forget();
        for leg in 10..16 {
            table.join(leg, wide);
            table.run(20);
            table.leave(leg);
            table.run(20);
        }
        let changed = roughness(Codec::Pcmu, &table.phones[&2].heard, 500.0);
        // Limit of the steps of G.711 at this level (256): half a step each of a sample, of twice
        // its neighbor, of the next.
        assert!(changed < 512.0, "{wide:?}: {changed}");
        table.forget();
        table.run(50);
        assert!(is_whole(table.level(2, 500.0)));
    }
}

#[test]
fn a_room_goes_back_to_the_narrow_rate_when_the_wide_one_leaves() {
    let mut table = Table::of(&[Codec::Pcmu, Codec::Pcmu, Codec::Opus]);
    table.says(1, Some(500.0));
    table.run(30);
    table.forget();
    table.run(20);
    assert!(!table.is_passed_on(1, 2), "a wide room resamples");
    table.leave(3);
    table.run(30);
    table.forget();
    table.run(50);
    // Direct from one phone to the other: byte by byte as sent.
    assert!(table.is_passed_on(1, 2));
}

#[test]
fn a_whisper_reaches_its_target_alone_whatever_the_codecs() {
    for coach in CODECS {
        for customer in CODECS {
            // Byte by byte as without a whisper.
            let [whispered, silent] = [Some(900.0), None].map(|whisper| {
                let mut table = Table::of(&[coach, Codec::G722, customer]);
                table.set(1, Voice::Only(LegId(2)), true);
                table.says(1, whisper);
                table.says(2, Some(500.0));
                table.run(80);
                table
            });
            let heard = &whispered.phones[&2].heard;
            let late = &heard[heard.len() / 2..];
            assert!(
                is_whole(level(Codec::G722, late, 900.0)),
                "{coach:?} to its target"
            );
            let [whispered, silent] = [&whispered, &silent].map(|table| &table.phones[&3].payloads);
            assert_eq!(whispered, silent, "{coach:?} leaks to {customer:?}");
        }
    }
}

#[test]
fn a_mute_holds_from_the_tick_that_it_is_told_for() {
    for codec in CODECS {
        let mut table = Table::of(&[codec, codec, Codec::Opus]);
        table.says(1, Some(900.0));
        table.run(60);
        table.set(1, Voice::ToNobody, true);
        // The state of filters and decoder fades within a frame.
        table.run(2);
        table.forget();
        table.run(20);
        for listener in [2, 3] {
            let level = table.level(listener, 900.0);
            assert!(level < 8.0, "{codec:?}, {listener} still hears {level}");
        }
    }
}

#[test]
fn music_and_announcements_are_heard_by_wide_phones() {
    for codec in CODECS {
        let mut table = Table::of(&[codec, codec]);
        table.says(1, Some(500.0));
        table.run(30);
        table.set(2, Voice::ToNobody, false);
        let music = Player {
            player: PlayerId(1),
            source: Source::Music,
            position: 0,
            repeats: true,
        };
        let background = confab_media::Background::Playing(music);
        table.engine.apply(
            table.now,
            Command::SetBackground {
                leg: LegId(2),
                background,
            },
        );
        table.run(100);
        table.forget();
        table.run(50);
        let heard = &table.phones[&2].heard;
        let loudest = heard.iter().map(|sample| sample.unsigned_abs()).max();
        assert!(loudest > Some(1_000), "{codec:?}: {loudest:?}");
        let room = level(codec, heard, 500.0);
        assert!(room < 400.0, "{codec:?} hears the room on hold: {room}");
    }
}

#[test]
fn only_the_loudest_are_summed_where_there_is_a_limit() {
    let config = EngineConfig {
        voices_max: 3,
        ..EngineConfig::default()
    };
    let mut table = Table::new(config);
    for leg in 1..=6 {
        table.join(leg, Codec::Pcmu);
    }
    // Five legs speak, each 3 dB louder than the previous; the sixth listens.
    for leg in 1..=5 {
        let phone = table.phones.get_mut(&leg).expect("a phone");
        let dbfs = -36.0 + 3.0 * leg as f32;
        phone.says = Some(Sine::new(8_000, pitch(leg) as f32, dbfs));
    }
    table.run(50);
    table.forget();
    table.run(50);
    let heard: Vec<u64> = (1..=5)
        .filter(|&leg| table.level(6, pitch(leg)) > 100.0)
        .collect();
    assert_eq!(heard.len(), 3, "{heard:?}");
    // The selection is stable: the same three throughout.
    let steps = table.phones[&6].heard.chunks_exact(1_600);
    for part in steps {
        for leg in 1..=5 {
            let audible = level(Codec::Pcmu, part, pitch(leg)) > 100.0;
            assert_eq!(audible, heard.contains(&leg), "{leg}");
        }
    }
}

#[test]
fn a_state_written_out_and_read_back_goes_on_the_same() {
    let codecs = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::G722];
    let (mut whole, mut cut) = (Table::of(&codecs), Table::of(&codecs));
    for table in [&mut whole, &mut cut] {
        table.says(1, Some(500.0));
        table.says(3, Some(800.0));
    }
    for tick in 0..100 {
        for table in [&mut whole, &mut cut] {
            table.run(1);
        }
        if tick % 7 == 0 {
            let bytes = postcard::to_allocvec(&cut.engine).expect("written");
            cut.engine = postcard::from_bytes(&bytes).expect("read");
        }
    }
    for leg in 1..=4 {
        let (whole, cut) = (&whole.phones[&leg], &cut.phones[&leg]);
        assert_eq!(whole.payloads, cut.payloads, "leg {leg}");
    }
}
