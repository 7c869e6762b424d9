//! Checker of recordings: each is opened, recorded, stored and reported once. A recording has a
//! frame for each tick. A frame contains only the voices of its source, and each clear voice.
//! Sources: the public voices of a room; the ingress and the egress of a leg.

use std::collections::{BTreeMap, VecDeque};

use confab_media::{Chunk, Command, Recorded};
use confab_switchboard::{Input, RecordingEnd, RecordingOf, RecordingStatus, RecordingView};
use confab_terms::{Codec, LegId, Rate, RecordingSid, RoomId, Track};

use crate::fields::{Fields, at, is};
use crate::hearing::NOISE_MAX;
use crate::outcome::Checked;
use crate::tally::Kind;
use crate::voices::{FRAME, hear_loud};
use crate::world::World;

/// Maximum number of frames without a clear voice: the jitter buffer starts or adapts.
const MISSING_MAX: u32 = 8;

/// Recordings of a run.
#[derive(Default)]
pub(crate) struct Recordings {
    all: BTreeMap<RecordingSid, Recording>,
}

#[derive(Default)]
struct Recording {
    /// Source and thread while the engine records.
    taken: Option<(Recorded, usize)>,
    /// Expected voices of the ticks whose frames have not arrived.
    ticks: VecDeque<[Voices; 2]>,
    frames: u64,
    missing_ticks: u64,
    missing: BTreeMap<usize, u32>,
    /// Consecutive frames with possible noise of G.722, by channel and voice.
    noise: BTreeMap<usize, u32>,
    end: Option<RecordingEnd>,
    view: Option<RecordingView>,
}

/// Voices of a channel, one bit each.
#[derive(Clone, Copy, Debug, Default)]
struct Voices {
    may: u16,
    must: u16,
    /// Voices that must be present if the leg is sent a frame on this tick.
    if_sent: u16,
}

impl Voices {
    fn with(self, other: Self) -> Self {
        Self {
            may: self.may | other.may,
            must: self.must | other.must,
            if_sent: self.if_sent | other.if_sent,
        }
    }
}

impl Recordings {
    pub(crate) fn opened(&mut self, sid: RecordingSid) -> Checked {
        match self.all.insert(sid, Recording::default()) {
            None => Ok(()),
            Some(_) => Err(format!("recording {sid} was opened twice")),
        }
    }

    /// Records the thread of a recording at its start.
    pub(crate) fn before_applied(&mut self, thread: usize, command: &Command) {
        if let Command::Record { recording, of } = command
            && let Some(recording) = self.all.get_mut(recording)
        {
            recording.taken = Some((*of, thread));
        }
    }

    /// Checks a change of a recording's state.
    pub(crate) fn viewed(&mut self, view: &RecordingView) -> Checked {
        let sid = view.sid;
        let Some(recording) = self.all.get_mut(&sid) else {
            return Err(format!("recording {sid} was never opened"));
        };
        let before = recording.view.replace(view.clone());
        let before = before.map(|before| before.status);
        use RecordingStatus as Status;
        let follows = match (before, view.status) {
            (None, Status::InProgress)
            | (Some(Status::InProgress), Status::Stopped | Status::Failed)
            | (Some(Status::Stopped), Status::Failed) => true,
            (Some(Status::Stopped | Status::InProgress), Status::Completed | Status::Absent) => {
                let wanted = match &recording.end {
                    Some(RecordingEnd::Written { duration_ms, .. }) => {
                        (Status::Completed, *duration_ms)
                    }
                    _ => (Status::Absent, 0),
                };
                recording.end.is_some() && wanted == (view.status, view.duration_ms)
            }
            _ => false,
        };
        match follows {
            true => Ok(()),
            false => Err(format!(
                "recording {sid} is {:?} of {} ms after {before:?}, and ended as {:?}",
                view.status, view.duration_ms, recording.end
            )),
        }
    }

    /// Checks frames of a recording from the engine.
    pub(crate) fn chunk(&mut self, chunk: &Chunk<'_>) -> Checked {
        let sid = chunk.recording;
        let Some(recording) = self.all.get_mut(&sid) else {
            return Err(format!("recording {sid} was never opened"));
        };
        recording.missing_ticks += u64::from(chunk.missing);
        let channels = usize::from(chunk.channels);
        let samples = chunk.rate.frame_samples() * channels;
        if !chunk.samples.len().is_multiple_of(samples) {
            return Err(format!("recording {sid}: a part of a frame"));
        }
        for frame in chunk.samples.chunks_exact(samples) {
            recording.frames += 1;
            let Some(tick) = recording.ticks.pop_front() else {
                return Err(format!("recording {sid}: a frame without a tick"));
            };
            let sides = match channels {
                1 => vec![tick[0].with(tick[1])],
                _ => tick.to_vec(),
            };
            for (channel, voices) in sides.into_iter().enumerate() {
                let step = channels * chunk.rate.frame_samples() / Rate::Hz8000.frame_samples();
                let frame = frame.iter().skip(channel).step_by(step).copied();
                let checked = recording.hear(channel, frame, voices, chunk.rate > Rate::Hz8000);
                checked
                    .map_err(|why| format!("recording {sid} of {:?}: {why}", recording.taken))?;
            }
        }
        Ok(())
    }

    /// Requires the voices of a frame that was sent to a leg in the leg's recording.
    pub(crate) fn sent(&mut self, of: LegId) {
        for recording in self.all.values_mut() {
            if let Some((Recorded::Leg { leg, .. }, _)) = recording.taken
                && leg == of
                && let Some([_, heard]) = recording.ticks.back_mut()
            {
                heard.must |= core::mem::take(&mut heard.if_sent);
            }
        }
    }

    /// Checks at the end of a run that each recording has ended, and that nothing is left.
    pub(crate) fn close(&self) -> Checked {
        use RecordingStatus as Status;
        let is_over = |recording: &Recording| {
            let status = recording.view.as_ref().map(|view| view.status);
            matches!(status, Some(Status::Completed | Status::Absent)) && recording.taken.is_none()
        };
        match self.all.iter().find(|(_, one)| !is_over(one)) {
            None => Ok(()),
            Some((sid, recording)) => {
                Err(format!("recording {sid} has no end: {:?}", recording.view))
            }
        }
    }

    /// Checks the fields of a callback about a recording.
    pub(crate) fn told(&self, fields: &Fields<'_>) -> Checked {
        let sid = at(fields, "RecordingSid")?;
        let sid: RecordingSid = sid.parse().map_err(|_| "RecordingSid".to_owned())?;
        let recording = self.all.get(&sid).and_then(|one| one.view.as_ref());
        let view = recording.ok_or("it was never opened")?;
        let word = match view.status {
            RecordingStatus::InProgress => "in-progress",
            RecordingStatus::Completed => "completed",
            RecordingStatus::Absent => "absent",
            RecordingStatus::Failed => "failed",
            other => return Err(format!("nobody is told of {other:?}")),
        };
        is(fields, "RecordingStatus", word)?;
        let seconds = view.duration_ms / 1_000;
        is(fields, "RecordingDuration", &seconds.to_string())?;
        is(fields, "RecordingChannels", &view.channels.to_string())?;
        is(fields, "RecordingStartTime", &view.date_created.to_string())?;
        is(fields, "RecordingSource", view.source.word())?;
        if !at(fields, "RecordingUrl")?.ends_with(&format!("/Recordings/{sid}")) {
            return Err("RecordingUrl".to_owned());
        }
        match view.of {
            RecordingOf::Conference(conference) => {
                is(fields, "ConferenceSid", &conference.to_string())
            }
            RecordingOf::Call(call) => {
                let track = match view.track {
                    Track::Inbound => "inbound",
                    Track::Outbound => "outbound",
                    Track::Both => "both",
                };
                is(fields, "RecordingTrack", track)?;
                is(fields, "CallSid", &call.to_string())
            }
        }
    }
}

impl Recording {
    fn hear(
        &mut self,
        channel: usize,
        frame: impl Iterator<Item = i16>,
        voices: Voices,
        is_wide: bool,
    ) -> Checked {
        let samples: Vec<i16> = frame.collect();
        let mut coded = [0; FRAME];
        confab_codec::encode(Codec::Pcmu, &samples, &mut coded);
        let (heard, loud) = hear_loud(Codec::Pcmu, &coded, true);
        let wrong = heard.voices().find(|voice| voices.may >> voice & 1 == 0);
        let noise = self.noise.entry(channel).or_default();
        *noise = if wrong.is_some() { *noise + 1 } else { 0 };
        if let Some(voice) = wrong {
            let may_be_noise = is_wide && loud >> voice & 1 == 0 && *noise <= NOISE_MAX;
            if !may_be_noise {
                return Err(format!("voice {voice} must not be in it, {voices:?}"));
            }
        }
        for voice in 0..u16::BITS as usize {
            let frames = self.missing.entry(voice + 16 * channel).or_default();
            let is_missing = voices.must >> voice & 1 == 1 && !heard.has(voice);
            *frames = if is_missing { *frames + 1 } else { 0 };
            if *frames > MISSING_MAX {
                return Err(format!("voice {voice} is not in it for {frames} frames"));
            }
        }
        Ok(())
    }
}

impl World {
    /// Records the expected voices of each recorded frame, after a tick of a thread and before its
    /// outputs.
    pub(crate) fn note_recorded(&mut self, thread: usize) {
        let mut all = core::mem::take(&mut self.books.recordings.all);
        for recording in all.values_mut() {
            let voices = match recording.taken {
                Some((Recorded::Room(room), at)) if at == thread => {
                    [self.public_voices(room), Voices::default()]
                }
                Some((Recorded::Leg { leg, track, .. }, _)) => {
                    let here = self.ports.legs.get(&leg);
                    let here = here.filter(|here| here.thread == Some(thread));
                    if here.is_none_or(|here| here.media.is_none()) {
                        continue;
                    }
                    let both = self.voices_of_leg(leg);
                    match track {
                        Track::Both => both,
                        Track::Inbound => [both[0], Voices::default()],
                        Track::Outbound => [Voices::default(), both[1]],
                    }
                }
                _ => continue,
            };
            recording.ticks.push_back(voices);
        }
        self.books.recordings.all = all;
    }

    /// Handles the end of a recording, as reported by an engine.
    pub(crate) fn recording_over(&mut self, thread: usize, sid: RecordingSid) -> Checked {
        let Some(recording) = self.books.recordings.all.get_mut(&sid) else {
            return Err(format!("recording {sid} was never opened"));
        };
        recording.taken = None;
        if recording.end.is_some() {
            return Err(format!("recording {sid} is over twice"));
        }
        if !recording.ticks.is_empty() {
            let left = recording.ticks.len();
            return Err(format!("recording {sid} lacks the frames of {left} ticks"));
        }
        let end = match recording.frames {
            0 => RecordingEnd::Absent,
            frames => RecordingEnd::Written {
                duration_ms: 20 * (frames + recording.missing_ticks),
                lost_ms: 0,
                bytes: 44 + 320 * frames,
            },
        };
        recording.end = Some(end.clone());
        self.tally.count(Kind::RecordingOver);
        let recording = sid;
        self.tell(thread, Input::Recorded { recording, end });
        Ok(())
    }

    fn voice_of(&self, leg: LegId) -> Voices {
        let here = self.ports.legs.get(&leg);
        let voice = here.and_then(|here| here.voice);
        let bit = |voice: Option<usize>| voice.map_or(0, |voice| 1 << voice);
        Voices {
            may: bit(voice),
            must: bit(self.clear_voice(leg)),
            if_sent: 0,
        }
    }

    fn public_voices(&self, room: RoomId) -> Voices {
        let Some(picture) = self.oracle.holds.get(&room).filter(|room| room.started) else {
            return Voices::default();
        };
        let is_public = |person: &&crate::oracle::Person| {
            !person.held && !person.muted && person.coaches.is_none()
        };
        let public = picture.seated.iter().filter(is_public);
        let voices = public.map(|person| self.voice_of(person.leg));
        voices.fold(Voices::default(), Voices::with)
    }

    /// Returns the voices of a leg's ingress and egress.
    fn voices_of_leg(&self, leg: LegId) -> [Voices; 2] {
        let mut pictures = self.oracle.holds.values();
        let picture = pictures.find(|picture| picture.person(leg).is_some());
        let seated = picture.into_iter().flat_map(|picture| &picture.seated);
        let heard = seated.filter(|other| {
            let hears = picture.map(|picture| picture.hears(leg, other.leg));
            hears == Some(true)
        });
        let heard = heard.map(|other| self.voice_of(other.leg));
        let heard = heard.fold(Voices::default(), Voices::with);
        let heard = Voices {
            must: 0,
            if_sent: heard.must,
            ..heard
        };
        [self.voice_of(leg), heard]
    }
}
