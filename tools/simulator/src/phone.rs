//! A phone: our own user agent on the other side, and what it says into its microphone.

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
    /// It calls over streams.
    pub(crate) streams: bool,
    /// It is behind NAT: its Via and Contact name an address that nobody reaches.
    pub(crate) nat: bool,
    /// A message of it has come mutilated: its requests may show another NAT, or none.
    pub(crate) mutilated: bool,
    pub(crate) weather: Weather,
    pub(crate) line: Option<Line>,
    /// Somebody calls it.
    pub(crate) rings: Option<Rings>,
    /// What it sent last of each, to be sent again where it does not belong.
    pub(crate) last_invite: Option<Vec<u8>>,
    pub(crate) last_bye: Option<Vec<u8>>,
    pub(crate) last_any: Option<Vec<u8>>,
    /// How many packets it could have sent.
    pub(crate) spoken: u64,
    boots: u16,
}

/// A call that it has not answered.
pub(crate) struct Rings {
    pub(crate) dialog: DialogId,
    pub(crate) number: u64,
    pub(crate) offer: Vec<u8>,
}

/// A call, as the phone has it.
pub(crate) struct Line {
    pub(crate) dialog: DialogId,
    /// Its RTP goes there once it was answered.
    pub(crate) leg: Option<LegId>,
    /// The latest word: what it offered, and what was agreed before.
    pub(crate) direction: Direction,
    pub(crate) agreed: (Direction, u16),
    pub(crate) offering: bool,
    pub(crate) local: Local,
    /// The host of its NAT, if it is behind one.
    public: Option<IpAddr>,
    /// The NAT's mapping of its RTP now, and when it last agreed.
    pub(crate) mapping: u16,
    pub(crate) agreed_mapping: u16,
    pub(crate) mouth: Mouth,
}

/// The RTP stream of a phone.
pub(crate) struct Mouth {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) talks: bool,
    pub(crate) digit: Option<DigitSender>,
    /// Its voice, if its codec is a wide one.
    pub(crate) wide: WideVoice,
    /// Sent, and not there yet: the step of its clock at which it comes.
    pub(crate) under_way: Vec<(u64, Vec<u8>)>,
    /// So many ticks it has talked without a break, on a line that loses nothing.
    pub(crate) clear: u32,
    /// For so many ticks it has said nothing.
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

    /// It is switched off and on: whatever it had is gone, and nothing finds it where it was.
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

    /// The host that its SDP names: a private one behind a NAT.
    pub(crate) fn sdp_host(&self) -> IpAddr {
        own_address(self.address, self.nat).ip()
    }

    /// The host of its NAT, if it is behind one.
    pub(crate) fn public_host(&self) -> Option<IpAddr> {
        self.nat.then_some(self.address.ip())
    }

    /// Where it was at first, and where it is still called.
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

/// In every fourth run, and in every second one that is made twice, every second phone.
fn is_wide(number: usize, seed: u64) -> bool {
    (seed % 4 == 3 || seed.is_multiple_of(40)) && number.is_multiple_of(2)
}

/// Every third, but none that calls over streams.
fn is_behind_nat(number: usize, seed: u64) -> bool {
    (seed + number as u64) % 3 == 1
}

/// The address that a phone knows of itself.
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
