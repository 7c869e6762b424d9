//! Checker of audibility in the RTP of the engine: each frame of each leg is compared with the
//! oracle. A voice may be missing on a lossy line; an additional voice is always a fault.

use std::collections::BTreeMap;

use confab_media::LegMedia;
use confab_rtp::Header;
use confab_terms::{Codec, LegId, SocketAddr};

use crate::holding::music_frames;
use crate::microphone::INTRUDERS_PORT;
use crate::oracle::Picture;
use crate::outcome::Checked;
use crate::ports::Ports;
use crate::thread::Sent;
use crate::voices::{Heard, hear_loud};
use crate::world::World;

/// Maximum number of frames without a voice on a clear line: the jitter buffer starts or adapts.
const MISSING_MAX: u32 = 8;
/// Maximum number of consecutive frames in which noise of G.722 counts as a voice.
pub(crate) const NOISE_MAX: u32 = 5;
/// Maximum age of an audible voice in steps: 200 ms of buffer, 60 ms of concealment, delay of the
/// line, and a stall.
const OLD_MAX: u32 = 100;

/// Possible numbers of a frame in the built-in music, and the number of its frames.
pub(crate) type MusicFrames = (Vec<u64>, u64);

/// Decodes an outgoing packet; returns `None` for RTCP and for DTMF events.
pub(crate) fn packet(
    ports: &mut Ports,
    leg: LegId,
    rtp: bool,
    to: SocketAddr,
    bytes: &[u8],
) -> Result<Option<(Heard, MusicFrames)>, String> {
    let Some(here) = ports.legs.get_mut(&leg) else {
        return Err(format!("a packet from leg {leg}, which has no port"));
    };
    let Some(media) = here.media else {
        return Err(format!(
            "a packet from leg {leg}, which has agreed on nothing"
        ));
    };
    if !is_its_phone(&media, to) {
        return Err(format!("leg {leg} sends to {to}, a stranger"));
    }
    let opened = here.secrecy.open(rtp, bytes);
    let bytes = &opened.map_err(|why| format!("leg {leg} sends {why}"))?[..];
    if !rtp {
        return Ok(None);
    }
    if !media.sends {
        return Err(format!("leg {leg} is held by its phone and sends"));
    }
    let (header, payload) = Header::parse(bytes).map_err(|e| format!("leg {leg} sends {e}"))?;
    let is_digit = media.digits_payload_type == Some(header.payload_type);
    let codec = match header.payload_type {
        _ if is_digit => media.codec,
        0 => Codec::Pcmu,
        8 => Codec::Pcma,
        9 => Codec::G722,
        other => return Err(format!("leg {leg} sends payload type {other}")),
    };
    if codec != media.codec {
        return Err(format!(
            "leg {leg} sends {codec:?}, agreed was {:?}",
            media.codec
        ));
    }
    let last = here.last_sequence.replace(header.sequence);
    if last.is_some_and(|last| last.wrapping_add(1) != header.sequence) {
        return Err(format!(
            "leg {leg} sends {} after {last:?}",
            header.sequence
        ));
    }
    let fed = !here.fed.is_empty();
    let told = is_digit.then_some(payload);
    ports.pressed.sent(leg, header, told)?;
    // A DTMF event replaces the audio.
    if is_digit {
        return Ok(None);
    }
    if codec == Codec::G722 {
        let ((heard, loud), frames) = here.wide.hear(payload, fed);
        here.loud = loud;
        return Ok(Some((heard, frames)));
    }
    let (heard, loud) = hear_loud(codec, payload, fed);
    here.loud = loud;
    let frames = match heard.voices().next() {
        None if !heard.is_silent() => music_frames(codec, payload),
        _ => (&[][..], 1),
    };
    Ok(Some((heard, (frames.0.to_vec(), frames.1))))
}

/// Returns whether an address belongs to the phone: the host of the SDP or, behind a NAT, the host
/// of the signaling, but no port of an intruder there.
fn is_its_phone(media: &LegMedia, at: SocketAddr) -> bool {
    let is_public = !media.trusts_sdp && at.ip() == media.signalling_address;
    at.ip() == media.remote_rtp.ip() || (is_public && at.port() < INTRUDERS_PORT)
}

/// Checks the source of RTP that a leg has locked to.
pub(crate) fn locked(ports: &Ports, leg: LegId, peer: SocketAddr) -> Checked {
    let media = ports.legs.get(&leg).and_then(|here| here.media);
    match media {
        Some(media) if is_its_phone(&media, peer) => Ok(()),
        _ => Err(format!("leg {leg} is locked to {peer}")),
    }
}

impl World {
    /// Compares the audibility in each room of the engines with the oracle, for each ordered pair.
    pub(crate) fn check_rooms(&self) -> Checked {
        for (room, picture) in &self.oracle.holds {
            for l in &picture.seated {
                for s in &picture.seated {
                    if l.leg == s.leg {
                        continue;
                    }
                    let mut engines = self.threads.iter().map(|thread| &thread.engine);
                    let audible = engines.any(|engine| engine.audible(*room, l.leg, s.leg));
                    if audible != picture.hears(l.leg, s.leg) {
                        let said = if audible { "hears" } else { "does not hear" };
                        return Err(format!(
                            "room {room}: leg {} {said} {}: {l:?} {s:?}",
                            l.leg, s.leg
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn check_hearing(&mut self, thread: usize, sent: &[Sent]) -> Checked {
        let mut missing = BTreeMap::new();
        let mut noise = BTreeMap::new();
        for Sent {
            leg: listener,
            heard,
            ..
        } in sent
        {
            let holds = &self.oracle.holds;
            let picture = holds
                .values()
                .find(|picture| picture.person(*listener).is_some());
            for voice in heard.voices() {
                let allowed = picture.is_some_and(|picture| {
                    picture.seated.iter().any(|person| {
                        let here = self.ports.legs.get(&person.leg);
                        here.is_some_and(|here| here.voice == Some(voice) && here.speaks())
                            && picture.hears(*listener, person.leg)
                    })
                });
                if !allowed {
                    if self.is_noise((*listener, voice), picture) {
                        let frames = self.noise.get(&(*listener, voice)).unwrap_or(&0);
                        noise.insert((*listener, voice), frames + 1);
                        continue;
                    }
                    let tick = self.ticks();
                    return Err(format!(
                        "tick {tick}: leg {listener} hears voice {voice} and must not: {picture:?}"
                    ));
                }
            }
            self.check_age(*listener, *heard, picture)?;
            for person in picture.into_iter().flat_map(|picture| &picture.seated) {
                if !picture.is_some_and(|picture| picture.hears(*listener, person.leg)) {
                    continue;
                }
                let Some(voice) = self.clear_voice(person.leg) else {
                    continue;
                };
                let pair = (*listener, person.leg);
                let frames = match heard.has(voice) {
                    true => 0,
                    false => self.missing.get(&pair).copied().unwrap_or(0) + 1,
                };
                if frames > MISSING_MAX {
                    return Err(format!(
                        "leg {listener} has not heard {} for {frames} frames, though it is clear",
                        person.leg
                    ));
                }
                missing.insert(pair, frames);
            }
        }
        let ports = &self.ports;
        self.missing
            .retain(|(listener, _), _| ports.thread_of(*listener) != Some(thread));
        self.missing.append(&mut missing);
        self.noise
            .retain(|(listener, _), _| ports.thread_of(*listener) != Some(thread));
        self.noise.append(&mut noise);
        Ok(())
    }

    /// Returns whether a voice may be noise of G.722, in a frame or a few. A decoder whose state
    /// differs from its encoder's produces noise until both are in step. This concerns the engine's
    /// decoder after lost packets of the speaker. It also concerns the listener's decoder after a
    /// change between a stream of its own and the shared stream.
    fn is_noise(&self, (listener, voice): (LegId, usize), picture: Option<&Picture>) -> bool {
        let here = self.ports.legs.get(&listener);
        let is_loud = here.is_none_or(|here| here.loud >> voice & 1 == 1);
        let frames = self.noise.get(&(listener, voice)).copied().unwrap_or(0);
        if is_loud || frames >= NOISE_MAX {
            return false;
        }
        let mut seated = picture.into_iter().flat_map(|picture| &picture.seated);
        self.is_wide(listener)
            || seated.any(|person| {
                picture.is_some_and(|picture| picture.hears(listener, person.leg))
                    && self.is_wide(person.leg)
                    && self.clear_voice(person.leg).is_none()
            })
    }

    /// Returns whether the codec of a leg is G.722.
    pub(crate) fn is_wide(&self, leg: LegId) -> bool {
        let media = self.ports.legs.get(&leg).and_then(|here| here.media);
        media.is_some_and(|media| media.codec == Codec::G722)
    }

    /// Checks that an audible voice is recent: its phone has not been silent for long.
    fn check_age(&self, listener: LegId, heard: Heard, picture: Option<&Picture>) -> Checked {
        for person in picture.into_iter().flat_map(|picture| &picture.seated) {
            let here = self.ports.legs.get(&person.leg);
            let phone = here.and_then(|here| self.phones.get(here.phone?));
            let line = phone.and_then(|phone| phone.line.as_ref());
            let Some(line) = line.filter(|line| line.leg == Some(person.leg)) else {
                continue;
            };
            let voice = here.and_then(|here| here.voice);
            let others = self
                .ports
                .legs
                .values()
                .filter(|other| other.voice == voice);
            let silent = line.mouth.silent > OLD_MAX && others.count() == 1;
            if silent && voice.is_some_and(|voice| heard.has(voice)) {
                let leg = person.leg;
                return Err(format!(
                    "leg {listener} hears {leg}, which has long been silent"
                ));
            }
        }
        Ok(())
    }

    /// Returns the voice of a leg whose phone has sent on a clear line for a while.
    pub(crate) fn clear_voice(&self, leg: LegId) -> Option<usize> {
        let here = self.ports.legs.get(&leg)?;
        let line = self.phones.get(here.phone?)?.line.as_ref()?;
        let settled = here.settled + 10 < self.threads[here.thread?].engine.tick_count();
        let clear = line.leg == Some(leg) && line.mouth.clear > 10;
        (settled && clear && here.speaks()).then_some(here.voice?)
    }
}
