//! Restart: closes calls, conferences and recordings that the previous process left open, and
//! restores registrations.

use std::path::Path;
use std::sync::Arc;

use confab_rest::Dialect;
use confab_store::{Entry, Outbox as _, SqliteStore, Store, StoredRegistration};
use confab_switchboard::{MendedRecording, OpenRows, Output};
use confab_web::{Callback, Callbacks, Kept};

use crate::outlets::in_logs;
use crate::recordings;

/// State that a killed process has left.
pub(crate) struct LeftOpen {
    recordings: Vec<MendedRecording>,
    rows: OpenRows,
    pub(crate) registrations: Vec<StoredRegistration>,
}

/// Reads the state that a killed process has left, and completes the files of recordings. Must run
/// before new calls.
pub(crate) async fn find(disk: &Arc<SqliteStore>, recordings: &Path) -> LeftOpen {
    let store: Arc<dyn Store> = Arc::clone(disk) as _;
    let rows = store.open_rows().await.unwrap_or_else(|error| {
        tracing::error!(%error, "calls of the process before are not closed");
        OpenRows::default()
    });
    let registrations = store.registrations().await.unwrap_or_else(|error| {
        tracing::error!(%error, "phones must register again");
        Vec::new()
    });
    LeftOpen {
        recordings: recordings::mend(&store, recordings).await,
        rows,
        registrations,
    }
}

impl LeftOpen {
    /// Closes every recording, conference and call. Rows, history and callbacks are written in a
    /// single transaction, and the callbacks are sent after it. So a second kill neither loses a
    /// callback nor causes two starts to send it.
    pub(crate) fn close(
        self,
        disk: &Arc<SqliteStore>,
        to: &Callbacks,
        (dialect, api_url): (Dialect, &str),
    ) {
        let (calls, conferences) = (self.rows.calls.len(), self.rows.conferences.len());
        if calls + conferences > 0 {
            tracing::warn!(
                calls,
                conferences,
                "closing what the process before left open"
            );
        }
        let recordings = self.recordings.iter();
        let recordings = recordings.filter_map(|recording| recording.view.callback(api_url));
        let now = confab_sockets::wall();
        let closed = self.rows.close(now, api_url, &self.recordings);
        let outputs = recordings.chain(closed);
        let mut kept = Vec::new();
        disk.together(|| {
            kept = outputs
                .filter_map(|output| keep(output, &**disk, to, dialect))
                .collect();
        });
        let (disk, to) = (Arc::clone(disk), to.clone());
        tokio::spawn(async move {
            let _written_or_lost = disk.flush().await;
            let _written_or_lost = disk.flush_outbox().await;
            for callback in kept {
                to.send(callback);
            }
        });
    }
}

/// Executes an output, except for sending a callback, which is returned.
fn keep(output: Output, store: &dyn Store, to: &Callbacks, dialect: Dialect) -> Option<Kept> {
    match output {
        Output::Callback {
            about,
            url,
            method,
            fields,
            time_outs,
        } => {
            let kept = to.keep(Callback {
                about,
                url,
                method,
                fields: dialect.fields(fields),
                time_outs,
            });
            let rejected = |full| {
                tracing::warn!("the end of a call before the restart is not reported: {full}");
            };
            return kept.map_err(rejected).ok();
        }
        Output::CallEnded(view) => store.keep(Entry::Call(view)),
        Output::ConferenceEnded(view) => store.keep(Entry::Conference(view)),
        Output::Row { at, change } => store.keep_row(at, change),
        Output::News(news) => in_logs::log(dialect, &news),
        // The end of a call without a phone has no other outputs.
        _ => {}
    }
    None
}
