//! SRTP of simulated phones: some offer keys. Packets of such a phone are encrypted. Packets of its
//! leg must be decryptable with the negotiated keys, each once, and none may be unencrypted.

use confab_rtp::srtp::{Incoming, Outgoing, SRTP_BYTES_MAX};
use confab_rtp::{HEADER_BYTES, Header};
use confab_sdp::{Local, OurSrtp};
use confab_terms::{LegId, MasterKey, SrtpKeys};

use crate::dice::key;
use crate::outcome::Checked;
use crate::phone::Phone;
use crate::tally::Kind;
use crate::voices::FRAME;
use crate::world::World;

/// Stream of random numbers for the keys of phones.
const KEYS: u64 = 5_000;
/// Maximum distance of the first sequence number of an encrypted stream from the rollover.
pub(crate) const BEFORE_ROLLOVER: u16 = 300;

/// SRTP contexts of both directions, at the phone of a leg.
#[derive(Default)]
pub(crate) struct PhoneSrtp {
    keys: Option<SrtpKeys>,
    /// Contexts from the phone and to the phone.
    ways: Option<Box<(Outgoing, Incoming)>>,
}

/// Returns the keys that a phone offers for a call of its own; `None`: its media is unencrypted.
pub(crate) fn keys_of(phone: &Phone, seed: u64, number: u64) -> Option<OurSrtp> {
    let secret = |which: u64| {
        let one = key(seed, KEYS + 2 * number + which);
        MasterKey::new(core::array::from_fn(|at| {
            one[at % 16].rotate_left(at as u32) ^ at as u8
        }))
    };
    let offers = (seed / 3 + phone.number as u64).is_multiple_of(3);
    offers.then(|| OurSrtp {
        required: number.is_multiple_of(2),
        gcm: secret(0),
        counter_mode: secret(1),
    })
}

/// Returns the first sequence number of a phone's stream.
pub(crate) fn first_sequence(local: &Local, thrown: u16) -> u16 {
    match local.srtp {
        Some(_) => u16::MAX - thrown % BEFORE_ROLLOVER,
        None => thrown,
    }
}

impl PhoneSrtp {
    /// Applies the keys of the leg's media; unchanged keys retain their contexts.
    pub(crate) fn agree(&mut self, keys: Option<SrtpKeys>) {
        if self.keys == keys {
            return;
        }
        self.keys = keys;
        self.ways = keys.map(|keys| {
            let from_phone = Outgoing::new(keys.suite, keys.theirs);
            Box::new((from_phone, Incoming::new(keys.suite, keys.ours)))
        });
    }

    /// Returns true if the media is encrypted.
    pub(crate) fn is_agreed(&self) -> bool {
        self.ways.is_some()
    }

    /// Returns the octets of a packet of the phone; `None` if the packet cannot be protected.
    pub(crate) fn seal(&mut self, header: &Header, payload: &[u8]) -> Option<Vec<u8>> {
        let whole = HEADER_BYTES + payload.len();
        let mut packet = vec![0; HEADER_BYTES + FRAME + SRTP_BYTES_MAX];
        header.write(&mut packet);
        packet[HEADER_BYTES..whole].copy_from_slice(payload);
        let length = match &mut self.ways {
            Some(ways) => ways.0.protect_rtp(&mut packet, whole)?,
            None => whole,
        };
        packet.truncate(length);
        Some(packet)
    }

    /// Decrypts a packet to the phone.
    pub(crate) fn open(&mut self, is_rtp: bool, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut packet = bytes.to_vec();
        let Some(ways) = &mut self.ways else {
            return Ok(packet);
        };
        let opened = match is_rtp {
            true => ways.1.unprotect_rtp(&mut packet),
            false => ways.1.unprotect_rtcp(&mut packet),
        };
        let length = opened.map_err(|refused| format!("what its phone cannot open: {refused}"))?;
        packet.truncate(length);
        Ok(packet)
    }
}

impl World {
    /// Checks the keys in the answer to a phone's offer against the keys of the leg.
    pub(crate) fn check_keys(&mut self, leg: LegId, local: &Local, answer: &[u8]) -> Checked {
        let media = self.ports.legs.get(&leg).and_then(|here| here.media);
        let Some(media) = media else {
            return Ok(());
        };
        let session = confab_sdp::parse(answer).map_err(|error| error.to_string())?;
        let agreed = confab_sdp::agree(local, &session).map_err(|error| error.to_string())?;
        let mirrored = agreed.srtp.map(|keys| SrtpKeys {
            ours: keys.theirs,
            theirs: keys.ours,
            ..keys
        });
        if local.srtp.is_some() {
            self.tally.count(Kind::Encrypted);
        }
        let is_secret = local.srtp.is_some() == mirrored.is_some();
        match is_secret && mirrored == media.srtp {
            true => Ok(()),
            false => Err(format!("leg {leg} has other keys than its phone")),
        }
    }
}
