//! Configuration with typed and checked values.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use confab_codec::OpusSettings;
use confab_rest::Dialect;
use confab_sockets::PortRange;
use confab_switchboard::{CallEvent, CallLimits};
use confab_terms::limits::CALLS_MAX;
use confab_terms::{AccountSid, Codec, Method, Srtp};
use confab_web::Cidr;

use super::{BadValue, ConfiguredTrunk, Given, Layers, trunks};

/// Maximum number of media threads: more than any machine has processors for.
const MEDIA_THREADS_MAX: u32 = 64;

/// Maximum retention in days: a century.
const DAYS_MAX: u32 = 36_500;

/// Maximum size of the audio cache in MB: a terabyte.
const AUDIO_CACHE_MB_MAX: u32 = 1 << 20;

/// Maximum value of a limit on calls.
const CALLS: u32 = CALLS_MAX as u32;

/// Format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Human-readable lines.
    Text,
    /// A JSON object on each line.
    Json,
}

/// Configuration of `serve`.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) http_listen: SocketAddr,
    pub(crate) https_listen: Option<SocketAddr>,
    pub(crate) sip_listen: SocketAddr,
    pub(crate) sips_listen: Option<SocketAddr>,
    pub(crate) sips_ca: Option<PathBuf>,
    pub(crate) srtp: Srtp,
    pub(crate) trunks: Vec<ConfiguredTrunk>,
    pub(crate) call_limits: CallLimits,
    pub(crate) calls_max: usize,
    pub(crate) rtp_ports: PortRange,
    pub(crate) codecs: Vec<Codec>,
    pub(crate) opus: OpusSettings,
    pub(crate) media_threads: u16,
    pub(crate) voices_max: usize,
    pub(crate) digits_in_rooms: bool,
    pub(crate) media_timeout: Option<Duration>,
    pub(crate) history_age: Option<Duration>,
    pub(crate) recording_age: Option<Duration>,
    pub(crate) audio_cache_bytes: u64,
    pub(crate) public_address: Option<IpAddr>,
    pub(crate) data_dir: PathBuf,
    pub(crate) account_sid: Option<AccountSid>,
    pub(crate) auth_token: Option<String>,
    pub(crate) signing_key: Option<String>,
    pub(crate) voice: Option<(String, Method)>,
    pub(crate) voice_fallback: Option<(String, Method)>,
    pub(crate) status_callback: Option<(String, Method)>,
    pub(crate) status_callback_events: Vec<CallEvent>,
    pub(crate) callback_lifetime: Duration,
    pub(crate) fetch_allow: Vec<Cidr>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) http_hosts: Vec<String>,
    pub(crate) dialect: Dialect,
    pub(crate) drain: Duration,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
}

impl Config {
    /// Parses every setting; returns the first error.
    pub(crate) fn read(layers: &Layers) -> Result<Self, BadValue> {
        let some = |name: &str| layers.get(name);
        let one = |name: &str| {
            layers.get(name).ok_or_else(|| BadValue {
                what: name.to_owned(),
                value: None,
                wanted: "has no value".to_owned(),
            })
        };
        let to = |url: &str, method: &str| -> Result<Option<(String, Method)>, BadValue> {
            let method = one(method)?.method()?;
            let url = some(url).map(Given::url).transpose()?;
            Ok(url.map(|url| (url, method)))
        };
        let sip_listen = one("sip_listen")?;
        let sips_listen = some("sips_listen").map(|given| given.sips_listen(sip_listen));
        let sips_listen = sips_listen.transpose()?;
        let trunks = trunks::trunks(layers, sips_listen.is_some())?;
        let public_address = some("public_address").map(Given::ip).transpose()?;
        Ok(Self {
            http_listen: one("http_listen")?.listen()?,
            https_listen: one("https_listen")
                .ok()
                .filter(|given| !given.value.is_empty())
                .map(Given::listen)
                .transpose()?,
            sips_listen,
            sips_ca: some("sips_ca").map(|given| given.value.clone().into()),
            srtp: one("srtp")?.srtp()?,
            sip_listen: sip_listen.sip_listen(&trunks, public_address)?,
            trunks,
            call_limits: call_limits(one)?,
            calls_max: one("account_calls")?.number(1..=CALLS)? as usize,
            rtp_ports: one("rtp_ports")?.ports()?,
            codecs: one("codecs")?.codecs()?,
            opus: OpusSettings {
                bit_rate: one("opus_bit_rate")?.number(6_000..=128_000)?,
                complexity: one("opus_complexity")?.number(0..=10)? as u8,
            },
            media_threads: match some("media_threads") {
                Some(given) => given.number(1..=MEDIA_THREADS_MAX)? as u16,
                None => processors(),
            },
            voices_max: one("mix_voices_max")?.number(0..=1_000)? as usize,
            digits_in_rooms: one("digits_in_rooms")?.switch()?,
            media_timeout: seconds(one("media_timeout")?.number(0..=86_400)?),
            history_age: days(one("history_days")?.number(0..=DAYS_MAX)?),
            recording_age: days(one("recording_days")?.number(0..=DAYS_MAX)?),
            audio_cache_bytes: u64::from(one("audio_cache_mb")?.number(0..=AUDIO_CACHE_MB_MAX)?)
                << 20,
            public_address,
            data_dir: one("data_dir")?.value.clone().into(),
            account_sid: some("account_sid").map(Given::account).transpose()?,
            auth_token: some("auth_token").map(Given::secret).transpose()?,
            signing_key: some("signing_key").map(Given::secret).transpose()?,
            voice: to("voice_url", "voice_method")?,
            voice_fallback: to("voice_fallback_url", "voice_fallback_method")?,
            status_callback: to("status_callback_url", "status_callback_method")?,
            status_callback_events: one("status_callback_events")?.call_events()?,
            callback_lifetime: one("callback_lifetime")?.lifetime()?,
            fetch_allow: list(some("fetch_allow"), Given::networks)?,
            cors_origins: list(some("cors_origins"), Given::origins)?,
            http_hosts: list(some("http_hosts"), Given::hosts)?,
            dialect: dialect(one("dialect")?)?,
            drain: one("drain_seconds")?.seconds()?,
            log: one("log")?.log_filter()?,
            log_format: one("log_format")?.log_format()?,
        })
    }

    /// Returns the address used in SDP and Contact.
    pub(crate) fn media_address(&self) -> IpAddr {
        self.public_address.unwrap_or(self.sip_listen.ip())
    }
}

/// Returns the items of a list; empty if unset.
fn list<T>(
    given: Option<&Given>,
    read: impl Fn(&Given) -> Result<Vec<T>, BadValue>,
) -> Result<Vec<T>, BadValue> {
    given.map(read).transpose().map(Option::unwrap_or_default)
}

fn dialect(given: &Given) -> Result<Dialect, BadValue> {
    Dialect::named(&given.value)
        .ok_or_else(|| given.bad("is not a dialect; signalwire or twilio would do"))
}

/// Returns the default number of media threads: the number of processors of this process.
fn processors() -> u16 {
    let count = std::thread::available_parallelism();
    let count = count.map_or(1, |count| count.get().min(MEDIA_THREADS_MAX as usize));
    u16::try_from(count).unwrap_or(1)
}

fn call_limits<'a>(
    one: impl Fn(&str) -> Result<&'a Given, BadValue>,
) -> Result<CallLimits, BadValue> {
    Ok(CallLimits {
        of_user: one("user_calls")?.number(1..=CALLS)?,
        of_user_per_second: limit(one("user_calls_per_second")?.number(0..=CALLS)?),
        per_second: limit(one("account_calls_per_second")?.number(0..=CALLS)?),
    })
}

/// Returns a limit; `None` for 0.
fn limit(count: u32) -> Option<u32> {
    (count > 0).then_some(count)
}

/// Returns a duration; `None` for 0.
fn days(count: u32) -> Option<Duration> {
    (count > 0).then(|| Duration::from_secs(u64::from(count) * 86_400))
}

fn seconds(count: u32) -> Option<Duration> {
    (count > 0).then(|| Duration::from_secs(count.into()))
}
