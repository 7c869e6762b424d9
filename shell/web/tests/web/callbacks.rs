//! The outbox over real HTTP: order, retries, back-off, Retry-After, rows on the disk, and hanging
//! receivers beside others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use confab_switchboard::{About, FetchError, TimeOuts};
use confab_terms::{ConferenceSid, Method};
use confab_web::{Callback, Callbacks, Event, Full, Journal, Loaded, Restored};

use crate::servers::{Say, Server, config, redirect, status, strict, web};

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Journal in memory.
#[derive(Default)]
pub(crate) struct Disk {
    rows: Mutex<BTreeMap<u64, Arc<Event>>>,
    dead: Mutex<Vec<(Callback, FetchError, bool)>>,
    /// Number of rows ever written.
    written: Mutex<usize>,
    unwritten: Mutex<(usize, usize)>,
    is_unreadable: AtomicBool,
}

impl Journal for Disk {
    fn keep(&self, id: u64, event: &Arc<Event>) {
        let before = self.rows.lock().unwrap().insert(id, Arc::clone(event));
        assert!(before.is_none(), "{id} is kept twice");
        *self.written.lock().unwrap() += 1;
    }
    fn delivered(&self, id: u64) {
        let row = self.rows.lock().unwrap().remove(&id);
        assert!(row.is_some(), "{id} has no row");
    }
    fn died(&self, id: u64, event: &Arc<Event>, error: &FetchError, has_expired: bool) {
        self.rows.lock().unwrap().remove(&id);
        let dead = (event.callback.clone(), error.clone(), has_expired);
        self.dead.lock().unwrap().push(dead);
    }
    fn load(&self, id: u64) -> Loaded<'_> {
        let row = self.rows.lock().unwrap().get(&id).cloned();
        let is_unreadable = self.is_unreadable.load(Ordering::Relaxed);
        Box::pin(async move {
            match is_unreadable {
                true => Err("the disk is away".to_owned()),
                false => Ok(row),
            }
        })
    }
    fn unwritten(&self) -> (usize, usize) {
        *self.unwritten.lock().unwrap()
    }
}

impl Disk {
    pub(crate) fn codes(&self) -> Vec<u32> {
        let dead = self.dead.lock().unwrap();
        dead.iter().map(|(_, error, _)| error.code).collect()
    }

    fn rows(&self) -> usize {
        self.rows.lock().unwrap().len()
    }
}

fn callbacks() -> (Callbacks, Arc<Disk>) {
    callbacks_for(DAY)
}

fn callbacks_for(lifetime: Duration) -> (Callbacks, Arc<Disk>) {
    let disk = Arc::new(Disk::default());
    let web = web(config()).0;
    (
        Callbacks::start(web, Arc::clone(&disk) as _, lifetime, 0),
        disk,
    )
}

/// Returns a URL at which no server listens.
fn nobody() -> String {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", free.local_addr().unwrap())
}

/// Waits for a condition, for at most 20 s.
pub(crate) async fn until(what: &str, fact: impl Fn() -> bool) {
    let start = Instant::now();
    while !fact() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn sent(callbacks: &Callbacks) {
    until("all are sent", || callbacks.waiting() == 0).await;
}

fn callback(conference: u128, url: &str, number: usize) -> Callback {
    Callback {
        about: About::Conference(ConferenceSid::from_random(conference)),
        time_outs: TimeOuts::default(),
        url: url.to_owned(),
        method: Method::Post,
        fields: vec![("SequenceNumber".to_owned(), number.to_string())],
    }
}

#[tokio::test]
async fn the_order_is_kept_within_a_conference() {
    let server = Server::start(|seen| {
        // Earlier events get slower responses.
        let number: u64 = seen.body.rsplit('=').next().unwrap().parse().unwrap();
        vec![
            Say::Wait(20_u64.saturating_sub(number)),
            Say::Text(status(200)),
        ]
    })
    .await;
    let (callbacks, disk) = callbacks();
    for number in 0..30 {
        for conference in 1..=3 {
            let url = server.url(&format!("/{conference}"));
            callbacks
                .push(callback(conference, &url, number))
                .expect("room");
        }
    }
    sent(&callbacks).await;
    let seen = server.seen();
    assert_eq!(seen.len(), 90);
    for conference in 1..=3 {
        let of_it = seen
            .iter()
            .filter(|one| one.path() == format!("/{conference}"));
        let numbers: Vec<_> = of_it.map(|one| one.body.clone()).collect();
        let expected: Vec<_> = (0..30)
            .map(|number| format!("SequenceNumber={number}"))
            .collect();
        assert_eq!(numbers, expected);
    }
    assert!(
        seen.iter()
            .all(|one| one.header("x-signalwire-signature").is_some())
    );
    assert!(
        server.connections() < 20,
        "connections are used again: {}",
        server.connections()
    );
    assert_eq!((disk.codes(), disk.rows()), (vec![], 0));
}

#[tokio::test]
async fn receivers_that_hang_do_not_delay_another() {
    let hanging: Vec<Server> = vec![
        Server::start(|_| vec![Say::Wait(60_000)]).await,
        Server::start(|_| vec![Say::Wait(60_000)]).await,
    ];
    let quick = Server::saying(status(204)).await;
    let (callbacks, _disk) = callbacks();
    let mut slowest = Duration::ZERO;
    let mut held = 0;
    // 200 events per second for two seconds to each receiver, each of another conference.
    for n in 0..400 {
        for server in &hanging {
            callbacks
                .push(callback(n, &server.url("/"), 1))
                .expect("room");
        }
        let start = Instant::now();
        callbacks
            .push(callback(1_000 + n, &quick.url("/"), 1))
            .expect("room");
        let count = n as usize + 1;
        until("another's event", || quick.seen().len() >= count).await;
        slowest = slowest.max(start.elapsed());
        // Before an attempt times out, also on a busy machine.
        if n == 100 {
            held = hanging.iter().map(|server| server.seen().len()).sum();
        }
        tokio::time::sleep(Duration::from_millis(5).saturating_sub(start.elapsed())).await;
    }
    assert!(slowest < Duration::from_millis(100), "{slowest:?}");
    assert_eq!(held, 2 * 16, "places that hanging receivers hold");
}

#[tokio::test]
async fn a_failing_event_is_sent_again_in_order_with_the_same_token() {
    let failures = Mutex::new(2);
    let server = Server::start(move |_| {
        let mut left = failures.lock().unwrap();
        let fails = *left > 0;
        *left -= i32::from(fails);
        vec![Say::Text(status(if fails { 503 } else { 200 }))]
    })
    .await;
    let (callbacks, disk) = callbacks();
    for number in 1..=3 {
        callbacks
            .push(callback(1, &server.url("/"), number))
            .expect("room");
    }
    sent(&callbacks).await;
    let seen = server.seen();
    let numbers: Vec<_> = seen.iter().map(|one| one.body.clone()).collect();
    let of = |number: u8| format!("SequenceNumber={number}");
    assert_eq!(numbers, [of(1), of(1), of(1), of(2), of(3)]);
    let token = |n: usize| seen[n].header("i-twilio-idempotency-token").unwrap();
    assert_eq!((token(0), token(0)), (token(1), token(2)));
    assert!(token(2) != token(3) && token(3) != token(4));
    assert_eq!(token(0).len(), 36);
    assert_eq!((disk.codes(), disk.rows()), (vec![], 0));
}

#[tokio::test]
async fn retry_after_is_kept_for_the_whole_receiver() {
    let first = AtomicBool::new(true);
    let server = Server::start(move |_| {
        let busy = "HTTP/1.1 429 Busy\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n";
        vec![Say::Text(match first.swap(false, Ordering::SeqCst) {
            true => busy.to_owned(),
            false => status(200),
        })]
    })
    .await;
    let (callbacks, _disk) = callbacks();
    let start = Instant::now();
    callbacks
        .push(callback(1, &server.url("/"), 1))
        .expect("room");
    until("the first attempt", || !server.seen().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    callbacks
        .push(callback(2, &server.url("/"), 1))
        .expect("room");
    sent(&callbacks).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_final_error_makes_a_dead_letter_at_once() {
    let server = Server::saying(status(404)).await;
    let (callbacks, disk) = callbacks();
    callbacks
        .push(callback(1, &server.url("/"), 1))
        .expect("room");
    callbacks
        .push(callback(1, "http://10.0.0.1/", 2))
        .expect("room");
    sent(&callbacks).await;
    assert_eq!(server.seen().len(), 1);
    let mut codes = disk.codes();
    codes.sort_unstable();
    assert_eq!(codes, [11205, 11217]);
}

#[tokio::test]
async fn an_event_expires_with_the_last_error_of_its_receiver() {
    let (callbacks, disk) = callbacks_for(Duration::from_secs(2));
    callbacks.push(callback(1, &nobody(), 1)).expect("room");
    until("the end of its lifetime", || !disk.codes().is_empty()).await;
    let dead = disk.dead.lock().unwrap();
    let (_, error, has_expired) = &dead[0];
    assert_eq!((error.code, *has_expired), (11_200, true));
    assert!(
        error.message.starts_with("not delivered within 2 s: "),
        "{}",
        error.message
    );
    assert_eq!((callbacks.waiting(), disk.rows()), (0, 0));
}

#[tokio::test]
async fn an_event_that_is_answered_at_once_needs_no_row() {
    let server = Server::saying(status(200)).await;
    let slow = Server::start(|_| vec![Say::Wait(200), Say::Text(status(200))]).await;
    let (callbacks, disk) = callbacks();
    for number in 0..20 {
        callbacks
            .push(callback(1, &server.url("/"), number))
            .expect("room");
        sent(&callbacks).await;
    }
    let quick = *disk.written.lock().unwrap();
    assert!(quick <= 4, "{quick} rows");
    callbacks
        .push(callback(1, &slow.url("/"), 1))
        .expect("room");
    // During an attempt of more than 20 ms, this event and the waiting one are on the disk.
    callbacks
        .push(callback(1, &slow.url("/"), 2))
        .expect("room");
    until("rows", || disk.rows() == 2).await;
    sent(&callbacks).await;
    until("no rows", || disk.rows() == 0).await;
}

#[tokio::test]
async fn an_event_survives_a_stop_and_goes_out_after_the_next_start() {
    let (callbacks, disk) = callbacks();
    let nobody = nobody();
    for number in 1..=3 {
        callbacks.push(callback(1, &nobody, number)).expect("room");
    }
    let start = Instant::now();
    assert_eq!(callbacks.drain(Duration::from_secs(5)).await, 3);
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "nothing to wait for"
    );
    assert_eq!(disk.rows(), 3);
    // Moves the rows to another receiver, as read by another process.
    let server = Server::saying(status(200)).await;
    let later = Arc::new(Disk::default());
    let rows = std::mem::take(&mut *disk.rows.lock().unwrap());
    let mut found = Vec::new();
    for (id, event) in rows {
        let mut event = (*event).clone();
        event.callback.url = server.url("/");
        found.push(Restored {
            id,
            about: event.callback.about,
            url: event.callback.url.clone(),
            created: event.created,
            bytes: event.bytes,
        });
        later.rows.lock().unwrap().insert(id, Arc::new(event));
    }
    later.is_unreadable.store(true, Ordering::Relaxed);
    let again = Callbacks::start(web(config()).0, Arc::clone(&later) as _, DAY, 3);
    again.restore(found);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.seen().len(), 0, "not read yet");
    later.is_unreadable.store(false, Ordering::Relaxed);
    sent(&again).await;
    let numbers: Vec<_> = server.seen().iter().map(|one| one.body.clone()).collect();
    let of = |number: u8| format!("SequenceNumber={number}");
    assert_eq!(numbers, [of(1), of(2), of(3)]);
    assert_eq!(later.rows(), 0);
}

#[tokio::test]
async fn a_callback_that_is_kept_is_on_the_disk_before_it_is_sent() {
    let server = Server::saying(status(200)).await;
    let (callbacks, disk) = callbacks();
    let kept = callbacks
        .keep(callback(1, &server.url("/"), 1))
        .expect("room");
    assert_eq!((disk.rows(), callbacks.waiting()), (1, 0));
    callbacks.send(kept);
    until("the event", || !server.seen().is_empty()).await;
    until("no row", || disk.rows() == 0).await;
}

#[tokio::test]
async fn a_get_carries_its_fields_in_the_query_and_redirects_are_checked() {
    let server = Server::start(|seen| {
        vec![Say::Text(match seen.path().split('?').next() {
            Some("/away") => redirect(302, "http://169.254.169.254/"),
            _ => status(200),
        })]
    })
    .await;
    let (callbacks, disk) = callbacks();
    let mut get = callback(1, &server.url("/in?a=b"), 7);
    get.method = Method::Get;
    callbacks.push(get).expect("room");
    callbacks
        .push(callback(1, &server.url("/away"), 8))
        .expect("room");
    sent(&callbacks).await;
    assert_eq!(server.seen()[0].path(), "/in?a=b&SequenceNumber=7");
    assert_eq!(disk.codes(), [11205]);
}

#[tokio::test]
async fn events_beyond_the_limits_are_rejected_without_waiting() {
    let slow = Server::start(|_| vec![Say::Wait(60_000)]).await;
    let disk = Arc::new(Disk::default());
    let callbacks = Callbacks::start(web(strict()).0, Arc::clone(&disk) as _, DAY, 0);
    let mut one = callback(1, &slow.url("/"), 1);
    one.fields.push(("Big".to_owned(), "x".repeat(100_000)));
    let start = Instant::now();
    // One receiver may use a quarter of the limit of 1 GB.
    let taken = (0..10_000)
        .take_while(|_| callbacks.push(one.clone()) == Ok(()))
        .count();
    assert!((2_600..2_700).contains(&taken), "{taken}");
    let rejected = |is_first| Err(Full { is_first });
    assert_eq!(callbacks.push(one.clone()), rejected(false));
    assert!(start.elapsed() < Duration::from_secs(5));
    // The disk accepts no more events.
    *disk.unwritten.lock().unwrap() = (100, 64 << 20);
    one.url = nobody();
    assert_eq!(callbacks.push(one.clone()), rejected(true));
    *disk.unwritten.lock().unwrap() = (0, 0);
    assert_eq!(callbacks.push(one), Ok(()));
}
