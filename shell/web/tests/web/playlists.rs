//! Playlists instead of audio, and audio with other content types.

use std::time::{Duration, Instant};

use confab_switchboard::{FetchError, FetchKind, Fetched};
use confab_web::Web;

use crate::servers::{Say, Server, config, get, ok, post, status, web};

const PLAY: FetchKind = FetchKind::Audio;

async fn error(web: &Web, url: &str) -> FetchError {
    web.fetch(get(PLAY, url)).await.expect_err("no audio")
}

/// Starts a server of playlists; `/audio` is an audio file, `/gone` is missing.
async fn listing(playlists: &'static [(&'static str, &'static str, &'static str)]) -> Server {
    Server::start(move |seen| {
        let path = seen.path();
        let found = playlists.iter().find(|(known, ..)| *known == path);
        let text = match (found, path) {
            (Some((_, content_type, body)), _) => ok(content_type, body),
            (None, "/audio") => ok("audio/wav", "RIFFaudio"),
            _ => status(404),
        };
        vec![Say::Text(text)]
    })
    .await
}

#[tokio::test]
async fn the_first_entry_that_is_audio_is_played() {
    let server = listing(&[
        (
            "/m3u",
            "audio/x-mpegurl",
            "#EXTM3U\n#EXTINF:-1,x\n/gone\n/page\naudio\n",
        ),
        ("/bare", "audio/mpegurl", "http://127.0.0.1:1/\r\naudio\r\n"),
        ("/text", "text/plain", "#EXTM3U\naudio\n"),
        (
            "/pls",
            "audio/x-scpls",
            "[playlist]\nFile1=/gone\nFile2=/audio\n",
        ),
        (
            "/apple",
            "application/vnd.apple.mpegurl",
            "#EXTM3U\naudio\n",
        ),
        ("/nested", "audio/x-mpegurl", "#EXTM3U\n/pls\n"),
        ("/page", "text/html", "<html></html>"),
    ])
    .await;
    for path in ["/m3u", "/bare", "/text", "/pls", "/apple", "/nested"] {
        let (web, shelf) = web(config());
        for kind in [PLAY, FetchKind::DocumentOrAudio] {
            let brought = web.fetch(get(kind, &server.url(path))).await;
            let Ok(Fetched::Audio { audio }) = brought else {
                panic!("{path}, {kind:?}: {brought:?}");
            };
            let kept = shelf.ended(audio).await;
            assert_eq!(
                (&kept.bytes[..], &kept.content_type[..]),
                (&b"RIFFaudio"[..], "audio/wav")
            );
        }
    }
}

#[tokio::test]
async fn entries_are_asked_without_our_fields() {
    let server = listing(&[("/m3u", "audio/x-mpegurl", "#EXTM3U\naudio\n")]).await;
    let (web, _) = web(config());
    let fetch = post(
        FetchKind::DocumentOrAudio,
        &server.url("/m3u"),
        &[("CallSid", "1")],
    );
    web.fetch(fetch).await.expect("audio");
    let seen = server.seen();
    let asked: Vec<_> = seen
        .iter()
        .map(|seen| (seen.method(), seen.path()))
        .collect();
    assert_eq!(asked, [("POST", "/m3u"), ("GET", "/audio")]);
    assert_eq!(seen[1].header("x-twilio-signature"), None);
}

#[tokio::test]
async fn hls_is_named() {
    let server = listing(&[(
        "/hls",
        "application/vnd.apple.mpegurl",
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\naudio\n",
    )])
    .await;
    let (web, _) = web(config());
    let error = error(&web, &server.url("/hls")).await;
    assert_eq!(error.code, 13420);
    assert!(
        error.message.starts_with("found an HLS playlist"),
        "{}",
        error.message
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn playlists_are_followed_within_bounds() {
    let server = listing(&[
        ("/self", "audio/x-mpegurl", "#EXTM3U\n/self\n"),
        (
            "/many",
            "audio/x-mpegurl",
            "#EXTM3U\n/1\n/2\n/3\n/4\n/5\n/6\n/7\n/8\n/9\n/audio\n",
        ),
        ("/empty", "audio/x-mpegurl", "#EXTM3U\n"),
        ("/wide", "audio/x-mpegurl", "#EXTM3U\n/many\n/many\n/many\n"),
    ])
    .await;
    for (path, requests) in [("/self", 3), ("/many", 9), ("/empty", 1), ("/wide", 9)] {
        let (web, _) = web(config());
        let before = server.seen().len();
        let error = error(&web, &server.url(path)).await;
        assert!(matches!(error.code, 11217 | 13420), "{path}: {error:?}");
        assert_eq!(server.seen().len() - before, requests, "{path}");
    }
}

#[tokio::test]
async fn entries_lead_to_no_forbidden_address() {
    let list = "#EXTM3U\nfile:///etc/passwd\nhttp://u:p@127.0.0.1/\nhttp://10.1.2.3/audio\n\
                http://169.254.169.254/latest\n";
    let server = Server::saying(ok("audio/x-mpegurl", list)).await;
    let (web, _) = web(config());
    let error = error(&web, &server.url("/list")).await;
    assert_eq!(error.code, 11205, "{error:?}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn audio_is_recognised_under_other_names() {
    for content_type in [
        "video/mpeg",
        "video/x-wav",
        "text/plain",
        "application/octet-stream",
    ] {
        for body in [
            "RIFF....WAVE",
            "ID3\u{4}",
            "OggS",
            "fLaC",
            ".snd",
            "FORM....AIFF",
        ] {
            let server = Server::saying(ok(content_type, body)).await;
            for kind in [PLAY, FetchKind::DocumentOrAudio] {
                let (web, _) = web(config());
                let brought = web.fetch(get(kind, &server.url("/"))).await;
                let is_audio = matches!(brought, Ok(Fetched::Audio { .. }));
                assert!(is_audio, "{content_type} {body:?} {kind:?}: {brought:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_play_leaves_it_to_the_decoder_to_name_a_picture_and_refuses_text() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n\r\n";
    let server = Server::start(move |_| {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        vec![Say::Text(head.to_owned()), Say::Bytes(png), Say::Close]
    })
    .await;
    let (web, _) = web(config());
    let brought = web.fetch(get(PLAY, &server.url("/"))).await;
    assert!(matches!(brought, Ok(Fetched::Audio { .. })), "{brought:?}");
    let server = Server::saying(ok("text/plain", "no such file")).await;
    assert_eq!(error(&web, &server.url("/")).await.code, 12300);
}

#[tokio::test]
async fn a_stream_that_is_not_wanted_any_more_is_closed_though_it_sends_nothing() {
    let head = "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\nID3";
    let server = Server::start(move |_| vec![Say::Text(head.to_owned()), Say::Wait(60_000)]).await;
    let (web, shelf) = web(config());
    let brought = web.fetch(get(PLAY, &server.url("/radio"))).await;
    assert!(matches!(brought, Ok(Fetched::Audio { .. })), "{brought:?}");
    shelf.drop_all();
    let begun = Instant::now();
    while shelf.writers() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(1), "it is still read");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
