//! Callers with a tone each, and the matrix of audibility, measured only from the RTP that arrived.

use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_phone::heard::{Frame, OFF_LEVEL_DB, Presence, Sought, level, off_level, presence};
use confab_phone::{Phone, PhoneConfig, Phones, Voice, now};
use confab_terms::{Codec, Instant};

use crate::server::Server;

/// Level of each tone.
pub const DBFS: f64 = -14.0;
/// Level of baresip's tone, which is not configurable.
pub const BARESIP_DBFS: f64 = -6.0;
/// Frequencies of the tones; none is a harmonic of another.
pub const TONES: [f64; 6] = [440.0, 770.0, 1_130.0, 1_530.0, 2_010.0, 2_470.0];

/// Test phone in a conference.
pub struct Caller {
    /// Name.
    pub name: &'static str,
    /// Frequency of the tone.
    pub hz: f64,
    /// Phone.
    pub phone: Phone,
}

/// Returns the tone of a caller for a search.
#[must_use]
pub fn sought(name: &str, hz: f64) -> Sought {
    Sought {
        name: name.into(),
        hz,
        dbfs: match name {
            "baresip" => BARESIP_DBFS,
            _ => DBFS,
        },
    }
}

/// Calls a room, and waits until the call is established.
pub fn call(
    phones: &Phones,
    server: &Server,
    room: &str,
    name: &'static str,
    hz: f64,
) -> Result<Caller> {
    call_in(Codec::Pcmu, phones, server, room, (name, hz))
}

/// Calls a room with a phone that has only this codec.
pub fn call_in(
    codec: Codec,
    phones: &Phones,
    server: &Server,
    room: &str,
    (name, hz): (&'static str, f64),
) -> Result<Caller> {
    let config = PhoneConfig::new(server.sip.parse()?, room, name)
        .saying(Voice::Tone { hz, dbfs: DBFS })
        .speaking(&[codec]);
    let phone = phones.call(&config)?;
    phone
        .wait_until_talking(Duration::from_secs(5))
        .with_context(|| server.log())?;
    Ok(Caller { name, hz, phone })
}

/// Returns the names of the tones that are present in all frames. A tone in some frames only is a
/// leak or a gap, and an error; so is a wrong level.
pub fn heard(listener: &str, frames: &[Frame], voices: &[(&str, f64)]) -> Result<Vec<String>> {
    anyhow::ensure!(!frames.is_empty(), "{listener} received no packets at all");
    let mut names = Vec::new();
    for (name, hz) in voices {
        match presence(frames, &sought(name, *hz)) {
            Presence::Heard => names.push((*name).to_owned()),
            Presence::Silent => {}
            partly @ Presence::Partly { .. } => {
                anyhow::bail!("{listener} hears {name} only now and then: {partly:?}")
            }
            Presence::OffLevel { by } => {
                anyhow::bail!("{listener} hears {name} {by:+} dB from the level spoken")
            }
        }
    }
    Ok(names)
}

/// Returns true if nine in ten of these blocks of samples contain the tone at its level.
#[must_use]
pub fn carry<'a>(stretches: impl Iterator<Item = &'a [i16]>, hz: f64) -> bool {
    let levels: Vec<f64> = stretches.map(|samples| level(samples, hz)).collect();
    let carried = levels.iter().filter(|level| **level > DBFS - 16.0).count();
    carried * 10 > levels.len() * 9 && off_level(&levels, DBFS).abs() <= OFF_LEVEL_DB
}

/// Returns the matrix of audibility in the next 500 ms, as lines `listener: speaker speaker`.
pub fn matrix(callers: &[&Caller], more_voices: &[(&str, f64)]) -> Result<String> {
    let mut voices: Vec<(&str, f64)> = callers.iter().map(|c| (c.name, c.hz)).collect();
    voices.extend_from_slice(more_voices);
    let last = callers.last().context("nobody to listen")?;
    let (from, to) = last.phone.window_in_time(Duration::from_millis(500))?;
    let mut lines = String::new();
    for caller in callers {
        let frames = caller.phone.frames_between(from, to);
        let names = heard(caller.name, &frames, &voices)?;
        lines.push_str(&format!("{}: {}\n", caller.name, names.join(" ")));
    }
    Ok(lines)
}

/// Returns the arrival of the first frame, as the start of a common window for other listeners.
#[must_use]
pub fn beginning(frames: &[Frame]) -> Instant {
    frames.first().map_or_else(now, |frame| frame.arrived)
}

/// Waits for packets in flight and in jitter buffers.
pub fn settle() {
    crate::server::pause(Duration::from_millis(250));
}
