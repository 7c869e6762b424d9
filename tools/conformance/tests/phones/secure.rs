//! Encrypted calls: SRTP with the project's phone and with baresip, SIP over TLS in both
//! directions, a certificate replaced during calls, and strangers at the media ports.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::baresip::{Baresip, Secrecy};
use confab_conformance::party::{DBFS, TONES, heard, settle};
use confab_conformance::ports::{free_media_ports, free_tcp_port};
use confab_conformance::server::{Server, pause};
use confab_phone::heard::{frames, level};
use confab_phone::{Phone, PhoneConfig, PhoneError, Phones, Srtp, State, Voice, machine, now};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};

const PATIENCE: Duration = Duration::from_secs(5);

struct Secure {
    server: Server,
    sips: String,
    api: Api,
    phones: Phones,
}

impl Secure {
    fn start(more: &[(&str, &str)]) -> Self {
        let sips = format!("127.0.0.1:{}", free_tcp_port().unwrap());
        let mut all = vec![("CONFAB_SIPS_LISTEN", sips.as_str())];
        all.extend_from_slice(more);
        let server = Server::start(&all).unwrap();
        Self {
            api: Api::new(&server).unwrap(),
            phones: Phones::new().unwrap(),
            server,
            sips,
        }
    }

    fn authority(&self) -> PathBuf {
        self.server.data().join("tls/ca.pem")
    }

    fn over_udp(&self, name: &str, hz: f64) -> PhoneConfig {
        let config = PhoneConfig::new(self.server.sip.parse().unwrap(), "room", name);
        config.saying(Voice::Tone { hz, dbfs: DBFS })
    }

    fn over_tls(&self, name: &str, hz: f64) -> PhoneConfig {
        self.believing(&std::fs::read(self.authority()).unwrap(), name, hz)
    }

    fn believing(&self, authority: &[u8], name: &str, hz: f64) -> PhoneConfig {
        let config = PhoneConfig::new(self.sips.parse().unwrap(), "room", name);
        let config = config.saying(Voice::Tone { hz, dbfs: DBFS });
        config.over_tls(authority)
    }

    fn talk(&self, config: &PhoneConfig) -> Phone {
        let phone = self.phones.call(config).unwrap();
        phone.wait_until_talking(PATIENCE).unwrap();
        phone
    }
}

fn hears(phone: &Phone, voices: &[(&str, f64)]) -> Vec<String> {
    let frames = phone.listen_in_time(Duration::from_millis(600)).unwrap();
    heard("a phone", &frames, voices).unwrap()
}

#[test]
fn each_policy_meets_each_phone() {
    for (policy, encrypted, refused) in [
        ("off", &[][..], &[Srtp::Require][..]),
        ("prefer", &[Srtp::Prefer, Srtp::Require], &[]),
        ("require", &[Srtp::Prefer, Srtp::Require], &[Srtp::Off]),
    ] {
        let secure = Secure::start(&[("CONFAB_SRTP", policy)]);
        let mut talking = Vec::new();
        for (srtp, hz) in [Srtp::Off, Srtp::Prefer, Srtp::Require]
            .into_iter()
            .zip(TONES)
        {
            let config = secure.over_udp(srtp.name(), hz).with_srtp(srtp);
            if refused.contains(&srtp) {
                let phone = secure.phones.call(&config).unwrap();
                let ended = phone.wait_until_ended(PATIENCE).unwrap();
                assert!(format!("{ended:?}").contains("488"), "{policy} {srtp:?}");
            } else {
                talking.push((srtp, hz, secure.talk(&config)));
            }
        }
        settle();
        settle();
        let voices = talking.iter().map(|(srtp, hz, _)| (srtp.name(), *hz));
        let voices: Vec<_> = voices.collect();
        for (srtp, _, phone) in &talking {
            let others = voices.iter().map(|(name, _)| *name);
            let others: Vec<_> = others.filter(|name| *name != srtp.name()).collect();
            assert_eq!(hears(phone, &voices), others, "{policy}, {srtp:?}");
            let is = encrypted.contains(srtp);
            assert_eq!(phone.is_encrypted(), is, "{policy}, {srtp:?}");
        }
    }
}

#[test]
fn phones_over_tls_and_udp_hear_each_other_while_the_certificate_changes() {
    let secure = Secure::start(&[]);
    let voices = [("tls", TONES[0]), ("udp", TONES[1]), ("later", TONES[2])];
    let before = std::fs::read(secure.authority()).unwrap();
    let tls = secure.over_tls("tls", TONES[0]);
    let tls = secure.talk(&tls.with_srtp(Srtp::Require));
    let udp = secure.talk(&secure.over_udp("udp", TONES[1]));
    settle();
    settle();
    assert_eq!(hears(&tls, &voices), ["udp"]);
    assert_eq!(hears(&udp, &voices), ["tls"]);

    // Another certificate, of another authority, replaces the first one.
    for name in ["ca.pem", "cert.pem", "key.pem"] {
        std::fs::remove_file(secure.server.data().join("tls").join(name)).unwrap();
    }
    hang_up_signal(&secure.server);
    let until = now().0 + 5_000_000_000;
    while !secure.authority().exists() || !secure.server.log().contains("read again") {
        assert!(
            now().0 < until,
            "nothing was made:\n{}",
            secure.server.log()
        );
        pause(Duration::from_millis(20));
    }
    // Existing connections continue; a phone that trusts the old authority is rejected.
    tls.hold(PATIENCE).unwrap();
    tls.resume(PATIENCE).unwrap();
    let stale = secure.believing(&before, "stale", TONES[4]);
    let stale = secure.phones.call(&stale).unwrap();
    let ended = stale.wait_until_ended(PATIENCE).unwrap();
    assert!(matches!(ended, State::Ended(_)), "{ended:?}");
    let later = secure.talk(&secure.over_tls("later", TONES[2]));
    settle();
    settle();
    assert_eq!(hears(&tls, &voices), ["udp", "later"]);
    assert_eq!(hears(&later, &voices), ["tls", "udp"]);

    // Unreadable key: the current certificate remains in use.
    let key = secure.server.data().join("tls/key.pem");
    std::fs::write(key, "no key").unwrap();
    hang_up_signal(&secure.server);
    let _last = secure.talk(&secure.over_tls("last", TONES[3]));
    let (conference, seated) = secure.api.seated("room", 4).unwrap();
    let call = seated[0]["call_sid"].as_str().unwrap();
    let path = format!("/Conferences/{conference}/Participants/{call}");
    assert_eq!(secure.api.delete(&path).unwrap().status, 204);
    tls.wait_until_ended(PATIENCE).unwrap();
}

fn hang_up_signal(server: &Server) {
    let pid = server.pid().to_string();
    let sent = Command::new("kill").args(["-HUP", &pid]).status().unwrap();
    assert!(sent.success());
}

/// Sends OPTIONS over TLS in this version only; returns the response and the negotiated version.
fn options_over(
    secure: &Secure,
    version: &'static SupportedProtocolVersion,
) -> (String, Option<ProtocolVersion>) {
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(secure.authority()).unwrap() {
        authorities.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(authorities)
        .with_no_client_auth();
    let name = "127.0.0.1".try_into().unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(&secure.sips).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut tls = StreamOwned::new(client, stream);
    let sips = &secure.sips;
    let request = format!(
        "OPTIONS sip:{sips} SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bKversion\r\n\
         From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:{sips}>\r\nCall-ID: version\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    tls.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 2_048];
    let length = tls.read(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    (answer, tls.conn.protocol_version())
}

#[test]
fn sips_is_spoken_over_tls_1_2_and_1_3_and_nothing_older() {
    let secure = Secure::start(&[]);
    for version in [&TLS12, &TLS13] {
        let (answer, spoken) = options_over(&secure, version);
        assert!(answer.starts_with("SIP/2.0 200 "), "{version:?}: {answer}");
        assert_eq!(spoken, Some(version.version));
    }
    // ClientHello of TLS 1.1 (RFC 4346 7.4.1.2) with a cipher suite of that version (RSA, AES 128,
    // SHA).
    let mut hello = vec![22, 3, 1, 0, 57, 1, 0, 0, 53, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    // With signature algorithms: without them the rejection would have another cause.
    hello.extend([0, 10, 0, 13, 0, 6, 0, 4, 4, 3, 4, 1]);
    let mut stream = TcpStream::connect(&secure.sips).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(&hello).unwrap();
    let mut alert = [0; 7];
    stream.read_exact(&mut alert).unwrap();
    // Fatal, protocol_version.
    assert_eq!((alert[0], &alert[5..]), (21, &[2, 70][..]));
}

/// baresip uses libsrtp, so that both directions are tested against another implementation.
#[test]
fn baresip_is_heard_and_hears_through_srtp_and_tls() {
    for (tls, media, encrypted) in [
        (false, "srtp", true),
        (false, "srtp-mand", true),
        (true, "srtp-mand", true),
        (true, "", false),
    ] {
        let secure = Secure::start(&[]);
        let ours = secure.talk(&secure.over_udp("ours", TONES[0]));
        let authority = secure.authority();
        let mut baresip = Baresip::secretly(
            TONES[1] as u32,
            &Secrecy {
                media,
                authority: tls.then_some(authority.as_path()),
            },
        )
        .unwrap();
        let address = match tls {
            true => format!("{};transport=tls", secure.sips),
            false => secure.server.sip.clone(),
        };
        baresip.dial("room", &address).unwrap();
        secure.api.seated("room", 2).unwrap();
        pause(Duration::from_millis(1_200));
        let voices = [("ours", TONES[0]), ("baresip", TONES[1])];
        assert_eq!(hears(&ours, &voices), ["baresip"], "{media} {tls}");
        assert!(hears_first(&baresip), "{media} {tls}:\n{}", baresip.log());
        // baresip offers this suite first.
        let suite = "SRTP is Enabled (cryptosuite=AES_CM_128_HMAC_SHA1_80)";
        assert_eq!(
            baresip.log().contains(suite),
            encrypted,
            "{}",
            baresip.log()
        );
        // baresip sends unencrypted NAT pings before anything else.
        let unauthentic = "confab_packets_dropped_total{reason=\"unauthentic\"}";
        let dropped = secure.server.metric(unauthentic).unwrap();
        assert!(
            dropped < 5,
            "{dropped} packets of baresip were not authentic"
        );
    }
}

/// Returns whether the last half second of baresip's audio contains the first tone.
fn hears_first(baresip: &Baresip) -> bool {
    let dump = baresip.heard().unwrap();
    let newest = &dump[dump.len().saturating_sub(4_000)..];
    let loud = newest
        .chunks_exact(160)
        .filter(|frame| level(frame, TONES[0]) > DBFS - 16.0);
    loud.count() >= 20
}

/// The server offers AEAD_AES_128_GCM first, and baresip selects the first suite.
#[test]
fn baresip_is_called_and_encrypts_by_gcm() {
    let secrecy = Secrecy {
        media: "srtp-mand",
        authority: None,
    };
    let baresip = Baresip::secretly(TONES[1] as u32, &secrecy).unwrap();
    let secure = Secure::start(&[
        ("CONFAB_TRUNK_ADDRESS", &baresip.sip),
        ("CONFAB_TRUNK_SRTP", "require"),
    ]);
    let ours = secure.talk(&secure.over_udp("ours", TONES[0]));
    let document = "<Response><Dial><Conference beep=\"false\">room</Conference></Dial></Response>";
    let to = format!("sip:phone@{}", baresip.sip);
    let form = [("To", &*to), ("From", "5552000"), ("Twiml", document)];
    let called = secure.api.post("/Calls", &form).unwrap();
    assert_eq!(called.status, 200, "{}", called.json);
    secure.api.seated("room", 2).unwrap();
    pause(Duration::from_millis(1_200));
    let voices = [("ours", TONES[0]), ("baresip", TONES[1])];
    assert_eq!(hears(&ours, &voices), ["baresip"], "{}", baresip.log());
    assert!(hears_first(&baresip), "{}", baresip.log());
    let suite = "SRTP is Enabled (cryptosuite=AEAD_AES_128_GCM)";
    assert!(baresip.log().contains(suite), "{}", baresip.log());
}

/// A confab calls another through a trunk: `sips` at both ends, SRTP required.
#[test]
fn a_trunk_is_called_over_tls() {
    let callee = Secure::start(&[("CONFAB_SRTP", "require")]);
    let believed = callee.authority();
    let caller = Secure::start(&[
        ("CONFAB_TRUNK_ADDRESS", callee.sips.as_str()),
        ("CONFAB_TRUNK_TRANSPORT", "tls"),
        ("CONFAB_TRUNK_SRTP", "require"),
        ("CONFAB_SIPS_CA", believed.to_str().unwrap()),
    ]);
    let here = caller.talk(&caller.over_udp("here", TONES[0]));
    let mut there = callee.over_tls("there", TONES[1]).with_srtp(Srtp::Require);
    there.room = "5551000".to_owned();
    let there = callee.talk(&there);
    let document = "<Response><Dial><Conference beep=\"false\">room</Conference></Dial></Response>";
    let form = [("To", "5551000"), ("From", "5552000"), ("Twiml", document)];
    assert_eq!(caller.api.post("/Calls", &form).unwrap().status, 200);
    caller.api.seated("room", 2).unwrap();
    callee.api.seated("5551000", 2).unwrap();
    settle();
    settle();
    let voices = [("here", TONES[0]), ("there", TONES[1])];
    assert_eq!(hears(&here, &voices), ["there"]);
    assert_eq!(hears(&there, &voices), ["here"]);

    // A callee with an untrusted certificate is not called.
    let stranger = Secure::start(&[
        ("CONFAB_TRUNK_ADDRESS", callee.sips.as_str()),
        ("CONFAB_TRUNK_TRANSPORT", "tls"),
    ]);
    let called = stranger.api.post("/Calls", &form).unwrap();
    let path = format!("/Calls/{}", called.json["sid"].as_str().unwrap());
    let until = now().0 + 5_000_000_000;
    while stranger.api.get(&path).unwrap().json["status"] != "failed" {
        assert!(now().0 < until, "{}", stranger.api.get(&path).unwrap().json);
        pause(Duration::from_millis(50));
    }
    let log = stranger.server.log();
    assert!(log.contains("over TLS cannot be opened"), "{log}");
}

/// The keys of a call are not logged at any level.
#[test]
fn keys_are_never_logged() {
    let secure = Secure::start(&[("CONFAB_LOG", "trace")]);
    let required = secure
        .over_udp("required", TONES[0])
        .with_srtp(Srtp::Require);
    let phone = secure.talk(&required);
    phone.hold(PATIENCE).unwrap();
    let log = secure.server.log();
    assert!(
        !log.contains("inline:") && !log.contains("crypto:"),
        "{log}"
    );
}

/// A stranger at another address sends RTP to all media ports continuously ("RTP bleed").
#[test]
fn a_stranger_at_the_media_ports_is_neither_mixed_nor_answered() {
    let first = free_media_ports(16).unwrap();
    let ports = format!("{first}-{}", first + 15);
    let secure = Secure::start(&[("CONFAB_RTP_PORTS", ports.as_str())]);
    let stranger = UdpSocket::bind("127.0.0.66:0").unwrap();
    let spray = |n: u16| {
        let mut packet = vec![0x80, 0];
        packet.extend(n.to_be_bytes());
        packet.extend((u32::from(n) * 160).to_be_bytes());
        packet.extend([0, 0, 0, 9]);
        // A loud square wave of about 2,010 Hz.
        packet.extend((0..160).map(|at| if at / 2 % 2 == 0 { 0x90 } else { 0x10 }));
        for port in first..first + 16 {
            let _closed = stranger.send_to(&packet, ("127.0.0.1", port));
        }
    };
    (0..20).for_each(spray);
    let one = secure.talk(&secure.over_udp("one", TONES[0]));
    // The phone never sends: its source stays unlearned, and the engine has to select one.
    let mute = PhoneConfig::new(secure.server.sip.parse().unwrap(), "room", "mute");
    let mute = secure.talk(&mute.saying(Voice::Mute));
    (20..40).for_each(spray);
    let other = secure.talk(&secure.over_udp("other", TONES[1]));
    settle();
    let mut n = 40;
    let sprays = |_, to| {
        while now() < to {
            spray(n);
            n = n.wrapping_add(1);
            pause(Duration::from_millis(20));
        }
        Ok::<(), PhoneError>(())
    };
    let (from, _) = machine::in_time(Duration::from_secs(1), sprays).unwrap();
    let voices = [
        ("one", TONES[0]),
        ("other", TONES[1]),
        ("stranger", 2_000.0),
    ];
    for (phone, expected) in [
        (&one, &["other"][..]),
        (&other, &["one"]),
        (&mute, &["one", "other"]),
    ] {
        let heard_then = frames(&phone.packets_between(from, now()));
        assert_eq!(heard("a phone", &heard_then, &voices).unwrap(), expected);
    }
    stranger.set_nonblocking(true).unwrap();
    let answered = stranger.recv_from(&mut [0; 2_048]);
    assert!(answered.is_err(), "the stranger was sent {answered:?}");
    let foreign = "confab_packets_dropped_total{reason=\"foreign_source\"}";
    assert!(secure.server.metric(foreign).unwrap() >= 50);
}
