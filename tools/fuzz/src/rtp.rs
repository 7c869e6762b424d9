//! RTP: a parsed header is equal after writing and parsing. A jitter buffer with any input never
//! exceeds its limits, counts each packet, and can be serialized at any time.

use confab_rtp::{DigitReceiver, HEADER_BYTES, Header, JitterBuffer, Reception};
use confab_terms::{Codec, Instant};

/// Maximum depth: half a second of samples, and additional samples that are held back.
const DEPTH_MS_MAX: u32 = 1_000;
/// Maximum serialized size: 4,096 samples, a bit for each, and the history of concealment.
const STATE_BYTES_MAX: usize = 32 * 1024;

pub(crate) fn run(bytes: &[u8]) {
    round_trip(bytes);
    let mut line = Line::new();
    let mut orders = bytes.iter().copied();
    while let Some(order) = orders.next() {
        line.carry_out(order, &mut orders);
    }
    line.close();
}

fn round_trip(bytes: &[u8]) {
    let Ok((header, payload)) = Header::parse(bytes) else {
        return;
    };
    let mut packet = vec![0; HEADER_BYTES + payload.len()];
    assert_eq!(header.write(&mut packet), HEADER_BYTES);
    packet[HEADER_BYTES..].copy_from_slice(payload);
    assert_eq!(Header::parse(&packet), Ok((header, payload)));
    let mut room = [0; HEADER_BYTES - 1];
    assert_eq!(header.write(&mut room), 0);
}

/// Ingress of a leg.
struct Line {
    jitter: JitterBuffer,
    reception: Reception,
    digits: DigitReceiver,
    header: Header,
    now: Instant,
    inserted: u64,
}

impl Line {
    fn new() -> Self {
        Self {
            jitter: JitterBuffer::new(Codec::Pcmu),
            reception: Reception::new(8_000),
            digits: DigitReceiver::default(),
            header: Header {
                payload_type: 0,
                marker: false,
                sequence: 0xfff0,
                timestamp: 0xffff_ff00,
                ssrc: 1,
            },
            now: Instant(0),
            inserted: 0,
        }
    }

    /// Executes an order: regular packets, irregular packets, ticks, stalls.
    fn carry_out(&mut self, order: u8, rest: &mut impl Iterator<Item = u8>) {
        let mut next = || rest.next().unwrap_or_default();
        match order {
            0..=95 => self.packet(160),
            96..=111 => self.packet(usize::from(next()) * 8),
            112..=127 => {
                self.header.sequence = self.header.sequence.wrapping_add(u16::from(next()));
                self.packet(160);
            }
            128..=143 => {
                let back = self.header.sequence.wrapping_sub(u16::from(next()));
                self.header.sequence = back;
                let samples = u32::from(next()) * 80;
                self.header.timestamp = self.header.timestamp.wrapping_sub(samples);
                self.packet(160);
            }
            144..=151 => {
                self.header.sequence = u16::from_be_bytes([next(), next()]);
                self.packet(80);
            }
            152..=159 => {
                self.header.timestamp = u32::from_be_bytes([next(), next(), next(), next()]);
                self.packet(240);
            }
            160..=163 => {
                self.header.ssrc = u32::from(next());
                self.packet(160);
            }
            164..=171 => self.digit([next(), next(), next(), next()]),
            172..=175 => self.jitter.skip(u32::from(next())),
            176 => self.jitter.skip(u32::MAX),
            177 => self.now.0 = self.now.0.saturating_add(u64::from(next()) << 56),
            178..=181 => self.report(),
            _ => self.tick(),
        }
        assert!(
            self.jitter.stats().depth_ms <= DEPTH_MS_MAX,
            "{:?}",
            self.jitter.stats()
        );
    }

    fn packet(&mut self, samples: usize) {
        let payload = [0x55; 2_040];
        let payload = &payload[..samples];
        self.reception.packet(self.now, &self.header);
        self.jitter.insert(self.now, &self.header, payload);
        self.inserted += 1;
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(samples as u32);
    }

    fn digit(&mut self, event: [u8; 4]) {
        self.jitter.pass_over(&self.header);
        let first = self.digits.receive(&self.header, &event);
        assert!(first.is_none_or(|digit| "0123456789*#ABCD".contains(digit.0)));
        let again = self.digits.receive(&self.header, &event);
        assert_eq!(again, None, "one press is told twice");
        self.header.sequence = self.header.sequence.wrapping_add(1);
    }

    fn report(&mut self) {
        self.reception
            .sender_report(self.now, self.header.ssrc, self.now.0);
        if let Some(block) = self.reception.report_block(self.now) {
            assert!((-0x80_0000..=0x7f_ffff).contains(&block.lost), "{block:?}");
        }
    }

    fn tick(&mut self) {
        self.now.0 = self.now.0.saturating_add(20_000_000);
        let mut frame = [0; 160];
        self.jitter.pull(self.now, &mut frame);
    }

    fn close(mut self) {
        let stats = self.jitter.stats();
        assert_eq!(stats.received, self.inserted);
        assert!(
            stats.duplicated + stats.strayed <= stats.received,
            "{stats:?}"
        );
        assert!(stats.late <= stats.received && stats.reordered <= stats.received);
        let written = postcard::to_stdvec(&self.jitter).unwrap_or_default();
        assert!(
            (1..=STATE_BYTES_MAX).contains(&written.len()),
            "{}",
            written.len()
        );
        let read = postcard::from_bytes::<JitterBuffer>(&written);
        let mut read = read.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(read, self.jitter);
        let (mut one, mut other) = ([0; 160], [0; 160]);
        let pulled = self.jitter.pull(self.now, &mut one);
        assert_eq!(read.pull(self.now, &mut other), pulled);
        assert_eq!(one, other);
    }
}
