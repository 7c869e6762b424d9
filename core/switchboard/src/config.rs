//! Settings of the switchboard, fixed at the start.

use confab_conference::{Customs, Url};
use confab_sip::{Access, CallLimits};
use confab_terms::{AccountSid, Codec, IpAddr, SocketAddr, Srtp};
use serde::{Deserialize, Serialize};

use crate::CallCallback;

/// Settings of the switchboard, fixed at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The single account.
    pub account: AccountSid,
    /// Address in Contact and Via.
    pub sip_address: SocketAddr,
    /// Port of SIP over TLS. `None`: no TLS.
    pub sips_port: Option<u16>,
    /// Authorized callers, and trunks for outbound calls.
    pub access: Access,
    /// Maximum number of SIP connections, at most `limits::SIP_CONNECTIONS_MAX`.
    pub connections_max: usize,
    /// Rate limits of inbound calls.
    pub call_limits: CallLimits,
    /// Maximum number of live calls of the account, at most `limits::CALLS_MAX`.
    pub calls_max: usize,
    /// Media encryption policy, for calls through trunks without a policy.
    pub srtp: Srtp,
    /// Media address in SDP.
    pub media_address: IpAddr,
    /// Supported codecs, most preferred first.
    pub codecs: Vec<Codec>,
    /// Voice URL of inbound calls. `None`: an inbound call joins the conference named by the dialed
    /// user.
    pub voice: Option<Url>,
    /// Fallback URL of inbound calls, requested after a document failed.
    pub voice_fallback: Option<Url>,
    /// Base URL of the REST API: `https://host`, without a trailing slash.
    pub api_url: String,
    /// Status callback of inbound calls.
    pub status_callback: Option<CallCallback>,
    /// Conference rules that differ between the vendors.
    pub customs: Customs,
    /// Number of media threads.
    pub media_threads: u16,
    /// Seed of all random ids.
    pub seed: [u8; 32],
}
