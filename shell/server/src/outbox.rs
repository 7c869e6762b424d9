//! Outbox between the sender of events and the disk: rows, dead letters, and their restoration at
//! the start.

use std::sync::Arc;
use std::time::Duration;

use confab_rest::{Dialect, Resend, Resent};
use confab_store::{
    DeadLetter, DeadLetters, DeathReason, Entry, Outbox, OutboxEvent, OutboxRow, Part, SqliteStore,
    Store, Stored,
};
use confab_switchboard::FetchError;
use confab_terms::WallTime;
use confab_web::{Callback, Callbacks, Event, Journal, Loaded, Restored, Web};
use tokio::time::sleep;

use crate::config::Config;
use crate::gauges::Gauges;
use crate::threads::Running;
use crate::webs;

/// Number of rows read in a batch at the start.
const ROWS_AT_ONCE: u32 = 10_000;
/// Time between two counts of the dead letters.
const COUNT_PAUSE: Duration = Duration::from_secs(10);

/// Writer of queued events and of dead letters.
struct EventJournal {
    dialect: Dialect,
    disk: Arc<SqliteStore>,
    gauges: Arc<Gauges>,
}

impl Journal for EventJournal {
    fn keep(&self, id: u64, event: &Arc<Event>) {
        self.disk.keep_event(id, Arc::new(written(event)));
    }

    fn delivered(&self, id: u64) {
        self.disk.outbox_ended(id, None);
    }

    fn died(&self, id: u64, event: &Arc<Event>, error: &FetchError, has_expired: bool) {
        let count = match has_expired {
            true => &self.gauges.callbacks_expired,
            false => &self.gauges.callbacks_failed,
        };
        count.add(1);
        let FetchError {
            code,
            message,
            status,
            exchange,
        } = error;
        let callback = &event.callback;
        let about = webs::about(self.dialect, callback.about);
        let event_id = &event.token;
        tracing::warn!(
            about,
            code,
            what = message,
            event_id,
            "a callback was given up"
        );
        let dead = DeadLetter {
            event: Arc::new(written(event)),
            date_updated: confab_sockets::wall(),
            reason: DeathReason {
                code: *code,
                message: message.clone(),
                has_expired,
                status: *status,
            },
        };
        self.disk.outbox_ended(id, Some(dead));
        let sent = (
            callback.url.clone(),
            callback.method,
            callback.fields.clone(),
        );
        let (message, exchange) = (message.clone(), exchange.clone());
        let notice = webs::notice(callback.about, sent, *code, message, exchange);
        self.disk.keep(Entry::Notice(notice));
    }

    fn load(&self, id: u64) -> Loaded<'_> {
        Box::pin(async move {
            let event = self.disk.outbox_event(id).await;
            let event = event.map_err(|error| error.to_string())?;
            Ok(event.map(|event| Arc::new(read(&event))))
        })
    }

    fn unwritten(&self) -> (usize, usize) {
        self.disk.unwritten_events()
    }
}

fn written(event: &Event) -> OutboxEvent {
    let Callback {
        about,
        url,
        method,
        fields,
        time_outs,
    } = event.callback.clone();
    OutboxEvent {
        token: event.token.clone(),
        about,
        url,
        method,
        fields,
        time_outs,
        created: event.created,
        bytes: event.bytes,
    }
}

fn read(event: &OutboxEvent) -> Event {
    Event {
        token: event.token.clone(),
        created: event.created,
        bytes: event.bytes,
        callback: Callback {
            about: event.about,
            url: event.url.clone(),
            method: event.method,
            fields: event.fields.clone(),
            time_outs: event.time_outs,
        },
    }
}

/// Returns the number of the last event of earlier processes.
pub(crate) async fn last_event(disk: &SqliteStore) -> u64 {
    match disk.last_event_id().await {
        Ok(id) => id,
        Err(error) => {
            tracing::error!(%error, "the outbox cannot be read: its events wait for a later start");
            // Larger than any number counted from 1.
            confab_sockets::wall().0.cast_unsigned() * 1_000
        }
    }
}

/// Starts the outbox; ids of events follow `last`.
pub(crate) fn start(
    config: &Config,
    web: &Web,
    disk: &Arc<SqliteStore>,
    (gauges, last): (&Arc<Gauges>, u64),
) -> Callbacks {
    let journal = EventJournal {
        dialect: config.dialect,
        disk: Arc::clone(disk),
        gauges: Arc::clone(gauges),
    };
    let lifetime = config.callback_lifetime;
    Callbacks::start(web.clone(), Arc::new(journal), lifetime, last)
}

/// Restores the events of earlier processes, up to a number, and starts to count dead letters.
pub(crate) async fn restore(disk: &Arc<SqliteStore>, running: &Running, last: u64) {
    let gauges = Arc::clone(&running.gauges);
    tokio::spawn(count_dead_letters(Arc::clone(disk), gauges));
    restore_events(disk, &running.callbacks, last).await;
}

async fn restore_events(disk: &SqliteStore, callbacks: &Callbacks, last: u64) {
    let (mut after, mut count) = (0, 0);
    loop {
        let rows = match disk.outbox_rows(after, ROWS_AT_ONCE).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, "events of the outbox wait for a later start");
                return;
            }
        };
        let Some(last_row) = rows.last() else {
            break;
        };
        after = last_row.id;
        // Later rows belong to this process.
        let rows = rows.into_iter().filter(|row| row.id <= last);
        let events: Vec<Restored> = rows.map(restored).collect();
        count += events.len();
        callbacks.restore(events);
        if after >= last {
            break;
        }
    }
    if count > 0 {
        tracing::info!(count, "events of the outbox are sent");
    }
}

fn restored(row: OutboxRow) -> Restored {
    Restored {
        id: row.id,
        about: row.about,
        url: row.url,
        created: row.created,
        bytes: row.bytes,
    }
}

/// Counts the dead letters at an interval.
async fn count_dead_letters(disk: Arc<SqliteStore>, gauges: Arc<Gauges>) {
    loop {
        if let Ok(count) = disk.count_dead_letters().await {
            gauges.dead_letters.set(count as usize);
        }
        sleep(COUNT_PAUSE).await;
    }
}

/// Dead letters, as the API accesses them.
pub(crate) struct DeadLetterOffice {
    pub(crate) disk: Arc<SqliteStore>,
    pub(crate) callbacks: Callbacks,
}

impl Resend for DeadLetterOffice {
    fn dead_letter(&self, sid: &str) -> Stored<'_, Option<DeadLetter>> {
        self.disk.dead_letter(sid)
    }

    fn dead_letters(&self, part: Part) -> Stored<'_, Vec<DeadLetter>> {
        self.disk.dead_letters(part)
    }

    fn resend(&self, sid: &str) -> Stored<'_, Resent> {
        let sid = sid.to_owned();
        Box::pin(async move {
            let Some(dead) = self.disk.dead_letter(&sid).await? else {
                return Ok(Resent::Unknown);
            };
            let event = &dead.event;
            let Some(id) = self.callbacks.reserve(&event.url, event.bytes) else {
                return Ok(Resent::Full);
            };
            let created: WallTime = confab_sockets::wall();
            if !self.disk.revive(&sid, id, created).await? {
                return Ok(Resent::Unknown);
            }
            self.callbacks.restore([Restored {
                id,
                about: event.about,
                url: event.url.clone(),
                created,
                bytes: event.bytes,
            }]);
            Ok(Resent::Queued(dead))
        })
    }
}
