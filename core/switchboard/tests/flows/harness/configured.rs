//! Constructors: worlds with different configurations of the switchboard.

use confab_conference::{Customs, Url};
use confab_sip::Transport;
use confab_switchboard::{
    Access, CallCallback, CallEvent, CallLimits, Config, Gateway, IdentityRules, Trunk,
};
use confab_terms::limits::{CALLS_MAX, SIP_CONNECTIONS_MAX};
use confab_terms::{AccountSid, Codec, Method, Srtp};

use super::{Phone, SIP, World};

impl World {
    pub(crate) fn new() -> Self {
        Self::with(None)
    }

    pub(crate) fn with_voice() -> Self {
        Self::with(Some(Url {
            url: "http://app.example/voice".to_owned(),
            method: Method::Post,
        }))
    }

    /// Creates a world with a fallback URL and a status callback.
    pub(crate) fn with_operator() -> Self {
        Self::told_of(&[])
    }

    /// Creates the same world; the status callback requests these events.
    pub(crate) fn told_of(events: &[CallEvent]) -> Self {
        Self::operated(Access::open(), events)
    }

    /// Creates the same world with a trunk that contains the addresses of all phones.
    pub(crate) fn with_carrier(identity: IdentityRules, events: &[CallEvent]) -> Self {
        let mut access = Access::open();
        access.trunks.push(Trunk {
            name: "carrier".to_owned(),
            networks: vec!["127.0.0.2/32".parse().unwrap()],
            account: None,
            gateway: None,
            srtp: None,
            nat: confab_sip::Nat::Auto,
            identity,
        });
        Self::operated(access, events)
    }

    fn operated(access: Access, events: &[CallEvent]) -> Self {
        let url = |path: &str, method| Url {
            url: format!("http://app.example/{path}"),
            method,
        };
        Self::of(Config {
            access,
            voice_fallback: Some(url("fallback", Method::Get)),
            status_callback: Some(CallCallback::new(
                url("calls#tt=700", Method::Post),
                events.to_vec(),
            )),
            ..Self::config(Some(url("voice", Method::Post)))
        })
    }

    /// Creates a world with this SRTP policy.
    pub(crate) fn secret(srtp: Srtp) -> Self {
        Self::of(Config {
            srtp,
            ..Self::config(None)
        })
    }

    /// Creates a world with a default SRTP policy, and a policy of the trunk that contains the
    /// addresses of all phones.
    pub(crate) fn secret_trunk(everybody: Srtp, trunk: Srtp, mut access: Access) -> Self {
        access.trunks.push(Trunk {
            name: "carrier".to_owned(),
            networks: vec!["127.0.0.2/32".parse().unwrap()],
            account: None,
            gateway: None,
            srtp: Some(trunk),
            nat: confab_sip::Nat::Auto,
            identity: Default::default(),
        });
        Self::of(Config {
            access,
            srtp: everybody,
            ..Self::config(None)
        })
    }

    /// Creates a world with a trunk whose gateway is the first phone, and no call.
    pub(crate) fn with_trunk() -> Self {
        let phone = Phone::new(0);
        let mut access = Access::open();
        let address = phone.address;
        access.trunks.push(Trunk {
            name: "carrier".to_owned(),
            networks: Vec::new(),
            account: None,
            gateway: Some(Gateway::new(
                address.to_string(),
                Some(address),
                Transport::Udp,
            )),
            srtp: None,
            nat: confab_sip::Nat::Auto,
            identity: Default::default(),
        });
        let mut world = Self::of(Config {
            access,
            ..Self::config(None)
        });
        world.phones.push(phone);
        world
    }

    fn with(voice: Option<Url>) -> Self {
        Self::of(Self::config(voice))
    }

    fn config(voice: Option<Url>) -> Config {
        Config {
            account: AccountSid::from_random(1),
            sip_address: SIP.parse().unwrap(),
            sips_port: None,
            connections_max: SIP_CONNECTIONS_MAX,
            call_limits: CallLimits::default(),
            calls_max: CALLS_MAX,
            srtp: Srtp::Prefer,
            access: Access::open(),
            media_address: "127.0.0.1".parse().unwrap(),
            voice,
            api_url: "http://confab.example".to_owned(),
            voice_fallback: None,
            status_callback: None,
            customs: Customs::default(),
            codecs: vec![Codec::Pcmu, Codec::Pcma],
            media_threads: 2,
            seed: [7; 32],
        }
    }
}
