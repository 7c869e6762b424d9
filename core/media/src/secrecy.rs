//! SRTP of a leg: outgoing packets are encrypted in place, incoming packets are copied and
//! decrypted. A key that is unchanged in a new agreement keeps its counts.

use confab_rtp::srtp::{Incoming, Outgoing, Refused};
use confab_terms::SrtpKeys;
use confab_terms::limits::RTP_PACKET_BYTES_MAX;
use serde::{Deserialize, Serialize};

use crate::Component;

/// Buffer for a packet during decryption.
pub(crate) type Bench = [u8; RTP_PACKET_BYTES_MAX];

/// SRTP contexts of both directions of a leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Secrecy {
    outgoing: Outgoing,
    incoming: Incoming,
}

impl Secrecy {
    /// Creates the contexts for the first keys of a leg.
    pub(crate) fn new(keys: SrtpKeys) -> Self {
        Self {
            outgoing: Outgoing::new(keys.suite, keys.ours),
            incoming: Incoming::new(keys.suite, keys.theirs),
        }
    }

    /// Sets the keys of a new agreement. Returns true if our own key has changed.
    pub(crate) fn agree(&mut self, keys: SrtpKeys) -> bool {
        let SrtpKeys {
            suite,
            ours,
            theirs,
        } = keys;
        if !self.incoming.is_under(suite, &theirs) {
            self.incoming.change_key(suite, theirs);
        }
        let changes = !self.outgoing.is_under(suite, &ours);
        if changes {
            self.outgoing = Outgoing::new(suite, ours);
        }
        changes
    }

    /// Returns the number of bytes that encryption adds to a packet.
    pub(crate) fn overhead(&self, component: Component) -> usize {
        match component {
            Component::Rtp => self.outgoing.rtp_overhead(),
            Component::Rtcp => self.outgoing.rtcp_overhead(),
        }
    }

    /// Encrypts the packet, which is followed by room for the added bytes. Returns false if the
    /// packet must not be sent.
    pub(crate) fn seal(&mut self, component: Component, packet: &mut [u8]) -> bool {
        let length = packet.len().saturating_sub(self.overhead(component));
        let sealed = match component {
            Component::Rtp => self.outgoing.protect_rtp(packet, length),
            Component::Rtcp => self.outgoing.protect_rtcp(packet, length),
        };
        sealed == Some(packet.len())
    }

    /// Decrypts a copy of the packet.
    pub(crate) fn open<'a>(
        &mut self,
        component: Component,
        packet: &[u8],
        bench: &'a mut Bench,
    ) -> Result<&'a [u8], Refused> {
        let copy = bench.get_mut(..packet.len()).ok_or(Refused::Malformed)?;
        copy.copy_from_slice(packet);
        let length = match component {
            Component::Rtp => self.incoming.unprotect_rtp(copy)?,
            Component::Rtcp => self.incoming.unprotect_rtcp(copy)?,
        };
        copy.get(..length).ok_or(Refused::Malformed)
    }
}
