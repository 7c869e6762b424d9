//! Report blocks of a stream against figures computed by hand.

use confab_rtp::{Header, Reception};
use confab_terms::Instant;

fn header(n: u32) -> Header {
    Header {
        payload_type: 0,
        marker: false,
        sequence: 65_530u16.wrapping_add(n as u16),
        timestamp: (u32::MAX - 100).wrapping_add(n * 160),
        ssrc: 9,
    }
}

fn at_ms(ms: u64) -> Instant {
    Instant(ms * 1_000_000)
}

#[test]
fn no_report_without_received_packets() {
    assert_eq!(Reception::new(8_000).report_block(at_ms(0)), None);
}

#[test]
fn losses_are_counted_since_the_start_and_since_the_last_report() {
    let mut reception = Reception::new(8_000);
    for n in (0..100).filter(|n| n % 4 != 1) {
        reception.packet(at_ms(u64::from(n) * 20), &header(n));
    }
    let block = reception.report_block(at_ms(2_000)).expect("received");
    assert_eq!((block.lost, block.fraction_lost), (25, 64));
    assert_eq!(block.highest_sequence, 65_530 + 99);
    assert_eq!(block.jitter, 0);
    for n in 100..200 {
        reception.packet(at_ms(u64::from(n) * 20), &header(n));
    }
    let block = reception.report_block(at_ms(4_000)).expect("received");
    assert_eq!((block.lost, block.fraction_lost), (25, 0));
    assert_eq!(block.highest_sequence, 65_530 + 199);
    // Duplicates reduce the number of lost packets, as in A.3.
    for n in 190..200 {
        reception.packet(at_ms(4_000), &header(n));
    }
    let block = reception.report_block(at_ms(4_000)).expect("received");
    assert_eq!((block.lost, block.fraction_lost), (15, 0));
}

#[test]
fn fraction_lost_is_that_of_the_interval_since_the_last_report() {
    let mut reception = Reception::new(8_000);
    let mut lost = 0;
    let mut report = |from: u32, every: u32| {
        for n in from..from + 100 {
            if n % every == 1 && n > 1 {
                lost += 1;
            } else {
                reception.packet(at_ms(u64::from(n) * 20), &header(n));
            }
        }
        let block = reception.report_block(at_ms(u64::from(from + 100) * 20));
        let block = block.expect("received");
        assert_eq!(block.lost, lost);
        block.fraction_lost
    };
    // 0, 10, 0, 25 and 5 of 100, in 1/256.
    assert_eq!(report(0, 1_000), 0);
    assert_eq!(report(100, 10), 25);
    assert_eq!(report(200, 1_000), 0);
    assert_eq!(report(300, 4), 64);
    assert_eq!(report(400, 20), 12);
    // An interval without expected packets has no loss.
    let block = reception.report_block(at_ms(10_100)).expect("received");
    assert_eq!(block.fraction_lost, 0);
}

#[test]
fn jitter_settles_at_the_mean_difference() {
    let mut reception = Reception::new(8_000);
    for n in 0..1_000 {
        // Every other packet is 5 ms late: each differs from the last one by 40 samples.
        reception.packet(at_ms(u64::from(n) * 20 + u64::from(n % 2) * 5), &header(n));
    }
    let jitter = reception
        .report_block(at_ms(20_000))
        .expect("received")
        .jitter;
    assert!((39..=40).contains(&jitter), "{jitter}");
}

#[test]
fn report_contains_the_age_of_the_last_sender_report() {
    let mut reception = Reception::new(8_000);
    reception.packet(at_ms(0), &header(0));
    reception.sender_report(at_ms(10), 8, 1 << 32);
    let block = reception.report_block(at_ms(500)).expect("received");
    assert_eq!(
        (block.last_sender_report, block.since_last_sender_report),
        (0, 0)
    );
    reception.sender_report(at_ms(1_000), 9, 0x1111_2222_3333_4444);
    let block = reception.report_block(at_ms(2_500)).expect("received");
    assert_eq!(block.last_sender_report, 0x2222_3333);
    assert_eq!(block.since_last_sender_report, 98_304);
}

#[test]
fn second_consecutive_packet_after_a_jump_restarts_the_count() {
    let mut reception = Reception::new(8_000);
    for n in 0..10 {
        reception.packet(at_ms(u64::from(n) * 20), &header(n));
    }
    let far = |n: u16| Header {
        sequence: 20_000 + n,
        ..header(0)
    };
    reception.packet(at_ms(200), &far(0));
    reception.packet(at_ms(200), &header(10));
    let block = reception.report_block(at_ms(220)).expect("received");
    assert_eq!((block.highest_sequence, block.lost), (65_540, 0));
    reception.packet(at_ms(240), &far(5));
    reception.packet(at_ms(260), &far(6));
    let block = reception.report_block(at_ms(260)).expect("received");
    assert_eq!((block.highest_sequence, block.lost), (20_006, 0));
}
