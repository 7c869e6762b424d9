//! Shoutcast servers, and other servers that do not use HTTP.

use confab_switchboard::{FetchKind, Fetched};

use crate::servers::{Say, Server, config, get, post, web};

const HEAD: &str = "ICY 200 OK\r\nicy-notice1:<BR>This stream requires Winamp<BR>\r\n\
                    icy-name:Radio\r\nicy-br:128\r\ncontent-type:audio/mpeg\r\n\r\n";

#[tokio::test]
async fn icy_answer_is_audio_whole_and_in_any_pieces() {
    let audio = vec![0xff_u8; 50_000];
    for cuts in [
        &[][..],
        &[2],
        &[4, 40],
        &[HEAD.len() - 2],
        &[HEAD.len()],
        &[HEAD.len() + 7],
    ] {
        let whole = [HEAD.as_bytes(), &audio].concat();
        let mut parts = Vec::new();
        let mut from = 0;
        for cut in cuts {
            parts.push(Say::Bytes(whole[from..*cut].to_vec()));
            parts.push(Say::Wait(50));
            from = *cut;
        }
        parts.push(Say::Bytes(whole[from..].to_vec()));
        parts.push(Say::Close);
        let server = Server::start(move |_| parts.clone()).await;
        let (web, shelf) = web(config());
        let url = server.url("/stream");
        for kind in [
            FetchKind::Audio,
            FetchKind::DocumentOrAudio,
            FetchKind::Document,
        ] {
            let fetched = web.fetch(post(kind, &url, &[])).await;
            let Ok(Fetched::Audio { audio: id }) = fetched else {
                panic!("{cuts:?} {kind:?}: {fetched:?}");
            };
            let kept = shelf.ended(id).await;
            assert_eq!(
                (kept.end, kept.content_type.as_str()),
                (Some(Ok(())), "audio/mpeg")
            );
            assert!(kept.bytes == audio, "{cuts:?}: {} bytes", kept.bytes.len());
        }
    }
}

#[tokio::test]
async fn icy_head_may_end_with_bare_line_feeds() {
    let answer = "ICY 200 OK\nicy-name:x\ncontent-type:audio/mpeg\n\nID3\r\n\r\n";
    let server = Server::start(move |_| vec![Say::Text(answer.to_owned()), Say::Close]).await;
    let (web, shelf) = web(config());
    let fetched = web.fetch(get(FetchKind::Audio, &server.url("/"))).await;
    let Ok(Fetched::Audio { audio }) = fetched else {
        panic!("{fetched:?}");
    };
    assert_eq!(shelf.ended(audio).await.bytes, b"ID3\r\n\r\n");
}

#[tokio::test]
async fn icy_answer_on_a_kept_connection_is_requested_again_on_a_new_one() {
    let server = Server::start(|request| match request.path() {
        "/list" => {
            let list = "[playlist]\nFile1=/stream\n";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: audio/x-scpls\r\ncontent-length: {}\r\n\r\n",
                list.len()
            );
            vec![Say::Text(head + list)]
        }
        _ => vec![Say::Text(format!("{HEAD}ID3")), Say::Close],
    })
    .await;
    let (web, shelf) = web(config());
    let fetched = web.fetch(get(FetchKind::Audio, &server.url("/list"))).await;
    let Ok(Fetched::Audio { audio }) = fetched else {
        panic!("{fetched:?}");
    };
    assert_eq!(shelf.ended(audio).await.bytes, b"ID3");
}

#[tokio::test]
async fn icy_status_counts_and_other_protocols_are_refused() {
    for (answer, code, status) in [
        ("ICY 404 Resource Not Found\r\n\r\n", 11217, Some(404)),
        ("ICY 401 Service Unavailable\r\n\r\n", 11217, Some(401)),
        ("ICY\r\n\r\n", 11200, None),
        ("ICYHOT 200 OK\r\n\r\nRIFF", 11200, None),
        ("ICY 200 OK\r\n", 11200, None),
        ("RIFF....WAVE no head at all\r\n\r\n", 11200, None),
        ("220 smtp.example ESMTP\r\n", 11200, None),
    ] {
        let server = Server::start(move |_| vec![Say::Text(answer.to_owned()), Say::Close]).await;
        let (web, shelf) = web(config());
        let fetched = web.fetch(get(FetchKind::Audio, &server.url("/"))).await;
        let error = fetched.expect_err(answer);
        assert_eq!(
            (error.code, error.status),
            (code, status),
            "{answer}: {error:?}"
        );
        assert_eq!(shelf.count(), 0);
    }
    let endless = Server::start(|_| {
        vec![
            Say::Text("ICY 200 OK\r\n".to_owned()),
            Say::Endlessly(b"icy-x: y\r\n".to_vec()),
        ]
    })
    .await;
    let (web, _) = web(config());
    let error = web
        .fetch(get(FetchKind::Audio, &endless.url("/")))
        .await
        .expect_err("a head without an end");
    assert_eq!(error.code, 11200);
}
