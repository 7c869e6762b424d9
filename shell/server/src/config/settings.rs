//! The table of settings: what `--help` lists, and where each value may come from.

/// One setting. Its flag, its environment variable and its key in `confab.toml` are its name in
/// three spellings.
pub(crate) struct Setting {
    /// As in `confab.toml`: `http_listen`.
    pub(crate) name: &'static str,
    /// When no layer says anything.
    pub(crate) default: Option<&'static str>,
    /// What stands for the value in `--help`.
    pub(crate) value: &'static str,
    /// What it means.
    pub(crate) help: &'static str,
}

impl Setting {
    /// `--http-listen`, without the dashes.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// `CONFAB_HTTP_LISTEN`.
    pub(crate) fn variable(&self) -> String {
        format!("CONFAB_{}", self.name.to_ascii_uppercase())
    }
}

/// Every setting, in the order of `--help`.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "http_listen",
        default: Some("127.0.0.1:8080"),
        value: "ADDRESS:PORT",
        help: "Where the REST API listens, plain",
    },
    Setting {
        name: "https_listen",
        default: Some("127.0.0.1:8443"),
        value: "ADDRESS:PORT",
        help: "The same over TLS; empty: off. Without a certificate one is made in <data>/tls/",
    },
    Setting {
        name: "sip_listen",
        default: Some("127.0.0.1:5060"),
        value: "ADDRESS:PORT",
        help: "Where SIP listens (UDP); elsewhere than on a loopback address only trunks get in",
    },
    Setting {
        name: "sips_listen",
        default: None,
        value: "ADDRESS:PORT",
        help: "Where SIP over TLS listens, with the certificate of HTTPS; none: off",
    },
    Setting {
        name: "sips_ca",
        default: None,
        value: "FILE",
        help: "Authorities (PEM) believed besides the system's when SIP goes out over TLS",
    },
    Setting {
        name: "srtp",
        default: Some("prefer"),
        value: "off|prefer|require",
        help: "Whether media is encrypted (SDES), where a trunk says nothing of it",
    },
    Setting {
        name: "trunk_networks",
        default: None,
        value: "CIDR,…",
        help: "A trunk calls from there without a password; more of them: [[trunk]] in the file",
    },
    Setting {
        name: "trunk_user",
        default: None,
        value: "NAME",
        help: "Its user: lets in who knows the password, and answers its own challenges",
    },
    Setting {
        name: "trunk_password",
        default: None,
        value: "PASSWORD",
        help: "Its user's password; ps shows it as a flag",
    },
    Setting {
        name: "trunk_password_file",
        default: None,
        value: "FILE",
        help: "File that holds the password, in place of the password itself",
    },
    Setting {
        name: "trunk_address",
        default: None,
        value: "HOST[:PORT]",
        help: "Where it takes calls of ours; the port is 5060, or 5061, if there is none",
    },
    Setting {
        name: "trunk_transport",
        default: None,
        value: "udp|tcp|tls",
        help: "By what it takes them [default: udp]",
    },
    Setting {
        name: "trunk_srtp",
        default: None,
        value: "off|prefer|require",
        help: "Whether its media is encrypted [default: as CONFAB_SRTP says]",
    },
    Setting {
        name: "trunk_nat",
        default: None,
        value: "auto|always|never",
        help: "Requests to its calls and phones: on the flow of their requests where those show a \
               NAT, always, or always to their Contact [default: auto]",
    },
    Setting {
        name: "trunk_country_code",
        default: None,
        value: "DIGITS",
        help: "Completes its national numbers to E.164, as in 49 [default: numbers as received]",
    },
    Setting {
        name: "trunk_trust_identity",
        default: None,
        value: "true|false",
        help: "Takes callers from its P-Asserted-Identity and honors Privacy [default: false]",
    },
    Setting {
        name: "account_calls",
        default: Some("10000"),
        value: "COUNT",
        help: "Calls of the account at once, inbound and outbound; further ones get 503",
    },
    Setting {
        name: "account_calls_per_second",
        default: Some("0"),
        value: "COUNT",
        help: "Inbound calls of the account in a second; further ones get 503; 0: no limit",
    },
    Setting {
        name: "user_calls",
        default: Some("100"),
        value: "COUNT",
        help: "Calls of one SIP user (digest) at once; further ones get 503",
    },
    Setting {
        name: "user_calls_per_second",
        default: Some("20"),
        value: "COUNT",
        help: "Calls of one SIP user in a second; further ones get 503; 0: no limit",
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
        help: "What SDP, Contact and absolute URLs say [default: the listening address]",
    },
    Setting {
        name: "data_dir",
        default: Some("./data"),
        value: "FOLDER",
        help: "SQLite, recordings, certificates",
    },
    Setting {
        name: "account_sid",
        default: None,
        value: "SID",
        help: "The account: a UUID, or AC and 32 digits [default: made at first start]",
    },
    Setting {
        name: "auth_token",
        default: None,
        value: "TOKEN",
        help: "Its token; ps shows it as a flag [default: made at first start, printed once]",
    },
    Setting {
        name: "auth_token_file",
        default: None,
        value: "FILE",
        help: "File that holds the token, in place of the token itself",
    },
    Setting {
        name: "signing_key",
        default: None,
        value: "KEY",
        help: "Signs webhooks, unless the token does (twilio); ps shows it as a flag \
               [default: made at first start]",
    },
    Setting {
        name: "signing_key_file",
        default: None,
        value: "FILE",
        help: "File that holds the key, in place of the key itself",
    },
    Setting {
        name: "codecs",
        default: Some("opus,G722,PCMU,PCMA"),
        value: "CODEC,…",
        help: "What we speak, the best first; a caller's own order counts among these",
    },
    Setting {
        name: "opus_bit_rate",
        default: Some("32000"),
        value: "BITS",
        help: "Bits a second of Opus, 6000 to 128000",
    },
    Setting {
        name: "opus_complexity",
        default: Some("5"),
        value: "0-10",
        help: "How hard Opus works: 0 is cheap, 10 is good",
    },
    Setting {
        name: "media_threads",
        default: None,
        value: "COUNT",
        help: "Conferences are spread over so many threads [default: one for each processor]",
    },
    Setting {
        name: "mix_voices_max",
        default: Some("16"),
        value: "COUNT",
        help: "A conference sums so many voices at most, the loudest; 0: all",
    },
    Setting {
        name: "media_timeout",
        default: Some("60"),
        value: "SECONDS",
        help: "A leg without RTP and RTCP for so long is probed, and ended if it does not answer; \
               0: never",
    },
    Setting {
        name: "history_days",
        default: Some("0"),
        value: "DAYS",
        help: "Ended calls, conferences and notifications are deleted after so long; 0: never",
    },
    Setting {
        name: "recording_days",
        default: Some("0"),
        value: "DAYS",
        help: "Recordings and their audio are deleted after so long; 0: never",
    },
    Setting {
        name: "audio_cache_mb",
        default: Some("1024"),
        value: "MEGABYTES",
        help: "Fetched audio kept in <data>/audio-cache/, as it came; 0: in memory only",
    },
    Setting {
        name: "digits_in_rooms",
        default: Some("off"),
        value: "off|on",
        help: "Whether a conference hears the keys that are pressed in it",
    },
    Setting {
        name: "voice_url",
        default: None,
        value: "URL",
        help: "What an inbound call asks for its document; none: it joins what it dialled",
    },
    Setting {
        name: "voice_method",
        default: Some("POST"),
        value: "GET|POST",
        help: "How it asks",
    },
    Setting {
        name: "voice_fallback_url",
        default: None,
        value: "URL",
        help: "What a call asks when its document fails; none: the call ends",
    },
    Setting {
        name: "voice_fallback_method",
        default: Some("POST"),
        value: "GET|POST",
        help: "How it asks",
    },
    Setting {
        name: "status_callback_url",
        default: None,
        value: "URL",
        help: "Who is told of inbound calls",
    },
    Setting {
        name: "status_callback_method",
        default: Some("POST"),
        value: "GET|POST",
        help: "How it is told",
    },
    Setting {
        name: "status_callback_events",
        default: Some("completed"),
        value: "EVENT,…",
        help: "Of what: initiated, ringing, answered, completed",
    },
    Setting {
        name: "callback_lifetime",
        default: Some("86400"),
        value: "SECONDS",
        help: "Events that no application takes are sent again for so long, 1 to 604800; then each \
               is a dead letter",
    },
    Setting {
        name: "fetch_allow",
        default: None,
        value: "CIDR,…",
        help: "Networks that documents, audio and callbacks may reach although they are not public",
    },
    Setting {
        name: "cors_origins",
        default: None,
        value: "ORIGIN,…",
        help: "Origins that browsers may call the API from; none: same origin only",
    },
    Setting {
        name: "http_hosts",
        default: None,
        value: "HOST,…",
        help: "Further names that requests of browsers, and all requests to a loopback address, \
               may name as their host",
    },
    Setting {
        name: "dialect",
        default: Some("signalwire"),
        value: "signalwire|twilio",
        help: "Whose API it is: how ids, words and errors are spelled, and what signs webhooks",
    },
    Setting {
        name: "drain_seconds",
        default: Some("30"),
        value: "SECONDS",
        help: "How long calls may go on after SIGTERM",
    },
    Setting {
        name: "log",
        default: Some("info"),
        value: "FILTER",
        help: "What is logged: error, warn, info, debug, trace, or by module",
    },
    Setting {
        name: "log_format",
        default: Some("text"),
        value: "text|json",
        help: "How it is logged",
    },
];
