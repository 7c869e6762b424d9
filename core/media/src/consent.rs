//! Consent of a host to receive media: an address that only an SDP names may belong to a third
//! party (docs/decisions/0043).

use core::time::Duration;

use confab_terms::limits::{MEDIA_WITHOUT_CONSENT, TICK};
use confab_terms::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::LegMedia;

/// Consent of the host that a leg's SDP names.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// True if the signaling has shown that the host is the peer's.
    verified: bool,
    /// Address in the SDP at the time of the last valid packet.
    heard: Option<SocketAddr>,
    /// Ticks without consent.
    ticks: u32,
}

impl Consent {
    /// Restarts consent with an offer or answer. The time without consent continues: a new offer
    /// extends it only for a peer that had given consent.
    pub(crate) fn agree(&mut self, media: &LegMedia) {
        if self.is_given() {
            self.ticks = 0;
        }
        self.verified = media.verified;
        self.heard = self.heard.filter(|heard| *heard == media.remote_rtp);
    }

    /// Records a host that the signaling has verified.
    pub(crate) fn verify(&mut self, media: &LegMedia, host: IpAddr) {
        self.verified |= media.remote_rtp.ip().to_canonical() == host.to_canonical();
    }

    /// Records a valid RTP or RTCP packet.
    pub(crate) fn hear(&mut self, media: &LegMedia) {
        self.heard = Some(media.remote_rtp);
    }

    /// Counts a tick.
    pub(crate) fn tick(&mut self) {
        if !self.is_given() {
            self.ticks = self.ticks.saturating_add(1);
        }
    }

    /// Returns whether packets may go to the SDP's address.
    pub(crate) fn may_send(&self) -> bool {
        self.is_given() || self.without() < MEDIA_WITHOUT_CONSENT
    }

    fn is_given(&self) -> bool {
        self.verified || self.heard.is_some()
    }

    fn without(&self) -> Duration {
        TICK.saturating_mul(self.ticks)
    }
}
