//! `confab serve`: starts all parts in the order in which they can fail, runs the server, shuts
//! down.

use std::net::SocketAddr;
use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use confab_rest::{Api, Dialect, Hosts, Line, Listener, Metrics, Served};
use confab_sockets::{Listening, Udp, raise_open_files, reserve_descriptors};
use confab_sounds::AudioFiles;
use confab_store::{FreshAccount, Given, Outbox as _, SqliteStore, Store};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::{self, Config};
use crate::drain::{self, Drained, Signals};
use crate::failure::Failure;
use crate::metrics::Shown;
use crate::outbox::DeadLetterOffice;
use crate::threads::{Running, SipSide};
use crate::{certificate, logging, memory, outbox, recordings, restart, retention, threads};

/// Maximum time for callbacks after the last call.
const CALLBACKS_WAIT: Duration = Duration::from_secs(5);
/// Maximum time at the end for a disk that does not accept the history.
const HISTORY_WAIT: Duration = Duration::from_secs(5);
/// Time for the last entries after `HISTORY_WAIT`.
const HISTORY_LAST_WAIT: Duration = Duration::from_secs(1);
/// Time for the last entries after a second signal.
const AT_ONCE_WAIT: Duration = Duration::from_millis(100);
/// Size of the receive buffer of SIP, for bursts, in bytes.
const SIP_BUFFER_BYTES: usize = 4 << 20;

/// Runs the server until it has drained.
pub(crate) fn serve(config: &Config) -> Result<(), Failure> {
    logging::start(config)?;
    let runtime = runtime()?;
    let result = runtime.block_on(run(config, Arc::default(), |_| ()));
    // Requests to other servers that are still in progress are not awaited.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// Creates the runtime of HTTP.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::refused("threads"))
}

/// Addresses of a server that accepts calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doors {
    pub(crate) http: SocketAddr,
    pub(crate) sip: SocketAddr,
}

/// Sockets, bound before any other step.
struct Bound {
    sip: (Udp, Listening),
    sip_address: SocketAddr,
    sips: Option<Listening>,
    http: TcpListener,
    https: Option<TcpListener>,
}

fn warn_about_secrets(config: &Config) {
    for weak in crate::check::weak_secrets(config) {
        tracing::warn!("{weak}");
    }
}

/// Runs until a signal or `stop` has drained the server; calls `open` with the addresses once calls
/// are accepted.
pub(crate) async fn run(
    config: &Config,
    stop: Arc<Notify>,
    open: impl FnOnce(Doors),
) -> Result<(), Failure> {
    let mut signals = Signals::listen(stop)?;
    let descriptors_max = descriptors();
    memory::watch();
    warn_about_secrets(config);
    let bound = bind(config).await?;
    let http = bound.http.local_addr();
    let doors = Doors {
        http: http.map_err(Failure::refused("an address"))?,
        sip: bound.sip_address,
    };
    let (store, fresh) = open_store(config).await?;
    if let Some(fresh) = &fresh {
        show(fresh, config.dialect);
    }
    let served = certificate::load(config)?;
    let hosts = hosts(config, served.as_ref());
    let listeners = listeners((bound.http, bound.https), &hosts, descriptors_max)?;
    let sips = certificate::sips(config, bound.sips, served.as_ref())?;
    certificate::reload_on_hangup(served)?;
    let disk = Arc::new(store);
    let store: Arc<dyn Store> = Arc::clone(&disk) as _;
    let sips_port = sips.as_ref().map(|sips| sips.port);
    let api_url = api_url(config, doors.http);
    let (udp, tcp) = bound.sip;
    let sip = SipSide {
        udp,
        tcp,
        sips,
        address: bound.sip_address,
        access: config::access(config.sip_listen, &config.trunks),
        api_url: api_url.clone(),
    };
    let mut running = start(config, &disk, sip).await?;
    let ready = Arc::new(AtomicBool::new(true));
    let api = api(config, &running, &disk, (api_url, &ready));
    tell_where(&listeners, bound.sip_address, sips_port);
    let (stop, stopped) = oneshot::channel::<()>();
    let rest = tokio::spawn(confab_rest::serve(listeners, api, async {
        let _asked_or_gone = stopped.await;
    }));
    open(doors);

    let drained = drain::run(&mut signals, &mut running, &ready, config.drain).await;
    if let Ok(Drained::AtOnce) = drained {
        end_at_once(&*store).await;
    }
    let end = async {
        let disk_until = Instant::now() + HISTORY_WAIT;
        let _refused = timeout_at(disk_until, running.after_disk.settled()).await;
        let left = running.callbacks.drain(CALLBACKS_WAIT).await;
        if left > 0 {
            tracing::info!(left, "events stay in the outbox until the next start");
        }
        let _stopped_already = stop.send(());
        let _rest_panicked = rest.await;
        flush(&disk, disk_until.max(Instant::now() + HISTORY_LAST_WAIT)).await;
    };
    drain::unless_again(&mut signals, end).await;
    running.sounds.stop_speaking();
    running.gauges.log();
    if drained? == Drained::Wholly {
        running.join();
    }
    Ok(())
}

/// Starts every thread, sends events of the outbox, and closes state that the previous process left
/// open.
async fn start(config: &Config, disk: &Arc<SqliteStore>, sip: SipSide) -> Result<Running, Failure> {
    let api_url = sip.api_url.clone();
    let mut left = restart::find(disk, &recordings::dir(config)).await;
    let registrations = std::mem::take(&mut left.registrations);
    let last_event = outbox::last_event(disk).await;
    // A call would wait for it, once the server reports that it takes calls.
    confab_media::prepare_music();
    let running = threads::start(config, disk, (last_event, registrations), sip)?;
    outbox::restore(disk, &running, last_event).await;
    left.close(disk, &running.callbacks, (config.dialect, &api_url));
    Ok(running)
}

/// Ends the process. The next start closes everything that is not on the disk by then.
async fn end_at_once(store: &dyn Store) {
    let _on_disk = timeout(AT_ONCE_WAIT, store.flush()).await;
    process::exit(0);
}

/// Writes the rest of the history and of the outbox, if the disk accepts them.
async fn flush(store: &SqliteStore, until: Instant) {
    let flushed = timeout_at(until, store.flush()).await;
    let waiting = store.waiting();
    if waiting > 0 || !matches!(flushed, Ok(Ok(()))) {
        tracing::error!(
            waiting,
            "the history lacks its last entries: the disk refuses them"
        );
    }
    if timeout_at(until, store.flush_outbox()).await.is_err() {
        let (events, _) = store.unwritten_events();
        tracing::error!(events, "the outbox lacks events: the disk refuses these");
    }
}

/// Creates the API.
fn api(
    config: &Config,
    running: &Running,
    disk: &Arc<SqliteStore>,
    (api_url, ready): (String, &Arc<AtomicBool>),
) -> Api {
    let store: &Arc<dyn Store> = &(Arc::clone(disk) as _);
    let metrics = Metrics::new(Shown {
        gauges: Arc::clone(&running.gauges),
        store: Arc::clone(store),
        callbacks: running.callbacks.clone(),
        letterbox: running.letterbox.clone(),
        queues: running.media_queues.clone(),
        sounds: running.sounds.clone(),
    });
    let audio = AudioFiles::new(recordings::dir(config));
    audio.clean();
    retention::start(config, disk, &audio);
    Api {
        line: Line::new(running.letterbox.clone()),
        store: Arc::clone(store),
        dead_letters: Arc::new(DeadLetterOffice {
            disk: Arc::clone(disk),
            callbacks: running.callbacks.clone(),
        }),
        audio,
        dialect: config.dialect,
        api_url,
        cors_origins: config.cors_origins.clone(),
        ready: Arc::clone(ready),
        metrics,
    }
}

async fn bind(config: &Config) -> Result<Bound, Failure> {
    let sip = bind_sip(config.sip_listen)?;
    sip.0.set_receive_buffer(SIP_BUFFER_BYTES);
    let mut sip_address = sip.0.local().map_err(Failure::refused("an address"))?;
    sip_address.set_ip(config.media_address());
    let sips = config.sips_listen.map(bind_sips).transpose()?;
    let http = listen("CONFAB_HTTP_LISTEN", config.http_listen).await?;
    let https = match config.https_listen {
        Some(address) => Some(listen("CONFAB_HTTPS_LISTEN", address).await?),
        None => None,
    };
    Ok(Bound {
        sip,
        sip_address,
        sips,
        http,
        https,
    })
}

/// Binds UDP and TCP on the same port. For port 0, retries until a port is free for both.
pub(crate) fn bind_sip(address: SocketAddr) -> Result<(Udp, Listening), Failure> {
    const SIP: &str = "CONFAB_SIP_LISTEN";
    const TRIES: u32 = 16;
    let not_bound = |error| Failure::not_bound(SIP, &address.to_string(), &error);
    let mut tries = 1;
    loop {
        let udp = Udp::bind(address).map_err(not_bound)?;
        let chosen = udp.local().map_err(Failure::refused("an address"))?;
        match Listening::bind(chosen) {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(_) if address.port() == 0 && tries < TRIES => tries += 1,
            Err(error) => return Err(not_bound(error).over_tcp()),
        }
    }
}

/// Binds the listener of SIP over TLS.
pub(crate) fn bind_sips(address: SocketAddr) -> Result<Listening, Failure> {
    let bound = Listening::bind(address);
    bound.map_err(|error| Failure::not_bound("CONFAB_SIPS_LISTEN", &address.to_string(), &error))
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
        token_signs: config.dialect.token_signs(),
        hexadecimal_token: config.dialect == Dialect::Twilio,
    };
    Ok(confab_store::open(&config.data_dir, &given).await?)
}

/// Returns the public URL of the API.
fn api_url(config: &Config, http: SocketAddr) -> String {
    let ip = config.public_address.unwrap_or(http.ip());
    format!("http://{}", SocketAddr::new(ip, http.port()))
}

/// Prints the new account to standard output, so that log collectors do not store it.
fn show(fresh: &FreshAccount, dialect: Dialect) {
    println!("A new account. Its token is shown this once:");
    println!("CONFAB_ACCOUNT_SID={}", dialect.spell(fresh.sid));
    println!("CONFAB_AUTH_TOKEN={}", fresh.token);
    if !dialect.token_signs() {
        println!("CONFAB_SIGNING_KEY={}", fresh.signing_key);
    }
}

/// Raises the limit of descriptors, and reserves some that calls cannot use. Returns the number
/// above which the API answers probes only: the last descriptors are for probes and the disk.
fn descriptors() -> u64 {
    // 0: the system does not provide the limit.
    let most = Some(raise_open_files()).filter(|&most| most > 0);
    let most = most.unwrap_or(u64::MAX);
    most - reserve_descriptors(most) / 4
}

fn listeners(
    (http, https): (TcpListener, Option<TcpListener>),
    hosts: &Hosts,
    descriptors_max: u64,
) -> Result<Vec<Listener>, Failure> {
    let listener = |tcp, tls| Listener {
        tcp,
        tls,
        hosts: hosts.clone(),
        descriptors_max,
    };
    let mut listeners = vec![listener(http, None)];
    if let (Some(tcp), Some(served)) = (https, &hosts.certificate) {
        listeners.push(listener(tcp, Some(served.acceptor()?)));
    }
    Ok(listeners)
}

/// Returns names by which requests may address the API, besides the listening addresses.
fn hosts(config: &Config, served: Option<&Arc<Served>>) -> Hosts {
    let public = config.public_address.map(|ip| ip.to_string());
    Hosts {
        names: config.http_hosts.iter().cloned().chain(public).collect(),
        certificate: served.cloned(),
    }
}

fn tell_where(listeners: &[Listener], sip: SocketAddr, sips_port: Option<u16>) {
    let address = |is_tls: bool| {
        let listener = listeners.iter().find(|l| l.tls.is_some() == is_tls)?;
        listener.tcp.local_addr().ok()
    };
    let https = address(true).map_or_else(|| "off".to_owned(), |address| address.to_string());
    let http = address(false).map(|address| address.to_string());
    let sips = sips_port.map_or_else(|| "off".to_owned(), |port| port.to_string());
    tracing::info!(http, https, %sip, sips, "confab takes calls");
}
