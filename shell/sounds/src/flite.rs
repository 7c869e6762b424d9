//! Speech by the `flite` program: text on standard input, and a WAV file without a name as output.
//! No shell is used; time, memory and length of the speech are limited.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use confab_switchboard::DecodeError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal};
use rustix::process::{pidfd_open, pidfd_send_signal, prlimit};

use crate::limits::{SPEAKER_BYTES_MAX, SPEAKING_TIME_MAX, SPEECH_BYTES_MAX};
use crate::speech::{Phrase, Tts, unspeakable};

/// Voices of every packaged flite.
const WOMAN: &str = "slt";
const MEN: &[&str] = &["rms", "awb", "kal16"];

/// English speech synthesizer that runs the `flite` program.
#[derive(Clone, Debug)]
pub struct Flite {
    program: PathBuf,
    running: Arc<Mutex<Running>>,
}

/// Running programs.
#[derive(Debug, Default)]
struct Running {
    programs: BTreeMap<u64, Arc<OwnedFd>>,
    count: u64,
    is_stopped: bool,
}

impl Default for Flite {
    fn default() -> Self {
        Self::new("flite")
    }
}

impl Flite {
    /// Creates a synthesizer. `program` is a path, or a name that is searched in `PATH`.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            running: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, phrase: &Phrase, into: File) -> Result<Child, DecodeError> {
        let mut command = Command::new(&self.program);
        // flite writes no WAV to a pipe: its standard output is a seekable file.
        command.args(["-voice", &phrase.voice, "-f", "-", "-o", "/dev/stdout"]);
        command
            .stdin(Stdio::piped())
            .stdout(into)
            .stderr(Stdio::null());
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.spawn().map_err(|error| {
            let program = self.program.display();
            if error.kind() == io::ErrorKind::NotFound {
                let message = format!("<Say> needs {program}; install it (apt install flite)");
                return unspeakable(message);
            }
            unspeakable(format!("{program} did not start: {error}"))
        })
    }

    /// Limits a started program, sends the text, and waits for the end. Returns false if the
    /// program was ended by the timeout, a limit or `stop`.
    fn run(&self, child: &mut Child, text: &str) -> io::Result<bool> {
        let pid = Pid::from_child(child);
        let program = Arc::new(pidfd_open(pid, PidfdFlags::empty())?);
        bound(pid)?;
        let number = {
            let mut running = self.lock();
            if running.is_stopped {
                return Ok(false);
            }
            running.count += 1;
            let number = running.count;
            running.programs.insert(number, Arc::clone(&program));
            number
        };
        // The buffer of a pipe is larger than the longest text: the write does not block.
        let sent = child
            .stdin
            .take()
            .map(|mut input| input.write_all(text.as_bytes()));
        let ended = waited(&program);
        self.lock().programs.remove(&number);
        // A program that ended without reading the text has an exit status with the reason.
        let _broken_pipe = sent;
        if !ended? {
            return Ok(false);
        }
        // A killed program leaves an incomplete file.
        Ok(child.wait()?.code().is_some())
    }
}

impl Tts for Flite {
    fn voice(&self, voice: Option<&str>, _: Option<&str>) -> String {
        let named = voice.unwrap_or_default().to_ascii_lowercase();
        let known = MEN.iter().find(|known| named == **known);
        let man = matches!(
            named.as_str(),
            "man" | "male" | "polly.matthew" | "polly.joey" | "polly.brian" | "polly.justin"
        );
        let voice = known.copied().unwrap_or(if man { MEN[0] } else { WOMAN });
        voice.to_owned()
    }

    fn speak(&self, phrase: &Phrase) -> Result<Vec<u8>, DecodeError> {
        let no_file = |error: io::Error| unspeakable(format!("no file for speech: {error}"));
        let made = memfd_create("speech", MemfdFlags::CLOEXEC);
        let mut file = File::from(made.map_err(|error| no_file(error.into()))?);
        let into = file.try_clone().map_err(no_file)?;
        let mut child = self.start(phrase, into)?;
        let finished = self.run(&mut child, &phrase.text);
        // No process is left behind, whatever the result.
        let _ended_already = child.kill();
        let _reaped_already = child.wait();
        let program = self.program.display();
        match finished {
            Ok(true) => {}
            Ok(false) => {
                let seconds = SPEAKING_TIME_MAX.as_secs();
                let megabytes = SPEAKER_BYTES_MAX >> 20;
                return Err(unspeakable(format!(
                    "{program} did not speak the text within {seconds} s and {megabytes} MB; make \
                     it shorter"
                )));
            }
            Err(error) => {
                return Err(unspeakable(format!("{program} cannot be run: {error}")));
            }
        }
        let mut wav = Vec::new();
        let read = file.rewind().and_then(|()| {
            let most = SPEECH_BYTES_MAX as u64;
            file.take(most).read_to_end(&mut wav)
        });
        if read.is_err() || wav.is_empty() {
            let voice = &phrase.voice;
            let message = format!("{program} spoke nothing; has it the voice {voice}?");
            return Err(unspeakable(message));
        }
        Ok(wav)
    }

    fn stop(&self) {
        let mut running = self.lock();
        running.is_stopped = true;
        for program in running.programs.values() {
            // The program may have ended already.
            let _gone = pidfd_send_signal(program.as_ref(), Signal::KILL);
        }
    }
}

/// Sets limits that also hold if this process ends before the program.
fn bound(pid: Pid) -> io::Result<()> {
    for (resource, most) in [
        (Resource::As, SPEAKER_BYTES_MAX),
        (Resource::Cpu, SPEAKING_TIME_MAX.as_secs()),
        (Resource::Fsize, SPEECH_BYTES_MAX as u64),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        prlimit(Some(pid), resource, limit)?;
    }
    Ok(())
}

/// Waits for the end of a program; returns false after `SPEAKING_TIME_MAX`.
fn waited(program: &OwnedFd) -> io::Result<bool> {
    let until = Instant::now() + SPEAKING_TIME_MAX;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        let mut ends = [PollFd::new(program, PollFlags::IN)];
        match poll(&mut ends, Some(&left)) {
            Ok(ended) => return Ok(ended > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
