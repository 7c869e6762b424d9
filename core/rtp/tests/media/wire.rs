//! RTP and RTCP on the wire: written, parsed, and junk.

use confab_rtp::rtcp::{
    Item, Items, NotRtcp, ReportBlock, SenderInfo, ntp_of_unix_ms, write_bye, write_report,
};
use confab_rtp::{Header, JitterBuffer, NotRtp};
use confab_terms::{Codec, Instant};
use proptest::prelude::{any, prop_assert_eq, proptest};

const PLAIN: [u8; 14] = [
    0x80, 0x88, 0x12, 0x34, 0, 0, 0x10, 0, 0xde, 0xad, 0xbe, 0xef, 7, 9,
];

fn header() -> Header {
    Header {
        payload_type: 8,
        marker: true,
        sequence: 0x1234,
        timestamp: 0x1000,
        ssrc: 0xdead_beef,
    }
}

#[test]
fn plain_packet_round_trips() {
    assert_eq!(Header::parse(&PLAIN), Ok((header(), &[7, 9][..])));
    let mut out = [0; 12];
    assert_eq!(header().write(&mut out), 12);
    assert_eq!(out, PLAIN[..12]);
    assert_eq!(header().write(&mut [0; 11]), 0);
}

#[test]
fn payload_excludes_csrcs_extension_and_padding() {
    let mut packet = PLAIN.to_vec();
    packet[0] = 0b1011_0010;
    packet.splice(
        12..12,
        [1; 8].into_iter().chain([0xbe, 0xde, 0, 1, 5, 5, 5, 5]),
    );
    packet.extend([0, 0, 3]);
    assert_eq!(Header::parse(&packet), Ok((header(), &[7, 9][..])));
    // A payload of padding only is empty.
    let last = packet.len() - 1;
    packet[last] = 5;
    assert_eq!(Header::parse(&packet), Ok((header(), &[][..])));
}

#[test]
fn invalid_packet_is_rejected_with_its_reason() {
    let with = |at: usize, value: u8| {
        let mut packet = PLAIN.to_vec();
        packet[at] = value;
        Header::parse(&packet).map(|_| ()).err()
    };
    assert_eq!(Header::parse(&[]), Err(NotRtp::TooShort));
    assert_eq!(Header::parse(&PLAIN[..11]), Err(NotRtp::TooShort));
    assert_eq!(with(0, 0x00), Some(NotRtp::WrongVersion));
    assert_eq!(with(0, 0x81), Some(NotRtp::TooShort));
    assert_eq!(with(0, 0x90), Some(NotRtp::TooShort));
    assert_eq!(with(1, 200), Some(NotRtp::Rtcp));
    assert_eq!(with(0, 0xa0), Some(NotRtp::WrongPadding));
    let mut nothing_to_pad = PLAIN[..12].to_vec();
    nothing_to_pad[0] = 0xa0;
    assert_eq!(Header::parse(&nothing_to_pad), Err(NotRtp::WrongPadding));
    let mut zero_padding = PLAIN.to_vec();
    zero_padding[0] = 0xa0;
    zero_padding[13] = 0;
    assert_eq!(Header::parse(&zero_padding), Err(NotRtp::WrongPadding));
}

fn sender() -> SenderInfo {
    SenderInfo {
        ntp: 0x0102_0304_0506_0708,
        rtp_timestamp: 9,
        packets: 10,
        octets: 1_600,
    }
}

fn block() -> ReportBlock {
    ReportBlock {
        ssrc: 5,
        fraction_lost: 25,
        lost: -3,
        highest_sequence: 0x1_0007,
        jitter: 12,
        last_sender_report: 0x0304_0506,
        since_last_sender_report: 65_536,
    }
}

#[test]
fn sender_report_has_the_expected_bytes() {
    let mut out = [0; 128];
    let n = write_report(&mut out, 0xaabb_ccdd, Some(&sender()), &[block()], "a@b");
    let expected = [
        &[
            0x81, 200, 0, 12, 0xaa, 0xbb, 0xcc, 0xdd, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9,
        ][..],
        &[
            0, 0, 0, 10, 0, 0, 6, 0x40, 0, 0, 0, 5, 25, 0xff, 0xff, 0xfd, 0, 1, 0, 7,
        ],
        &[0, 0, 0, 12, 3, 4, 5, 6, 0, 1, 0, 0],
        &[
            0x81, 202, 0, 3, 0xaa, 0xbb, 0xcc, 0xdd, 1, 3, b'a', b'@', b'b', 0, 0, 0,
        ],
    ]
    .concat();
    assert_eq!(out[..n], expected);
}

#[test]
fn written_reports_are_read_back() {
    for name in ["", "a", "ab", "abc", "confab@127.0.0.1"] {
        for info in [None, Some(sender())] {
            let mut out = [0; 200];
            let n = write_bye(&mut out, 1, info.as_ref(), &[block(), block()], name);
            assert_eq!(n % 4, 0);
            let items: Result<Vec<_>, _> = Items::new(&out[..n]).collect();
            let mut expected = vec![
                Item::Block {
                    ssrc: 1,
                    block: block(),
                },
                Item::Block {
                    ssrc: 1,
                    block: block(),
                },
                Item::Cname {
                    ssrc: 1,
                    name: name.as_bytes(),
                },
                Item::Bye { ssrc: 1 },
            ];
            if let Some(info) = info {
                expected.insert(0, Item::Sender { ssrc: 1, info });
            }
            assert_eq!(items, Ok(expected), "{name}");
        }
    }
    assert_eq!(write_report(&mut [0; 20], 1, Some(&sender()), &[], "a"), 0);
    assert_eq!(write_bye(&mut [0; 24], 1, None, &[], "abcd"), 0);
    assert_eq!(
        write_report(&mut [0; 999], 1, None, &[], &"x".repeat(256)),
        0
    );
}

#[test]
fn unknown_reports_are_skipped_and_invalid_bytes_end_the_parsing() {
    let mut bytes = vec![0x80, 207, 0, 1, 1, 2, 3, 4, 0x81, 203, 0, 1, 0, 0, 0, 8];
    assert_eq!(
        Items::new(&bytes).collect::<Vec<_>>(),
        [Ok(Item::Bye { ssrc: 8 })]
    );
    bytes.extend([0x00, 203, 0, 0]);
    let items: Vec<_> = Items::new(&bytes).collect();
    assert_eq!(
        items,
        [Ok(Item::Bye { ssrc: 8 }), Err(NotRtcp::WrongVersion)]
    );
    let short: Vec<_> = Items::new(&bytes[..10]).collect();
    assert_eq!(short, [Err(NotRtcp::TooShort)]);
}

#[test]
fn ntp_time_starts_in_1900() {
    // Epoch of RFC 5905, figure 4.
    assert_eq!(ntp_of_unix_ms(0), 2_208_988_800 << 32);
    assert_eq!(ntp_of_unix_ms(1_500), (2_208_988_801 << 32) | 0x8000_0000);
}

#[test]
fn pulled_samples_match_the_codec() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        let codes: Vec<u8> = (0..=255).collect();
        let mut expected = [0; 256];
        confab_codec::decode(codec, &codes, &mut expected);
        for part in [&codes[..160], &codes[96..]] {
            let mut buffer = JitterBuffer::new(codec);
            buffer.insert(Instant(0), &header(), part);
            let mut frame = [0; 160];
            buffer.pull(Instant(0), &mut frame);
            let from = usize::from(part[0]);
            assert_eq!(frame, expected[from..from + 160]);
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Header::parse(&bytes);
        // The iterator ends after at most one item per word.
        let items = Items::new(&bytes).count();
        assert!(items <= bytes.len());
    }

    #[test]
    fn any_report_round_trips(
        ssrc: u32,
        ntp: u64,
        lost in -0x80_0000i32..0x80_0000,
        name in "[a-z]{0,40}",
    ) {
        let info = SenderInfo { ntp, ..sender() };
        let told = ReportBlock { lost, ..block() };
        let mut out = [0; 256];
        let n = write_report(&mut out, ssrc, Some(&info), &[told], &name);
        let items: Result<Vec<_>, _> = Items::new(&out[..n]).collect();
        prop_assert_eq!(items, Ok(vec![
            Item::Sender { ssrc, info },
            Item::Block { ssrc, block: told },
            Item::Cname { ssrc, name: name.as_bytes() },
        ]));
    }
}
