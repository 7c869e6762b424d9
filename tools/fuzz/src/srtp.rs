//! SRTP: a protected packet is decrypted to its original, once. A changed, repeated or arbitrary
//! packet is rejected; then neither the packet nor the context is modified.

use confab_rtp::srtp::{Incoming, Outgoing, Refused, SRTP_BYTES_MAX};
use confab_terms::{MasterKey, SrtpSuite};

const KEY: MasterKey = MasterKey::new([0x5a; MasterKey::BYTES]);

struct Line {
    outgoing: Outgoing,
    incoming: Incoming,
    /// Last delivered packet.
    last: Vec<u8>,
    reports: bool,
}

/// Executes a run: the first byte selects the suite and the kind of packet; orders follow, each an
/// action and its number of bytes.
pub(crate) fn run(bytes: &[u8]) {
    let Some((first, mut rest)) = bytes.split_first() else {
        return;
    };
    let suite = SrtpSuite::ALL[usize::from(first & 1)];
    let mut line = Line {
        outgoing: Outgoing::new(suite, KEY),
        incoming: Incoming::new(suite, KEY),
        last: Vec::new(),
        reports: first & 2 != 0,
    };
    while let [order, count, after @ ..] = rest {
        let (taken, after) = after.split_at(usize::from(*count).min(after.len()));
        rest = after;
        match order % 4 {
            0 | 1 => line.deliver(taken),
            2 => line.change(taken),
            _ => line.refuse(taken, None),
        }
    }
}

impl Line {
    fn open(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        match self.reports {
            false => self.incoming.unprotect_rtp(packet),
            true => self.incoming.unprotect_rtcp(packet),
        }
    }

    /// Protects a packet with a new number, and unprotects it; a repetition must be rejected.
    fn deliver(&mut self, clear: &[u8]) {
        let mut packet = clear.to_vec();
        packet.resize(clear.len() + SRTP_BYTES_MAX, 0);
        let sealed = match self.reports {
            false => self.outgoing.protect_rtp(&mut packet, clear.len()),
            true => self.outgoing.protect_rtcp(&mut packet, clear.len()),
        };
        let Some(length) = sealed else { return };
        packet.truncate(length);
        self.last.clone_from(&packet);
        // The sender counts rollovers per context, the receiver per SSRC: a distant number may be
        // assigned to another rollover.
        if let Ok(length) = self.open(&mut packet) {
            assert_eq!(&packet[..length], clear);
        } else {
            assert_eq!(packet, self.last, "refused, and touched");
        }
        self.refuse(&self.last.clone(), None);
    }

    /// Flips one bit of the last packet, which must be rejected.
    fn change(&mut self, which: &[u8]) {
        let [high, low, ..] = *which else { return };
        let bits = self.last.len() * 8;
        if bits > 0 {
            let mut packet = self.last.clone();
            let bit = usize::from(u16::from_be_bytes([high, low])) % bits;
            packet[bit / 8] ^= 1 << (bit % 8);
            self.refuse(&packet, Some(bit));
        }
    }

    fn refuse(&mut self, packet: &[u8], flipped: Option<usize>) {
        let before = self.incoming.clone();
        let mut touched = packet.to_vec();
        let opened = self.open(&mut touched);
        assert!(opened.is_err(), "{flipped:?} of {packet:02x?}");
        assert_eq!(touched, packet);
        assert_eq!(self.incoming, before);
    }
}
