//! `Switchboard`: entry point of the crate. Routes each input to the handler in `inputs`,
//! `requests` or `calls`.

use core::time::Duration;
use std::collections::VecDeque;

use confab_sip::{Config as SipConfig, Output as SipOutput, Registration, UserAgent};
use confab_terms::{Instant, Now, WallTime, limits};
use serde::{Deserialize, Serialize};

use crate::interpreter::ConferenceAnnouncements;
use crate::state::{
    Calls, Counters, EndedCalls, IdGenerator, Leftovers, Lookups, PendingConferenceEnds,
    PendingRequests, Recordings, Rooms, ThreadLoads, Timers,
};
use crate::{Config, Input, Output, calls, inputs, notifications, requests};

/// Owner of live calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Switchboard {
    pub(crate) config: Config,
    pub(crate) sip: UserAgent,
    pub(crate) ids: IdGenerator,
    pub(crate) calls: Calls,
    pub(crate) rooms: Rooms,
    pub(crate) requests: PendingRequests,
    pub(crate) lookups: Lookups,
    pub(crate) ended_calls: EndedCalls,
    pub(crate) conference_ends: PendingConferenceEnds,
    /// Recordings whose file is not complete.
    pub(crate) recordings: Recordings,
    pub(crate) announcements: ConferenceAnnouncements,
    pub(crate) timers: Timers,
    pub(crate) outbox: VecDeque<Output>,
    pub(crate) counters: Counters,
    pub(crate) draining: bool,
    pub(crate) threads: ThreadLoads,
}

impl Switchboard {
    /// Creates a switchboard without calls.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut ids = IdGenerator::new(config.seed);
        let mut sip = UserAgent::new(SipConfig {
            address: config.sip_address,
            tls_port: config.sips_port,
            product: "confab".to_owned(),
            seed: ids.seed(),
        });
        sip.guard(config.access.clone());
        sip.limit_calls(config.call_limits);
        sip.limit_connections(config.connections_max);
        let threads = ThreadLoads::new(config.media_threads);
        Self {
            config,
            sip,
            ids,
            calls: Calls::default(),
            rooms: Rooms::default(),
            requests: PendingRequests::default(),
            lookups: Lookups::default(),
            ended_calls: EndedCalls::default(),
            conference_ends: PendingConferenceEnds::default(),
            recordings: Recordings::default(),
            announcements: ConferenceAnnouncements::default(),
            timers: Timers::default(),
            outbox: VecDeque::new(),
            counters: Counters::default(),
            draining: false,
            threads,
        }
    }

    /// Returns whether new calls are accepted: no drain, below the limit of calls, and not all
    /// media threads overloaded.
    pub(crate) fn accepts_calls(&self) -> bool {
        let full = self.threads.all_overloaded()
            || self.calls.len() >= self.config.calls_max.min(limits::CALLS_MAX);
        !self.draining && !full
    }

    /// Restores a registration that an earlier process stored at this time. Expected at the start,
    /// before any input.
    pub fn restore_registration(&mut self, now: Now, at: WallTime, registration: Registration) {
        let age = now.wall.0.saturating_sub(at.0);
        let age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
        self.sip
            .restore_registration(now.instant, registration, age);
        self.settle(now);
    }

    /// Handles an input.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Datagram { from, bytes } => self.sip.handle(now.instant, from, &bytes),
            Input::Connection { connection, event } => {
                self.sip.handle_connection(now.instant, connection, event);
            }
            Input::Resolved { lookup, targets } if Lookups::is_ours(lookup) => {
                inputs::resolved(self, now, lookup, &targets);
            }
            Input::Resolved { lookup, targets } => {
                self.sip.handle_resolved(now.instant, lookup, &targets);
            }
            Input::Asked { request, what } => requests::handle(self, now, request, what),
            Input::LegOpened { leg, port } => inputs::leg_opened(self, now, leg, port),
            Input::Fetched {
                fetch,
                result,
                cookies,
            } => inputs::fetched(self, now, fetch, result, cookies),
            Input::Decoded { decode, result } => inputs::decoded(self, now, decode, result),
            Input::Media { event, .. } => inputs::media(self, now, event),
            Input::Recorded { recording, end } => calls::recorded(self, now, recording, end),
            Input::Load {
                thread,
                busy_percent,
                overloaded,
            } => self.threads.set_load(thread, busy_percent, overloaded),
            Input::Drain => self.draining = true,
            Input::HangUpAll => inputs::hang_up_all(self, now),
        }
        self.settle(now);
        notifications::store_rows(self, now);
    }

    /// Handles all due timers.
    pub fn handle_deadline(&mut self, now: Now) {
        self.sip.handle_deadline(now.instant);
        self.settle(now);
        while let Some(timer) = self.timers.take_due(now.instant) {
            inputs::deadline(self, now, timer);
            self.settle(now);
        }
        notifications::store_rows(self, now);
    }

    /// Returns the time of the next call of `handle_deadline`.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let sip = self.sip.next_deadline();
        let own = self.timers.next();
        match (sip, own) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Returns the next output, or `None` if all outputs were returned.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    /// Returns the counters for metrics.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            calls: self.calls.len() as u64,
            conferences: self.rooms.live().count() as u64,
            kept_flows: self.sip.kept_flows() as u64,
            failed_logins: self.sip.failed_logins(),
            refused_by_limits: self.sip.refused_by_limits(),
            ..self.counters
        }
    }

    /// Returns the sizes of all tables, for tests.
    #[must_use]
    pub fn leftovers(&self) -> Leftovers {
        let (transactions, dialogs, sip_timers) = self.sip.leftovers();
        Leftovers {
            calls: self.calls.len(),
            conferences: self.rooms.len(),
            timers: self.timers.len(),
            lookups: self.lookups.len(),
            fetches: self.requests.fetches.len(),
            decodes: self.requests.decodes.len(),
            holds: self.requests.holds.len(),
            announcements: self.announcements.len(),
            partings: self.ended_calls.len() + self.conference_ends.len(),
            recordings: self.recordings.len(),
            legs: self.threads.legs(),
            transactions,
            dialogs,
            sip_timers,
        }
    }

    /// Returns whether a drain is complete: no call is left, and no callback, recording or action
    /// request is pending.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let waiting = self.ended_calls.len() + self.conference_ends.len() + self.recordings.len();
        let is_reported = waiting == 0 && !self.requests.has_final_action();
        self.draining && self.calls.len() == 0 && is_reported
    }

    /// Forwards the outputs of the SIP stack until none is left.
    fn settle(&mut self, now: Now) {
        while let Some(output) = self.sip.poll_output() {
            match output {
                SipOutput::Datagram { to, bytes } => self.send(Output::Datagram { to, bytes }),
                SipOutput::Connection { connection, order } => {
                    self.send(Output::Connection { connection, order });
                }
                SipOutput::Resolve {
                    lookup,
                    host,
                    port,
                    transport,
                } => self.send(Output::Resolve {
                    lookup,
                    host,
                    port,
                    transport,
                }),
                SipOutput::Event(event) => inputs::sip(self, now, event),
            }
        }
    }

    pub(crate) fn send(&mut self, output: Output) {
        self.outbox.push_back(output);
    }
}
