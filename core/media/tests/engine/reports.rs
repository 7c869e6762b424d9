//! RTCP, and the format of the RTP stream.

use core::time::Duration;

use confab_media::{Component, EngineConfig, Event, LegFigures, Spread};
use confab_rtp::rtcp::{Item, Items, ReportBlock, SenderInfo, write_bye};
use confab_terms::LegId;

use crate::desk::{Desk, address};

#[test]
fn the_stream_begins_as_told_and_goes_on_without_a_gap() {
    let mut desk = Desk::new(1);
    for tick in 0..20_u32 {
        let header = desk.tick().rtp(1).expect("one a tick").header();
        assert_eq!(header.sequence, 65_530_u16.wrapping_add(tick as u16));
        assert_eq!(header.timestamp, (u32::MAX - 300).wrapping_add(tick * 160));
        assert_eq!(header.marker, tick == 0);
        assert_eq!((header.ssrc, header.payload_type), (1_001, 0));
    }
}

#[test]
fn ticks_that_come_far_too_late_are_left_out() {
    let mut desk = Desk::new(1);
    let before = desk.tick().rtp(1).expect("is sent").header();
    assert_eq!(desk.engine.next_deadline().0, 20_000_000);
    desk.now.0 = 1_000_000_000;
    desk.engine.tick(desk.now);
    let after = desk.drain().rtp(1).expect("is sent").header();
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    let skipped = desk.engine.counters().skipped_ticks;
    assert_eq!(skipped, 49);
    let gap = 160 * (1 + skipped as u32);
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(gap));
    assert_eq!(desk.engine.next_deadline().0, 1_020_000_000);
}

#[test]
fn reports_about_every_five_seconds_each_leg_in_its_own_time() {
    let mut desk = Desk::new(40);
    let (mut reports, mut busiest) = (vec![Vec::new(); 41], 0);
    for tick in 0..3_000_u32 {
        desk.send(1, 100);
        let out = desk.tick();
        let mut now = 0;
        for (leg, packets) in &out.packets {
            for sent in packets
                .iter()
                .filter(|sent| sent.component == Component::Rtcp)
            {
                assert_eq!(sent.to, address(leg.0, 4_001));
                let items: Vec<_> = Items::new(&sent.bytes)
                    .map(|item| item.expect("reads"))
                    .collect();
                let sender = items.iter().any(|item| {
                    matches!(item, Item::Sender { ssrc, info }
                        if *ssrc == 1_000 + leg.0 as u32 && info.packets == tick + 1)
                });
                let cname = items.iter().any(|item| matches!(item, Item::Cname { .. }));
                let block = items.iter().any(|item| matches!(item, Item::Block { .. }));
                assert!(sender && cname, "{items:?}");
                assert_eq!(block, *leg == LegId(1));
                reports[leg.0 as usize].push(tick);
                now += 1;
            }
        }
        busiest = busiest.max(now);
    }
    for told in &reports[1..] {
        assert!((8..=24).contains(&told.len()), "{told:?}");
        assert!(
            told.windows(2)
                .all(|pair| (125..=375).contains(&(pair[1] - pair[0])))
        );
    }
    assert!(busiest <= 8, "{busiest} reports in one tick");
}

#[test]
fn a_bye_ends_nothing_and_its_report_is_kept() {
    let mut desk = Desk::new(1);
    let block = ReportBlock {
        ssrc: 1_001,
        fraction_lost: 25,
        ..ReportBlock::default()
    };
    let mut packet = [0; 512];
    let length = write_bye(
        &mut packet,
        77,
        Some(&SenderInfo::default()),
        &[block],
        "phone",
    );
    let out = desk.receive(1, Component::Rtcp, address(1, 4_001), &packet[..length]);
    assert_eq!(out.locked, []);
    assert_eq!(desk.engine.heard_by_peer(LegId(1)), Some(block));
    assert_eq!(desk.engine.leg_count(), 1);
    assert!(desk.tick().rtp(1).is_some());
}

#[test]
fn the_peers_report_gives_round_trip_jitter_and_loss() {
    let mut desk = Desk::new(1);
    let figures = |events: &[Event]| -> Option<LegFigures> {
        events.iter().find_map(|event| match event {
            Event::Figures { figures, .. } => Some(*figures),
            _ => None,
        })
    };
    let (mut report, mut before) = (None, None);
    while report.is_none() {
        let out = desk.tick();
        before = before.or_else(|| figures(&out.events));
        let sent = out.packets.values().flatten();
        let mut rtcp = sent.filter(|sent| sent.component == Component::Rtcp);
        report = rtcp.next().and_then(|sent| {
            let mut items = Items::new(&sent.bytes).flatten();
            items.find_map(|item| match item {
                Item::Sender { info, .. } => Some(info.ntp),
                _ => None,
            })
        });
    }
    let before = before.expect("told with the report");
    assert_eq!((before.round_trip_ms, before.lost_out), (None, None));
    for _ in 0..3 {
        desk.tick();
    }
    let block = ReportBlock {
        ssrc: 1_001,
        lost: 7,
        jitter: 80,
        last_sender_report: (report.unwrap_or_default() >> 16) as u32,
        ..ReportBlock::default()
    };
    let mut packet = [0; 512];
    let length = write_bye(&mut packet, 77, None, &[block], "phone");
    desk.receive(1, Component::Rtcp, address(1, 4_001), &packet[..length]);
    let mut after = None;
    while after.is_none() {
        after = figures(&desk.tick().events);
    }
    let after = after.expect("told");
    let way = after.round_trip_ms.expect("one report");
    assert!(
        (59..=81).contains(&way.avg) && way.min == way.max,
        "{way:?}"
    );
    let jitter = Spread {
        min: 10,
        max: 10,
        avg: 10,
    };
    assert_eq!(
        (after.jitter_out_ms, after.lost_out),
        (Some(jitter), Some(7))
    );
}

#[test]
fn media_timeout_is_reported_for_a_silent_leg_and_again_after_the_same_time() {
    let config = EngineConfig {
        media_timeout: Some(Duration::from_secs(2)),
        ..EngineConfig::default()
    };
    let mut desk = Desk::with(config, 2);
    desk.seat(2);
    let mut silent = Vec::new();
    for tick in 1..=250 {
        desk.send(1, 500);
        let events = desk.tick().events;
        let timeouts = events.into_iter().filter_map(|event| match event {
            Event::MediaTimeout { leg } => Some((tick, leg)),
            _ => None,
        });
        silent.extend(timeouts);
    }
    let ticks: Vec<i32> = silent.iter().map(|(tick, _)| *tick).collect();
    assert!(silent.iter().all(|(_, leg)| *leg == LegId(2)), "{silent:?}");
    assert_eq!(ticks.len(), 2, "{silent:?}");
    assert_eq!(ticks[1] - ticks[0], 100, "{silent:?}");
}
