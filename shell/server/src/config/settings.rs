//! Table of settings: the source of `--help`, with the default of each setting.

/// Setting: its flag, its environment variable and its key in `confab.toml` are spellings of its
/// name.
pub(crate) struct Setting {
    /// Name as in `confab.toml`, such as `http_listen`.
    pub(crate) name: &'static str,
    /// Value if no layer sets the setting.
    pub(crate) default: Option<&'static str>,
    /// Placeholder of the value in `--help`.
    pub(crate) value: &'static str,
    /// Description in `--help`.
    pub(crate) help: &'static str,
}

impl Setting {
    /// Returns the flag, such as `http-listen`, without the dashes.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Returns the environment variable, such as `CONFAB_HTTP_LISTEN`.
    pub(crate) fn variable(&self) -> String {
        format!("CONFAB_{}", self.name.to_ascii_uppercase())
    }
}

/// All settings, in the order of `--help`.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "http_listen",
        default: Some("127.0.0.1:8080"),
        value: "ADDRESS:PORT",
        help: "Address of the REST API without TLS",
    },
    Setting {
        name: "https_listen",
        default: Some("127.0.0.1:8443"),
        value: "ADDRESS:PORT",
        help: "Address of the REST API over TLS; empty: disabled. Without a certificate in \
               <data>/tls/ one is created",
    },
    Setting {
        name: "sip_listen",
        default: Some("127.0.0.1:5060"),
        value: "ADDRESS:PORT",
        help: "Address of SIP over UDP and TCP; on other than loopback addresses only trunks are \
               accepted",
    },
    Setting {
        name: "sips_listen",
        default: None,
        value: "ADDRESS:PORT",
        help: "Address of SIP over TLS, with the certificate of HTTPS; the IP address is that of \
               SIP [default: disabled]",
    },
    Setting {
        name: "sips_ca",
        default: None,
        value: "FILE",
        help: "Certificate authorities (PEM) trusted for outbound TLS besides the system's",
    },
    Setting {
        name: "srtp",
        default: Some("prefer"),
        value: "off|prefer|require",
        help: "SRTP by SDES, for peers that are no trunk or a trunk without a value",
    },
    Setting {
        name: "trunk_networks",
        default: None,
        value: "CIDR,…",
        help: "Networks of the trunk, accepted without a password; further trunks: [[trunk]] in \
               the file",
    },
    Setting {
        name: "trunk_user",
        default: None,
        value: "NAME",
        help: "Digest user of the trunk: accepted from any address, and used for the trunk's \
               challenges",
    },
    Setting {
        name: "trunk_password",
        default: None,
        value: "PASSWORD",
        help: "Password of the trunk's user; visible in the process list if given as a flag",
    },
    Setting {
        name: "trunk_password_file",
        default: None,
        value: "FILE",
        help: "File that contains the trunk's password",
    },
    Setting {
        name: "trunk_address",
        default: None,
        value: "HOST[:PORT]",
        help: "Destination of outbound calls through the trunk; the default port is 5060, for TLS \
               5061",
    },
    Setting {
        name: "trunk_transport",
        default: None,
        value: "udp|tcp|tls",
        help: "Transport for outbound calls [default: udp]",
    },
    Setting {
        name: "trunk_srtp",
        default: None,
        value: "off|prefer|require",
        help: "SRTP of the trunk [default: CONFAB_SRTP]",
    },
    Setting {
        name: "trunk_nat",
        default: None,
        value: "auto|always|never",
        help: "Destination of requests to the trunk's calls and phones without a route set: auto, \
               the flow of their requests if these show a NAT, else the Contact; always the flow; \
               never the flow [default: auto]",
    },
    Setting {
        name: "trunk_country_code",
        default: None,
        value: "DIGITS",
        help: "Country code that completes the trunk's national numbers to E.164, such as 49 \
               [default: numbers as received]",
    },
    Setting {
        name: "trunk_trust_identity",
        default: None,
        value: "true|false",
        help: "Callers from the trunk's P-Asserted-Identity, Privacy honored [default: false]",
    },
    Setting {
        name: "account_calls",
        default: Some("10000"),
        value: "COUNT",
        help: "Maximum number of calls of the account, inbound and outbound; beyond it 503",
    },
    Setting {
        name: "account_calls_per_second",
        default: Some("0"),
        value: "COUNT",
        help: "Maximum number of inbound calls of the account in a second; beyond it 503; 0: no \
               limit",
    },
    Setting {
        name: "user_calls",
        default: Some("100"),
        value: "COUNT",
        help: "Maximum number of calls of a SIP user (digest); beyond it 503",
    },
    Setting {
        name: "user_calls_per_second",
        default: Some("20"),
        value: "COUNT",
        help: "Maximum number of calls of a SIP user in a second; beyond it 503; 0: no limit",
    },
    Setting {
        name: "rtp_ports",
        default: Some("20000-39999"),
        value: "FIRST-LAST",
        help: "Media ports, two for each call",
    },
    Setting {
        name: "public_address",
        default: None,
        value: "ADDRESS",
        help: "Address in SDP, Contact and absolute URLs [default: the listening address]",
    },
    Setting {
        name: "data_dir",
        default: Some("./data"),
        value: "FOLDER",
        help: "Folder of the database, recordings and certificates",
    },
    Setting {
        name: "account_sid",
        default: None,
        value: "SID",
        help: "Account: a UUID, or AC and 32 digits [default: created at the first start]",
    },
    Setting {
        name: "auth_token",
        default: None,
        value: "TOKEN",
        help: "Token of the account; visible in the process list if given as a flag [default: \
               created at the first start, printed once]",
    },
    Setting {
        name: "auth_token_file",
        default: None,
        value: "FILE",
        help: "File that contains the token",
    },
    Setting {
        name: "signing_key",
        default: None,
        value: "KEY",
        help: "Key that signs webhooks; not used by the dialect twilio; visible in the process \
               list if given as a flag [default: created at the first start]",
    },
    Setting {
        name: "signing_key_file",
        default: None,
        value: "FILE",
        help: "File that contains the signing key",
    },
    Setting {
        name: "codecs",
        default: Some("opus,G722,PCMU,PCMA"),
        value: "CODEC,…",
        help: "Codecs in order of preference; among these the caller's order counts",
    },
    Setting {
        name: "opus_bit_rate",
        default: Some("32000"),
        value: "BITS",
        help: "Bit rate of Opus in bit/s, 6000 to 128000",
    },
    Setting {
        name: "opus_complexity",
        default: Some("5"),
        value: "0-10",
        help: "Complexity of the Opus encoder: 0 is cheap, 10 is best",
    },
    Setting {
        name: "media_threads",
        default: None,
        value: "COUNT",
        help: "Number of media threads, over which conferences are spread [default: one for each \
               processor]",
    },
    Setting {
        name: "mix_voices_max",
        default: Some("16"),
        value: "COUNT",
        help: "Maximum number of voices in the sum of a conference, the loudest ones; 0: all",
    },
    Setting {
        name: "media_timeout",
        default: Some("60"),
        value: "SECONDS",
        help: "Seconds without RTP and RTCP until a leg is probed; without a response its call \
               ends; 0: never",
    },
    Setting {
        name: "history_days",
        default: Some("0"),
        value: "DAYS",
        help: "Days until ended calls, conferences and Notifications are deleted; 0: never",
    },
    Setting {
        name: "recording_days",
        default: Some("0"),
        value: "DAYS",
        help: "Days until recordings and their audio are deleted; 0: never",
    },
    Setting {
        name: "audio_cache_mb",
        default: Some("1024"),
        value: "MEGABYTES",
        help: "Megabytes of fetched audio in <data>/audio-cache/; 0: in memory only",
    },
    Setting {
        name: "digits_in_rooms",
        default: Some("off"),
        value: "off|on",
        help: "DTMF digits are audible in the conference",
    },
    Setting {
        name: "voice_url",
        default: None,
        value: "URL",
        help: "URL of the document of inbound calls [default: the call joins the conference that \
               was dialed]",
    },
    Setting {
        name: "voice_method",
        default: Some("POST"),
        value: "GET|POST",
        help: "Method of CONFAB_VOICE_URL",
    },
    Setting {
        name: "voice_fallback_url",
        default: None,
        value: "URL",
        help: "URL of the document after a failure of the first one [default: the call ends]",
    },
    Setting {
        name: "voice_fallback_method",
        default: Some("POST"),
        value: "GET|POST",
        help: "Method of CONFAB_VOICE_FALLBACK_URL",
    },
    Setting {
        name: "status_callback_url",
        default: None,
        value: "URL",
        help: "Status callback of inbound calls",
    },
    Setting {
        name: "status_callback_method",
        default: Some("POST"),
        value: "GET|POST",
        help: "Method of CONFAB_STATUS_CALLBACK_URL",
    },
    Setting {
        name: "status_callback_events",
        default: Some("completed"),
        value: "EVENT,…",
        help: "Events of the status callback: initiated, ringing, answered, completed",
    },
    Setting {
        name: "callback_lifetime",
        default: Some("86400"),
        value: "SECONDS",
        help: "Seconds for which an undelivered event is sent again, 1 to 604800; then it is a \
               dead letter",
    },
    Setting {
        name: "fetch_allow",
        default: None,
        value: "CIDR,…",
        help: "Networks that are not public and may be fetched from and called back",
    },
    Setting {
        name: "cors_origins",
        default: None,
        value: "ORIGIN,…",
        help: "Origins of browsers that may call the API [default: same origin only]",
    },
    Setting {
        name: "http_hosts",
        default: None,
        value: "HOST,…",
        help: "Further host names that requests may name: requests with Origin, and all requests \
               to a loopback address",
    },
    Setting {
        name: "dialect",
        default: Some("signalwire"),
        value: "signalwire|twilio",
        help: "Vendor's API: spelling of ids, words and errors, and the key that signs webhooks",
    },
    Setting {
        name: "drain_seconds",
        default: Some("30"),
        value: "SECONDS",
        help: "Maximum number of seconds that calls continue after SIGTERM",
    },
    Setting {
        name: "log",
        default: Some("info"),
        value: "FILTER",
        help: "Log filter: error, warn, info, debug, trace, or by module",
    },
    Setting {
        name: "log_format",
        default: Some("text"),
        value: "text|json",
        help: "Format of the log",
    },
];
