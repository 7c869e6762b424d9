//! Speech by the `flite` program: text in on its standard input, a WAV file out in a folder that
//! only we can read (it writes none to a pipe); no shell, and an end to its time.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::SystemTime;

use confab_switchboard::DecodeError;

use crate::limits::{SPEAKING_TIME_MAX, SPEECH_BYTES_MAX};
use crate::speech::{Phrase, Tts, unspeakable};

/// Voices that every packaged flite brings along.
const WOMAN: &str = "slt";
const MEN: &[&str] = &["rms", "awb", "kal16"];

/// Speaks English by the `flite` program.
#[derive(Clone, Debug)]
pub struct Flite {
    program: PathBuf,
}

impl Default for Flite {
    fn default() -> Self {
        Self::new("flite")
    }
}

impl Flite {
    /// The program's name, looked for in `PATH`, or its path.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self { program }
    }

    fn start(&self, phrase: &Phrase, into: &Path) -> Result<Child, DecodeError> {
        let mut command = Command::new(&self.program);
        command
            .args(["-voice", &phrase.voice, "-f", "-", "-o"])
            .arg(into);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
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
        let folder = Folder::new()
            .map_err(|error| unspeakable(format!("no folder for speech could be made: {error}")))?;
        let file = folder.0.join("speech.wav");
        let mut child = self.start(phrase, &file)?;
        let (input, text) = (child.stdin.take(), phrase.text.clone());
        // From a thread: whoever does not read it must not hold us up.
        let writer = thread::spawn(move || {
            input.map(|mut input| input.write_all(text.as_bytes()));
        });
        let finished = wait(&mut child);
        let _ = writer.join();
        if !finished {
            let seconds = SPEAKING_TIME_MAX.as_secs();
            return Err(unspeakable(format!(
                "the text was not spoken within {seconds} s; make it shorter"
            )));
        }
        let mut wav = Vec::new();
        let read = File::open(&file).and_then(|file| {
            let most = SPEECH_BYTES_MAX as u64;
            file.take(most).read_to_end(&mut wav)
        });
        if read.is_err() || wav.is_empty() {
            let (program, voice) = (self.program.display(), &phrase.voice);
            let message = format!("{program} spoke nothing; has it the voice {voice}?");
            return Err(unspeakable(message));
        }
        Ok(wav)
    }
}

/// A folder that goes away with its content.
struct Folder(PathBuf);

impl Folder {
    /// Fails if there is one of that name: nobody can have put anything in ours.
    fn new() -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let nanos = now.map_or(0, |now| now.subsec_nanos());
        let name = format!("confab-speech-{}-{count}-{nanos}", process::id());
        let folder = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Waits for the child to end; ends it when its time is up. The fact that is waited for is the
/// end of its standard output, on which it has nothing to say.
fn wait(child: &mut Child) -> bool {
    let (ended, end) = sync_channel(1);
    let output = child.stdout.take();
    thread::spawn(move || {
        let _ = output.map(|mut output| io::copy(&mut output, &mut io::sink()));
        let _ = ended.send(());
    });
    let in_time = end.recv_timeout(SPEAKING_TIME_MAX).is_ok();
    if !in_time {
        let _ = child.kill();
    }
    // One that was killed, by us or by another, has left half a file.
    let status = child.wait();
    in_time && status.is_ok_and(|status| status.code().is_some())
}
