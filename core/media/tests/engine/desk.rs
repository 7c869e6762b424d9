//! Test bench for the engine: legs with their own addresses, whose voices are constants.

use std::collections::BTreeMap;
use std::sync::Arc;

use confab_codec::{decode, encode};
use confab_media::{
    Command, Component, Engine, EngineConfig, Event, LegMedia, Output, Player, RoomChange, Source,
};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{
    Audibility, Codec, Instant, IpAddr, Ipv4Addr, LegId, OpusLimit, PlayerId, Rate, ReceivedTypes,
    RecordingSid, RoomId, SocketAddr, SoundId, Voice,
};

pub(crate) const ROOM: RoomId = RoomId(1);
pub(crate) const OPEN: Audibility = Audibility {
    voice: Voice::ToEveryone,
    hears: true,
};
pub(crate) const MUTED: Audibility = Audibility {
    voice: Voice::ToNobody,
    hears: true,
};
pub(crate) const HELD: Audibility = Audibility {
    voice: Voice::ToNobody,
    hears: false,
};
pub(crate) const MS_20: u64 = 20_000_000;

pub(crate) fn whisper(target: u64) -> Audibility {
    Audibility {
        voice: Voice::Only(LegId(target)),
        hears: true,
    }
}

/// Returns a sample after encoding and decoding.
pub(crate) fn coded(sample: i16) -> i16 {
    let (mut byte, mut out) = ([0], [0]);
    encode(Codec::Pcmu, &[sample], &mut byte);
    decode(Codec::Pcmu, &byte, &mut out);
    out[0]
}

/// Packet that the engine sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) component: Component,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

impl Sent {
    pub(crate) fn header(&self) -> Header {
        Header::parse(&self.bytes).expect("is RTP").0
    }

    pub(crate) fn samples(&self) -> Vec<i16> {
        let mut out = vec![0; self.bytes.len() - HEADER_BYTES];
        decode(Codec::Pcmu, &self.bytes[HEADER_BYTES..], &mut out);
        out
    }
}

/// Outputs of the engine since the last call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Out {
    pub(crate) packets: BTreeMap<LegId, Vec<Sent>>,
    pub(crate) events: Vec<Event>,
    pub(crate) locked: Vec<(LegId, Component, SocketAddr)>,
    pub(crate) unlocked: Vec<LegId>,
    pub(crate) wants: Vec<Want>,
    pub(crate) recorded: BTreeMap<RecordingSid, Recording>,
}

/// Request of a player: leg, player, sound, and position with rate.
pub(crate) type Want = (LegId, PlayerId, SoundId, (u64, Rate));

/// Output of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recording {
    pub(crate) rate: Option<(Rate, u8)>,
    pub(crate) samples: Vec<i16>,
    pub(crate) over: bool,
}

impl Out {
    /// Returns the samples that the leg heard: the single RTP packet of this tick.
    pub(crate) fn heard(&self, leg: u64) -> Vec<i16> {
        self.rtp(leg).expect("a packet is sent").samples()
    }

    pub(crate) fn rtp(&self, leg: u64) -> Option<&Sent> {
        let packets = self.packets.get(&LegId(leg))?;
        packets.iter().find(|sent| sent.component == Component::Rtp)
    }

    /// Returns the constant value that the leg heard.
    pub(crate) fn level(&self, leg: u64) -> i16 {
        let heard = self.heard(leg);
        assert!(
            heard.iter().all(|&x| x == heard[0]),
            "not one level: {heard:?}"
        );
        heard[0]
    }
}

#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) now: Instant,
    pub(crate) changes: u64,
    said: BTreeMap<u64, u32>,
    pub(crate) sounds: BTreeMap<SoundId, Arc<[i16]>>,
}

pub(crate) fn address(leg: u64, port: u16) -> SocketAddr {
    let last = u8::try_from(leg).expect("a small number");
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), port)
}

pub(crate) fn media(leg: u64) -> LegMedia {
    LegMedia {
        remote_rtp: address(leg, 4_000),
        remote_rtcp: address(leg, 4_001),
        signalling_address: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)),
        trusts_sdp: true,
        verified: true,
        codec: Codec::Pcmu,
        payload_type: 0,
        digits_payload_type: Some(101),
        digits_clock_rate: 8_000,
        received: ReceivedTypes::same(0, Some(101), None),
        opus_limit: OpusLimit::None,
        sends: true,
        receives: true,
        srtp: None,
    }
}

impl Desk {
    /// Creates a bench with legs numbered from 1, with media agreed.
    pub(crate) fn new(legs: u64) -> Self {
        Self::with(EngineConfig::default(), legs)
    }

    /// Creates a bench with legs numbered from 1, and an engine with this configuration.
    pub(crate) fn with(config: EngineConfig, legs: u64) -> Self {
        let mut desk = Self {
            engine: Engine::new(config),
            now: Instant(0),
            changes: 0,
            said: BTreeMap::new(),
            sounds: BTreeMap::new(),
        };
        for leg in 1..=legs {
            desk.apply(Command::AddLeg {
                leg: LegId(leg),
                ssrc: 1_000 + leg as u32,
                sequence: 65_530,
                timestamp: u32::MAX - 300,
            });
            desk.apply(Command::SetMedia {
                leg: LegId(leg),
                media: media(leg),
            });
        }
        desk
    }

    /// Creates a bench with legs in a room, all audible to each other.
    pub(crate) fn conference(legs: u64) -> Self {
        let mut desk = Self::new(legs);
        desk.seat(legs);
        desk
    }

    /// Opens the room, and seats legs, all audible to each other.
    pub(crate) fn seat(&mut self, legs: u64) {
        self.apply(Command::OpenRoom {
            room: ROOM,
            rate: Rate::Hz8000,
        });
        self.change(RoomChange {
            seat: (1..=legs).map(|leg| (LegId(leg), OPEN)).collect(),
            ..RoomChange::default()
        });
    }

    pub(crate) fn apply(&mut self, command: Command) -> Out {
        self.engine.apply(self.now, command);
        self.drain()
    }

    pub(crate) fn change(&mut self, change: RoomChange) -> Out {
        self.changes += 1;
        self.apply(Command::Change {
            room: ROOM,
            number: self.changes,
            change,
        })
    }

    pub(crate) fn set(&mut self, leg: u64, audibility: Audibility) -> Out {
        self.change(RoomChange {
            audibility: vec![(LegId(leg), audibility)],
            ..RoomChange::default()
        })
    }

    pub(crate) fn tick(&mut self) -> Out {
        self.now.0 += MS_20;
        self.engine.tick(self.now);
        let mut out = self.drain();
        // Requests are served immediately, as from a fast disk.
        for want in core::mem::take(&mut out.wants) {
            let fed = self.feed(want);
            out.events.extend(fed.events);
        }
        out
    }

    /// Sends a frame of a constant from each of these legs, then runs a tick.
    pub(crate) fn say(&mut self, values: &[(u64, i16)]) -> Out {
        for &(leg, value) in values {
            self.send(leg, value);
        }
        self.tick()
    }

    /// Repeats `say` until every fade is over and every jitter buffer has settled.
    pub(crate) fn settle(&mut self, values: &[(u64, i16)]) -> Out {
        for _ in 0..9 {
            self.say(values);
        }
        self.say(values)
    }

    pub(crate) fn send(&mut self, leg: u64, value: i16) -> Out {
        let mut packet = [0; HEADER_BYTES + 160];
        let count = self.said.entry(leg).or_default();
        Header {
            payload_type: 0,
            marker: *count == 0,
            sequence: *count as u16,
            timestamp: *count * 160,
            ssrc: 77,
        }
        .write(&mut packet);
        *count += 1;
        encode(Codec::Pcmu, &[value; 160], &mut packet[HEADER_BYTES..]);
        self.receive(leg, Component::Rtp, address(leg, 4_000), &packet)
    }

    pub(crate) fn receive(
        &mut self,
        leg: u64,
        component: Component,
        from: SocketAddr,
        packet: &[u8],
    ) -> Out {
        self.engine
            .receive(self.now, LegId(leg), component, from, packet);
        self.drain()
    }

    /// Continues the packet counts of another bench: its packets count as sent.
    pub(crate) fn count_as_said(&mut self, sent: &Self) {
        self.said.extend(&sent.said);
    }

    pub(crate) fn background(&mut self, leg: u64, player: Option<Player>) {
        let background = player.map_or(confab_media::Background::None, |player| {
            confab_media::Background::Playing(player)
        });
        let out = self.apply(Command::SetBackground {
            leg: LegId(leg),
            background,
        });
        self.serve(out);
    }

    pub(crate) fn announcement(&mut self, leg: u64, player: Option<Player>) {
        let out = self.apply(Command::SetAnnouncement {
            leg: LegId(leg),
            player,
        });
        self.serve(out);
    }

    pub(crate) fn serve(&mut self, out: Out) {
        for want in out.wants {
            self.feed(want);
        }
    }

    fn feed(&mut self, (leg, player, sound, (position, rate)): Want) -> Out {
        assert_eq!(rate, Rate::Hz8000, "these phones are narrow");
        let whole = &self.sounds[&sound];
        let from = position as usize;
        let to = whole.len().min(from + 8_000);
        let command = Command::Feed {
            leg,
            player,
            position,
            rate,
            samples: Arc::from(&whole[from..to]),
            last: to == whole.len(),
        };
        self.apply(command)
    }

    pub(crate) fn drain(&mut self) -> Out {
        let mut out = Out::default();
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Packet {
                    leg,
                    component,
                    to,
                    bytes,
                } => out.packets.entry(leg).or_default().push(Sent {
                    component,
                    to,
                    bytes: bytes.to_vec(),
                }),
                Output::Locked {
                    leg,
                    component,
                    peer,
                } => out.locked.push((leg, component, peer)),
                Output::Unlocked { leg } => out.unlocked.push(leg),
                Output::Wants {
                    leg,
                    player,
                    sound,
                    position,
                    rate,
                } => out.wants.push((leg, player, sound, (position, rate))),
                Output::Recorded(chunk) => {
                    assert!(chunk.missing == 0, "nothing is lost");
                    let tape = out.recorded.entry(chunk.recording).or_default();
                    tape.rate = Some((chunk.rate, chunk.channels));
                    tape.samples.extend_from_slice(chunk.samples);
                }
                Output::RecordingOver(recording) => {
                    out.recorded.entry(recording).or_default().over = true;
                }
                Output::Event(event) => out.events.push(event),
            }
        }
        out
    }
}

pub(crate) fn sound(player: u64, sound: u64, repeats: bool) -> Player {
    Player {
        player: PlayerId(player),
        source: Source::Sound(SoundId(sound)),
        position: 0,
        repeats,
    }
}
