//! RTP of the phones on its way into the engine: a packet for each phone and step, over its line;
//! and packets of strangers.

use confab_media::LegMedia;
use confab_rtp::{DigitSender, HEADER_BYTES, Header};
use confab_terms::{Codec, IpAddr, LegId, SocketAddr};

use crate::dice::Dice;
use crate::outcome::Checked;
use crate::phone::Phone;
use crate::secrecy::PhoneSrtp;
use crate::tally::{Kind, Tally};
use crate::voices::{FRAME, INTRUDER, frame};
use crate::wide::WideVoice;
use crate::world::World;

pub(crate) const DIGITS: u8 = 101;
/// First port of intruders behind a phone's NAT.
pub(crate) const INTRUDERS_PORT: u16 = 60_000;
/// Interval of a phone's packets: 20 ms.
const STEP_NS: u64 = 20_000_000;

impl World {
    /// Delivers the packets since the last tick of this thread. While a thread stalls, the phones
    /// continue, and the sockets keep the packets.
    pub(crate) fn speak(&mut self, thread: usize) -> Checked {
        let now = self.now.0 / STEP_NS;
        for at in 0..self.phones.len() {
            let phone = &mut self.phones[at];
            let leg = phone.line.as_ref().and_then(|line| line.leg);
            let Some(leg) = leg else {
                phone.spoken = now;
                continue;
            };
            if self.ports.thread_of(leg) != Some(thread) {
                continue;
            }
            let late = now > phone.spoken + 2;
            while self.phones[at].spoken < now {
                let phone = &mut self.phones[at];
                phone.spoken += 1;
                if let Some(line) = phone.line.as_mut().filter(|_| late) {
                    line.mouth.clear = 0;
                }
                let step = phone.spoken;
                let here = self.ports.legs.get_mut(&leg);
                if let Some(secrecy) = here.map(|here| &mut here.secrecy) {
                    say(phone, secrecy, step, &mut self.voice, &mut self.tally);
                }
                self.arrive((at, thread), step)?;
            }
        }
        self.intrude(thread)
    }

    fn arrive(&mut self, (at, thread): (usize, usize), step: u64) -> Checked {
        let phone = &mut self.phones[at];
        let Some(line) = &mut phone.line else {
            return Ok(());
        };
        let Some(leg) = line.leg else { return Ok(()) };
        let from = line.rtp_address();
        if !self.ports.legs.contains_key(&leg) {
            line.mouth.under_way.clear();
            return Ok(());
        }
        let under_way = core::mem::take(&mut line.mouth.under_way);
        let (rest, arrived) = under_way.into_iter().partition(|(due, _)| *due > step);
        line.mouth.under_way = rest;
        let arrived: Vec<(u64, Vec<u8>)> = arrived;
        for (_, packet) in arrived {
            self.deliver(thread, leg, from, &packet)?;
        }
        Ok(())
    }

    fn intrude(&mut self, thread: usize) -> Checked {
        let mut intrusions = core::mem::take(&mut self.ports.intrusions);
        for (leg, left) in &mut intrusions {
            if self.ports.thread_of(*leg) != Some(thread) {
                continue;
            }
            *left -= 1;
            let Some(media) = self.ports.legs.get(leg).and_then(|here| here.media) else {
                continue;
            };
            let header = Header {
                payload_type: media.codec.payload_type(),
                marker: false,
                sequence: *left as u16,
                timestamp: (*left as u32).wrapping_mul(160),
                ssrc: 0x666,
            };
            let mut packet = [0; HEADER_BYTES + FRAME];
            header.write(&mut packet);
            let voice = match media.codec {
                Codec::G722 => WideVoice::default().frame(INTRUDER),
                codec => frame(INTRUDER, codec),
            };
            packet[HEADER_BYTES..].copy_from_slice(&voice);
            for from in self.intruders(*leg, &media) {
                self.deliver(thread, *leg, from, &packet)?;
            }
        }
        intrusions.retain(|(_, left)| *left > 0);
        self.ports.intrusions = intrusions;
        Ok(())
    }

    /// Returns the sources of strangers: another host, the private address in the SDP, and ports
    /// behind the phone's NAT. Those ports send more often than the phone, and only while the phone
    /// sends all the time.
    fn intruders(&mut self, leg: LegId, media: &LegMedia) -> Vec<SocketAddr> {
        let mut from = vec![SocketAddr::new(IpAddr::from([10, 6, 6, 6]), 4_000)];
        if media.trusts_sdp {
            return from;
        }
        from.push(media.remote_rtp);
        let phone = self.ports.legs.get(&leg).and_then(|here| here.phone);
        let phone = phone.and_then(|at| self.phones.get_mut(at));
        let Some(phone) = phone.filter(|phone| phone.weather.is_clear()) else {
            return from;
        };
        let line = phone.line.as_mut().filter(|line| line.leg == Some(leg));
        if let Some(line) = line
            && line.mouth.talks
            && line.mouth.digit.is_none()
        {
            // Competing sources block each other until one is locked.
            line.mouth.clear = 0;
            self.tally.count(Kind::Sprayed);
            let ports = (0..6).map(|n| INTRUDERS_PORT + n % 3);
            from.extend(ports.map(|port| SocketAddr::new(media.signalling_address, port)));
        }
        from
    }
}

fn frame_of(number: usize, codec: Codec) -> [u8; FRAME] {
    use std::sync::OnceLock;
    static FRAMES: OnceLock<Vec<[u8; FRAME]>> = OnceLock::new();
    let frames = FRAMES.get_or_init(|| {
        let voices = 0..2 * INTRUDER;
        let codec = |at: usize| {
            if at.is_multiple_of(2) {
                Codec::Pcmu
            } else {
                Codec::Pcma
            }
        };
        voices.map(|at| frame(at / 2, codec(at))).collect()
    });
    frames[number * 2 + usize::from(codec == Codec::Pcma)]
}

/// Sends at most one packet of a phone onto its line.
fn say(phone: &mut Phone, secrecy: &mut PhoneSrtp, step: u64, dice: &mut Dice, tally: &mut Tally) {
    let (weather, number, codec) = (phone.weather, phone.number, phone.codec);
    let Some(line) = &mut phone.line else { return };
    let mouth = &mut line.mouth;
    let digit = mouth.digit.as_mut().map(DigitSender::next_packet);
    if let Some(None) = digit {
        mouth.digit = None;
    }
    let timestamp = mouth.timestamp;
    mouth.timestamp = mouth.timestamp.wrapping_add(FRAME as u32);
    let digit = digit.flatten();
    let clear = mouth.talks && digit.is_none() && weather.is_clear() && !line.offering;
    mouth.clear = if clear { mouth.clear + 1 } else { 0 };
    mouth.silent = if mouth.talks { 0 } else { mouth.silent + 1 };
    if !mouth.talks && digit.is_none() {
        return;
    }
    let header = Header {
        payload_type: digit.map_or(phone.codec.payload_type(), |_| DIGITS),
        marker: digit.is_some_and(|digit| digit.marker),
        sequence: mouth.sequence,
        timestamp: digit.map_or(timestamp, |digit| digit.timestamp),
        ssrc: mouth.ssrc,
    };
    mouth.sequence = mouth.sequence.wrapping_add(1);
    let packet = match digit {
        Some(digit) => secrecy.seal(&header, &digit.payload),
        None if codec == Codec::G722 => secrecy.seal(&header, &mouth.wide.frame(number)),
        None => secrecy.seal(&header, &frame_of(number, codec)),
    };
    let Some(packet) = packet else { return };
    if dice.chance(weather.loss) {
        tally.count(Kind::RtpLost);
        return;
    }
    let late = dice.chance(weather.late);
    let due = if late {
        tally.count(Kind::RtpLate);
        step + dice.between(1, weather.late_ticks_max)
    } else {
        step
    };
    if dice.chance(weather.twice) {
        tally.count(Kind::RtpTwice);
        mouth.under_way.push((due + dice.below(3), packet.clone()));
    }
    mouth.under_way.push((due, packet));
}
