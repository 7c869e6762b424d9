//! Outbox without room for a receiver's events: the newest event is rejected, counted and reported.

#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use confab_phone::{PhoneConfig, Phones, Voice};
use confab_store::{Given, Outbox, OutboxEvent};
use confab_switchboard::{About, TimeOuts};
use confab_terms::limits::{OUTBOX_BYTES_MAX, OUTBOX_RECEIVER_SHARE};
use confab_terms::{ConferenceSid, Method};

use crate::process::{Folder, Server, command};

const PATIENCE: Duration = Duration::from_secs(5);
const FULL: &str = "confab_webhooks_failed_total{reason=\"no_room\"}";
/// Number of events that fill the share of a receiver.
const EVENTS: u64 = 4;

/// Puts events for this receiver into the outbox of a stopped server.
async fn fill(data: &Path, given: &Given, url: &str) {
    let (store, _) = confab_store::open(data, given).await.unwrap();
    for id in 1..=EVENTS {
        let event = OutboxEvent {
            token: format!("token-{id}"),
            about: About::Conference(ConferenceSid::from_random(id.into())),
            url: url.to_owned(),
            method: Method::Post,
            fields: vec![("SequenceNumber".to_owned(), "1".to_owned())],
            time_outs: TimeOuts::default(),
            created: confab_sockets::wall(),
            bytes: OUTBOX_BYTES_MAX / OUTBOX_RECEIVER_SHARE / EVENTS as usize,
        };
        store.keep_event(id, Arc::new(event));
    }
    store.flush_outbox().await.unwrap();
}

#[test]
fn event_without_room_is_counted_and_the_first_is_a_notification() {
    let folder = Folder::new();
    // Bound and not accepting: a port that no other process uses, on which no event is answered.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/calls", silent.local_addr().unwrap());
    let mut server = Server::start(&folder);
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let given = Given {
        sid: Some(server.account.parse().unwrap()),
        token: Some("secret".to_owned()),
        ..Given::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(fill(&folder.0.join("data"), &given, &url));
    drop(runtime);

    let server = Server::from(command(&folder).env("CONFAB_STATUS_CALLBACK_URL", &url));
    server.wait_for_figure("confab_webhooks_waiting", |n| n == EVENTS as f64);
    assert_eq!(server.figure(FULL), 0.0);
    let phones = Phones::new().unwrap();
    for name in ["anna", "boris"] {
        let voice = Voice::Tone {
            hz: 600.0,
            dbfs: -20.0,
        };
        let config = PhoneConfig::new(server.sip, "full", name).saying(voice);
        let phone = phones.call(&config).unwrap();
        phone.wait_until_talking(PATIENCE).unwrap();
        phone.hang_up().unwrap();
        phone.wait_until_ended(PATIENCE).unwrap();
    }
    server.wait_for_figure(FULL, |rejected| rejected >= 2.0);
    let (_, list) = server.ask("GET", "Notifications", "");
    let all = list["notifications"].as_array().unwrap();
    let full: Vec<_> = all
        .iter()
        .filter(|one| one["error_code"] == "11200")
        .collect();
    assert_eq!(full.len(), 1, "{list:#}");
    let message = full[0]["message_text"].as_str().unwrap();
    assert!(message.contains("until there is room"), "{message}");
    assert_eq!(full[0]["request_url"], url.as_str());
}
