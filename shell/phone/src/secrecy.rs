//! SRTP of a phone: sent packets are encrypted, received ones decrypted. Packets that are not
//! authentic are dropped.

use confab_rtp::srtp::{Incoming, Outgoing, SRTP_BYTES_MAX};
use confab_sdp::OurSrtp;
use confab_sockets::random_seed;
use confab_terms::{MasterKey, Srtp, SrtpKeys};

/// SRTP contexts of both directions, once negotiated.
#[derive(Default)]
pub(crate) struct Secrecy {
    ways: Option<(Outgoing, Incoming)>,
}

/// Returns keys to offer; `None` if encryption is off.
pub(crate) fn keys(wanted: Srtp) -> Option<OurSrtp> {
    let key = || {
        let (one, other) = (random_seed(), random_seed());
        MasterKey::new(core::array::from_fn(|at| {
            one[at] ^ other[at].rotate_left(1)
        }))
    };
    let required = match wanted {
        Srtp::Off => return None,
        Srtp::Prefer => false,
        Srtp::Require => true,
    };
    Some(OurSrtp {
        required,
        gcm: key(),
        counter_mode: key(),
    })
}

impl Secrecy {
    /// Sets the negotiated keys; a context whose key stays keeps its counters.
    pub(crate) fn agree(&mut self, keys: Option<SrtpKeys>) {
        self.ways = keys.map(|keys| {
            let SrtpKeys {
                suite,
                ours,
                theirs,
            } = keys;
            let (outgoing, incoming) = self.ways.take().unzip();
            let outgoing = outgoing.filter(|known| known.is_under(suite, &ours));
            let incoming = incoming.filter(|known| known.is_under(suite, &theirs));
            (
                outgoing.unwrap_or_else(|| Outgoing::new(suite, ours)),
                incoming.unwrap_or_else(|| Incoming::new(suite, theirs)),
            )
        });
    }

    /// Returns the packet to send: encrypted, if so negotiated.
    pub(crate) fn seal(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = packet.to_vec();
        if let Some((outgoing, _)) = &mut self.ways {
            sealed.resize(packet.len() + SRTP_BYTES_MAX, 0);
            let length = outgoing.protect_rtp(&mut sealed, packet.len())?;
            sealed.truncate(length);
        }
        Some(sealed)
    }

    /// Returns a received packet in clear; `None` if it is not authentic.
    pub(crate) fn open(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let mut clear = packet.to_vec();
        if let Some((_, incoming)) = &mut self.ways {
            let length = incoming.unprotect_rtp(&mut clear).ok()?;
            clear.truncate(length);
        }
        Some(clear)
    }
}
