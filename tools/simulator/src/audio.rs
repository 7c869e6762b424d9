//! Model of the packet counters of each leg: accepted and sent packets are compared with the
//! figures of the engine and with the fields of the last callback. No SRTP packet is accepted
//! twice.

use std::collections::BTreeMap;

use confab_media::{Component, Event, LegFigures};
use confab_rtp::Header;
use confab_terms::{LegId, SocketAddr};

use crate::fields::{Fields, is};
use crate::microphone::DIGITS;
use crate::outcome::Checked;
use crate::tally::Kind;
use crate::world::World;

/// Number of recent sequence numbers in which a duplicate is recognized: the replay window of SRTP.
const REMEMBERED: usize = 100;
/// Maximum difference between the loss counted by the engine and the model. Causes: packets before
/// the first one, stray packets after a stall, and late digits. The highest measured value is 10.
const LOSS_SLACK: u64 = 16;

/// Packets of one leg.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    voice: u64,
    digits: u64,
    pub(crate) sent: u64,
    /// Accepted sequence numbers, extended over rollovers: first, last, and number of distinct
    /// ones.
    first: Option<u64>,
    last: u64,
    distinct: u64,
    recent: Vec<u64>,
    ssrc: Option<u32>,
    /// True if packets of more than one source were accepted: then the loss has no model.
    is_mixed: bool,
}

/// Figures of legs that were removed.
#[derive(Default)]
pub(crate) struct Audio {
    counted: BTreeMap<LegId, Counted>,
    figures: BTreeMap<LegId, LegFigures>,
}

impl Counted {
    fn accepted(&mut self, header: &Header) {
        let is_digit = header.payload_type == DIGITS;
        let counter = if is_digit {
            &mut self.digits
        } else {
            &mut self.voice
        };
        *counter += 1;
        self.is_mixed |= self.ssrc.is_some_and(|ssrc| ssrc != header.ssrc);
        self.ssrc = Some(header.ssrc);
        let number = self.extended(header.sequence);
        if self.recent.contains(&number) {
            return;
        }
        self.recent.push(number);
        if self.recent.len() > REMEMBERED {
            self.recent.remove(0);
        }
        self.first = Some(self.first.unwrap_or(number).min(number));
        self.last = self.last.max(number);
        self.distinct += 1;
    }

    fn extended(&self, sequence: u16) -> u64 {
        let Some(_) = self.first else {
            return (1 << 16) + u64::from(sequence);
        };
        let ahead = sequence.wrapping_sub(self.last as u16) as i16;
        self.last.wrapping_add_signed(ahead.into())
    }

    fn has(&self, header: &Header) -> bool {
        self.ssrc == Some(header.ssrc) && self.recent.contains(&self.extended(header.sequence))
    }

    fn lost(&self) -> u64 {
        let first = self.first.unwrap_or(self.last + 1);
        (self.last + 1 - first).saturating_sub(self.distinct)
    }
}

impl World {
    /// Delivers a packet to the socket of a leg.
    pub(crate) fn deliver(
        &mut self,
        thread: usize,
        leg: LegId,
        from: SocketAddr,
        packet: &[u8],
    ) -> Checked {
        let engine = &mut self.threads[thread].engine;
        let before = engine.counters().rtp_in;
        engine.receive(self.now, leg, Component::Rtp, from, packet);
        if engine.counters().rtp_in == before {
            return Ok(());
        }
        let Ok((header, _)) = Header::parse(packet) else {
            return Err(format!("leg {leg} accepts a packet that is no RTP"));
        };
        let Some(here) = self.ports.legs.get_mut(&leg) else {
            return Ok(());
        };
        if here.secrecy.is_agreed() && here.counted.has(&header) {
            let number = header.sequence;
            return Err(format!("leg {leg} accepts SRTP packet {number} twice"));
        }
        here.counted.accepted(&header);
        Ok(())
    }

    /// Compares the engine's figures of a removed leg with the model.
    pub(crate) fn check_figures(&mut self, event: &Event) -> Checked {
        let Event::LegRemoved { leg, figures } = event else {
            return Ok(());
        };
        let Some(counted) = self.books.audio.counted.get(leg) else {
            return Ok(());
        };
        self.books.audio.figures.insert(*leg, *figures);
        let told = (
            figures.packets_in,
            figures.digit_packets_in,
            figures.packets_out,
        );
        let known = (counted.voice, counted.digits, counted.sent);
        if told != known {
            return Err(format!(
                "leg {leg}: packets of voice, of digits, and sent {told:?}, expected {known:?}"
            ));
        }
        let lost = counted.lost();
        if lost > 0 {
            self.tally.count(Kind::LossCounted);
        }
        let slack = LOSS_SLACK + 2 * counted.digits;
        match counted.is_mixed || figures.lost.abs_diff(lost) <= slack {
            true => Ok(()),
            false => Err(format!(
                "leg {leg}: {} packets lost, expected {lost}: {counted:?}",
                figures.lost
            )),
        }
    }
}

impl Audio {
    pub(crate) fn leg_removed(&mut self, leg: LegId, counted: &Counted) {
        self.counted.insert(leg, counted.clone());
    }

    /// Checks the audio figures in the last callback of a call: the figures of its leg, or zeros if
    /// the thread reported too late.
    pub(crate) fn check(&self, leg: LegId, fields: &Fields<'_>) -> Checked {
        let expected = |figures: &LegFigures| {
            is(
                fields,
                "AudioInMediaPacketCount",
                &figures.packets_in.to_string(),
            )?;
            is(
                fields,
                "AudioInDtmfPacketCount",
                &figures.digit_packets_in.to_string(),
            )?;
            is(
                fields,
                "AudioOutMediaPacketCount",
                &figures.packets_out.to_string(),
            )?;
            is(fields, "AudioInSkipPacketCount", &figures.lost.to_string())?;
            is(
                fields,
                "AudioInFlushPacketCount",
                &figures.dropped.to_string(),
            )
        };
        match self.figures.get(&leg) {
            Some(figures) => {
                expected(figures).or_else(|why| expected(&LegFigures::default()).map_err(|_| why))
            }
            None => expected(&LegFigures::default()),
        }
    }
}
