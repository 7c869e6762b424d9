//! The operator's own host and port: exempt from the address check, unless a redirect or a playlist
//! of another host leads there.

use std::sync::Arc;

use confab_switchboard::{About, FetchError, FetchKind, Fetched, TimeOuts};
use confab_terms::{CallSid, Method};
use confab_web::{Callback, Callbacks, Web};

use crate::callbacks::{DAY, Disk, until};
use crate::servers::{Names, Say, Server, get, ok, post, redirect, strict, web};

const KINDS: [FetchKind; 3] = [
    FetchKind::Document,
    FetchKind::DocumentOrAudio,
    FetchKind::Audio,
];

/// An application at `app.test`, a canary on another port of its host, and a server at
/// `third.test`, the only one whose address is allowed.
struct Setup {
    app: Server,
    canary: Server,
    third: Server,
    web: Web,
}

/// Starts the servers. `answer` gets the path, and the ports of application, canary and third
/// party.
async fn setup(answer: fn(&str, [u16; 3]) -> String) -> Setup {
    let here = |n: u8| format!("127.0.0.{n}:0").parse().unwrap();
    let canary = Server::start_at(here(1), |_| Vec::new()).await;
    let ports = std::sync::Arc::new(std::sync::Mutex::new([0; 3]));
    let say = {
        let ports = ports.clone();
        move |seen: &crate::servers::Seen| {
            let ports = *ports.lock().unwrap();
            vec![Say::Text(answer(seen.path(), ports))]
        }
    };
    let app = Server::start_at(here(1), say.clone()).await;
    let third = Server::start_at(here(9), say).await;
    let of = |server: &Server| server.address.port();
    *ports.lock().unwrap() = [of(&app), of(&canary), of(&third)];
    let mut config = strict();
    config.allow.push("127.0.0.9".parse().unwrap());
    let voice = format!("http://app.test:{}/voice", of(&app));
    config.operator_urls.push(voice.parse().unwrap());
    config.resolver = Names::new(&[
        ("app.test", &[&["127.0.0.1"]]),
        ("third.test", &[&["127.0.0.9"]]),
    ]);
    let (web, _) = web(config);
    Setup {
        app,
        canary,
        third,
        web,
    }
}

impl Setup {
    fn app(&self, path: &str) -> String {
        format!("http://app.test:{}{path}", self.app.address.port())
    }

    fn third(&self, path: &str) -> String {
        format!("http://third.test:{}{path}", self.third.address.port())
    }

    async fn refused(&self, kind: FetchKind, url: &str) -> FetchError {
        let fetch = post(kind, url, &[("CallSid", "x")]);
        let error = self.web.fetch(fetch).await.expect_err(url);
        assert_eq!(error.code, 11205, "{kind:?} {url}: {error:?}");
        error
    }
}

fn redirects(path: &str, [app, canary, third]: [u16; 3]) -> String {
    let to = match path {
        "/to-app" => format!("http://app.test:{app}/audio"),
        "/to-port" => format!("http://app.test:{canary}/"),
        "/to-own" => "/audio".to_owned(),
        "/to-third" => format!("http://third.test:{third}/to-app"),
        "/to-smtp" => "http://app.test:25/".to_owned(),
        _ => return ok("audio/wav", "RIFFaudio"),
    };
    redirect(307, &to)
}

#[tokio::test]
async fn redirects_from_another_host_lead_to_no_port_of_the_operators() {
    let setup = setup(redirects).await;
    for kind in KINDS {
        // An open connection to the application is not reused for the redirect.
        let own = setup.web.fetch(get(kind, &setup.app("/to-own"))).await;
        assert!(matches!(own, Ok(Fetched::Audio { .. })), "{own:?}");
        let before = setup.app.seen().len();
        for path in ["/to-app", "/to-port", "/to-smtp"] {
            setup.refused(kind, &setup.third(path)).await;
        }
        assert_eq!(setup.app.seen().len(), before, "{kind:?}");
    }
    assert_eq!(setup.canary.connections(), 0);
}

#[tokio::test]
async fn redirects_of_the_operator_lead_to_no_other_port_and_not_back_from_another_host() {
    let setup = setup(redirects).await;
    for kind in KINDS {
        for path in ["/to-port", "/to-smtp", "/to-third"] {
            setup.refused(kind, &setup.app(path)).await;
        }
    }
    let asked = setup.app.seen();
    assert!(asked.iter().all(|seen| seen.path() != "/audio"));
    assert_eq!(setup.canary.connections(), 0);
}

fn playlists(path: &str, [app, canary, third]: [u16; 3]) -> String {
    let entries = match path {
        "/app" => format!("http://app.test:{app}/audio"),
        "/port" => format!("http://app.test:{canary}/audio"),
        own if own.starts_with("/own") => "/audio".to_owned(),
        "/third" => format!("http://third.test:{third}/app"),
        "/redirected" => return redirect(302, &format!("http://third.test:{third}/app")),
        _ => return ok("audio/wav", "RIFFaudio"),
    };
    ok("audio/x-mpegurl", &format!("#EXTM3U\n{entries}\n"))
}

#[tokio::test]
async fn playlists_of_another_host_lead_to_no_port_of_the_operators() {
    let setup = setup(playlists).await;
    for kind in KINDS {
        for url in [
            setup.third("/app"),
            setup.third("/port"),
            setup.app("/port"),
            setup.app("/third"),
            setup.app("/redirected"),
        ] {
            setup.refused(kind, &url).await;
        }
        let own = {
            // Equal requests would share a response.
            let url = setup.app(&format!("/own-{kind:?}"));
            setup.web.fetch(get(kind, &url)).await
        };
        assert!(matches!(own, Ok(Fetched::Audio { .. })), "{own:?}");
    }
    let asked = setup.app.seen().into_iter();
    let audio = asked.filter(|seen| seen.path() == "/audio").count();
    assert_eq!(audio, KINDS.len(), "only through its own playlist");
    assert_eq!(setup.canary.connections(), 0);
}

#[tokio::test]
async fn callbacks_follow_no_redirect_of_another_host_to_the_operator() {
    let setup = setup(redirects).await;
    let disk = Arc::new(Disk::default());
    let callbacks = Callbacks::start(setup.web.clone(), Arc::clone(&disk) as _, DAY, 0);
    for (n, path) in ["/to-app", "/to-port"].into_iter().enumerate() {
        let callback = Callback {
            about: About::Call(CallSid(uuid::Uuid::from_u128(n as u128))),
            url: setup.third(path),
            method: Method::Post,
            fields: vec![("CallStatus".to_owned(), "completed".to_owned())],
            time_outs: TimeOuts::default(),
        };
        callbacks.push(callback).unwrap();
        until(path, || disk.codes().len() > n).await;
        assert_eq!(disk.codes()[n], 11205, "{path}");
    }
    assert!(setup.app.seen().is_empty());
    assert_eq!(setup.canary.connections(), 0);
}
