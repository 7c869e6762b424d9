//! Host names in `c=` and `a=rtcp`.

use confab_sdp::{
    HostNames, Local, NotAcceptable, PayloadNumbers, Session, answer, host_names, parse,
};
use confab_terms::Codec;

fn local() -> Local {
    Local {
        address: "192.0.2.1".parse().unwrap(),
        rtp_port: 20_000,
        session_id: 7,
        version: 3,
        srtp: None,
        codecs: vec![Codec::Pcmu],
        numbers: PayloadNumbers::default(),
    }
}

fn session(connection: &str, rest: &str) -> Session {
    let head = format!("v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 {connection}\r\nt=0 0\r\n");
    parse(format!("{head}m=audio 4000 RTP/AVP 0\r\n{rest}").as_bytes()).unwrap()
}

fn names(media: Option<&str>, rtcp: Option<&str>) -> Result<HostNames, NotAcceptable> {
    Ok(HostNames {
        media: media.map(str::to_owned),
        rtcp: rtcp.map(str::to_owned),
    })
}

#[test]
fn names_of_the_accepted_section_are_returned_for_resolution() {
    for (connection, rest, expected) in [
        ("192.0.2.9", "", names(None, None)),
        ("Phone.Example", "", names(Some("phone.example"), None)),
        ("phone.example", "c=IN IP4 192.0.2.9\r\n", names(None, None)),
        (
            "192.0.2.9",
            "c=IN IP4 a.example.\r\na=rtcp:4003 IN IP4 b_1.example\r\n",
            names(Some("a.example."), Some("b_1.example")),
        ),
        // The host name of another section is not needed.
        (
            "192.0.2.9",
            "m=video 5000 RTP/AVP 31\r\nc=IN IP4 video.example\r\n",
            names(None, None),
        ),
        ("010.1.2.3", "", Err(NotAcceptable::NoAddress)),
        ("a..b", "", Err(NotAcceptable::NoAddress)),
        ("-/127", "", names(Some("-"), None)),
    ] {
        let found = host_names(&session(connection, rest), &local());
        assert_eq!(found, expected, "{connection} {rest}");
    }
    let video = parse(b"v=0\r\nc=IN IP4 a.example\r\nm=video 5000 RTP/AVP 31\r\n").unwrap();
    assert_eq!(host_names(&video, &local()), Err(NotAcceptable::NoAudio));
}

#[test]
fn resolved_name_is_used_as_address() {
    let mut offer = session("phone.example", "a=rtcp:4003 IN IP4 rtcp.example\r\n");
    assert_eq!(answer(&offer, &local()), Err(NotAcceptable::NoAddress));
    offer.resolve("other.example", "192.0.2.66".parse().unwrap());
    offer.resolve("phone.example", "192.0.2.9".parse().unwrap());
    // Without a separate address RTCP uses the host of the media.
    let (_, agreed) = answer(&offer, &local()).unwrap();
    assert_eq!(agreed.remote_rtp.to_string(), "192.0.2.9:4000");
    assert_eq!(agreed.remote_rtcp.to_string(), "192.0.2.9:4003");
    offer.resolve("rtcp.example", "192.0.2.10".parse().unwrap());
    let (_, agreed) = answer(&offer, &local()).unwrap();
    assert_eq!(agreed.remote_rtcp.to_string(), "192.0.2.10:4003");
}
