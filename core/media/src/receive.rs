//! Received packets: checks of source and content, and their processing.

use confab_rtp::Header;
use confab_rtp::rtcp::{Item, Items};
use confab_terms::{Instant, LegId, SocketAddr};

use crate::Component;
use crate::engine::Engine;
use crate::origin::Expected;
use crate::report::ntp;
use crate::secrecy::Bench;

/// Payload type of comfort noise in every offer (RFC 3551 table 4); phones send it without naming
/// it.
const COMFORT_NOISE: u8 = 13;

impl Engine {
    /// Processes a packet from a leg's socket. Invalid packets are counted and discarded.
    pub fn receive(
        &mut self,
        now: Instant,
        leg: LegId,
        component: Component,
        from: SocketAddr,
        packet: &[u8],
    ) {
        match component {
            Component::Rtp => self.receive_rtp(now, leg, from, packet),
            Component::Rtcp => self.receive_rtcp(now, leg, from, packet),
        }
    }

    fn receive_rtp(&mut self, now: Instant, id: LegId, from: SocketAddr, packet: &[u8]) {
        let counters = &mut self.counters;
        let Some(leg) = self.legs.get_mut(id.0) else {
            counters.no_such_leg += 1;
            return;
        };
        let Some(media) = leg.media else {
            counters.no_such_leg += 1;
            return;
        };
        let expected = Expected::rtp(&media);
        if !leg.rtp_origin.admits(from, &expected) {
            counters.foreign_source += 1;
            return;
        }
        let mut bench: Bench;
        let packet = match &mut leg.secrecy {
            None => packet,
            Some(secrecy) => {
                bench = [0; _];
                let Ok(clear) = secrecy.open(Component::Rtp, packet, &mut bench) else {
                    counters.unauthentic += 1;
                    return;
                };
                clear
            }
        };
        let Ok((header, payload)) = Header::parse(packet) else {
            counters.malformed += 1;
            return;
        };
        let number = header.payload_type;
        let is_voice = media.received.voice.contains(number);
        let is_digit = media.received.digits.contains(number);
        let is_noise = number == COMFORT_NOISE || media.received.noise.contains(number);
        if !is_voice && !is_digit && !is_noise {
            counters.foreign_payload_type += 1;
            return;
        }
        let verdict = leg.rtp_origin.take(now, from, &expected);
        if !self.outbox.source(id, Component::Rtp, from, verdict) {
            counters.foreign_source += 1;
            return;
        }
        counters.rtp_in += 1;
        leg.hear(&media);
        leg.reception.packet(now, &header);
        let before = leg.jitter.lost_and_reordered();
        if is_digit {
            leg.heard.digit();
            leg.jitter.pass_over(&header);
            if let Some(digit) = leg.press(&header, payload) {
                self.outbox.digit(id, digit, counters);
            }
        } else if !is_voice {
            leg.jitter.pause(&header);
        } else {
            let units = leg.jitter.units(payload).unwrap_or(0);
            leg.heard.voice(units, &leg.reception);
            if leg.jitter.lacks_decoder(payload) {
                // Allocated here, not in the tick; a speaking leg needs a mix of its own.
                leg.jitter.equip(&mut self.scratch.spares);
                leg.equip(&mut self.scratch.spares);
            }
            leg.jitter.insert(now, &header, payload);
        }
        let after = leg.jitter.lost_and_reordered();
        counters.missing += after.0.saturating_sub(before.0);
        counters.overtaken += after.1.saturating_sub(before.1);
    }

    /// Processes RTCP: reports update statistics only. A BYE ends nothing: calls end by signaling.
    fn receive_rtcp(&mut self, now: Instant, id: LegId, from: SocketAddr, packet: &[u8]) {
        let counters = &mut self.counters;
        let Some(leg) = self.legs.get_mut(id.0) else {
            counters.no_such_leg += 1;
            return;
        };
        let Some(media) = leg.media else {
            counters.no_such_leg += 1;
            return;
        };
        let expected = Expected::rtcp(&media, &leg.rtp_origin);
        if !leg.rtcp_origin.admits(from, &expected) {
            counters.foreign_source += 1;
            return;
        }
        let mut bench: Bench;
        let packet = match &mut leg.secrecy {
            None => packet,
            Some(secrecy) => {
                bench = [0; _];
                let Ok(clear) = secrecy.open(Component::Rtcp, packet, &mut bench) else {
                    counters.unauthentic += 1;
                    return;
                };
                clear
            }
        };
        // RFC 3550 A.2: all of a compound packet must be valid before any part is used.
        if packet.is_empty() || Items::new(packet).any(|item| item.is_err()) {
            counters.malformed += 1;
            return;
        }
        let verdict = leg.rtcp_origin.take(now, from, &expected);
        if !self.outbox.source(id, Component::Rtcp, from, verdict) {
            counters.foreign_source += 1;
            return;
        }
        counters.rtcp_in += 1;
        leg.hear(&media);
        for item in Items::new(packet).flatten() {
            match item {
                Item::Sender { ssrc, info } => leg.reception.sender_report(now, ssrc, info.ntp),
                Item::Block { block, .. } if block.ssrc == leg.stream.ssrc => {
                    let clock_rate = leg.coding.codec().clock_rate();
                    leg.peer_reports
                        .take(block, ntp(now, &self.config), clock_rate);
                }
                Item::Block { .. } | Item::Cname { .. } | Item::Bye { .. } => {}
            }
        }
    }
}
