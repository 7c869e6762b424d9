//! baresip as a phone without a sound card: sends a sine, and writes received audio to a WAV file.
//! The file has no time axis: suitable to identify voices, not to count frames.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::ports::{free_tcp_port, free_udp_port};
use crate::server::pause;

/// Encryption of a baresip.
#[derive(Clone, Copy, Debug, Default)]
pub struct Secrecy<'a> {
    /// Value of `mediaenc`: `srtp`, `srtp-mand`, or empty for unencrypted media.
    pub media: &'a str,
    /// Trusted certificate authority for TLS (a PEM file).
    pub authority: Option<&'a Path>,
}

/// baresip process with one account.
pub struct Baresip {
    child: Child,
    folder: tempfile::TempDir,
    control: TcpStream,
    /// SIP address `127.0.0.1:…` over UDP; calls are answered at once.
    pub sip: String,
    /// Port of the SIP address.
    pub port: u16,
}

/// Registration of a baresip.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// User and password.
    pub account: (&'a str, &'a str),
    /// Registrar.
    pub server: &'a str,
    /// Local address.
    pub ip: IpAddr,
    /// Maximum running time.
    pub lifetime: Duration,
}

/// Start parameters of a baresip.
struct Setup<'a> {
    codec: &'a str,
    frequency: u32,
    secrecy: &'a Secrecy<'a>,
    registration: Option<Registration<'a>>,
}

impl Setup<'_> {
    fn ip(&self) -> IpAddr {
        let own = self.registration.map(|registration| registration.ip);
        own.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

const MODULES: &[&str] = &[
    "g711.so",
    "g722.so",
    "opus.so",
    "ausine.so",
    "aufile.so",
    "aubridge.so",
    "sndfile.so",
];

impl Baresip {
    /// Starts a baresip with a sine of this frequency in G.711.
    pub fn start(frequency: u32) -> Result<Self> {
        Self::as_told("PCMU", frequency, &Secrecy::default())
    }

    /// Starts a baresip with this codec, named as in its configuration.
    pub fn speaking(codec: &str, frequency: u32) -> Result<Self> {
        Self::as_told(codec, frequency, &Secrecy::default())
    }

    /// Starts a baresip with SRTP, or SIP over TLS.
    pub fn secretly(frequency: u32, secrecy: &Secrecy<'_>) -> Result<Self> {
        Self::as_told("PCMU", frequency, secrecy)
    }

    /// Starts a baresip that registers for an hour and accepts calls.
    pub fn registered(frequency: u32, registration: Registration<'_>) -> Result<Self> {
        Self::set_up(&Setup {
            codec: "PCMU",
            frequency,
            secrecy: &Secrecy::default(),
            registration: Some(registration),
        })
    }

    fn as_told(codec: &str, frequency: u32, secrecy: &Secrecy<'_>) -> Result<Self> {
        Self::set_up(&Setup {
            codec,
            frequency,
            secrecy,
            registration: None,
        })
    }

    fn set_up(setup: &Setup<'_>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // baresip binds TLS on port + 1 too: even ports prevent conflicts.
        let sip_port = free_udp_port()? & !1;
        let control_port = free_tcp_port()?;
        let ports = (sip_port, control_port);
        write_configuration(folder.path(), setup, ports)?;
        let lifetime = setup.registration.map(|registration| registration.lifetime);
        let lifetime = lifetime.unwrap_or(Duration::from_secs(120)).as_secs();
        let log = std::fs::File::create(folder.path().join("log"))?;
        let child = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .args(["-t", &lifetime.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("baresip did not start: is the package baresip installed?")?;
        let control = connect(control_port).with_context(|| {
            std::fs::read_to_string(folder.path().join("log")).unwrap_or_default()
        })?;
        Ok(Self {
            child,
            folder,
            control,
            sip: format!("{}:{sip_port}", setup.ip()),
            port: sip_port,
        })
    }

    /// Dials `sip:room@server`.
    pub fn dial(&mut self, room: &str, server: &str) -> Result<()> {
        self.command("dial", &format!("sip:{room}@{server}"))
    }

    /// Holds: a re-INVITE with `sendonly` or `inactive`.
    pub fn hold(&mut self) -> Result<()> {
        self.command("hold", "")
    }

    /// Resumes the held call.
    pub fn resume(&mut self) -> Result<()> {
        self.command("resume", "")
    }

    /// Sends DTMF digits (RFC 4733).
    pub fn press(&mut self, keys: &str) -> Result<()> {
        self.command("sndcode", keys)
    }

    /// Waits until baresip has printed a text this number of times.
    pub fn wait_for(&self, words: &str, how_often: usize) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(10);
        while self.log().matches(words).count() < how_often {
            if Instant::now() > until {
                bail!(
                    "{words:?} was not printed {how_often} times:\n{}",
                    self.log()
                );
            }
            pause(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends the call.
    pub fn hang_up(&mut self) -> Result<()> {
        self.command("hangup", "")
    }

    fn command(&mut self, command: &str, parameters: &str) -> Result<()> {
        let json = serde_json::json!({ "command": command, "params": parameters }).to_string();
        write!(self.control, "{}:{json},", json.len())?;
        let mut answer = [0; 4_096];
        let read = self
            .control
            .read(&mut answer)
            .context("no answer on ctrl_tcp")?;
        if read == 0 {
            bail!("baresip closed its control connection:\n{}", self.log());
        }
        Ok(())
    }

    /// Returns the complete output.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Returns the received audio at 8 kHz. Higher rates are decimated without a filter, which
    /// suffices for tones below 4 kHz.
    pub fn heard(&self) -> Result<Vec<i16>> {
        let files: Vec<PathBuf> = std::fs::read_dir(self.folder.path())?
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|p| p.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        let Some(file) = files.iter().max() else {
            bail!("baresip wrote no dump-…-dec.wav:\n{}", self.log())
        };
        let bytes = std::fs::read(file)?;
        let data = bytes
            .windows(4)
            .position(|w| w == b"data")
            .context("a WAV without data")?;
        let field = |at: usize| -> Option<[u8; 4]> { bytes.get(at..at + 4)?.try_into().ok() };
        let channels = field(22).map_or(1, |[low, high, _, _]| u16::from_le_bytes([low, high]));
        let rate = field(24).map_or(8_000, u32::from_le_bytes);
        let step = usize::from(channels.max(1)) * (rate / 8_000).max(1) as usize;
        Ok(bytes[data + 8..]
            .chunks_exact(2)
            .step_by(step)
            .map(|b| i16::from_le_bytes([b[0], b[1]]))
            .collect())
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_configuration(
    folder: &Path,
    setup: &Setup<'_>,
    (sip_port, control_port): (u16, u16),
) -> Result<()> {
    let (secrecy, frequency, ip) = (setup.secrecy, setup.frequency, setup.ip());
    let modules: String = MODULES
        .iter()
        .chain(&["srtp.so"][..usize::from(!secrecy.media.is_empty())])
        .map(|module| format!("module {module}\n"))
        .collect();
    let believes = secrecy.authority.map_or_else(String::new, |path| {
        format!("sip_cafile {}\nsip_verify_server yes\n", path.display())
    });
    let shown = folder.display();
    let configuration = format!(
        "module_path {}\n{modules}module_tmp account.so\nmodule_app menu.so\n\
         module_app ctrl_tcp.so\nsip_listen {ip}:{sip_port}\nnet_interface {ip}\n\
         audio_source ausine,{frequency}\nausrc_srate 48000\nausrc_channels 2\n\
         audio_player aubridge,sink\naudio_alert aubridge,alert\nauplay_srate 8000\n\
         auplay_channels 1\nsnd_path {shown}\nctrl_tcp_listen 127.0.0.1:{control_port}\n{believes}",
        module_path()?.display(),
    );
    std::fs::write(folder.join("config"), configuration)?;
    let mut account = match setup.registration {
        None => format!("<sip:phone@127.0.0.1:{sip_port}>;regint=0;answermode=auto"),
        Some(registration) => {
            let (user, password) = registration.account;
            let server = registration.server;
            let known = format!("auth_user={user};auth_pass={password};regint=3600");
            format!("<sip:{user}@{server}>;{known};answermode=auto")
        }
    };
    account.push_str(&format!(";audio_codecs={}", setup.codec));
    if !secrecy.media.is_empty() {
        account.push_str(&format!(";mediaenc={}", secrecy.media));
    }
    account.push('\n');
    std::fs::write(folder.join("accounts"), account)?;
    std::fs::write(folder.join("contacts"), "")?;
    Ok(())
}

fn module_path() -> Result<PathBuf> {
    ["/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"]
        .iter()
        .map(PathBuf::from)
        .find(|p| p.is_dir())
        .context("no folder of baresip's modules under /usr/lib or /usr/local/lib")
}

fn connect(port: u16) -> Result<TcpStream> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => {
                stream.set_read_timeout(Some(Duration::from_secs(5)))?;
                return Ok(stream);
            }
            Err(error) if Instant::now() > until => return Err(error.into()),
            Err(_) => pause(Duration::from_millis(50)),
        }
    }
}
