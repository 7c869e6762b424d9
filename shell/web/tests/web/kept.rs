//! Reused connections, and a server that has just closed one.

use std::sync::atomic::{AtomicUsize, Ordering};

use confab_switchboard::{FetchError, FetchKind, Fetched};
use confab_web::Web;

use crate::servers::{Say, Seen, Server, config, ok, post, redirect, web};

/// Responds to the requests with these numbers, counted from 0, and closes on the others.
async fn answering(answered: &'static [usize]) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |seen| {
        let nth = count.fetch_add(1, Ordering::SeqCst);
        vec![match seen.path() {
            _ if !answered.contains(&nth) => Say::Close,
            "/there" => Say::Text(redirect(307, "/here")),
            _ => Say::Text(ok("text/xml", "<Response/>")),
        }]
    })
    .await
}

async fn say(web: &Web, server: &Server, path: &str) -> Result<Fetched, FetchError> {
    let fields = [("CallSid", "1")];
    let fetch = post(FetchKind::Document, &server.url(path), &fields);
    web.fetch(fetch).await
}

#[tokio::test]
async fn what_a_kept_connection_did_not_answer_is_said_on_a_new_one() {
    let server = answering(&[0, 2, 3]).await;
    let (web, _) = web(config());
    for _ in 0..2 {
        say(&web, &server, "/here").await.expect("a document");
    }
    assert_eq!((server.seen().len(), server.connections()), (3, 2));
    let said = server.seen();
    assert_eq!(said[1].body, said[2].body);
    let signature = |n: usize| said[n].header("x-signalwire-signature").map(str::to_owned);
    assert!(signature(2).is_some() && signature(1) == signature(2));
}

#[tokio::test]
async fn a_redirect_does_not_end_with_the_connection_that_it_came_on() {
    let server = answering(&[0, 2]).await;
    let (web, _) = web(config());
    say(&web, &server, "/there").await.expect("a document");
    let said = server.seen();
    let paths: Vec<&str> = said.iter().map(Seen::path).collect();
    assert_eq!(paths, ["/there", "/here", "/here"]);
    assert_eq!(said[2].body, "CallSid=1");
}

#[tokio::test]
async fn it_is_said_once_more_and_not_for_ever() {
    let server = answering(&[0]).await;
    let (web, _) = web(config());
    say(&web, &server, "/here").await.expect("a document");
    let error = say(&web, &server, "/here").await.expect_err("closed");
    assert_eq!(error.code, 11200);
    assert_eq!((server.seen().len(), server.connections()), (3, 2));
}

#[tokio::test]
async fn what_a_new_connection_did_not_answer_is_not_said_again() {
    let server = answering(&[]).await;
    let (web, _) = web(config());
    let error = say(&web, &server, "/here").await.expect_err("closed");
    assert_eq!(error.code, 11200);
    assert_eq!((server.seen().len(), server.connections()), (1, 1));
}
