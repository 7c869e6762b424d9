//! Sent RTCP reports: about every five seconds, at different times for each leg (RFC 3550 §6.2).

use confab_rtp::rtcp::{PACKET_BYTES_MAX, SenderInfo, ntp_of_unix_ms, write_report};
use confab_terms::Instant;

use crate::counters::Counters;
use crate::engine::EngineConfig;
use crate::leg::Leg;
use crate::outbox::Outbox;
use crate::{Component, Event, LegFigures};

/// Interval of reports: five seconds.
const INTERVAL_TICKS: u64 = 250;

/// Returns the tick of the first report: half the interval (RFC 3550 §6.2), randomized for each
/// leg.
pub(crate) fn first_report_at(tick: u64, ssrc: u32) -> u64 {
    tick + spread(ssrc) / 2
}

/// Returns 0.5 to 1.5 of the interval, derived from bits that are random, without a generator.
fn spread(bits: u32) -> u64 {
    let mixed = bits.wrapping_mul(0x9e37_79b9) >> 16;
    INTERVAL_TICKS / 2 + u64::from(mixed) % INTERVAL_TICKS
}

/// Returns the NTP time of our sender reports.
pub(crate) fn ntp(now: Instant, config: &EngineConfig) -> u64 {
    let since = now.saturating_since(config.start).as_millis();
    let wall_ms = config
        .wall
        .0
        .saturating_add(i64::try_from(since).unwrap_or(i64::MAX));
    ntp_of_unix_ms(wall_ms)
}

/// Sends a leg's report when due, and reports its audio statistics to the switchboard.
pub(crate) fn report(
    now: Instant,
    tick: u64,
    leg: &mut Leg,
    config: &EngineConfig,
    outbox: &mut Outbox,
    counters: &mut Counters,
) {
    if tick < leg.report_at {
        return;
    }
    leg.report_at = tick + spread(leg.stream.ssrc.wrapping_add(leg.stream.packets));
    outbox.event(Event::Figures {
        leg: leg.id,
        figures: LegFigures::of(leg),
    });
    let Some(to) = leg.destination(Component::Rtcp) else {
        return;
    };
    let info = SenderInfo {
        ntp: ntp(now, config),
        rtp_timestamp: leg.stream.timestamp(),
        packets: leg.stream.packets,
        octets: leg.stream.octets,
    };
    let sender = leg.sent_since_report().then_some(&info);
    let block = leg.reception.report_block(now);
    let mut bytes = [0; PACKET_BYTES_MAX];
    let stream = &leg.stream;
    let length = write_report(
        &mut bytes,
        stream.ssrc,
        sender,
        block.as_slice(),
        &stream.cname,
    );
    let room = length + leg.overhead(Component::Rtcp);
    match outbox.packet(leg.id, Component::Rtcp, to, room) {
        Some(packet) => {
            packet[..length].copy_from_slice(&bytes[..length]);
            if leg.seal(Component::Rtcp, packet) {
                counters.rtcp_out += 1;
            } else {
                counters.lost_outputs += 1;
                outbox.retract();
            }
        }
        None => counters.lost_outputs += 1,
    }
}
