//! `Switchboard`: entry point of the crate. Routes each input to the handler in `handle`, `asked`
//! or `flow`.

use core::time::Duration;
use std::collections::VecDeque;

use confab_sip::{Config as SipConfig, Output as SipOutput, Registration, UserAgent};
use confab_terms::{Instant, Now, WallTime, limits};
use serde::{Deserialize, Serialize};

use crate::live::{
    Asked, Calls, Counters, Endings, Leftovers, Lookups, Names, Partings, Recordings, Rooms,
    Threads, Timers,
};
use crate::program::Shared;
use crate::{Config, Input, Output, asked, flow, handle};

/// Owner of live calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Switchboard {
    pub(crate) config: Config,
    pub(crate) sip: UserAgent,
    pub(crate) names: Names,
    pub(crate) calls: Calls,
    pub(crate) rooms: Rooms,
    pub(crate) asked: Asked,
    pub(crate) lookups: Lookups,
    pub(crate) partings: Partings,
    pub(crate) endings: Endings,
    /// Recordings whose file is not complete.
    pub(crate) recordings: Recordings,
    pub(crate) shared: Shared,
    pub(crate) timers: Timers,
    pub(crate) outbox: VecDeque<Output>,
    pub(crate) counted: Counters,
    pub(crate) draining: bool,
    pub(crate) threads: Threads,
}

impl Switchboard {
    /// Creates a switchboard without calls.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut names = Names::new(config.seed);
        let mut sip = UserAgent::new(SipConfig {
            address: config.sip_address,
            tls_port: config.sips_port,
            product: "confab".to_owned(),
            seed: names.seed(),
        });
        sip.guard(config.access.clone());
        sip.limit_calls(config.call_limits);
        sip.limit_connections(config.connections_max);
        let threads = Threads::new(config.media_threads);
        Self {
            config,
            sip,
            names,
            calls: Calls::default(),
            rooms: Rooms::default(),
            asked: Asked::default(),
            lookups: Lookups::default(),
            partings: Partings::default(),
            endings: Endings::default(),
            recordings: Recordings::default(),
            shared: Shared::default(),
            timers: Timers::default(),
            outbox: VecDeque::new(),
            counted: Counters::default(),
            draining: false,
            threads,
        }
    }

    /// Returns whether new calls are accepted: no drain, below the limit of calls, and not all
    /// media threads overloaded.
    pub(crate) fn takes_calls(&self) -> bool {
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
                handle::resolved(self, now, lookup, &targets);
            }
            Input::Resolved { lookup, targets } => {
                self.sip.handle_resolved(now.instant, lookup, &targets);
            }
            Input::Asked { request, what } => asked::asked(self, now, request, what),
            Input::LegOpened { leg, port } => handle::leg_opened(self, now, leg, port),
            Input::Fetched {
                fetch,
                result,
                cookies,
            } => handle::fetched(self, now, fetch, result, cookies),
            Input::Decoded { decode, result } => handle::decoded(self, now, decode, result),
            Input::Media { event, .. } => handle::media(self, now, event),
            Input::Recorded { recording, end } => flow::recorded(self, now, recording, end),
            Input::Load {
                thread,
                busy_percent,
                overloaded,
            } => self.threads.told(thread, busy_percent, overloaded),
            Input::Drain => self.draining = true,
            Input::HangUpAll => handle::hang_up_all(self, now),
        }
        self.settle(now);
        flow::store_rows(self, now);
    }

    /// Handles all due timers.
    pub fn handle_deadline(&mut self, now: Now) {
        self.sip.handle_deadline(now.instant);
        self.settle(now);
        while let Some(timer) = self.timers.take_due(now.instant) {
            handle::deadline(self, now, timer);
            self.settle(now);
        }
        flow::store_rows(self, now);
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
            ..self.counted
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
            fetches: self.asked.fetches.len(),
            decodes: self.asked.decodes.len(),
            holds: self.asked.holds.len(),
            announcements: self.shared.len(),
            partings: self.partings.len() + self.endings.len(),
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
        let waiting = self.partings.len() + self.endings.len() + self.recordings.len();
        let told = waiting == 0 && !self.asked.owes_farewell();
        self.draining && self.calls.len() == 0 && told
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
                SipOutput::Event(event) => handle::sip(self, now, event),
            }
        }
    }

    pub(crate) fn send(&mut self, output: Output) {
        self.outbox.push_back(output);
    }
}
