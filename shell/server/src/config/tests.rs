//! Precedence of layers, and errors of invalid values.

use std::collections::BTreeMap;

use confab_rest::Dialect;

use super::{Config, Layers, LogFormat, SETTINGS};

fn read(
    flags: &[(&str, &str)],
    environment: &[(&str, &str)],
    file: &str,
) -> Result<Config, String> {
    let flags: BTreeMap<_, _> = flags.iter().copied().collect();
    let environment: BTreeMap<_, _> = environment.iter().copied().collect();
    let layers = Layers::merge(
        |setting| flags.get(setting.flag().as_str()).map(ToString::to_string),
        |variable| environment.get(variable).map(ToString::to_string),
        Some(("confab.toml", file)),
    );
    layers
        .and_then(|layers| Config::read(&layers))
        .map_err(|bad| bad.to_string())
}

fn refusal(variable: &str, value: &str) -> String {
    let line = read(&[], &[(variable, value)], "").expect_err(value);
    assert!(!line.contains('\n'), "one line: {line}");
    assert!(
        line.contains(variable) && line.contains(value),
        "names both: {line}"
    );
    line
}

#[test]
fn nothing_given_is_the_contract() {
    let config = read(&[], &[], "").unwrap();
    assert_eq!(config.http_listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.https_listen.unwrap().to_string(), "127.0.0.1:8443");
    assert_eq!(config.sip_listen.to_string(), "127.0.0.1:5060");
    assert_eq!(config.rtp_ports.to_string(), "20000-39999");
    assert_eq!(config.data_dir.to_str(), Some("./data"));
    assert_eq!(config.drain.as_secs(), 30);
    assert_eq!(config.callback_lifetime.as_secs(), 86_400);
    assert_eq!(config.log_format, LogFormat::Text);
    assert!(config.voice.is_none() && config.account_sid.is_none());
}

#[test]
fn audio_cache_is_a_gigabyte_or_as_many_megabytes_as_given() {
    let variable = "CONFAB_AUDIO_CACHE_MB";
    assert_eq!(read(&[], &[], "").unwrap().audio_cache_bytes, 1 << 30);
    for (value, bytes) in [("0", 0), ("1", 1 << 20), ("1048576", 1 << 40)] {
        let config = read(&[], &[(variable, value)], "").unwrap();
        assert_eq!(config.audio_cache_bytes, bytes);
    }
    for value in ["1048577", "-1", "1G"] {
        refusal(variable, value);
    }
}

#[test]
fn lifetime_of_callbacks_is_a_second_to_a_week() {
    let variable = "CONFAB_CALLBACK_LIFETIME";
    for (value, seconds) in [("1", 1), ("604800", 604_800)] {
        let config = read(&[], &[(variable, value)], "").unwrap();
        assert_eq!(config.callback_lifetime.as_secs(), seconds);
    }
    for value in ["0", "604801", "-1", "1h"] {
        refusal(variable, value);
    }
}

#[test]
fn retention_is_unset_or_a_number_of_days() {
    let config = read(&[], &[], "").unwrap();
    assert_eq!((config.history_age, config.recording_age), (None, None));
    let given = [
        ("CONFAB_HISTORY_DAYS", "30"),
        ("CONFAB_RECORDING_DAYS", "7"),
    ];
    let config = read(&[], &given, "").unwrap();
    let days = |age: Option<std::time::Duration>| age.unwrap().as_secs() / 86_400;
    assert_eq!(days(config.history_age), 30);
    assert_eq!(days(config.recording_age), 7);
    for variable in ["CONFAB_HISTORY_DAYS", "CONFAB_RECORDING_DAYS"] {
        for value in ["-1", "36501", "1.5", "30d"] {
            refusal(variable, value);
        }
    }
}

#[test]
fn flags_over_environment_over_file_over_defaults() {
    let file = "drain_seconds = 1\nlog = 'debug'\nsip_listen = '127.0.0.1:1'\n\
                fetch_allow = ['10.0.0.0/8', 'fd00::/8']";
    let environment = [
        ("CONFAB_DRAIN_SECONDS", "2"),
        ("CONFAB_SIP_LISTEN", "127.0.0.1:2"),
    ];
    let config = read(&[("drain-seconds", "3")], &environment, file).unwrap();
    assert_eq!(config.drain.as_secs(), 3);
    assert_eq!(config.sip_listen.port(), 2);
    assert_eq!(config.log, "debug");
    assert_eq!(config.fetch_allow.len(), 2);
}

#[test]
fn an_empty_value_is_no_value() {
    let empty: Vec<(String, &str)> = SETTINGS.iter().map(|s| (s.variable(), "")).collect();
    let empty: Vec<(&str, &str)> = empty.iter().map(|(name, v)| (name.as_str(), *v)).collect();
    let config = read(&[("drain-seconds", " ")], &empty, "drain_seconds = 7").unwrap();
    assert_eq!(config.drain.as_secs(), 7);
    assert_eq!(config.http_listen.port(), 8080);
    assert!(config.https_listen.is_none(), "empty is off");
}

#[test]
fn each_bad_value_is_one_line_that_says_what_would_do() {
    for (variable, value, would_do) in [
        ("CONFAB_HTTP_LISTEN", "8080", "127.0.0.1:8080"),
        ("CONFAB_HTTPS_LISTEN", "nowhere:1", "127.0.0.1:8080"),
        ("CONFAB_SIP_LISTEN", "127.0.0.1:70000", "127.0.0.1:8080"),
        ("CONFAB_SIP_LISTEN", "0.0.0.0:5060", "127.0.0.1:5060"),
        ("CONFAB_SIP_LISTEN", "[::]:5060", "127.0.0.1:5060"),
        ("CONFAB_SIP_LISTEN", "192.0.2.1:5060", "127.0.0.1:5060"),
        ("CONFAB_RTP_PORTS", "20000", "20000-39999"),
        ("CONFAB_RTP_PORTS", "30000-20000", "20000-39999"),
        ("CONFAB_RTP_PORTS", "20001-20002", "20000-39999"),
        ("CONFAB_RTP_PORTS", "1-99", "20000-39999"),
        ("CONFAB_PUBLIC_ADDRESS", "example.com", "192.0.2.10"),
        ("CONFAB_ACCOUNT_SID", "me", "5ba0f94a"),
        (
            "CONFAB_VOICE_URL",
            "ftp://x",
            "https://app.example.com/voice",
        ),
        (
            "CONFAB_VOICE_URL",
            "http://",
            "https://app.example.com/voice",
        ),
        ("CONFAB_VOICE_METHOD", "PUT", "GET nor POST"),
        ("CONFAB_FETCH_ALLOW", "10.0.0.0/33", "10.0.0.0/8"),
        ("CONFAB_TRUNK_NETWORKS", "10.0.0.0/33", "10.0.0.0/8"),
        ("CONFAB_TRUNK_ADDRESS", "a b", "sip.example.com"),
        (
            "CONFAB_ACCOUNT_SID",
            "CA5ba0f94a1b0c4d8f9c2e6b0a3f1d2e4c",
            "AC and 32",
        ),
        ("CONFAB_CORS_ORIGINS", "*", "https://app.example.com"),
        ("CONFAB_CORS_ORIGINS", "null", "https://app.example.com"),
        ("CONFAB_CORS_ORIGINS", "app.example.com", "no path"),
        ("CONFAB_CORS_ORIGINS", "https://a.example/", "no path"),
        ("CONFAB_CORS_ORIGINS", "https://A.example", "lower case"),
        (
            "CONFAB_CORS_ORIGINS",
            "https://a.example:443",
            "default port",
        ),
        ("CONFAB_CORS_ORIGINS", "file://", "https://app.example.com"),
        ("CONFAB_DIALECT", "klingon", "signalwire or twilio"),
        ("CONFAB_DRAIN_SECONDS", "-1", "30"),
        ("CONFAB_DRAIN_SECONDS", "1e9", "30"),
        ("CONFAB_LOG", "info,=", "info"),
        ("CONFAB_LOG_FORMAT", "xml", "text nor json"),
    ] {
        let line = refusal(variable, value);
        assert!(line.contains(would_do), "{line} does not say {would_do}");
    }
}

#[test]
fn the_account_and_its_dialect_in_every_spelling() {
    let uuid = "5ba0f94a-1b0c-4d8f-9c2e-6b0a3f1d2e4c";
    for account in [
        uuid.to_owned(),
        format!("AC{uuid}"),
        format!("AC{}", uuid.replace('-', "")),
    ] {
        let config = read(&[], &[("CONFAB_ACCOUNT_SID", &account)], "").unwrap();
        assert_eq!(config.account_sid.unwrap().to_string(), uuid, "{account}");
    }
    for (name, dialect) in [
        ("", Dialect::SignalWire),
        ("SignalWire", Dialect::SignalWire),
        ("twilio", Dialect::Twilio),
    ] {
        let config = read(&[], &[("CONFAB_DIALECT", name)], "").unwrap();
        assert_eq!(config.dialect, dialect, "{name}");
    }
}

#[test]
fn a_flag_and_a_file_are_named_as_such() {
    let line = read(&[("log-format", "xml")], &[], "").expect_err("xml");
    assert_eq!(line, r#"--log-format="xml" is neither text nor json"#);
    let line = read(&[], &[], "log_format = 'xml'").expect_err("xml");
    assert_eq!(
        line,
        r#"log_format in confab.toml="xml" is neither text nor json"#
    );
    let line = read(&[], &[], "log_fromat = 'xml'").expect_err("no such setting");
    assert!(
        line.contains("log_fromat") && line.contains("log_format"),
        "{line}"
    );
    let line = read(&[], &[], "log_format").expect_err("not TOML");
    assert!(
        line.starts_with("confab.toml is not TOML") && !line.contains('\n'),
        "{line}"
    );
    let line = read(&[], &[], "log_format = true").expect_err("a boolean");
    assert!(line.contains("should be a string"), "{line}");
}

#[test]
fn a_secret_is_never_repeated() {
    let line = read(&[], &[("CONFAB_AUTH_TOKEN", "se\u{7}cret")], "").expect_err("control");
    assert!(
        line.contains("CONFAB_AUTH_TOKEN") && !line.contains("cret"),
        "{line}"
    );
}

#[test]
fn configure_page_names_each_key_of_a_trunk() {
    let page = include_str!("../../../../docs/configure.md");
    let table = page
        .split("| key | value | meaning |")
        .nth(1)
        .expect("a table");
    for key in super::written::TRUNK_KEYS {
        assert!(table.contains(&format!("`{key}`")), "{key}");
    }
}

#[test]
fn trunks_come_from_the_environment_and_the_file() {
    let environment = [
        ("CONFAB_SIP_LISTEN", "192.0.2.1:5060"),
        ("CONFAB_TRUNK_NETWORKS", "192.0.2.0/24, ::ffff:198.51.100.7"),
        ("CONFAB_TRUNK_ADDRESS", "192.0.2.7"),
    ];
    let file = "[[trunk]]\nname = 'carrier'\nnetworks = ['198.51.100.0/24', '2001:db8::/32']\n\
                address = '[2001:db8::1]:5070'\n\
                [[trunk]]\nname = 'phone'\nuser = 'anna'\npassword = 'pass'";
    let config = read(&[], &environment, file).unwrap();
    let names: Vec<_> = config.trunks.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["trunk", "carrier", "phone"]);
    let access = super::access(config.sip_listen, &config.trunks);
    assert!(!access.open);
    let gateways: Vec<_> = access.trunks.iter().map(|trunk| &trunk.gateway).collect();
    let address = |n: usize| gateways[n].as_ref().unwrap().address.unwrap().to_string();
    assert_eq!(address(0), "192.0.2.7:5060");
    assert_eq!(address(1), "[2001:db8::1]:5070");
    assert_eq!(gateways[2], &None);
    let mapped = access.trunks[0].networks[1].to_string();
    assert_eq!(mapped, "198.51.100.7/32");
    let open = super::access("127.0.0.2:5060".parse().unwrap(), &config.trunks);
    assert!(open.open);
}

#[test]
fn a_bad_trunk_is_one_line_that_says_which_and_what_would_do() {
    let carrier = "[[trunk]]\nname = 'carrier'\n";
    for (file, says) in [
        (
            "[[trunk]]",
            &["[[trunk]] 1 in confab.toml", "name = \"carrier\""][..],
        ),
        (
            carrier,
            &["[[trunk]] \"carrier\"", "says nothing", "networks ="],
        ),
        (
            "[[trunk]]\nname = 'carrier'\nnetworks = ['10.0.0.0/33']",
            &[
                "networks of [[trunk]] \"carrier\"",
                "10.0.0.0/33",
                "10.0.0.0/8",
            ],
        ),
        (
            "[[trunk]]\nname = 'carrier'\nnetwork = ['10.0.0.0/8']",
            &["network of", "is no key", "networks"],
        ),
        (
            "[[trunk]]\nname = 'carrier'\nnetworks = [1]",
            &["networks of", "a list of strings"],
        ),
        (
            "[[trunk]]\nname = 'carrier'\nuser = 'anna'",
            &["password of", "is missing"],
        ),
        (
            "[[trunk]]\nname = 'carrier'\npassword = 'hush'",
            &["user of", "is missing"],
        ),
        (
            "[[trunk]]\nname = 'carrier'\nuser = 'a:b'\npassword = 'hush'",
            &["user of", "\"a:b\"", "letters and digits"],
        ),
        (
            "[[trunk]]\nname = 'carrier'\nuser = 'a'\npassword = \"hu\\u0007sh\"",
            &["password of", "control characters"],
        ),
        (
            "[[trunk]]\nname = 'carrier'\naddress = 'sip:x@y'",
            &["address of", "\"sip:x@y\"", "sip.example.com"],
        ),
        (
            "[[trunk]]\nname = 'a'\naddress = 'x'\n[[trunk]]\nname = 'a'\naddress = 'x'",
            &["name of", "another trunk"],
        ),
        (
            "trunk = 'carrier'",
            &["trunk in confab.toml", "is no setting"],
        ),
    ] {
        let line = read(&[], &[], file).expect_err(file);
        assert!(!line.contains('\n') && !line.contains("hu"), "{line}");
        assert!(
            says.iter().all(|part| line.contains(part)),
            "{line}: {says:?}"
        );
    }
    let line = read(&[], &[("CONFAB_TRUNK_USER", "anna")], "").expect_err("no password");
    assert!(
        line.contains("CONFAB_TRUNK_USER") && line.contains("password"),
        "{line}"
    );
    let networks = ("CONFAB_TRUNK_NETWORKS", "192.0.2.0/24");
    let everywhere = [("CONFAB_SIP_LISTEN", "0.0.0.0:5060"), networks];
    let line = read(&[], &everywhere, "").expect_err("no address for callers");
    assert!(line.contains("CONFAB_PUBLIC_ADDRESS=192.0.2.10"), "{line}");
}

#[test]
fn nat_is_auto_unless_a_trunk_says_otherwise() {
    use confab_switchboard::Nat;

    let environment = [
        ("CONFAB_TRUNK_ADDRESS", "192.0.2.7"),
        ("CONFAB_TRUNK_NAT", "never"),
    ];
    let file = "[[trunk]]\nname = 'a'\naddress = '192.0.2.8'\nnat = 'always'\n\
                [[trunk]]\nname = 'b'\naddress = '192.0.2.9'\n";
    let config = read(&[], &environment, file).unwrap();
    let access = super::access(config.sip_listen, &config.trunks);
    let nats: Vec<Nat> = access.trunks.iter().map(|trunk| trunk.nat).collect();
    assert_eq!(nats, [Nat::Never, Nat::Always, Nat::Auto]);
    let wrong = [environment[0], ("CONFAB_TRUNK_NAT", "yes")];
    let line = read(&[], &wrong, "").expect_err("no such value");
    for part in ["CONFAB_TRUNK_NAT", "\"yes\"", "auto, always and never"] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn identity_rules_come_from_the_environment_and_the_file() {
    use confab_switchboard::CountryCode;

    let environment = [
        ("CONFAB_TRUNK_ADDRESS", "192.0.2.7"),
        ("CONFAB_TRUNK_COUNTRY_CODE", "+49"),
        ("CONFAB_TRUNK_TRUST_IDENTITY", "true"),
    ];
    let file = "[[trunk]]\nname = 'a'\nnetworks = ['192.0.2.0/24']\ncountry_code = 1\n\
                trust_identity = true\n\
                [[trunk]]\nname = 'b'\naddress = '192.0.2.8'\ntrust_identity = 'false'";
    let config = read(&[], &environment, file).unwrap();
    let access = super::access(config.sip_listen, &config.trunks);
    let rules = access.trunks.iter().map(|trunk| {
        let code = trunk.identity.country_code.as_ref();
        (code.map(CountryCode::digits), trunk.identity.is_trusted)
    });
    assert_eq!(
        rules.collect::<Vec<_>>(),
        [(Some("49"), true), (Some("1"), true), (None, false)]
    );
    for (value, says) in [
        (
            "networks = ['192.0.2.0/24']\ncountry_code = '049'",
            ["country_code of", "\"049\"", "1 to 3 digits"],
        ),
        (
            "networks = ['192.0.2.0/24']\ntrust_identity = 'maybe'",
            ["trust_identity of", "\"maybe\"", "true or false"],
        ),
        (
            "user = 'anna'\npassword = 'pass'\ncountry_code = '49'",
            ["country_code of", "\"49\"", "networks or address"],
        ),
        (
            "networks = true",
            ["networks of", "[[trunk]] \"a\"", "a list of strings"],
        ),
    ] {
        let file = format!("[[trunk]]\nname = 'a'\n{value}");
        let line = read(&[], &[], &file).expect_err(value);
        assert!(says.iter().all(|part| line.contains(part)), "{line}");
    }
    let environment = [
        ("CONFAB_TRUNK_ADDRESS", "192.0.2.7"),
        ("CONFAB_TRUNK_COUNTRY_CODE", "DE"),
    ];
    let line = read(&[], &environment, "").expect_err("no country code");
    assert!(
        line.contains("CONFAB_TRUNK_COUNTRY_CODE=\"DE\"") && line.contains("1 to 3 digits"),
        "{line}"
    );
}

#[test]
fn secrecy_is_said_for_all_and_for_each_trunk() {
    use confab_switchboard::Transport;
    use confab_terms::Srtp;

    let config = read(&[], &[], "").unwrap();
    assert_eq!((config.srtp, config.sips_listen), (Srtp::Prefer, None));
    let environment = [
        ("CONFAB_SIPS_LISTEN", "127.0.0.1:5061"),
        ("CONFAB_SRTP", "off"),
        ("CONFAB_TRUNK_ADDRESS", "192.0.2.7"),
        ("CONFAB_TRUNK_TRANSPORT", "tls"),
        ("CONFAB_TRUNK_SRTP", "require"),
    ];
    let file = "[[trunk]]\nname = 'carrier'\naddress = '192.0.2.8'\ntransport = 'tcp'";
    let config = read(&[], &environment, file).unwrap();
    let access = super::access(config.sip_listen, &config.trunks);
    let trunks = access.trunks.iter().map(|trunk| {
        let gateway = trunk.gateway.as_ref().unwrap();
        (
            gateway.address.map(|at| at.port()),
            gateway.transport,
            trunk.srtp,
        )
    });
    assert_eq!(
        trunks.collect::<Vec<_>>(),
        [
            (Some(5061), Transport::Tls, Some(Srtp::Require)),
            (Some(5060), Transport::Tcp, None),
        ]
    );
    let tls = "[[trunk]]\nname = 'carrier'\naddress = '192.0.2.8'\ntransport = 'tls'";
    for (environment, file, says) in [
        (&[][..], tls, "CONFAB_SIPS_LISTEN=127.0.0.1:5061 would do"),
        (&[("CONFAB_SRTP", "yes")], "", "off, prefer and require"),
        (
            &[("CONFAB_SIPS_LISTEN", "192.0.2.1:5061")],
            "",
            "127.0.0.1:5061 would do",
        ),
        (
            &[("CONFAB_SIPS_LISTEN", "127.0.0.1:5060")],
            "",
            "127.0.0.1:5061 would do",
        ),
    ] {
        let line = read(&[], environment, file).expect_err(says);
        assert!(line.contains(says), "{line}");
    }
}

#[test]
fn cors_origins_are_a_list_and_unset_by_default() {
    assert!(read(&[], &[], "").unwrap().cors_origins.is_empty());
    let both = "https://app.example.com, http://localhost:3000";
    let config = read(&[], &[("CONFAB_CORS_ORIGINS", both)], "").unwrap();
    let origins = ["https://app.example.com", "http://localhost:3000"];
    assert_eq!(config.cors_origins, origins);
    let file = "cors_origins = ['http://[::1]:3000']";
    assert_eq!(
        read(&[], &[], file).unwrap().cors_origins,
        ["http://[::1]:3000"]
    );
}

/// File with a secret, removed with the test.
struct SecretFile(std::path::PathBuf);

impl SecretFile {
    fn new(name: &str, text: &[u8]) -> Self {
        let name = format!("confab-secret-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.0);
    }
}

#[test]
fn secrets_are_read_from_files_of_every_layer() {
    let file = SecretFile::new("good", b"from a file\n");
    let other = SecretFile::new("other", b"of a trunk\r\n");
    let path = file.path();
    let token = |config: Config| config.auth_token.unwrap();
    let config = read(&[("auth-token-file", path)], &[], "").unwrap();
    assert_eq!(token(config), "from a file");
    let both = [
        ("CONFAB_AUTH_TOKEN_FILE", path),
        ("CONFAB_SIGNING_KEY_FILE", path),
    ];
    let config = read(&[], &both, "").unwrap();
    assert_eq!(config.signing_key.as_deref(), Some("from a file"));
    assert_eq!(token(config), "from a file");
    // The upper layer counts, for the secret as for its file.
    let config = read(&[("auth-token", "flag")], &both, "").unwrap();
    assert_eq!(token(config), "flag");
    let config = read(
        &[("auth-token-file", path)],
        &[("CONFAB_AUTH_TOKEN", "x")],
        "",
    );
    assert_eq!(token(config.unwrap()), "from a file");
    let trunks = format!(
        "trunk_user = 'a'\ntrunk_password_file = '{path}'\n[[trunk]]\nname = 'two'\n\
         user = 'b'\npassword_file = '{}'\n",
        other.path()
    );
    let config = read(&[], &[], &trunks).unwrap();
    let passwords = config
        .trunks
        .iter()
        .filter_map(|trunk| trunk.account.as_ref());
    let passwords: Vec<_> = passwords
        .map(|account| account.password.0.as_str())
        .collect();
    assert_eq!(passwords, ["from a file", "of a trunk"]);
}

#[test]
fn files_that_hold_no_secret_are_named_and_never_repeated() {
    let missing = refusal("CONFAB_AUTH_TOKEN_FILE", "/nowhere/token");
    assert!(missing.contains("cannot be read"), "{missing}");
    let long = vec![b'x'; 4_097];
    for (name, text, says) in [
        ("empty", &b" \n"[..], "is empty"),
        ("long", &long[..], "more than 4096 bytes"),
        ("binary", &b"secret\xff"[..], "is not UTF-8"),
    ] {
        let file = SecretFile::new(name, text);
        let line = refusal("CONFAB_SIGNING_KEY_FILE", file.path());
        assert!(line.contains(says), "{line}");
    }
    let file = SecretFile::new("controls", b"one\ntwo\n");
    let line = read(&[], &[("CONFAB_AUTH_TOKEN_FILE", file.path())], "").unwrap_err();
    assert!(line.contains("CONFAB_AUTH_TOKEN_FILE"), "{line}");
    assert!(!line.contains("two"), "{line}");
    let file = SecretFile::new("beside", b"secret");
    let path = file.path();
    let beside = [("CONFAB_AUTH_TOKEN", "x"), ("CONFAB_AUTH_TOKEN_FILE", path)];
    let line = read(&[], &beside, "").unwrap_err();
    assert!(line.contains("beside the secret itself"), "{line}");
    let trunk =
        format!("[[trunk]]\nname = 'a'\nuser = 'b'\npassword = 'c'\npassword_file = '{path}'\n");
    let line = read(&[], &[], &trunk).unwrap_err();
    assert!(line.contains("password_file of [[trunk]] \"a\""), "{line}");
}

#[test]
fn http_hosts_are_names_without_ports() {
    let hosts = |value| {
        read(&[], &[("CONFAB_HTTP_HOSTS", value)], "")
            .unwrap()
            .http_hosts
    };
    assert_eq!(
        hosts("PBX.example.com., 192.0.2.1,[2001:DB8::1]"),
        ["pbx.example.com", "192.0.2.1", "2001:db8::1"]
    );
    for bad in ["https://a.example", "a.example:8080", "*", "*.example.com"] {
        refusal("CONFAB_HTTP_HOSTS", bad);
    }
}
