//! SRTP: what is protected opens to the same, once; what was changed anywhere, comes again or is
//! anything at all is refused, and neither it nor what is known has changed then.

use confab_rtp::srtp::{Incoming, Outgoing, Refused, SRTP_BYTES_MAX};
use confab_terms::{MasterKey, SrtpSuite};

const KEY: MasterKey = MasterKey::new([0x5a; MasterKey::BYTES]);

struct Line {
    outgoing: Outgoing,
    incoming: Incoming,
    /// The last one that was delivered.
    last: Vec<u8>,
    reports: bool,
}

/// The first byte chooses the suite and the kind of packet. Then orders follow: what to do, with
/// how many of the next bytes.
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

    /// Protects it, if it is a packet of which the number is new, and takes it in; and again.
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
        // One stream of ours and each of theirs count for themselves: a number that is far off may
        // be read as one of another round.
        if let Ok(length) = self.open(&mut packet) {
            assert_eq!(&packet[..length], clear);
        } else {
            assert_eq!(packet, self.last, "refused, and touched");
        }
        self.refuse(&self.last.clone(), None);
    }

    /// One bit of what came last is another.
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
