//! Simulated phone: a user agent of `confab-sip` and the state of its RTP.

use confab_rtp::DigitSender;
use confab_sdp::{Direction, Local};
use confab_sip::{Config, DialogId, UserAgent};
use confab_terms::{Codec, IpAddr, LegId, SocketAddr};

use crate::dice::{Dice, key};
use crate::secrecy::first_sequence;
use crate::weather::Weather;
use crate::wide::WideVoice;
use crate::world::START;

pub(crate) struct Phone {
    pub(crate) agent: UserAgent,
    pub(crate) number: usize,
    pub(crate) address: SocketAddr,
    pub(crate) codec: Codec,
    /// True if the phone calls over TCP or TLS connections.
    pub(crate) streams: bool,
    /// True if the phone is behind a NAT: its Via and Contact have an unreachable address.
    pub(crate) nat: bool,
    /// True if a message of the phone was corrupted: its requests may show another NAT, or none.
    pub(crate) mutilated: bool,
    pub(crate) weather: Weather,
    pub(crate) line: Option<Line>,
    /// Inbound call that rings.
    pub(crate) rings: Option<Rings>,
    /// Last message of each kind, for duplicates in wrong places.
    pub(crate) last_invite: Option<Vec<u8>>,
    pub(crate) last_bye: Option<Vec<u8>>,
    pub(crate) last_any: Option<Vec<u8>>,
    /// Steps of the clock so far, each with at most one packet.
    pub(crate) spoken: u64,
    boots: u16,
}

/// Inbound call that the phone has not answered.
pub(crate) struct Rings {
    pub(crate) dialog: DialogId,
    pub(crate) number: u64,
    pub(crate) offer: Vec<u8>,
}

/// Call of the phone.
pub(crate) struct Line {
    pub(crate) dialog: DialogId,
    /// Leg that receives the phone's RTP; set at the answer.
    pub(crate) leg: Option<LegId>,
    /// Offered direction; and the direction and the RTP port agreed before.
    pub(crate) direction: Direction,
    pub(crate) agreed: (Direction, u16),
    pub(crate) offering: bool,
    pub(crate) local: Local,
    /// Host of the NAT, if the phone is behind one.
    public: Option<IpAddr>,
    /// NAT mapping of the RTP: the current one and the last agreed one.
    pub(crate) mapping: u16,
    pub(crate) agreed_mapping: u16,
    pub(crate) mouth: Mouth,
}

/// RTP stream of a phone.
pub(crate) struct Mouth {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) talks: bool,
    pub(crate) digit: Option<DigitSender>,
    /// Voice encoded with G.722.
    pub(crate) wide: WideVoice,
    /// Packets in flight, with the step of arrival.
    pub(crate) under_way: Vec<(u64, Vec<u8>)>,
    /// Consecutive packets sent on a line without loss.
    pub(crate) clear: u32,
    /// Consecutive steps without a packet.
    pub(crate) silent: u32,
}

impl Phone {
    pub(crate) fn new(number: usize, seed: u64, dice: &mut Dice) -> Self {
        let address = address(number, 0);
        let nat = is_behind_nat(number, seed);
        Self {
            agent: agent(own_address(address, nat), seed, number, 0),
            number,
            address,
            codec: if is_wide(number, seed) {
                dice.coin();
                Codec::G722
            } else if dice.coin() {
                Codec::Pcmu
            } else {
                Codec::Pcma
            },
            streams: (seed + number as u64).is_multiple_of(3),
            nat,
            mutilated: false,
            weather: Weather::new(dice),
            line: None,
            rings: None,
            last_invite: None,
            last_bye: None,
            last_any: None,
            spoken: START.0 / 20_000_000,
            boots: 0,
        }
    }

    /// Reboots the phone: all calls are lost, and its former address is unreachable.
    pub(crate) fn reboot(&mut self, seed: u64) {
        self.boots += 1;
        self.address = address(self.number, self.boots);
        let own = own_address(self.address, self.nat);
        self.agent = agent(own, seed, self.number, self.boots);
        self.line = None;
        self.rings = None;
        (self.last_invite, self.last_bye, self.last_any) = (None, None, None);
    }

    /// Returns whether an address is the phone's private one behind its NAT.
    pub(crate) fn is_inside(&self, to: SocketAddr) -> bool {
        self.nat && own_address(self.address, true).ip() == to.ip()
    }

    /// Returns the host in the phone's SDP: a private one behind a NAT.
    pub(crate) fn sdp_host(&self) -> IpAddr {
        own_address(self.address, self.nat).ip()
    }

    /// Returns the host of the NAT, if the phone is behind one.
    pub(crate) fn public_host(&self) -> Option<IpAddr> {
        self.nat.then_some(self.address.ip())
    }

    /// Returns the first address of the phone, which remains the target of calls.
    pub(crate) fn home(&self) -> SocketAddr {
        address(self.number, 0)
    }

    pub(crate) fn offer(&self, direction: Direction) -> Option<Vec<u8>> {
        let line = self.line.as_ref()?;
        Some(confab_sdp::offer(&line.local, direction))
    }
}

impl Line {
    pub(crate) fn new(
        dialog: DialogId,
        (local, public): (Local, Option<IpAddr>),
        dice: &mut Dice,
    ) -> Self {
        let ssrc = dice.below(1 << 32) as u32;
        let sequence = first_sequence(&local, dice.below(1 << 16) as u16);
        Self {
            public,
            mapping: 0,
            agreed_mapping: 0,
            dialog,
            leg: None,
            direction: Direction::SendRecv,
            agreed: (Direction::SendRecv, local.rtp_port),
            offering: false,
            local,
            mouth: Mouth {
                ssrc,
                sequence,
                timestamp: dice.below(1 << 32) as u32,
                talks: true,
                digit: None,
                wide: WideVoice::default(),
                under_way: Vec::new(),
                clear: 0,
                silent: 0,
            },
        }
    }

    pub(crate) fn rtp_address(&self) -> SocketAddr {
        match self.public {
            Some(public) => SocketAddr::new(public, 50_000 + self.mapping % 1_000),
            None => SocketAddr::new(self.local.address, self.local.rtp_port),
        }
    }
}

fn address(number: usize, boots: u16) -> SocketAddr {
    let ip = IpAddr::from([203, 0, 113, 10 + number as u8]);
    SocketAddr::new(ip, 5_060 + boots)
}

/// Selects G.722 for every second phone, in every fourth run and in every second run that is
/// executed twice.
fn is_wide(number: usize, seed: u64) -> bool {
    (seed % 4 == 3 || seed.is_multiple_of(40)) && number.is_multiple_of(2)
}

/// Returns whether a phone is behind a NAT: every third one, but none with connections.
fn is_behind_nat(number: usize, seed: u64) -> bool {
    (seed + number as u64) % 3 == 1
}

/// Returns the address that a phone writes into its messages.
fn own_address(address: SocketAddr, nat: bool) -> SocketAddr {
    match (nat, address.ip()) {
        (true, IpAddr::V4(ip)) => {
            let [.., last] = ip.octets();
            SocketAddr::new(IpAddr::from([192, 168, 1, last]), address.port())
        }
        _ => address,
    }
}

fn agent(address: SocketAddr, seed: u64, number: usize, boots: u16) -> UserAgent {
    UserAgent::new(Config {
        address,
        tls_port: None,
        product: String::new(),
        seed: key(seed, 1_000 + 100 * number as u64 + u64::from(boots)),
    })
}
