//! What the switchboard is told once, at its start.

use confab_conference::{Customs, Url};
use confab_sip::{Access, CallLimits};
use confab_terms::{AccountSid, Codec, IpAddr, SocketAddr, Srtp};
use serde::{Deserialize, Serialize};

use crate::CallCallback;

/// What the switchboard is told once, at its start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The one account.
    pub account: AccountSid,
    /// What Contact and Via say.
    pub sip_address: SocketAddr,
    /// The port of SIP over TLS; `None`: there is no TLS.
    pub sips_port: Option<u16>,
    /// Who may call, and through whom calls of ours go.
    pub access: Access,
    /// SIP connections at once, at most `limits::SIP_CONNECTIONS_MAX`.
    pub connections_max: usize,
    /// Limits on calls to us.
    pub call_limits: CallLimits,
    /// Calls of the account at once, at most `limits::CALLS_MAX`.
    pub calls_max: usize,
    /// Whether media is encrypted, where a trunk says nothing of it.
    pub srtp: Srtp,
    /// What SDP says.
    pub media_address: IpAddr,
    /// What we speak, the best first.
    pub codecs: Vec<Codec>,
    /// What an inbound call asks for its document; none: it joins what it dialled.
    pub voice: Option<Url>,
    /// What a call asks whose document fails.
    pub voice_fallback: Option<Url>,
    /// Where the API is found: `https://host`, without a slash at its end.
    pub api_url: String,
    /// Who is told of inbound calls.
    pub status_callback: Option<CallCallback>,
    /// What the vendors settle differently.
    pub customs: Customs,
    /// How many media threads there are.
    pub media_threads: u16,
    /// Every random id comes from here.
    pub seed: [u8; 32],
}
