//! `confab serve`: sets everything up in the order in which it can fail, runs it, takes it down.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use confab_rest::{Api, Certificate, Line, Listener, acceptor};
use confab_sockets::{Ports, Udp, raise_open_files, random_seed};
use confab_store::{FreshAccount, Given, SqliteStore, Store};
use confab_switchboard::{Config as SwitchboardConfig, Switchboard};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::config::Config;
use crate::drain::{Signals, run_until_drained};
use crate::failure::Failure;
use crate::gauges::Gauges;
use crate::media_loop::MediaLoop;
use crate::outlets::{MediaThread, Outlets};
use crate::queues::{self, Letterbox};
use crate::switchboard_loop::SwitchboardLoop;
use crate::{logging, webs};

/// Media threads: one, until rooms can be placed on several.
const MEDIA_THREADS: u16 = 1;
/// How long callbacks may still be told after the last call.
const CALLBACKS_WAIT: Duration = Duration::from_secs(5);
/// Room for SIP that arrives in one go.
const SIP_BUFFER_BYTES: usize = 4 << 20;

/// Runs the server until it has drained.
pub(crate) fn serve(config: &Config) -> Result<(), Failure> {
    logging::start(config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::refused("threads"))?;
    let result = runtime.block_on(run(config));
    // What still waits on other people's servers is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// The sockets that must be ours before anything else is done.
struct Bound {
    sip: Udp,
    sip_address: SocketAddr,
    http: TcpListener,
    https: Option<TcpListener>,
}

async fn run(config: &Config) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    raise_open_files();
    let bound = bind(config).await?;
    let (store, fresh) = open_store(config).await?;
    let tls = match bound.https {
        Some(_) => Some(acceptor(&Certificate::SelfMade {
            dir: config.data_dir.join("tls"),
            names: config
                .public_address
                .map(|ip| ip.to_string())
                .into_iter()
                .collect(),
        })?),
        None => None,
    };
    if let Some(fresh) = &fresh {
        show(fresh);
    }
    let store: Arc<dyn Store> = Arc::new(store);
    let gauges = Arc::new(Gauges::default());
    let (letterbox, inbox) = queues::to_switchboard().map_err(Failure::refused("an eventfd"))?;
    let (media, media_threads) = start_media(config, bound.sip_address.ip(), &letterbox, &gauges)?;
    let web = webs::web(config, &store);
    let callbacks = webs::callbacks(&web, &store);
    let outlets = Outlets {
        sip: bound.sip,
        media,
        web,
        callbacks: callbacks.clone(),
        store: Arc::clone(&store),
        letterbox: letterbox.clone(),
        runtime: Handle::current(),
        replies: std::collections::BTreeMap::new(),
    };
    let switchboard = SwitchboardLoop {
        switchboard: Switchboard::new(switchboard_config(config, &store, bound.sip_address)),
        outlets,
        inbox,
        gauges: Arc::clone(&gauges),
    };
    let (alive, ended) = oneshot::channel::<()>();
    let switchboard = spawn("switchboard", move || {
        switchboard.run();
        drop(alive);
    })?;

    let ready = Arc::new(AtomicBool::new(true));
    let api = Api {
        line: Line::new(letterbox.clone()),
        store: Arc::clone(&store),
        dialect: config.dialect,
        ready: Arc::clone(&ready),
    };
    tell_where(&bound.http, bound.https.as_ref(), bound.sip_address);
    let mut listeners = vec![Listener {
        tcp: bound.http,
        tls: None,
    }];
    listeners.extend(bound.https.map(|tcp| Listener { tcp, tls }));
    let (stop, stopped) = oneshot::channel::<()>();
    let rest = tokio::spawn(confab_rest::serve(listeners, api, async {
        let _asked_or_gone = stopped.await;
    }));

    let drained = run_until_drained(signals, &letterbox, &ready, config.drain, ended).await;
    drop(letterbox);
    let _stopped_already = stop.send(());
    let left = callbacks.drain(CALLBACKS_WAIT).await;
    if left > 0 {
        tracing::warn!(left, "callbacks could not be told before the end");
    }
    let _rest_panicked = rest.await;
    if let Err(error) = store.flush().await {
        tracing::warn!(%error, "the history may lack its last entries");
    }
    if drained.is_ok() && switchboard.is_finished() {
        let _logged_there = switchboard.join();
        media_threads
            .into_iter()
            .for_each(|thread| drop(thread.join()));
    }
    gauges.log();
    drained
}

async fn bind(config: &Config) -> Result<Bound, Failure> {
    const SIP: &str = "CONFAB_SIP_LISTEN";
    let sip_listen = config.sip_listen.to_string();
    let not_bound = |error| Failure::not_bound(SIP, &sip_listen, &error);
    let sip = Udp::bind(config.sip_listen).map_err(not_bound)?;
    sip.set_receive_buffer(SIP_BUFFER_BYTES);
    let mut sip_address = sip.local().map_err(Failure::refused("an address"))?;
    sip_address.set_ip(config.media_address());
    let http = listen("CONFAB_HTTP_LISTEN", config.http_listen).await?;
    let https = match config.https_listen {
        Some(address) => Some(listen("CONFAB_HTTPS_LISTEN", address).await?),
        None => None,
    };
    Ok(Bound {
        sip,
        sip_address,
        http,
        https,
    })
}

async fn listen(what: &'static str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::not_bound(what, &address.to_string(), &error))
}

async fn open_store(config: &Config) -> Result<(SqliteStore, Option<FreshAccount>), Failure> {
    let given = Given {
        sid: config.account_sid,
        token: config.auth_token.clone(),
        signing_key: config.signing_key.clone(),
    };
    Ok(confab_store::open(&config.data_dir, &given).await?)
}

/// To standard output, where a log collector does not keep it.
fn show(fresh: &FreshAccount) {
    println!("A new account. Its token is shown this once:");
    println!("CONFAB_ACCOUNT_SID={}", fresh.sid);
    println!("CONFAB_AUTH_TOKEN={}", fresh.token);
    println!("CONFAB_SIGNING_KEY={}", fresh.signing_key);
}

fn tell_where(http: &TcpListener, https: Option<&TcpListener>, sip: SocketAddr) {
    let address = |listener: &TcpListener| {
        let address = listener.local_addr().ok();
        address.map_or_else(String::new, |address| address.to_string())
    };
    let https = https.map_or_else(|| "off".to_owned(), address);
    tracing::info!(http = address(http), https, %sip, "confab takes calls");
}

fn start_media(
    config: &Config,
    address: IpAddr,
    letterbox: &Letterbox,
    gauges: &Arc<Gauges>,
) -> Result<(Vec<MediaThread>, Vec<JoinHandle<()>>), Failure> {
    let _ = address;
    let mut ways = Vec::new();
    let mut threads = Vec::new();
    for thread in 0..MEDIA_THREADS {
        let (orders, orders_end) = queues::orders();
        let (_feeds, feeds_end) = queues::feeds();
        let media = MediaLoop {
            thread,
            ports: Ports::new(
                config.sip_listen.ip(),
                config.rtp_ports,
                thread,
                MEDIA_THREADS,
            ),
            orders: orders_end,
            feeds: feeds_end,
            letterbox: letterbox.clone(),
            wants: Box::new(|_, _, _, _| {}),
            gauges: Arc::clone(gauges),
        };
        ways.push(MediaThread::new(orders));
        threads.push(spawn("media", move || media.run())?);
    }
    Ok((ways, threads))
}

fn switchboard_config(
    config: &Config,
    store: &Arc<dyn Store>,
    sip_address: SocketAddr,
) -> SwitchboardConfig {
    SwitchboardConfig {
        account: store.account().sid,
        sip_address,
        media_address: config.media_address(),
        voice: config
            .voice
            .clone()
            .map(|(url, method)| confab_conference::Url { url, method }),
        media_threads: MEDIA_THREADS,
        seed: random_seed(),
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Failure> {
    Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(Failure::refused("a thread"))
}
