//! Metrics of the server: gauges of the threads, numbers of the core, lengths of the queues, counts
//! of store and callbacks. This module only reads these values.

mod processor;
mod rows;
mod unclaimed;

use std::sync::Arc;

use confab_media::Command;
use confab_rest::{Family, Figures, Values};
use confab_sounds::{Backlog, Sounds};
use confab_store::Store;
use confab_web::Callbacks;
use tokio::sync::mpsc::{Sender, WeakSender};

use crate::gauges::{Gauges, Spread};
use crate::logging;
use crate::queues::{Letterbox, Order};

pub(crate) use rows::{ENGINE_ROWS, EngineNow, SWITCHBOARD_ROWS, SwitchboardNow};

/// Sources of the metrics.
pub(crate) struct Shown {
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) callbacks: Callbacks,
    pub(crate) letterbox: Letterbox,
    pub(crate) queues: MediaQueues,
    pub(crate) sounds: Sounds,
}

/// Queues to the media threads, and from these to the disk. The senders are weak, since a thread
/// ends when its last sender is dropped.
#[derive(Clone, Default)]
pub(crate) struct MediaQueues {
    orders: Vec<WeakSender<Order>>,
    feeds: Vec<WeakSender<Command>>,
    recordings: Backlog,
}

impl MediaQueues {
    pub(crate) fn of(
        orders: &[Sender<Order>],
        feeds: &[Sender<Command>],
        recordings: Backlog,
    ) -> Self {
        Self {
            orders: orders.iter().map(Sender::downgrade).collect(),
            feeds: feeds.iter().map(Sender::downgrade).collect(),
            recordings,
        }
    }
}

impl Figures for Shown {
    fn families(&self) -> Vec<Family> {
        let mut families = rows::switchboard(&self.gauges.switchboard);
        families.extend(rows::engines(&self.gauges.engines));
        families.extend(self.time());
        families.extend(self.counts());
        families
    }
}

impl Shown {
    fn time(&self) -> Vec<Family> {
        let gauges = &self.gauges;
        let spread = |name, help, spread: &Spread| Family {
            name,
            help,
            values: Values::Histogram(spread.histogram()),
        };
        let worst = [
            ("tick_lateness", &gauges.tick_lateness),
            ("tick_length", &gauges.tick_length),
            ("switchboard_turn", &gauges.switchboard_lag),
        ];
        let worst = worst.map(|(of, spread)| (of.to_owned(), spread.worst_ms() / 1_000.0));
        vec![
            spread(
                "confab_tick_lateness_seconds",
                "How late the ticks of media threads began",
                &gauges.tick_lateness,
            ),
            spread(
                "confab_tick_length_seconds",
                "How long the ticks of media threads took",
                &gauges.tick_length,
            ),
            spread(
                "confab_switchboard_turn_seconds",
                "The switchboard's turns: what comes in waits for so long",
                &gauges.switchboard_lag,
            ),
            Family {
                name: "confab_thread_cpu_milliseconds_total",
                help: "Processor time by threads",
                values: Values::Counters("thread", processor::ms_by_thread()),
            },
            Family {
                name: "confab_worst_seconds",
                help: "The worst of each since the start",
                values: Values::Gauges("of", worst.into()),
            },
        ]
    }

    fn counts(&self) -> Vec<Family> {
        let mut counts = self.of_media().to_vec();
        counts.extend(self.of_signalling());
        counts.extend(self.of_sounds());
        counts
    }

    fn of_media(&self) -> [Family; 9] {
        let gauges = &self.gauges;
        [
            one(
                "confab_ticks_total",
                "Ticks of media threads",
                gauges.ticks.get(),
            ),
            one(
                "confab_ticks_late_total",
                "Ticks that began more than 2 ms late",
                gauges.late_ticks.get(),
            ),
            one(
                "confab_media_priority_given_up_total",
                "Times that a media thread worked for more than 90 % of a second and gave up \
                 real-time priority until it recovered",
                gauges.priority_given_up.get(),
            ),
            one(
                "confab_packets_unsent_total",
                "Packets that the kernel did not take",
                gauges.unsent.get(),
            ),
            one(
                "confab_media_socket_drops_total",
                "Packets that the kernel dropped because too many waited in a media socket",
                gauges.socket_drops.get(),
            ),
            one(
                "confab_udp_unclaimed_total",
                "UDP packets of this network namespace that no socket took, such as those of \
                 strangers to the port of a phone whose address is known",
                unclaimed::count(),
            ),
            one(
                "confab_media_untold_total",
                "Events of media threads that nobody took for long",
                gauges.untold.get(),
            ),
            one(
                "confab_codec_panics_total",
                "Panics in third-party codecs; each cost one frame",
                confab_codec::codec_panics(),
            ),
            one(
                "confab_media_ports_given_up_total",
                "New media ports that were released because a packet arrived before the SDP",
                gauges.ports_given_up.get(),
            ),
        ]
    }

    fn of_sounds(&self) -> [Family; 7] {
        let (now, refused) = self.sounds.slow_sources();
        let cache = self.sounds.cache_use();
        let unwritten = vec![
            ("disk".to_owned(), cache.failed),
            ("quota".to_owned(), cache.full),
        ];
        [
            Family {
                name: "confab_slow_sources",
                help: "Streams and slow files that are played now",
                values: Values::Gauge(now as f64),
            },
            one(
                "confab_slow_sources_refused_total",
                "Streams and slow files that were refused because there were too many",
                refused,
            ),
            Family {
                name: "confab_decoded_audio_bytes",
                help: "Bytes of decoded audio now",
                values: Values::Gauge(self.sounds.decoded_bytes() as f64),
            },
            one(
                "confab_decoders_starved_total",
                "Times that a decoder had to wait for memory, or for a place; its listeners heard \
                 silence",
                self.sounds.starved(),
            ),
            Family {
                name: "confab_audio_cache_bytes",
                help: "Bytes of fetched audio on the disk now",
                values: Values::Gauge(cache.bytes as f64),
            },
            Family {
                name: "confab_audio_cache_files",
                help: "Files of fetched audio on the disk now",
                values: Values::Gauge(cache.files as f64),
            },
            Family {
                name: "confab_audio_cache_unwritten_total",
                help: "Times that fetched audio stayed in memory, because the disk refused it or \
                       all of the quota was in use",
                values: Values::Counters("reason", unwritten),
            },
        ]
    }

    fn of_signalling(&self) -> Vec<Family> {
        let gauges = &self.gauges;
        let failed = vec![
            ("given_up".to_owned(), gauges.callbacks_failed.get()),
            ("expired".to_owned(), gauges.callbacks_expired.get()),
            ("no_room".to_owned(), gauges.callbacks_dropped.get()),
        ];
        vec![
            Family {
                name: "confab_sip_datagrams_total",
                help: "Datagrams of the SIP port",
                values: Values::Counters("way", self.datagrams()),
            },
            Family {
                name: "confab_sip_connections",
                help: "TCP connections of the SIP port now, ours and theirs",
                values: Values::Gauge(gauges.sip_connections.get() as f64),
            },
            Family {
                name: "confab_queue_length",
                help: "What waits between the threads now",
                values: Values::Gauges("queue", self.queues()),
            },
            Family {
                name: "confab_webhooks_waiting",
                help: "Events in the outbox now",
                values: Values::Gauge(self.callbacks.waiting() as f64),
            },
            Family {
                name: "confab_outbox_bytes",
                help: "Bytes of these events",
                values: Values::Gauge(self.callbacks.bytes() as f64),
            },
            Family {
                name: "confab_dead_letters",
                help: "Events that were not delivered and can be sent again",
                values: Values::Gauge(gauges.dead_letters.get() as f64),
            },
            Family {
                name: "confab_webhooks_failed_total",
                help: "Events that no application was told of, by reason",
                values: Values::Counters("reason", failed),
            },
            one(
                "confab_log_left_out_total",
                "Log entries left out because there were too many of their kind",
                logging::left_out(),
            ),
            one(
                "confab_log_lines_dropped_total",
                "Log lines dropped because standard error did not take them in time",
                logging::dropped(),
            ),
            one(
                "confab_history_lost_total",
                "Entries of the history that did not reach the disk",
                self.store.lost(),
            ),
            Family {
                name: "confab_history_degraded",
                help: "1 while the disk refuses the history, which waits in memory",
                values: Values::Gauge(u8::from(self.store.is_degraded()).into()),
            },
        ]
    }

    fn datagrams(&self) -> Vec<(String, u64)> {
        let gauges = &self.gauges;
        vec![
            ("in".to_owned(), gauges.sip_in.get()),
            ("out".to_owned(), gauges.sip_out.get()),
            ("unsent".to_owned(), gauges.sip_unsent.get()),
            ("dropped".to_owned(), gauges.sip_drops.get()),
        ]
    }

    fn queues(&self) -> Vec<(String, f64)> {
        let mut queues: Vec<(String, usize)> = self.letterbox.lengths().into();
        for (thread, orders) in self.queues.orders.iter().enumerate() {
            let waiting = orders.upgrade().map_or(0, |orders| waiting(&orders));
            queues.push((format!("orders_{thread}"), waiting));
        }
        for (thread, feeds) in self.queues.feeds.iter().enumerate() {
            let waiting = feeds.upgrade().map_or(0, |feeds| waiting(&feeds));
            queues.push((format!("feeds_{thread}"), waiting));
        }
        queues.push(("recordings".to_owned(), self.queues.recordings.waiting()));
        queues.push(("history".to_owned(), self.store.waiting()));
        queues
            .into_iter()
            .map(|(queue, waiting)| (queue, waiting as f64))
            .collect()
    }
}

/// Returns the number of items in a queue.
pub(crate) fn waiting<T>(queue: &Sender<T>) -> usize {
    queue.max_capacity() - queue.capacity()
}

fn one(name: &'static str, help: &'static str, count: u64) -> Family {
    Family {
        name,
        help,
        values: Values::Counter(count),
    }
}
