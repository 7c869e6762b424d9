//! Simulated environment of a switchboard, synchronous and on one clock.

mod configured;
mod phone;
mod requests;
mod rows;
mod web;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use confab_media::{Command, Engine, EngineConfig, Event, Output as MediaOutput, Player};
use confab_sdp::OurSrtp;
use confab_switchboard::{
    CallView, ConferenceView, Config, Cookie, DecodeError, Fetch, Input, Leftovers, News, Notice,
    Output, RecordingEnd, RecordingView, Reply, Switchboard, TimeOuts,
};
use confab_terms::{
    AudioId, CallSid, DecodeId, Instant, LegId, Now, RequestId, SocketAddr, SoundId, WallTime,
};

pub(crate) use phone::{Phone, Told};
use rows::Rows;
pub(crate) use web::{Answer, audio, document, failing, text};

/// Event sent to the application.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Callback {
    pub(crate) url: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) time_outs: TimeOuts,
}

impl Callback {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

pub(crate) struct World {
    pub(crate) now: Instant,
    /// Time of day at the zero of `now`, in milliseconds.
    pub(crate) wall_began: i64,
    pub(crate) board: Switchboard,
    /// Engines, one per media thread.
    pub(crate) engines: Vec<Engine>,
    pub(crate) phones: Vec<Phone>,
    /// Datagrams to phones.
    pub(crate) delivered: Vec<String>,
    /// Datagrams to unknown addresses.
    pub(crate) strays: Vec<String>,
    pub(crate) fetches: Vec<Fetch>,
    /// Cookies of the next response.
    pub(crate) cookies: Vec<Cookie>,
    pub(crate) callbacks: Vec<Callback>,
    pub(crate) calls_ended: Vec<CallView>,
    pub(crate) calls_measured: Vec<CallView>,
    pub(crate) conferences_ended: Vec<ConferenceView>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) news: Vec<News>,
    /// Every reported state of every recording, ended ones included.
    pub(crate) recordings: Vec<RecordingView>,
    pub(crate) recording_end: RecordingEnd,
    /// Rows of the store.
    pub(crate) rows: Rows,
    pub(crate) said: Vec<String>,
    pub(crate) commands: Vec<Command>,
    /// All outputs in their order, for comparison between runs.
    pub(crate) log: Vec<Output>,
    replies: BTreeMap<RequestId, Reply>,
    requests: u64,
    /// Number of samples of a decoded sound.
    pub(crate) sound_samples: u64,
    next_sound: u64,
    next_port: u16,
    pub(crate) ports_left: usize,
    /// Number of inputs between serializations of the switchboard; `None`: never.
    pub(crate) restore_every: Option<u64>,
    inputs: u64,
    /// True if media events are dropped.
    pub(crate) deaf: bool,
    /// True if the recorder reports nothing.
    pub(crate) deaf_recorder: bool,
    /// True if legs and decodings wait for an explicit response of the test.
    pub(crate) slow: bool,
    pub(crate) legs_wanted: Vec<LegId>,
    pub(crate) decodes_wanted: Vec<DecodeId>,
}

pub(crate) const SIP: &str = "127.0.0.1:5060";

impl World {
    fn of(config: Config) -> Self {
        let start = EngineConfig {
            start: Instant(1_000_000_000),
            wall: WallTime(0),
            ..EngineConfig::default()
        };
        let engines = (0..config.media_threads).map(|_| Engine::new(start));
        let engines = engines.collect();
        Self {
            now: Instant(1_000_000_000),
            board: Switchboard::new(config),
            engines,
            phones: Vec::new(),
            delivered: Vec::new(),
            strays: Vec::new(),
            fetches: Vec::new(),
            cookies: Vec::new(),
            callbacks: Vec::new(),
            calls_ended: Vec::new(),
            calls_measured: Vec::new(),
            conferences_ended: Vec::new(),
            notices: Vec::new(),
            news: Vec::new(),
            recordings: Vec::new(),
            rows: Rows::default(),
            wall_began: 1_794_918_896_000,
            recording_end: RecordingEnd::Written {
                duration_ms: 7_900,
                lost_ms: 0,
                bytes: 126_444,
            },
            said: Vec::new(),
            commands: Vec::new(),
            log: Vec::new(),
            replies: BTreeMap::new(),
            requests: 0,
            sound_samples: 8_000,
            next_sound: 0,
            next_port: 20_000,
            ports_left: usize::MAX,
            restore_every: None,
            inputs: 0,
            deaf: false,
            deaf_recorder: false,
            slow: false,
            legs_wanted: Vec::new(),
            decodes_wanted: Vec::new(),
        }
    }

    fn both(&self) -> Now {
        Now {
            instant: self.now,
            wall: WallTime(self.wall_began + i64::try_from(self.now.0 / 1_000_000).unwrap()),
        }
    }

    /// Handles an input and all immediate consequences.
    pub(crate) fn input(&mut self, input: Input) {
        self.board.handle(self.both(), input);
        self.after_input();
    }

    fn after_input(&mut self) {
        self.inputs += 1;
        if self
            .restore_every
            .is_some_and(|every| self.inputs.is_multiple_of(every))
        {
            let bytes = postcard::to_stdvec(&self.board).unwrap();
            self.board = postcard::from_bytes(&bytes).unwrap();
        }
        while let Some(output) = self.board.poll_output() {
            self.log.push(output.clone());
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Datagram { to, bytes } => self.deliver(to, &bytes),
            Output::Connection { .. } | Output::Resolve { .. } => {}
            Output::Reply { request, reply } => {
                assert!(self.replies.insert(request, reply).is_none(), "two replies");
            }
            Output::OpenLeg { leg, .. } => {
                if self.slow {
                    self.legs_wanted.push(leg);
                    return;
                }
                let port = (self.ports_left > 0).then_some(self.next_port);
                self.ports_left = self.ports_left.saturating_sub(1);
                self.next_port += 2;
                self.input(Input::LegOpened { leg, port });
            }
            Output::MoveLeg { leg, from, to } => {
                let moved = self.engines[usize::from(from)].let_go(leg);
                let moved = moved.expect("a leg that is there");
                assert!(self.engines[usize::from(to)].take_over(moved));
                self.poll_engine(from);
                self.poll_engine(to);
            }
            Output::Media { thread, command } => {
                self.commands.push(command.clone());
                self.engines[usize::from(thread)].apply(self.now, command);
                self.poll_engine(thread);
            }
            Output::Fetch(fetch) => self.fetches.push(fetch),
            // Tests inspect these outputs in the log.
            Output::CancelFetch { .. } | Output::DropAudio { .. } | Output::ReleaseSound { .. } => {
            }
            Output::Decode { decode, .. } => self.decoded(decode),
            Output::Say { decode, text, .. } => {
                self.said.push(text);
                self.decoded(decode);
            }
            Output::Callback {
                url,
                fields,
                time_outs,
                ..
            } => {
                let count = fields.len();
                let fields: BTreeMap<_, _> = fields.into_iter().collect();
                assert_eq!(fields.len(), count, "a field twice");
                self.callbacks.push(Callback {
                    url,
                    fields,
                    time_outs,
                });
            }
            Output::News(news) => self.news.push(news),
            Output::CallEnded(view) => self.calls_ended.push(view),
            Output::CallMeasured(view) => self.calls_measured.push(view),
            Output::ConferenceEnded(view) => self.conferences_ended.push(view),
            Output::Notice(notice) => self.notices.push(notice),
            Output::OpenRecording { .. } => {}
            Output::Recording(view) => self.recordings.push(*view),
            Output::Registration { .. } => {}
            Output::Row { at, change } => self.rows.change(at, change),
        }
    }

    fn decoded(&mut self, decode: DecodeId) {
        if self.slow {
            self.decodes_wanted.push(decode);
        } else {
            self.decode(decode, true);
        }
    }

    pub(crate) fn decode(&mut self, decode: DecodeId, is_audio: bool) {
        self.next_sound += 1;
        let result = if is_audio {
            Ok(SoundId(self.next_sound))
        } else {
            Err(DecodeError {
                code: 13420,
                message: "not audio".to_owned(),
            })
        };
        self.input(Input::Decoded { decode, result });
    }

    pub(crate) fn open(&mut self, leg: LegId) {
        self.next_port += 2;
        let port = Some(self.next_port);
        self.input(Input::LegOpened { leg, port });
    }

    /// Returns the players of a leg.
    pub(crate) fn players(&self, leg: LegId) -> Vec<Player> {
        self.engines.iter().flat_map(|e| e.players(leg)).collect()
    }

    fn poll_engine(&mut self, thread: u16) {
        let mut events = Vec::new();
        let mut wants = Vec::new();
        let mut over = Vec::new();
        while let Some(output) = self.engines[usize::from(thread)].poll_output() {
            match output {
                MediaOutput::RecordingOver(recording) => over.push(recording),
                MediaOutput::Event(event) => events.push(event),
                MediaOutput::Wants {
                    leg,
                    player,
                    position,
                    rate,
                    ..
                } => wants.push((leg, player, position, rate)),
                _ => {}
            }
        }
        for (leg, player, position, rate) in wants {
            let left = self.sound_samples.saturating_sub(position);
            let samples = vec![100_i16; usize::try_from(left.min(8_000)).unwrap() * rate.factor()];
            let command = Command::Feed {
                leg,
                player,
                position,
                rate,
                samples: Arc::from(samples),
                last: left <= 8_000,
            };
            for engine in &mut self.engines {
                engine.apply(self.now, command.clone());
            }
        }
        for event in events {
            self.media_of(thread, event);
        }
        if self.deaf_recorder {
            return;
        }
        for recording in over {
            let end = self.recording_end.clone();
            self.input(Input::Recorded { recording, end });
        }
    }

    pub(crate) fn media(&mut self, event: Event) {
        self.media_of(0, event);
    }

    fn media_of(&mut self, thread: u16, event: Event) {
        if !self.deaf {
            self.input(Input::Media { thread, event });
        }
    }

    fn deliver(&mut self, to: SocketAddr, bytes: &[u8]) {
        let now = self.now;
        if let Some(at) = self.phones.iter().position(|phone| phone.address == to) {
            self.delivered
                .push(String::from_utf8_lossy(bytes).into_owned());
            self.phones[at]
                .agent
                .handle(now, SIP.parse().unwrap(), bytes);
            self.poll_phone(at);
        } else {
            self.strays.push(String::from_utf8(bytes.to_vec()).unwrap());
        }
    }

    /// Sends 20 ms of loud audio from the phone to the leg with the phone's RTP address.
    pub(crate) fn talk(&mut self, at: usize) {
        let (from, packet) = self.phones[at].talk();
        let mut commands = self.commands.iter().rev();
        let leg = commands.find_map(|command| match command {
            Command::SetMedia { leg, media } => (media.remote_rtp == from).then_some(*leg),
            _ => None,
        });
        let component = confab_media::Component::Rtp;
        for thread in 0..self.engines.len() {
            self.engines[thread].receive(self.now, leg.unwrap(), component, from, &packet);
            self.poll_engine(thread as u16);
        }
    }

    pub(crate) fn poll_phone(&mut self, at: usize) {
        for bytes in self.phones[at].poll(self.now) {
            let from = self.phones[at].address;
            self.input(Input::Datagram { from, bytes });
        }
    }

    /// Advances the clock.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let phones = self.phones.iter().filter_map(|p| p.agent.next_deadline());
            let next = phones
                .chain(self.board.next_deadline())
                .chain([self.engines[0].next_deadline()])
                .min()
                .unwrap_or(end);
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            self.turn();
        }
        self.now = end;
    }

    fn turn(&mut self) {
        let now = self.now;
        if self.board.next_deadline().is_some_and(|at| at <= now) {
            self.board.handle_deadline(self.both());
            self.after_input();
        }
        for at in 0..self.phones.len() {
            let phone = &mut self.phones[at];
            if phone.agent.next_deadline().is_some_and(|at| at <= now) {
                phone.agent.handle_deadline(now);
                self.poll_phone(at);
            }
        }
        for thread in 0..self.engines.len() {
            if self.engines[thread].next_deadline() <= now {
                self.engines[thread].tick(now);
                self.poll_engine(thread as u16);
            }
        }
    }

    pub(crate) fn tick(&mut self) {
        self.run(Duration::from_millis(20));
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.run(Duration::from_secs(seconds));
    }

    /// Creates a phone that calls this user part.
    pub(crate) fn call(&mut self, user: &str) -> usize {
        self.call_secretly(user, None)
    }

    /// Creates a phone that calls this user part, with SRTP keys.
    pub(crate) fn call_secretly(&mut self, user: &str, srtp: Option<OurSrtp>) -> usize {
        let at = self.phones.len();
        self.phones.push(Phone::new(at));
        self.phones[at].local.srtp = srtp;
        let now = self.now;
        self.phones[at].call(now, user);
        self.poll_phone(at);
        at
    }

    /// Creates a phone that calls this user part, with these headers.
    pub(crate) fn call_with_headers(&mut self, user: &str, headers: &[(String, String)]) -> usize {
        let at = self.phones.len();
        self.phones.push(Phone::new(at));
        self.phones[at].headers.extend_from_slice(headers);
        let now = self.now;
        self.phones[at].call(now, user);
        self.poll_phone(at);
        at
    }

    /// Creates a phone that calls this user part and replaces another phone's call.
    pub(crate) fn call_replacing(&mut self, user: &str, other: usize) -> usize {
        let other = &self.phones[other];
        let place = other.agent.replaces(other.dialog.unwrap()).unwrap();
        let at = self.phones.len();
        self.phones.push(Phone::new(at));
        let now = self.now;
        self.phones[at].headers.push(("Replaces".to_owned(), place));
        self.phones[at].call(now, user);
        self.poll_phone(at);
        at
    }

    /// Hangs up a phone.
    pub(crate) fn hang_up(&mut self, phone: usize) {
        let now = self.now;
        self.phones[phone].hang_up(now);
        self.poll_phone(phone);
    }

    /// Responds to the first pending fetch of this URL.
    pub(crate) fn answer(&mut self, url: &str, result: web::Answer) {
        let at = self.fetches.iter().position(|fetch| fetch.url == url);
        let at = at.unwrap_or_else(|| panic!("{url} was not asked: {:?}", self.fetches));
        let fetch = self.fetches.remove(at);
        let result = result.map(|brought| web::from(brought, url));
        let cookies = std::mem::take(&mut self.cookies);
        self.input(Input::Fetched {
            fetch: fetch.fetch,
            result,
            cookies,
        });
    }

    /// Returns the call of the last request to the application.
    pub(crate) fn call_asked(&self) -> CallSid {
        let asked = self.log.iter().rev().find_map(|output| match output {
            Output::Fetch(fetch) => fetch.fields.iter().find(|(name, _)| name == "CallSid"),
            _ => None,
        });
        asked.unwrap().1.parse().unwrap()
    }

    pub(crate) fn events(&self) -> Vec<&str> {
        let events = self.callbacks.iter();
        events
            .map(|event| event.field("StatusCallbackEvent"))
            .collect()
    }

    /// Asserts that no state is left a while after the last call.
    pub(crate) fn nothing_is_left(&mut self) {
        self.seconds(34);
        assert_eq!(self.board.leftovers(), Leftovers::default());
        for engine in &self.engines {
            assert_eq!((engine.leg_count(), engine.room_count()), (0, 0));
        }
        for phone in &self.phones {
            assert_eq!(phone.agent.leftovers(), (0, 0, 0));
        }
        assert_eq!(self.board.counters().disagreements, 0);
        assert_eq!((self.rows.calls.len(), self.rows.conferences.len()), (0, 0));
    }
}

pub(crate) const AUDIO: AudioId = AudioId(1);
