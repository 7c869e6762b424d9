//! After warm-up, neither a tick nor the time between two ticks allocates: counted by the
//! allocator. Memory of a command may be freed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use confab_codec::{Encoder, OpusSettings};
use confab_media::{
    Background, Beep, BeepTone, Command, Component, Engine, EngineConfig, Event, Key, LegMedia,
    Output, Player, Recorded, RoomChange, Source,
};
use confab_rtp::srtp::{Outgoing, SRTP_BYTES_MAX};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{
    Audibility, Codec, Digit, Instant, IpAddr, Ipv4Addr, LegId, MasterKey, OpusLimit, PlayerId,
    Rate, ReceivedTypes, RecordingSid, RoomId, SocketAddr, SoundId, SrtpKeys, SrtpSuite, Track,
    Voice,
};

struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static TAKEN: AtomicU64 = AtomicU64::new(0);

#[expect(
    unsafe_code,
    reason = "an allocator cannot be written without it; a test only"
)]
// SAFETY: all calls are forwarded to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.fetch_add(u64::from(ON.load(Ordering::Relaxed)), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        TAKEN.fetch_add(u64::from(ON.load(Ordering::Relaxed)), Ordering::Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn counted(work: impl FnOnce()) -> u64 {
    let before = TAKEN.load(Ordering::Relaxed);
    ON.store(true, Ordering::Relaxed);
    work();
    ON.store(false, Ordering::Relaxed);
    TAKEN.load(Ordering::Relaxed) - before
}

const LEGS: u64 = 50;
const ROOMS: u64 = 10;
const OPEN: Audibility = Audibility {
    voice: Voice::ToEveryone,
    hears: true,
};
const HELD: Audibility = Audibility {
    voice: Voice::ToNobody,
    hears: false,
};

/// Returns the codec of a leg: half of the rooms are wideband, half are full band.
fn codec(leg: u64) -> Codec {
    Codec::ALL[(leg % 4) as usize]
}

fn address(leg: u64) -> SocketAddr {
    let port = u16::try_from(10_000 + leg * 2).expect("a port");
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

fn engine() -> Engine {
    let mut engine = Engine::new(EngineConfig::default());
    let now = Instant(0);
    for room in 1..=ROOMS {
        let (room, rate) = (RoomId(room), Rate::Hz8000);
        engine.apply(now, Command::OpenRoom { room, rate });
        engine.apply(now, Command::TellSpeech { room });
    }
    for id in 1..=LEGS {
        add_leg(&mut engine, now, id, id);
    }
    let recorded = [
        Recorded::Room(RoomId(1)),
        Recorded::Room(RoomId(2)),
        leg_recorded(1, true),
        leg_recorded(2, false),
        leg_recorded(3, true),
    ];
    for (number, of) in (1..).zip(recorded) {
        let recording = RecordingSid::from_random(number);
        engine.apply(now, Command::Record { recording, of });
    }
    engine
}

/// Adds a leg and seats it in its room, with the change of this number.
fn add_leg(engine: &mut Engine, now: Instant, id: u64, number: u64) {
    let leg = LegId(id);
    let add = Command::AddLeg {
        leg,
        ssrc: id as u32,
        sequence: 0,
        timestamp: 0,
    };
    let media = LegMedia {
        remote_rtp: address(id),
        remote_rtcp: address(id + 1_000),
        signalling_address: address(id).ip(),
        trusts_sdp: true,
        verified: true,
        codec: codec(id),
        payload_type: codec(id).payload_type(),
        digits_payload_type: (!id.is_multiple_of(3)).then_some(101),
        digits_clock_rate: 8_000,
        received: ReceivedTypes::same(codec(id).payload_type(), Some(101), None),
        // For a part of the legs with Opus.
        opus_limit: if id % 8 == 3 {
            OpusLimit::Bits12000
        } else {
            OpusLimit::None
        },
        sends: true,
        receives: true,
        srtp: keys(id),
    };
    let seat = RoomChange {
        seat: vec![(leg, OPEN)],
        ..RoomChange::default()
    };
    let change = Command::Change {
        room: RoomId(1 + id % ROOMS),
        number,
        change: seat,
    };
    for command in [add, Command::SetMedia { leg, media }, change] {
        engine.apply(now, command);
    }
}

fn leg_recorded(leg: u64, dual: bool) -> Recorded {
    Recorded::Leg {
        leg: LegId(leg),
        dual,
        track: Track::Both,
        tells_voice: true,
    }
}

/// Returns the keys of a leg: of three legs one is unencrypted, and one has each suite.
fn keys(leg: u64) -> Option<SrtpKeys> {
    let suite = match leg % 3 {
        0 => return None,
        1 => SrtpSuite::AeadAes128Gcm,
        _ => SrtpSuite::AesCm128HmacSha1,
    };
    let key = MasterKey::new([leg as u8; 30]);
    Some(SrtpKeys {
        suite,
        ours: key,
        theirs: key,
    })
}

fn sound(player: u64, repeats: bool) -> Player {
    Player {
        player: PlayerId(player),
        source: Source::Sound(SoundId(1)),
        position: 0,
        repeats,
    }
}

/// Returns commands of every kind for a tick: in each room one leg is muted, held over a repeating
/// sound, coached, announced to, moved.
fn commands(tick: u64) -> Vec<Command> {
    (0..ROOMS)
        .flat_map(|room| {
            let legs: Vec<LegId> = (1..=LEGS)
                .filter(|leg| leg % ROOMS == room)
                .map(LegId)
                .collect();
            let muted = Audibility {
                voice: Voice::ToNobody,
                hears: true,
            };
            let coach = Audibility {
                voice: Voice::Only(legs[(tick % 2) as usize + 1]),
                hears: true,
            };
            let mut change = RoomChange {
                audibility: vec![
                    (legs[0], coach),
                    (legs[1], if tick.is_multiple_of(3) { muted } else { OPEN }),
                ],
                ..RoomChange::default()
            };
            match tick % 50 {
                0 => {
                    change.audibility.push((legs[3], HELD));
                    let looping = Background::Playing(sound(tick, true));
                    change.backgrounds.push((legs[3], looping));
                }
                30 => {
                    change.audibility.push((legs[3], OPEN));
                    change.backgrounds.push((legs[3], Background::None));
                }
                7 => change.unseat.push(legs[4]),
                9 => change.seat.push((legs[4], OPEN)),
                11 => {
                    change.beep = Some(Beep {
                        tone: BeepTone::Enter,
                        except: Some(legs[4]),
                    });
                }
                _ => {}
            }
            let announcement = Command::SetAnnouncement {
                leg: legs[2],
                player: (tick % 40 < 25).then(|| sound(100_000 + tick / 40, false)),
            };
            let change = Command::Change {
                room: RoomId(1 + room),
                number: tick,
                change,
            };
            [change, announcement]
        })
        .collect()
}

fn packet(leg: u64, tick: u64, encoder: &mut Encoder, phones: &mut [Option<Outgoing>]) -> Vec<u8> {
    let codec = encoder.codec();
    let frame: Vec<i16> = (0..codec.rate().frame_samples())
        .map(|at| (at as i16 * 30) ^ (leg as i16 * 3))
        .collect();
    let mut payload = [0; 400];
    let length = encoder.encode(&frame, &mut payload);
    let mut packet = vec![0; HEADER_BYTES + length + SRTP_BYTES_MAX];
    let header = Header {
        payload_type: codec.payload_type(),
        marker: false,
        sequence: tick as u16,
        timestamp: tick as u32 * codec.frame_units(),
        ssrc: leg as u32,
    };
    header.write(&mut packet);
    let whole = HEADER_BYTES + length;
    packet[HEADER_BYTES..whole].copy_from_slice(&payload[..length]);
    let sealed = match &mut phones[leg as usize] {
        Some(phone) => phone.protect_rtp(&mut packet, whole),
        None => Some(whole),
    };
    packet.truncate(sealed.expect("there is room"));
    packet
}

#[test]
fn a_tick_and_what_comes_between_two_take_no_memory() {
    const WARM_UP: u64 = 300;
    let mut engine = engine();
    let samples: Arc<[i16]> = (0..7_000).map(|x| x as i16).collect();
    let (mut taken, mut packets, mut wanted, mut applied) = (0, 0, 0, 0);
    let (mut spoken, mut recorded) = (0, 0);
    let phone = |keys: SrtpKeys| Outgoing::new(keys.suite, keys.theirs);
    let mut phones: Vec<_> = (0..=LEGS).map(|leg| keys(leg).map(phone)).collect();
    let mut encoders: Vec<_> = (0..=LEGS)
        .map(|leg| Encoder::new(codec(leg), OpusSettings::default()))
        .collect();
    for tick in 1..=WARM_UP + 500 {
        let now = Instant(tick * 20_000_000);
        let mut commands = commands(tick);
        // A leg with Opus is removed, and added again later. Adding a leg itself allocates.
        let leg = 7 + tick / 7 % 11 * 4;
        match tick % 7 {
            0 => commands.push(Command::RemoveLeg { leg: LegId(leg) }),
            3 => {
                assert_eq!(codec(leg), Codec::Opus);
                add_leg(&mut engine, now, leg, tick);
                phones[leg as usize] = keys(leg).map(phone);
                encoders[leg as usize] = Encoder::new(Codec::Opus, OpusSettings::default());
            }
            _ => {}
        }
        let incoming: Vec<_> = (1..=LEGS)
            .filter(|leg| (leg * 31 + tick * 17) % 20 != 0)
            .map(|leg| {
                let encoder = &mut encoders[leg as usize];
                (leg, packet(leg, tick, encoder, &mut phones))
            })
            .collect();
        // Legs with and without packets for digits. The order itself allocates.
        if tick.is_multiple_of(100) {
            for leg in (1..=LEGS).map(LegId) {
                let keys = vec![Key::Press(Digit('5')), Key::Wait { ticks: 3 }];
                let player = PlayerId(1_000_000 + tick);
                engine.apply(now, Command::SendDigits { leg, player, keys });
            }
        }
        let mut feeds = Vec::with_capacity(200);
        let count = counted(|| {
            for command in commands {
                engine.apply(now, command);
            }
            for (leg, packet) in &incoming {
                engine.receive(now, LegId(*leg), Component::Rtp, address(*leg), packet);
            }
            engine.tick(now);
            while let Some(output) = engine.poll_output() {
                match output {
                    Output::Packet { .. } => packets += 1,
                    Output::Event(Event::Speech { .. }) if tick > WARM_UP => spoken += 1,
                    Output::Event(_) => applied += 1,
                    Output::Wants {
                        leg,
                        player,
                        position,
                        rate,
                        ..
                    } => feeds.push(Command::Feed {
                        leg,
                        player,
                        position,
                        rate,
                        samples: samples.clone(),
                        last: position > 0,
                    }),
                    Output::Recorded(chunk) => recorded += chunk.samples.len(),
                    Output::RecordingOver(_) => panic!("both are taken to the end"),
                    Output::Locked { .. } | Output::Unlocked { .. } => {}
                }
            }
            wanted += feeds.len();
            for feed in feeds {
                engine.apply(now, feed);
            }
        });
        if tick > WARM_UP {
            taken += count;
        }
    }
    assert!(packets > 800 * 49 && wanted > 500 && applied >= 800 * 10);
    assert!(spoken > 0, "nobody began or ended to speak");
    assert!(recorded > 500 * 3 * 160, "the tapes hold too little");
    assert_eq!(taken, 0);
    let counters = engine.counters();
    assert!(counters.rtp_in > 800 * 44 && counters.unauthentic == 0);
}
