//! Receives for all listeners of a crowd. The kernel records the arrival of packets, so that
//! sockets are read seldom, many packets at once.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use confab_codec::{OpusDecoder, decode};
use confab_sockets::{Batch, Datagram, now, sleep_until};
use confab_terms::{Codec, Instant};

use crate::crowd::{Crowd, Talk};
use crate::ear::{Counts, Ear, Head};
use crate::histogram::Histogram;
use crate::signalling::payload_type;
use crate::tone::Tone;

/// Number of parts of the sockets; every two milliseconds one part is read.
const PARTS: usize = 40;
const PART: Duration = Duration::from_millis(2);
/// Time for packets in flight after the crowd stops.
const AFTERWARDS: Duration = Duration::from_millis(50);
const PACKETS: usize = 16;
const PACKET_BYTES: usize = 1_500;
const HEAD_BYTES: usize = 12;
/// Number of listeners whose Opus is decoded, afterwards; decoding all would cost more than the
/// server.
const OPUS_EARS: usize = 4;

/// Results of all listeners.
pub(crate) struct Listening {
    pub(crate) counts: Counts,
    /// Deviation of the time between two packets from 20 ms.
    pub(crate) off_beat: Histogram,
    /// Average size of a packet's payload, in octets.
    pub(crate) payload_bytes: f64,
    /// Changes of the tone, by listener.
    pub(crate) changes: Vec<Vec<(Instant, bool)>>,
}

struct Listener<'a> {
    crowd: &'a Crowd,
    places: &'a [SocketAddr],
    ears: Vec<Ear>,
    off_beat: Histogram,
    tone: Tone,
    kept: Vec<Vec<(Instant, Box<[u8]>)>>,
    packets: u64,
    bytes: u64,
}

/// Receives until the crowd is stopped.
pub(crate) fn heard(crowd: &Crowd, places: &[SocketAddr]) -> Listening {
    let callers = crowd.cast.callers;
    let rate = crowd.cast.codec.rate();
    let mut listener = Listener {
        crowd,
        places,
        ears: (0..callers).map(|_| Ear::default()).collect(),
        off_beat: Histogram::default(),
        tone: Tone::new(rate.hz(), rate.frame_samples()),
        kept: vec![Vec::new(); callers],
        packets: 0,
        bytes: 0,
    };
    let mut batch = Batch::with_arrivals(PACKETS, PACKET_BYTES);
    let begin = now();
    for part in 0.. {
        sleep_until(begin + PART * part as u32);
        let n = part % PARTS;
        let last = crowd.stop.load(Ordering::Acquire);
        let these = if last {
            sleep_until(now() + AFTERWARDS);
            0..callers
        } else {
            n * callers / PARTS..(n + 1) * callers / PARTS
        };
        for caller in these {
            listener.read(caller, &mut batch);
        }
        if last {
            break;
        }
    }
    listener.done()
}

impl Listener<'_> {
    fn read(&mut self, caller: usize, batch: &mut Batch) {
        loop {
            batch.receive(&self.crowd.sockets[caller]);
            // Packets from before the connect may come from any source.
            let place = self.places[caller];
            for datagram in batch.datagrams().filter(|got| got.from == place) {
                self.packet(caller, &datagram);
            }
            if !batch.is_full() {
                break;
            }
        }
    }

    fn packet(&mut self, caller: usize, datagram: &Datagram<'_>) {
        let (bytes, arrived) = (datagram.bytes, datagram.arrived);
        let codec = self.crowd.cast.codec;
        let ours = bytes.len() > HEAD_BYTES && bytes[0] == 0x80;
        if !ours || bytes[1] & 0x7f != payload_type(codec) {
            return;
        }
        let head = Head {
            sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
            timestamp: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
            arrived,
        };
        let payload = &bytes[HEAD_BYTES..];
        self.packets += 1;
        self.bytes += payload.len() as u64;
        let window = self.crowd.window();
        let ear = &mut self.ears[caller];
        if !ear.arrives(head, codec.clock_rate() / 50, window, &mut self.off_beat)
            || self.crowd.cast.is_pilot(caller)
        {
            return;
        }
        if codec == Codec::Opus {
            // The first listeners after the speakers of the first room.
            let first = self.crowd.cast.speakers.min(self.crowd.cast.callers - 1);
            if (first..first + OPUS_EARS).contains(&caller) {
                self.kept[caller].push((arrived, payload.into()));
            }
            return;
        }
        let mut samples = [0; 160];
        let decoded = decode(codec, payload, &mut samples);
        let pilot = (self.crowd.cast.talk == Talk::Pilot).then_some(window);
        ear.hears(&self.tone, &samples[..decoded], arrived, pilot);
    }

    fn done(mut self) -> Listening {
        let window = self.crowd.window();
        for (caller, kept) in std::mem::take(&mut self.kept).into_iter().enumerate() {
            let mut decoder = OpusDecoder::default();
            let mut samples = [0; 5_760];
            for (arrived, payload) in kept {
                let decoded = decoder.decode(&payload, &mut samples);
                self.ears[caller].hears(&self.tone, &samples[..decoded], arrived, Some(window));
            }
        }
        let mut counts = Counts::default();
        for ear in &self.ears {
            counts.add(ear.counted(window));
        }
        Listening {
            counts,
            off_beat: self.off_beat,
            payload_bytes: self.bytes as f64 / self.packets.max(1) as f64,
            changes: self.ears.into_iter().map(|ear| ear.changes).collect(),
        }
    }
}
