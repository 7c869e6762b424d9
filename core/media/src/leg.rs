//! Leg: its agreement, its ingress and egress, its players.

use core::time::Duration;

use confab_codec::{Encoder, OpusSettings, OpusSpares};
use confab_mixer::Seat;
use confab_rtp::{DigitReceiver, Header, JitterBuffer, Reception};
use confab_terms::limits::TICK;
use confab_terms::{Codec, Digit, LegId, Rate, SocketAddr, SrtpKeys};
use serde::{Deserialize, Serialize};

use crate::coding::Coding;
use crate::consent::Consent;
use crate::ear::Ear;
use crate::engine::EngineConfig;
use crate::figures::Heard;
use crate::keys::Keys;
use crate::mouth::Mouth;
use crate::origin::{Expected, Origin};
use crate::peer_reports::PeerReports;
use crate::secrecy::Secrecy;
use crate::slab::Slot;
use crate::speech::Speech;
use crate::stream::Stream;
use crate::tape::LegTape;
use crate::{Component, LegMedia};

/// State of a leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    /// Agreement; `None` before the first answer: no packet is sent or accepted.
    pub(crate) media: Option<LegMedia>,
    pub(crate) place: Option<Place>,
    pub(crate) rtp_origin: Origin,
    pub(crate) rtcp_origin: Origin,
    pub(crate) consent: Consent,
    /// SRTP contexts; boxed, since most legs have none.
    pub(crate) secrecy: Option<Box<Secrecy>>,
    pub(crate) jitter: JitterBuffer,
    /// Number of ticks missed while the leg moved between threads.
    pub(crate) to_skip: u32,
    pub(crate) mouth: Mouth,
    pub(crate) coding: Coding,
    pub(crate) reception: Reception,
    pub(crate) digits: DigitReceiver,
    /// Digits to be sent. Boxed, since most legs have none.
    pub(crate) keys: Option<Box<Keys>>,
    pub(crate) stream: Stream,
    pub(crate) ear: Ear,
    pub(crate) heard: Heard,
    pub(crate) speech: Speech,
    pub(crate) tape: Option<Box<LegTape>>,
    /// Tick of the next report.
    pub(crate) report_at: u64,
    /// Number of sent packets at the last report.
    pub(crate) reported_packets: u32,
    /// Reports of the phone about our stream.
    pub(crate) peer_reports: PeerReports,
    /// Number of ticks since the last packet of the phone, while both sides send.
    pub(crate) silent_ticks: u32,
}

/// Seat of a leg.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) room: Slot,
    pub(crate) seat: Seat,
    /// Sampling rate that the leg requires of the room.
    pub(crate) wants: Option<Rate>,
}

impl Leg {
    pub(crate) fn new(id: LegId, stream: Stream) -> Self {
        Self {
            id,
            media: None,
            place: None,
            rtp_origin: Origin::OPEN,
            rtcp_origin: Origin::OPEN,
            consent: Consent::default(),
            secrecy: None,
            jitter: JitterBuffer::new(Codec::Pcmu),
            to_skip: 0,
            mouth: Mouth::new(Codec::Pcmu),
            coding: Coding::new(Codec::Pcmu, OpusSettings::default()),
            reception: Reception::new(Codec::Pcmu.clock_rate()),
            digits: DigitReceiver::default(),
            keys: None,
            stream,
            ear: Ear::default(),
            heard: Heard::default(),
            speech: Speech::default(),
            tape: None,
            report_at: 0,
            reported_packets: 0,
            peer_reports: PeerReports::default(),
            silent_ticks: 0,
        }
    }

    /// Returns whether the leg is mixed. A phone that holds the call (`sendonly`, `inactive`) is
    /// not mixed, even if it sends: its hold music does not belong in a conference.
    pub(crate) fn speaks(&self) -> bool {
        self.media
            .is_some_and(|media| media.sends && media.receives)
    }

    /// Clears the seat. A voice in progress does not begin again elsewhere.
    pub(crate) fn part(&mut self) {
        self.place = None;
        self.speech.is_unheard();
        self.mouth.part();
        self.coding.part();
    }

    /// Processes a packet of a digit (RFC 4733); returns the digit if it has begun.
    pub(crate) fn press(&mut self, header: &Header, payload: &[u8]) -> Option<Digit> {
        let began = self.digits.receive(header, payload);
        if let Some(digit) = began.or(self.digits.held()) {
            self.mouth.press(digit);
        }
        began
    }

    /// Prepares a stream of the leg's own for the next tick.
    pub(crate) fn equip(&mut self, spares: &mut OpusSpares) {
        self.coding.equip(spares);
    }

    /// Releases all spares of the leg.
    pub(crate) fn release(&mut self, spares: &mut OpusSpares) {
        self.jitter.release(spares);
        self.coding.release(spares);
    }

    /// Sets a new agreement. Returns true if sockets connected to the old peer must be
    /// disconnected.
    pub(crate) fn set_media(&mut self, media: LegMedia, config: EngineConfig) -> bool {
        let opus = config.opus;
        if self.coding.codec() != media.codec {
            self.jitter = JitterBuffer::new(media.codec);
            self.mouth = Mouth::new(media.codec);
            self.coding = Coding::new(media.codec, opus.within(media.opus_limit));
            self.reception = Reception::new(media.codec.clock_rate());
            self.ear.fit(media.codec.rate());
            if let Some(tape) = &mut self.tape {
                tape.fit(media.codec.rate());
            }
        }
        let encoder = Encoder::new(media.codec, opus.within(media.opus_limit));
        if !self.coding.encoder().is_like(&encoder) {
            self.coding.set_encoder(encoder);
        }
        self.mouth
            .listen_for_tones(media.digits_payload_type.is_none());
        self.mouth.keep_keys(config.digits_in_rooms);
        self.silent_ticks = 0;
        self.consent.agree(&media);
        let was_locked = self.rtp_origin.is_locked() || self.rtcp_origin.is_locked();
        self.rtp_origin.learn_anew(&Expected::rtp(&media));
        let rtcp = Expected::rtcp(&media, &self.rtp_origin);
        self.rtcp_origin.learn_anew(&rtcp);
        let changed = self.media.is_some_and(|old| {
            old.codec != media.codec
                || old.digits_payload_type != media.digits_payload_type
                || (old.sends && !media.sends)
        });
        if let Some(keys) = self.keys.as_mut().filter(|_| changed) {
            keys.cut();
        }
        if !media.sends {
            self.stream.pause();
        }
        self.agree_on_keys(media.srtp);
        self.media = Some(media);
        was_locked
    }

    /// Sets new keys. A new key of ours starts a new stream, which has no rollover count. Peers
    /// differ on whether that count continues under a new key.
    fn agree_on_keys(&mut self, keys: Option<SrtpKeys>) {
        let anew = match (&mut self.secrecy, keys) {
            (secrecy, None) => {
                *secrecy = None;
                false
            }
            (Some(secrecy), Some(keys)) => secrecy.agree(keys),
            (secrecy @ None, Some(keys)) => {
                *secrecy = Some(Box::new(Secrecy::new(keys)));
                true
            }
        };
        if anew && self.stream.packets > 0 {
            self.stream.begin_anew();
            self.reported_packets = 0;
        }
    }

    /// Records a valid packet of the phone.
    pub(crate) fn hear(&mut self, media: &LegMedia) {
        self.silent_ticks = 0;
        self.consent.hear(media);
    }

    /// Counts a tick without a packet of the phone; returns whether no packet arrived for `limit`.
    pub(crate) fn count_silence(&mut self, limit: Duration) -> bool {
        let exchanges = self.speaks();
        self.silent_ticks = if exchanges { self.silent_ticks + 1 } else { 0 };
        let is_silent = TICK * self.silent_ticks >= limit && exchanges;
        if is_silent {
            self.silent_ticks = 0;
        }
        is_silent
    }

    /// Returns whether the next report is a sender report (RFC 3550 §6.4): true if packets were
    /// sent.
    pub(crate) fn sent_since_report(&mut self) -> bool {
        let before = core::mem::replace(&mut self.reported_packets, self.stream.packets);
        before != self.stream.packets
    }

    /// Returns the number of bytes that encryption adds to a packet.
    pub(crate) fn overhead(&self, component: Component) -> usize {
        let secrecy = self.secrecy.as_ref();
        secrecy.map_or(0, |secrecy| secrecy.overhead(component))
    }

    /// Encrypts a packet, followed by room for the added bytes, if encryption was agreed. Returns
    /// false if the packet must not be sent.
    pub(crate) fn seal(&mut self, component: Component, packet: &mut [u8]) -> bool {
        let secrecy = self.secrecy.as_mut();
        secrecy.is_none_or(|secrecy| secrecy.seal(component, packet))
    }

    /// Returns the destination of packets: the accepted source, else the SDP's address if its host
    /// consents.
    pub(crate) fn destination(&self, component: Component) -> Option<SocketAddr> {
        let media = self.media?;
        let origin = match component {
            Component::Rtp => &self.rtp_origin,
            Component::Rtcp => &self.rtcp_origin,
        };
        let sdp = Some(media.remote(component)).filter(|_| self.consent.may_send());
        origin.peer().or(sdp)
    }
}
