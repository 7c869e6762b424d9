//! State of a run: the core and its simulated environment. Each kind of event has a module of its
//! own; `clock` schedules the events.

use std::collections::BTreeMap;

use confab_conference::{Customs, Url};
use confab_media::EngineConfig;
use confab_switchboard::{
    Access, CallCallback, CallEvent, CallLimits, Config, Gateway, Nat, Switchboard, Transport,
    Trunk,
};
use confab_terms::limits::{CALLS_MAX, SIP_CONNECTIONS_MAX};
use confab_terms::{
    AccountSid, CallSid, Codec, ConferenceSid, Instant, IpAddr, LegId, Method, Now, RoomId,
    SocketAddr, SoundId, Srtp, WallTime,
};

use crate::books::Books;
use crate::dice::{Dice, Purpose, key};
use crate::oracle::Oracle;
use crate::outcome::{Hash, Options};
use crate::phone::Phone;
use crate::ports::Ports;
use crate::post::Post;
use crate::queue::Queue;
use crate::streams::Stream;
use crate::tally::Tally;
use crate::thread::Thread;
use crate::weather::Weather;

pub(crate) const CALL_EVENTS: [CallEvent; 4] = [
    CallEvent::Initiated,
    CallEvent::Ringing,
    CallEvent::Answered,
    CallEvent::Completed,
];
pub(crate) const START: Instant = Instant(5_000_000_000);

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) options: Options,
    pub(crate) now: Instant,
    pub(crate) script: Dice,
    pub(crate) network: Dice,
    pub(crate) voice: Dice,
    pub(crate) application: Dice,
    pub(crate) media: Dice,
    pub(crate) ringing: Dice,
    pub(crate) restoring: Dice,
    pub(crate) board: Switchboard,
    pub(crate) queue: Queue,
    pub(crate) phones: Vec<Phone>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) ports: Ports,
    /// Maximum delay of an order or event between threads, in µs.
    pub(crate) latency_us: u64,
    pub(crate) sounds: BTreeMap<SoundId, u64>,
    /// Tick on which each change of a room took effect.
    pub(crate) applied: BTreeMap<(RoomId, u64), u64>,
    pub(crate) post: Post,
    pub(crate) oracle: Oracle,
    pub(crate) books: Books,
    pub(crate) tally: Tally,
    pub(crate) hash: Hash,
    pub(crate) weather: Weather,
    pub(crate) drained: bool,
    pub(crate) closing: bool,
    pub(crate) acts: u64,
    pub(crate) audio: u64,
    pub(crate) calls_made: u64,
    pub(crate) scratch: Vec<u8>,
    /// Conferences and participants in the last lists.
    pub(crate) seen: Vec<(ConferenceSid, String)>,
    pub(crate) seated_seen: Vec<(CallSid, LegId)>,
    /// Consecutive frames without a clear voice, by listener and speaker.
    pub(crate) missing: BTreeMap<(LegId, LegId), u32>,
    /// Consecutive frames with possible decoder noise, by listener and voice.
    pub(crate) noise: BTreeMap<(LegId, usize), u32>,
    /// Consecutive frames with neither silence nor music, by held leg.
    pub(crate) held_unknown: BTreeMap<LegId, u32>,
    /// Consecutive ticks of silence, by held leg.
    pub(crate) held_silent: BTreeMap<LegId, u32>,
    /// Possible frame numbers of the music at tick 0, by held leg.
    pub(crate) music_began: BTreeMap<LegId, Vec<u64>>,
    /// Consecutive ticks with a tone of another sound, by leg and tone.
    pub(crate) wrong_music: BTreeMap<(LegId, usize), u32>,
}

pub(crate) fn sip_address() -> SocketAddr {
    SocketAddr::new(IpAddr::from([10, 9, 9, 9]), 5_060)
}

pub(crate) fn account() -> AccountSid {
    AccountSid::from_random(1)
}

pub(crate) fn calls_url() -> Url {
    Url {
        url: "http://app.example/calls".to_owned(),
        method: Method::Post,
    }
}

/// Returns a trunk for each phone; inbound calls are accepted from any address.
fn access(phones: &[Phone]) -> Access {
    let trunks = phones.iter().map(|phone| Trunk {
        name: format!("phone-{}", phone.number),
        networks: Vec::new(),
        account: None,
        gateway: Some(Gateway::new(
            format!("p{}.example", phone.number),
            Some(phone.home()),
            Transport::Udp,
        )),
        srtp: None,
        // The phone sends no request before an outbound call, so its NAT cannot be detected.
        nat: match phone.nat {
            true => Nat::Always,
            false => Nat::Auto,
        },
        identity: Default::default(),
    });
    Access {
        trunks: trunks.collect(),
        ..Access::open()
    }
}

/// Returns the configuration of all engines, with equal tick times.
fn engine_config() -> EngineConfig {
    EngineConfig {
        start: START,
        wall: wall(START),
        ..EngineConfig::default()
    }
}

fn threads(count: u16) -> Vec<Thread> {
    (0..count).map(|_| Thread::new(engine_config())).collect()
}

impl World {
    // long: a line for each field.
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let mut script = Dice::new(seed, Purpose::Script);
        let mut dice = Dice::new(seed, Purpose::Phones);
        let with_documents = !script.chance(80);
        let voice = with_documents.then(|| Url {
            url: "http://app.example/voice".to_owned(),
            method: Method::Post,
        });
        let count = script.between(4, 8) as usize;
        let phones: Vec<Phone> = (0..count).map(|n| Phone::new(n, seed, &mut dice)).collect();
        let mut media = Dice::new(seed, Purpose::Media);
        let media_threads = media.between(1, 3) as u16;
        Self {
            seed,
            options,
            now: START,
            network: Dice::new(seed, Purpose::Network),
            voice: Dice::new(seed, Purpose::Voice),
            application: Dice::new(seed, Purpose::Application),
            ringing: Dice::new(seed, Purpose::Ringing),
            restoring: Dice::new(seed, Purpose::Restoring),
            board: Switchboard::new(Config {
                account: account(),
                sip_address: sip_address(),
                sips_port: None,
                connections_max: SIP_CONNECTIONS_MAX,
                call_limits: CallLimits::default(),
                calls_max: CALLS_MAX,
                srtp: Srtp::Prefer,
                access: access(&phones),
                media_address: sip_address().ip(),
                voice,
                api_url: "http://confab.example".to_owned(),
                voice_fallback: None,
                status_callback: Some(CallCallback::new(calls_url(), CALL_EVENTS.to_vec())),
                customs: Customs::default(),
                codecs: vec![Codec::G722, Codec::Pcmu, Codec::Pcma],
                media_threads,
                seed: key(seed, Purpose::Switchboard as u64),
            }),
            queue: Queue::default(),
            phones,
            streams: Vec::new(),
            threads: threads(media_threads),
            ports: Ports::new(seed),
            latency_us: *media.pick(&[200, 3_000, 30_000]).unwrap_or(&200),
            sounds: BTreeMap::new(),
            applied: BTreeMap::new(),
            media,
            post: Post::new(Dice::new(seed, Purpose::Hooks)),
            oracle: Oracle::default(),
            books: Books::default(),
            tally: Tally::default(),
            hash: Hash::default(),
            weather: Weather::new(&mut dice),
            drained: false,
            closing: false,
            acts: 0,
            audio: 0,
            calls_made: 0,
            scratch: Vec::new(),
            seen: Vec::new(),
            seated_seen: Vec::new(),
            missing: BTreeMap::new(),
            noise: BTreeMap::new(),
            held_unknown: BTreeMap::new(),
            held_silent: BTreeMap::new(),
            wrong_music: BTreeMap::new(),
            music_began: BTreeMap::new(),
            script,
        }
    }

    pub(crate) fn both(&self) -> Now {
        Now {
            instant: self.now,
            wall: wall(self.now),
        }
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        if self.options.trace {
            let ms = (self.now.0 - START.0) / 1_000;
            println!("{:>6}.{:03} {}", ms / 1_000, ms % 1_000, line());
        }
    }
}

fn wall(at: Instant) -> WallTime {
    WallTime(1_794_918_896_000 + (at.0 / 1_000_000) as i64)
}
