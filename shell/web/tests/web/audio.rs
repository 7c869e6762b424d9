//! Audio: streamed while received, cached according to the server's headers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use confab_switchboard::{FetchKind, Fetched};
use confab_terms::AudioId;
use confab_web::Web;
use tokio::sync::Notify;

use crate::servers::{Say, Seen, Server, config, get, ok, post, status, web};
use crate::sink::Kept;

async fn audio(web: &Web, url: &str) -> AudioId {
    match web.fetch(get(FetchKind::Audio, url)).await {
        Ok(Fetched::Audio { audio }) => audio,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_body_arrives_whole_and_as_it_comes() {
    let has_audio = Arc::new(Notify::new());
    let moment = has_audio.clone();
    let server = Server::start(move |_| {
        vec![
            Say::Text(
                "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 200000\r\n\r\n"
                    .into(),
            ),
            Say::Bytes(vec![1; 100_000]),
            Say::Until(moment.clone()),
            Say::Bytes(vec![2; 100_000]),
        ]
    })
    .await;
    let (web, shelf) = web(config());
    let audio = audio(&web, &server.url("/a.mp3")).await;
    assert_eq!(
        shelf.now(audio).end,
        None,
        "the fetch is over before the body is"
    );
    has_audio.notify_one();
    let kept = shelf.ended(audio).await;
    assert_eq!(kept.end, Some(Ok(())));
    assert_eq!(kept.content_type, "audio/mpeg");
    assert_eq!(kept.bytes.len(), 200_000);
    assert!(kept.bytes[..100_000].iter().all(|byte| *byte == 1));
}

#[tokio::test]
async fn a_body_that_breaks_off_fails_and_is_not_kept() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nCache-Control: max-age=60\r\n\
                Content-Length: 1000\r\n\r\nRIFF";
    let server = Server::start(move |_| vec![Say::Text(head.to_owned()), Say::Wait(60_000)]).await;
    let (web, shelf) = web(config());
    let mut fetch = get(FetchKind::Audio, &server.url("/a.wav"));
    fetch.time_outs.read_ms = 200;
    let Ok(Fetched::Audio { audio }) = web.fetch(fetch.clone()).await else {
        panic!("audio was on its way");
    };
    let kept = shelf.ended(audio).await;
    assert_eq!(kept.bytes, b"RIFF");
    assert!(kept.end.unwrap().unwrap_err().contains("200 ms"));
    tokio::task::yield_now().await;
    let Ok(Fetched::Audio { audio: again }) = web.fetch(fetch).await else {
        panic!("audio was on its way");
    };
    assert_ne!(audio, again);
}

/// Returns audio without any bytes.
fn kept_nothing(content_type: &str) -> Kept {
    Kept {
        content_type: content_type.to_owned(),
        ..Kept::default()
    }
}

#[tokio::test]
async fn a_body_waits_for_whoever_decodes_it() {
    let server = Server::saying(ok("audio/wav", &"x".repeat(50_000))).await;
    let (web, shelf) = web(config());
    shelf.stalls.store(true, Ordering::SeqCst);
    let audio = audio(&web, &server.url("/a.wav")).await;
    while shelf.refusals.load(Ordering::SeqCst) < 3 {
        assert_eq!(
            shelf.now(audio),
            kept_nothing("audio/wav"),
            "there was no room"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        shelf.now(audio),
        kept_nothing("audio/wav"),
        "there was no room"
    );
    shelf.stalls.store(false, Ordering::SeqCst);
    let kept = shelf.ended(audio).await;
    assert_eq!((kept.end, kept.bytes.len()), (Some(Ok(())), 50_000));
}

#[tokio::test]
async fn more_than_100_megabytes_is_11750() {
    let text = "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 104857601\r\n\r\n";
    let server = Server::saying(text).await;
    let (web, shelf) = web(config());
    let error = web
        .fetch(get(FetchKind::Audio, &server.url("/")))
        .await
        .expect_err("big");
    assert_eq!(error.code, 11750);
    assert_eq!(shelf.count(), 0);
}

#[tokio::test]
async fn a_body_without_an_end_is_cut_at_100_megabytes() {
    for length in ["", "Transfer-Encoding: chunked\r\n"] {
        let chunked = !length.is_empty();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n{length}\r\n");
        let mut piece = vec![1; 1 << 20];
        if chunked {
            piece = [b"100000\r\n", &piece[..], b"\r\n"].concat();
        }
        let server = Server::start(move |_| {
            let (head, piece) = (head.clone(), piece.clone());
            vec![Say::Text(head), Say::Endlessly(piece)]
        })
        .await;
        let (web, shelf) = web(config());
        let audio = audio(&web, &server.url("/radio")).await;
        let kept = shelf.ended(audio).await;
        let why = kept.end.unwrap().unwrap_err();
        assert!(why.contains("100 MB"), "{why}");
        let bytes = kept.bytes.len();
        assert!((99 << 20..=100 << 20).contains(&bytes), "{bytes}");
    }
}

#[tokio::test]
async fn fresh_audio_is_not_asked_for_again() {
    let text = "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nCache-Control: public, max-age=60\r\n\
                Content-Length: 4\r\n\r\nRIFF";
    let server = Server::saying(text).await;
    let (web, shelf) = web(config());
    let first = audio(&web, &server.url("/a")).await;
    for _ in 0..5 {
        assert_eq!(audio(&web, &server.url("/a#x")).await, first);
    }
    assert_eq!(server.seen().len(), 1);
    assert_ne!(audio(&web, &server.url("/b")).await, first);
    // Audio that the sink has dropped is fetched again.
    shelf.drop_all();
    audio(&web, &server.url("/a")).await;
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn many_who_ask_at_once_share_one_answer() {
    let server = Server::start(|_| vec![Say::Wait(100), Say::Text(ok("audio/wav", "RIFF"))]).await;
    let (web, _) = web(config());
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (web, url) = (web.clone(), server.url("/a"));
            tokio::spawn(async move { audio(&web, &url).await })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all.dedup();
    assert_eq!(all.len(), 1);
    assert_eq!(server.seen().len(), 1);
}

fn versioned(seen: &Seen) -> Vec<Say> {
    let known = seen.header("if-none-match") == Some("\"v1\"");
    let text = if known {
        "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned()
    } else {
        "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nETag: \"v1\"\r\n\
         Content-Length: 4\r\n\r\nRIFF"
            .to_owned()
    };
    vec![Say::Text(text)]
}

#[tokio::test]
async fn stale_audio_is_asked_about() {
    let server = Server::start(versioned).await;
    let (web, shelf) = web(config());
    let begun = Instant::now();
    let first = audio(&web, &server.url("/a")).await;
    while server.seen().len() < 2 {
        assert!(
            begun.elapsed().as_secs() < 20,
            "the server is not asked again"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(audio(&web, &server.url("/a")).await, first);
    }
    assert!(
        begun.elapsed().as_secs() >= 2,
        "the answer was shared for too short a time"
    );
    let seen = server.seen();
    assert_eq!(seen[1].header("if-none-match"), Some("\"v1\""));
    assert_eq!(shelf.count(), 1);
}

#[tokio::test]
async fn other_fields_are_another_question_of_the_same_audio() {
    let server = Server::start(versioned).await;
    let (web, shelf) = web(config());
    let mut ids = Vec::new();
    for call in ["a", "b", "c"] {
        let mut fetch = get(FetchKind::DocumentOrAudio, &server.url("/hold"));
        fetch.fields = vec![("CallSid".to_owned(), call.to_owned())];
        ids.push(web.fetch(fetch).await.expect("audio"));
    }
    for call in ["d", "e"] {
        let fetch = post(
            FetchKind::DocumentOrAudio,
            &server.url("/hold"),
            &[("CallSid", call)],
        );
        ids.push(web.fetch(fetch).await.expect("audio"));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(shelf.count(), 1);
    let seen = server.seen();
    assert_eq!(seen.len(), 5, "each is told who hears it");
    assert_eq!(seen[1].path(), "/hold?CallSid=b");
    // A matching condition on a POST would cause a 412 (RFC 9110).
    assert_eq!(seen[3].header("if-none-match"), None);
}

#[tokio::test]
async fn audio_without_marks_is_let_go_when_the_next_takes_its_place() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 4\r\n\r\nRIFF";
    let server = Server::start(move |_| vec![Say::Text(head.to_owned())]).await;
    let (web, shelf) = web(config());
    let mut heard = Vec::new();
    for call in ["a", "b", "c"] {
        // Different fields prevent sharing of the previous response.
        let mut fetch = get(FetchKind::Audio, &server.url("/hold"));
        fetch.fields = vec![("CallSid".to_owned(), call.to_owned())];
        match web.fetch(fetch).await {
            Ok(Fetched::Audio { audio }) => heard.push(audio),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(*shelf.forgotten.lock().unwrap(), heard[..2]);
}

#[tokio::test]
async fn either_kind_is_told_apart() {
    let (web, shelf) = web(config());
    for (content_type, body, expected) in [
        ("text/xml", "<Response/>", "document"),
        ("audio/x-wav", "RIFF", "audio"),
        ("application/octet-stream", "ID3\u{3}", "audio"),
        (
            "application/octet-stream",
            "<?xml version='1.0'?><Response/>",
            "document",
        ),
        ("", "OggS", "audio"),
        ("application/octet-stream", "MZ", "12300"),
        ("application/octet-stream", "\u{b}w\u{1}", "audio"),
        ("video/mp2t", "G@\0\u{1f}", "audio"),
        ("application/octet-stream", "\u{feff}#EXTM3U\n", "13420"),
        ("text/html", "<html>", "document"),
    ] {
        let server = Server::saying(ok(content_type, body)).await;
        let got = match web
            .fetch(get(FetchKind::DocumentOrAudio, &server.url("/")))
            .await
        {
            Ok(Fetched::Document { .. }) => "document".to_owned(),
            Ok(Fetched::Text(_)) => "text".to_owned(),
            Ok(Fetched::Audio { audio }) => {
                assert_eq!(shelf.ended(audio).await.bytes, body.as_bytes());
                "audio".to_owned()
            }
            Err(error) => error.code.to_string(),
        };
        assert_eq!(got, expected, "{content_type} {body}");
    }
    let xml = Server::saying(ok("text/xml", "<Response/>")).await;
    let error = web
        .fetch(get(FetchKind::Audio, &xml.url("/")))
        .await
        .expect_err("no audio");
    assert_eq!(error.code, 12300);
    let missing = Server::saying(status(404)).await;
    let error = web
        .fetch(get(FetchKind::Audio, &missing.url("/")))
        .await
        .expect_err("missing");
    assert_eq!((error.code, error.status), (11217, Some(404)));
}
