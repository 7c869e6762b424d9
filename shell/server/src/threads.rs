//! Threads and the queues between them, created from the configuration and started.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use confab_conference::Url;
use confab_media::{Command, EngineConfig};
use confab_sockets::{Listening, Ports, Udp, now_both, random_seed};
use confab_sounds::{Recorder, Sounds};
use confab_store::{SqliteStore, Store, StoredRegistration};
use confab_switchboard::{Access, CallCallback, Config as SwitchboardConfig, Switchboard};
use confab_terms::Method;
use confab_web::Callbacks;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;

use crate::after_disk::AfterDisk;
use crate::config::Config;
use crate::failure::Failure;
use crate::fetches::Fetches;
use crate::gauges::Gauges;
use crate::media_loop::{MediaLoop, Moves};
use crate::metrics::MediaQueues;
use crate::names::Names;
use crate::outlets::{CallbackQueue, MediaThread, Outlets};
use crate::queues::{self, Letterbox, Order};
use crate::recordings::{self, ToDisk};
use crate::sounds::Asking;
use crate::streams::{Sips, Streams};
use crate::switchboard_loop::SwitchboardLoop;
use crate::watchdog::{self, Pulse, Stopped};
use crate::{outbox, sounds, webs};

/// Sockets of SIP, their public addresses, and the access rules.
pub(crate) struct SipSide {
    pub(crate) udp: Udp,
    pub(crate) tcp: Listening,
    pub(crate) sips: Option<Sips>,
    pub(crate) address: SocketAddr,
    pub(crate) access: Access,
    /// Public URL of the API.
    pub(crate) api_url: String,
}

impl SipSide {
    /// Returns the public addresses.
    fn reached(&self) -> (SocketAddr, Option<u16>, String) {
        let sips_port = self.sips.as_ref().map(|sips| sips.port);
        (self.address, sips_port, self.api_url.clone())
    }
}

/// Running threads, and their queues.
pub(crate) struct Running {
    pub(crate) letterbox: Letterbox,
    pub(crate) callbacks: Callbacks,
    pub(crate) after_disk: AfterDisk,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) media_queues: MediaQueues,
    pub(crate) sounds: Sounds,
    /// Signal that the switchboard's thread has ended.
    pub(crate) ended: oneshot::Receiver<()>,
    /// Receiver of the first thread that stops early.
    pub(crate) stopped: oneshot::Receiver<Stopped>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    /// Waits for the threads to end; the switchboard's thread has ended already.
    pub(crate) fn join(self) {
        let Self {
            letterbox, threads, ..
        } = self;
        drop(letterbox);
        for thread in threads {
            // The panic handler has logged a panic already.
            let _panicked = thread.join();
        }
    }
}

/// Starts every thread.
pub(crate) fn start(
    config: &Config,
    disk: &Arc<SqliteStore>,
    (last_event, registrations): (u64, Vec<StoredRegistration>),
    sip: SipSide,
) -> Result<Running, Failure> {
    let store: &Arc<dyn Store> = &(Arc::clone(disk) as _);
    let gauges = Arc::new(Gauges::default());
    let (letterbox, inbox) = queues::to_switchboard().map_err(Failure::refused("an eventfd"))?;
    let count = config.media_threads;
    let (feeds, feeds_ends): (Vec<_>, Vec<_>) = (0..count).map(|_| queues::feeds()).unzip();
    let (orders, orders_ends): (Vec<_>, Vec<_>) = (0..count).map(|_| queues::orders()).unzip();
    let pulses = Pulses::new(count);
    let (recorder, recorder_thread) =
        recordings::start(config, letterbox.clone(), &pulses.recordings)?;
    let media_queues = MediaQueues::of(&orders, &feeds, recorder.backlog());
    let sounds = sounds::start(config, feeds, letterbox.clone());
    let (asking, asking_thread) = Asking::start(&sounds, &pulses.wants)?;
    let web = webs::web(config, store, sounds::sink(&sounds));
    let callbacks = outbox::start(config, &web, disk, (&gauges, last_event));
    let after_disk = AfterDisk::new(store);
    let reached = sip.reached();
    let outlets = Outlets {
        recorder: recorder.clone(),
        sip: sip.udp,
        streams: Streams::new(sip.tcp, sip.sips, &inbox.bell)?,
        names: Names::default(),
        media: orders.into_iter().map(MediaThread::new).collect(),
        web,
        fetches: Fetches::default(),
        sounds: sounds.clone(),
        callbacks: CallbackQueue::new(&callbacks, store, &gauges, config.dialect),
        after_disk: after_disk.clone(),
        store: Arc::clone(store),
        letterbox: letterbox.clone(),
        gauges: Arc::clone(&gauges),
        runtime: Handle::current(),
        replies: BTreeMap::new(),
        dialect: config.dialect,
    };
    let tools = MediaTools {
        letterbox: &letterbox,
        asking: &asking,
        recorder: &recorder,
        gauges: &gauges,
    };
    let ends = orders_ends.into_iter().zip(feeds_ends);
    let mut threads = spawn_media(config, ends, &pulses.media, tools)?;
    let switchboard_config = switchboard_config(config, store, reached, sip.access);
    let (thread, ended) = spawn_switchboard(SwitchboardLoop {
        switchboard: switchboard(switchboard_config, registrations),
        outlets,
        inbox,
        gauges: Arc::clone(&gauges),
        pulse: pulses.switchboard.clone(),
    })?;
    threads.extend([asking_thread, recorder_thread, thread]);
    let stopped = watchdog::watch(pulses.all())?;
    Ok(Running {
        letterbox,
        callbacks,
        after_disk,
        gauges,
        media_queues,
        sounds,
        ended,
        stopped,
        threads,
    })
}

/// Creates the switchboard, and restores the registrations of the previous process.
fn switchboard(config: SwitchboardConfig, registrations: Vec<StoredRegistration>) -> Switchboard {
    let mut switchboard = Switchboard::new(config);
    for StoredRegistration { at, registration } in registrations {
        switchboard.restore_registration(now_both(), at, registration);
    }
    switchboard
}

/// Life signs of all threads.
struct Pulses {
    media: Vec<Pulse>,
    switchboard: Pulse,
    recordings: Pulse,
    wants: Pulse,
}

impl Pulses {
    fn new(media: u16) -> Self {
        let media = (0..media).map(|thread| Pulse::new(&format!("media-{thread}")));
        Self {
            media: media.collect(),
            switchboard: Pulse::new("switchboard"),
            recordings: Pulse::new("recordings"),
            wants: Pulse::new("wants"),
        }
    }

    fn all(self) -> Vec<Pulse> {
        let others = [self.switchboard, self.recordings, self.wants];
        self.media.into_iter().chain(others).collect()
    }
}

/// Objects that all media threads use.
#[derive(Clone, Copy)]
struct MediaTools<'a> {
    letterbox: &'a Letterbox,
    asking: &'a Asking,
    recorder: &'a Recorder,
    gauges: &'a Arc<Gauges>,
}

/// Starts a media thread for each pulse, with its ends of the queues.
fn spawn_media(
    config: &Config,
    ends: impl Iterator<Item = (Receiver<Order>, Receiver<Command>)>,
    pulses: &[Pulse],
    tools: MediaTools<'_>,
) -> Result<Vec<JoinHandle<()>>, Failure> {
    let (engine_config, moves) = (engine_config(config), Moves::between(config.media_threads));
    let ports = Ports::new(config.sip_listen.ip(), config.rtp_ports, random_seed());
    let ends = ends.zip(moves).zip(pulses);
    let threads = (0..)
        .zip(ends)
        .map(|(thread, (((orders, feeds), moves), pulse))| {
            let media = MediaLoop {
                thread,
                ports: ports.shared(random_seed()),
                orders,
                feeds,
                moves,
                letterbox: tools.letterbox.clone(),
                wants: tools.asking.wants(),
                recordings: ToDisk::new(tools.recorder.clone()),
                gauges: Arc::clone(tools.gauges),
                config: engine_config,
                pulse: pulse.clone(),
            };
            let name = format!("media-{thread}");
            spawn(&name, pulse.clone(), move || media.run())
        });
    threads.collect()
}

/// Starts the switchboard's thread; returns the thread, and a signal of its end.
fn spawn_switchboard(
    switchboard: SwitchboardLoop,
) -> Result<(JoinHandle<()>, oneshot::Receiver<()>), Failure> {
    let (alive, ended) = oneshot::channel::<()>();
    let pulse = switchboard.pulse.clone();
    let thread = spawn("switchboard", pulse, move || {
        switchboard.run();
        // After a panic the channel is closed without a message.
        let _nobody_waits = alive.send(());
    })?;
    Ok((thread, ended))
}

/// Returns the configuration of all engines, which tick at the same moments from now on.
fn engine_config(config: &Config) -> EngineConfig {
    let begun = now_both();
    EngineConfig {
        start: begun.instant,
        wall: begun.wall,
        voices_max: config.voices_max,
        opus: config.opus,
        digits_in_rooms: config.digits_in_rooms,
        media_timeout: config.media_timeout,
    }
}

/// Starts a named thread whose end its pulse records.
pub(crate) fn spawn(
    name: &str,
    pulse: Pulse,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Failure> {
    Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _until_end = pulse.until_end();
            run();
        })
        .map_err(Failure::refused("a thread"))
}

fn switchboard_config(
    config: &Config,
    store: &Arc<dyn Store>,
    (sip_address, sips_port, api_url): (SocketAddr, Option<u16>, String),
    access: Access,
) -> SwitchboardConfig {
    let url = |setting: &Option<(String, Method)>| {
        let setting = setting.clone();
        setting.map(|(url, method)| Url { url, method })
    };
    SwitchboardConfig {
        account: store.account().sid,
        sip_address,
        sips_port,
        connections_max: crate::streams::connections_max(),
        call_limits: config.call_limits,
        calls_max: config.calls_max,
        access,
        srtp: config.srtp,
        media_address: config.media_address(),
        voice: url(&config.voice),
        api_url,
        voice_fallback: url(&config.voice_fallback),
        status_callback: url(&config.status_callback)
            .map(|to| CallCallback::new(to, config.status_callback_events.clone())),
        customs: config.dialect.customs(),
        codecs: config.codecs.clone(),
        media_threads: config.media_threads,
        seed: random_seed(),
    }
}
