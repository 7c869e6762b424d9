//! Callbacks: in order, retried within bounds, one conference never delayed by another.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use confab_switchboard::{About, FetchError, TimeOuts};
use confab_terms::{ConferenceSid, Method};
use confab_web::{Callback, Callbacks, Full};

use crate::servers::{Say, Server, config, redirect, status, strict, web};

type GivenUp = Arc<Mutex<Vec<(Callback, FetchError)>>>;

fn callbacks() -> (Callbacks, GivenUp) {
    let given_up = GivenUp::default();
    let keep = given_up.clone();
    let failed = Box::new(move |callback: &Callback, error: &FetchError| {
        keep.lock().unwrap().push((callback.clone(), error.clone()));
    });
    (Callbacks::start(web(config()).0, failed), given_up)
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
        // The earlier, the slower.
        let number: u64 = seen.body.rsplit('=').next().unwrap().parse().unwrap();
        vec![
            Say::Wait(20_u64.saturating_sub(number)),
            Say::Text(status(200)),
        ]
    })
    .await;
    let (callbacks, given_up) = callbacks();
    for number in 0..30 {
        for conference in 1..=3 {
            let url = server.url(&format!("/{conference}"));
            callbacks
                .push(callback(conference, &url, number))
                .expect("room");
        }
    }
    assert_eq!(callbacks.drain(Duration::from_secs(20)).await, 0);
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
    assert!(given_up.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_slow_receiver_delays_its_own_conference_only() {
    let slow = Server::start(|_| vec![Say::Wait(1_500), Say::Text(status(200))]).await;
    let quick = Server::saying(status(204)).await;
    let (callbacks, _) = callbacks();
    for conference in 1..=50 {
        callbacks
            .push(callback(conference, &slow.url("/"), 1))
            .expect("room");
        callbacks
            .push(callback(conference, &slow.url("/"), 2))
            .expect("room");
    }
    let start = Instant::now();
    callbacks
        .push(callback(99, &quick.url("/"), 1))
        .expect("room");
    while quick.seen().is_empty() {
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "delayed by another's"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let left = callbacks.drain(Duration::from_millis(100)).await;
    assert!(
        (1..=100).contains(&left),
        "the drain is over in time: {left} left"
    );
}

#[tokio::test]
async fn what_fails_is_tried_three_times_and_then_the_next_comes() {
    let server = Server::start(|seen| {
        vec![Say::Text(status(if seen.path() == "/bad" {
            500
        } else {
            200
        }))]
    })
    .await;
    let (callbacks, given_up) = callbacks();
    callbacks
        .push(callback(1, &server.url("/bad"), 1))
        .expect("room");
    callbacks
        .push(callback(1, &server.url("/good"), 2))
        .expect("room");
    assert_eq!(callbacks.drain(Duration::from_secs(20)).await, 0);
    let paths: Vec<_> = server
        .seen()
        .iter()
        .map(|one| one.path().to_owned())
        .collect();
    assert_eq!(paths, ["/bad", "/bad", "/bad", "/good"]);
    let given_up = given_up.lock().unwrap();
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].1.status, Some(500));
}

#[tokio::test]
async fn what_would_not_get_better_is_tried_once() {
    let server = Server::saying(status(404)).await;
    let (callbacks, given_up) = callbacks();
    callbacks
        .push(callback(1, &server.url("/"), 1))
        .expect("room");
    callbacks
        .push(callback(1, "http://10.0.0.1/", 2))
        .expect("room");
    assert_eq!(callbacks.drain(Duration::from_secs(5)).await, 0);
    assert_eq!(server.seen().len(), 1);
    let codes: Vec<_> = given_up
        .lock()
        .unwrap()
        .iter()
        .map(|one| one.1.code)
        .collect();
    assert_eq!(codes, [11217, 11205]);
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
    let (callbacks, given_up) = callbacks();
    let mut get = callback(1, &server.url("/in?a=b"), 7);
    get.method = Method::Get;
    callbacks.push(get).expect("room");
    callbacks
        .push(callback(1, &server.url("/away"), 8))
        .expect("room");
    assert_eq!(callbacks.drain(Duration::from_secs(5)).await, 0);
    assert_eq!(server.seen()[0].path(), "/in?a=b&SequenceNumber=7");
    assert_eq!(given_up.lock().unwrap()[0].1.code, 11205);
}

#[tokio::test]
async fn too_many_are_dropped_and_never_waited_for() {
    let slow = Server::start(|_| vec![Say::Wait(60_000)]).await;
    let callbacks = Callbacks::start(web(strict()).0, Box::new(|_, _| {}));
    let mut one = callback(1, &slow.url("/"), 1);
    one.fields.push(("Big".to_owned(), "x".repeat(100_000)));
    let start = Instant::now();
    // Nothing is sent while this thread does not yield to the runtime.
    let taken = (0..10_000)
        .take_while(|_| callbacks.push(one.clone()) == Ok(()))
        .count();
    assert!((500..800).contains(&taken), "64 MB of them: {taken}");
    assert_eq!(callbacks.push(one), Err(Full { first: false }));
    assert!(start.elapsed() < Duration::from_secs(5));
}
