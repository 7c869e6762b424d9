//! A phone's SRTP: what it says is encrypted, what it hears decrypted. What is not authentic is not
//! heard.

use confab_rtp::srtp::{Incoming, Outgoing, SRTP_BYTES_MAX};
use confab_sdp::OurSrtp;
use confab_sockets::random_seed;
use confab_terms::{MasterKey, Srtp, SrtpKeys};

/// Both ways, once agreed on.
#[derive(Default)]
pub(crate) struct Secrecy {
    ways: Option<(Outgoing, Incoming)>,
}

/// Keys to offer, if it may be encrypted at all.
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
    /// What was agreed on; a key that stays keeps its counts.
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

    /// What is sent instead of this packet.
    pub(crate) fn seal(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = packet.to_vec();
        if let Some((outgoing, _)) = &mut self.ways {
            sealed.resize(packet.len() + SRTP_BYTES_MAX, 0);
            let length = outgoing.protect_rtp(&mut sealed, packet.len())?;
            sealed.truncate(length);
        }
        Some(sealed)
    }

    /// What this packet says; `None`: nothing that is theirs.
    pub(crate) fn open(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let mut clear = packet.to_vec();
        if let Some((_, incoming)) = &mut self.ways {
            let length = incoming.unprotect_rtp(&mut clear).ok()?;
            clear.truncate(length);
        }
        Some(clear)
    }
}
