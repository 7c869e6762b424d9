//! Peers behind NAT: requests go to the flow of the peer's last request, and OPTIONS keep that flow
//! open.

use std::time::Duration;

use confab_sip::{Access, Account, DialogId, Invite, Nat, Secret, Trunk};
use confab_terms::SocketAddr;

use crate::wire::{Did, SDP, Wire, head, lines, response_to};

const PHONE: &str = "203.0.113.9:40001";
const PRIVATE: &str = "10.255.255.1:36161";

/// Request of a phone: sent-by, Contact, To and further headers.
struct Said<'a> {
    sent_by: &'a str,
    contact: &'a str,
    to: &'a str,
    more: &'a str,
}

impl Said<'_> {
    fn text(&self, method: &str, cseq: u32) -> String {
        let sdp = if method == "INVITE" { SDP } else { "" };
        let contact = match self.contact {
            "" => String::new(),
            contact => format!("Contact: <{contact}>\r\n"),
        };
        format!(
            "{method} sip:room@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP {};branch=z9hG4bK{method}{cseq};rport\r\n{}\
             From: <sip:anna@192.0.2.1>;tag=a\r\nTo: {}\r\nCall-ID: c\r\nCSeq: {cseq} {method}\r\n\
             Max-Forwards: 70\r\n{contact}Content-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{sdp}",
            self.sent_by,
            self.more,
            self.to,
            sdp.len()
        )
    }
}

fn behind_nat(to: &str) -> Said<'_> {
    Said {
        sent_by: PRIVATE,
        contact: "sip:anna@10.255.255.1:36161",
        to,
        more: "",
    }
}

fn hear(wire: &mut Wire, from: &str, text: &str) -> Vec<(String, String)> {
    let from: SocketAddr = from.parse().unwrap();
    wire.agent.handle(wire.now, from, text.as_bytes());
    sent(wire)
}

/// Returns the datagrams since the last call; there must be no other output.
fn sent(wire: &mut Wire) -> Vec<(String, String)> {
    let did = wire.did().into_iter();
    did.map(|one| match one {
        Did::Datagram(to, text) => (to, text),
        other => panic!("{other:?}"),
    })
    .collect()
}

/// Sets up an acknowledged call from the phone; returns the dialog, and To with the local tag.
fn call(wire: &mut Wire, from: &str, said: &Said<'_>) -> (DialogId, String) {
    hear(wire, from, &said.text("INVITE", 1));
    let dialog = wire.invited();
    wire.agent.answer(wire.now, dialog, SDP.as_bytes().to_vec());
    let ok = sent(wire).pop().unwrap().1;
    let to = lines(&ok, "To: ")[0].to_owned();
    let ack = Said { to: &to, ..*said };
    hear(wire, from, &ack.text("ACK", 1));
    (dialog, to)
}

/// Hangs up; returns destination and text of the BYE.
fn bye(wire: &mut Wire, dialog: DialogId) -> (String, String) {
    wire.agent.hang_up(wire.now, dialog);
    let sent = sent(wire);
    let [(to, text)] = &sent[..] else {
        panic!("{sent:?}");
    };
    assert!(text.starts_with("BYE "), "{text}");
    (to.clone(), text.clone())
}

const TO: &str = "<sip:room@192.0.2.1>";

#[test]
fn bye_goes_to_the_flow_only_where_the_request_shows_a_nat() {
    let flow = PHONE;
    let proxy = "Via: SIP/2.0/UDP 10.255.255.1:36161;branch=z9hG4bKp\r\n";
    for (sent_by, contact, more, to) in [
        (PRIVATE, "sip:anna@10.255.255.1:36161", "", flow),
        (PRIVATE, "sip:anna@10.255.255.1", "", flow),
        (
            PRIVATE,
            "sip:anna@10.255.255.1:36161;transport=tcp",
            "",
            flow,
        ),
        ("100.64.0.7", "sip:anna@100.64.0.7:5062", "", flow),
        ("[::ffff:10.0.0.5]:5060", "sip:anna@10.0.0.5", "", flow),
        ("10.0.0.5", "sip:anna@[fd00::5]", "", flow),
        ("198.51.100.5", "sip:anna@198.51.100.5", "", flow),
        (PRIVATE, "sip:x7.2@w8jk.invalid", "", flow),
        (
            "w8jk.invalid",
            "sip:x7.2@W8JK.INVALID.;transport=ws",
            "",
            flow,
        ),
        (flow, "sip:x7.2@w8jk.invalid", "", flow),
        // Peers in a LAN, or with a listening port other than the source port.
        (
            "203.0.113.9:40001",
            "sip:anna@192.168.1.5:5062",
            "",
            "192.168.1.5:5062",
        ),
        (
            "203.0.113.9:5060",
            "sip:anna@203.0.113.9:5060",
            "",
            "203.0.113.9:5060",
        ),
        (
            "203.0.113.9",
            "sip:anna@203.0.113.9:5070",
            "",
            "203.0.113.9:5070",
        ),
        // Contact host other than the source: a gateway with a separate signaling address.
        (
            PRIVATE,
            "sip:anna@198.51.100.77:5070",
            "",
            "198.51.100.77:5070",
        ),
        // Request by a proxy.
        ("192.168.1.1", "sip:anna@10.255.255.1:36161", proxy, PRIVATE),
    ] {
        let mut wire = Wire::new();
        let said = Said {
            sent_by,
            contact,
            to: TO,
            more,
        };
        let (dialog, _) = call(&mut wire, flow, &said);
        let (destination, text) = bye(&mut wire, dialog);
        assert_eq!(destination, to, "{sent_by} {contact}");
        // The request URI is the Contact as received.
        assert_eq!(head(&text), format!("BYE {contact} SIP/2.0"));
    }
}

#[test]
fn a_route_set_is_followed_whatever_the_contact() {
    let mut wire = Wire::new();
    let said = Said {
        more: "Record-Route: <sip:198.51.100.1;lr>\r\n",
        ..behind_nat(TO)
    };
    let (dialog, _) = call(&mut wire, PHONE, &said);
    assert_eq!(bye(&mut wire, dialog).0, "198.51.100.1:5060");
}

#[test]
fn a_name_is_looked_up_and_the_flow_used_if_it_leads_nowhere() {
    let said = Said {
        sent_by: "phone.lan:5062",
        contact: "sip:anna@phone.lan:5062",
        to: TO,
        more: "",
    };
    for (found, to) in [
        (None, PHONE),
        (Some("198.51.100.8:5062"), "198.51.100.8:5062"),
    ] {
        let mut wire = Wire::new();
        let (dialog, _) = call(&mut wire, PHONE, &said);
        wire.agent.hang_up(wire.now, dialog);
        let lookup = wire.looked_up("phone.lan");
        let found: Vec<_> = found
            .map(|at: &str| confab_sip::Target::plain(at.parse().unwrap()))
            .into_iter()
            .collect();
        wire.agent.handle_resolved(wire.now, lookup, &found);
        let sent = sent(&mut wire);
        assert_eq!((sent.len(), sent[0].0.as_str()), (1, to), "{sent:?}");
        assert_eq!(head(&sent[0].1), "BYE sip:anna@phone.lan:5062 SIP/2.0");
    }
    // Without a lookup result, the flow is used after 5 s.
    let mut wire = Wire::new();
    let (dialog, _) = call(&mut wire, PHONE, &said);
    wire.agent.hang_up(wire.now, dialog);
    wire.looked_up("phone.lan");
    wire.run_for(Duration::from_millis(5_100));
    assert_eq!(sent(&mut wire)[0].0, PHONE);
}

#[test]
fn reinvite_update_and_refresh_go_to_the_flow() {
    let mut wire = Wire::new();
    let said = Said {
        more: "Session-Expires: 90;refresher=uas\r\nSupported: timer\r\nAllow: UPDATE\r\n",
        ..behind_nat(TO)
    };
    let (dialog, _) = call(&mut wire, PHONE, &said);
    let offer = SDP.as_bytes().to_vec();
    wire.agent.reoffer(wire.now, dialog, offer);
    let reinvite = sent(&mut wire).remove(0);
    assert_eq!((reinvite.0.as_str(), &reinvite.1[..6]), (PHONE, "INVITE"));
    let ok = response_to(&reinvite.1, 200).replace(
        "Content-Length: 0",
        "Contact: <sip:anna@10.255.255.1:36161>\r\nSession-Expires: 90;refresher=uac\r\n\
         Content-Length: 0",
    );
    let ack = hear(&mut wire, PHONE, &ok).remove(0);
    assert_eq!((ack.0.as_str(), &ack.1[..3]), (PHONE, "ACK"));
    wire.run_for(Duration::from_secs(46));
    let update = sent(&mut wire).into_iter();
    let update: Vec<_> = update
        .filter(|(_, text)| text.starts_with("UPDATE"))
        .collect();
    assert_eq!(update[0].0, PHONE);
}

#[test]
fn the_flow_follows_requests_of_the_dialog_and_nothing_else() {
    let mut wire = Wire::new();
    let (dialog, to) = call(&mut wire, PHONE, &behind_nat(TO));
    let within = behind_nat(&to);
    // Requests with a wrong tag or out of order do not change the flow.
    let wrong = within.text("INFO", 2).replace("tag=a\r\n", "tag=b\r\n");
    hear(&mut wire, "198.51.100.66:1", &wrong);
    hear(&mut wire, "198.51.100.66:1", &within.text("INFO", 1));
    assert_eq!(bye(&mut wire.clone_of(), dialog).0, PHONE);
    // The NAT assigns another port.
    let moved = "203.0.113.9:51999";
    hear(&mut wire, moved, &within.text("UPDATE", 3));
    assert_eq!(bye(&mut wire.clone_of(), dialog).0, moved);
    // A request without Contact changes the flow, even with another private address.
    let silent = Said {
        sent_by: "10.255.255.77",
        contact: "",
        ..behind_nat(&to)
    };
    hear(&mut wire, "203.0.113.9:52000", &silent.text("INFO", 4));
    assert_eq!(bye(&mut wire.clone_of(), dialog).0, "203.0.113.9:52000");
    // The peer leaves the NAT: the Contact is used.
    let outside = Said {
        sent_by: "198.51.100.4:5060",
        contact: "sip:anna@198.51.100.4:5064",
        ..behind_nat(&to)
    };
    hear(&mut wire, "198.51.100.4:5060", &outside.text("UPDATE", 5));
    assert_eq!(bye(&mut wire, dialog).0, "198.51.100.4:5064");
}

#[test]
fn later_request_decides_anew_whether_its_sender_is_behind_nat() {
    // Sent-by and Contact of the INVITE and of an INFO, and the destination of the BYE.
    let public = PHONE;
    let contact = "sip:anna@10.255.255.1:36161";
    for (before, later, to) in [
        ((PRIVATE, contact), (public, contact), PRIVATE),
        ((PRIVATE, contact), (public, ""), PHONE),
        ((public, contact), (PRIVATE, ""), PHONE),
        ((public, contact), (public, ""), PRIVATE),
    ] {
        let mut wire = Wire::new();
        let said = |(sent_by, contact): (&'static str, &'static str)| Said {
            sent_by,
            contact,
            ..behind_nat(TO)
        };
        let (dialog, our_to) = call(&mut wire, PHONE, &said(before));
        let info = Said {
            to: &our_to,
            ..said(later)
        };
        hear(&mut wire, PHONE, &info.text("INFO", 2));
        assert_eq!(bye(&mut wire, dialog).0, to, "{before:?} {later:?}");
    }
}

fn guarded(nat: Nat) -> Wire {
    let mut wire = Wire::new();
    wire.agent.guard(Access {
        open: true,
        trunks: vec![Trunk {
            name: "phones".into(),
            networks: vec!["203.0.113.0/24".parse().unwrap()],
            account: Some(Account {
                user: "anna".into(),
                password: Secret("pass".into()),
            }),
            gateway: None,
            srtp: None,
            nat,
            identity: Default::default(),
        }],
    });
    wire
}

#[test]
fn the_trunk_setting_always_or_never_uses_the_flow() {
    let listens_elsewhere = Said {
        sent_by: "203.0.113.9",
        contact: "sip:anna@203.0.113.9:5070",
        to: TO,
        more: "",
    };
    for (nat, said, to) in [
        (Nat::Auto, &listens_elsewhere, "203.0.113.9:5070"),
        (Nat::Always, &listens_elsewhere, PHONE),
        (Nat::Always, &behind_nat(TO), PHONE),
        (Nat::Never, &behind_nat(TO), PRIVATE),
    ] {
        let mut wire = guarded(nat);
        let (dialog, _) = call(&mut wire, PHONE, said);
        assert_eq!(bye(&mut wire, dialog).0, to, "{nat:?}");
    }
}

fn register(wire: &mut Wire, cseq: u32, expires: u32) {
    let text = behind_nat("<sip:anna@192.0.2.1>").text("REGISTER", cseq);
    let text = text.replace("Max-Forwards: 70", &format!("Expires: {expires}"));
    let sent = hear(wire, PHONE, &text);
    assert!(sent[0].1.starts_with("SIP/2.0 200 "), "{sent:?}");
}

fn dial(wire: &mut Wire) -> (DialogId, String) {
    let route = wire.agent.route(wire.now, "sip:anna@192.0.2.1").unwrap();
    let invite = Invite {
        to: String::new(),
        from: "sip:room@192.0.2.1".into(),
        from_name: None,
        via: None,
        offer: SDP.as_bytes().to_vec(),
        headers: Vec::new(),
    };
    let dialog = wire.agent.invite_along(wire.now, route, invite);
    let (to, invite) = sent(wire).pop().unwrap();
    assert_eq!((to.as_str(), &invite[..6]), (PHONE, "INVITE"));
    (dialog, invite)
}

/// Returns a response of the phone with its private Contact.
fn reply(invite: &str, status: u16, tag: &str, more: &str) -> String {
    let contact = format!("Contact: <sip:anna@10.255.255.1:36161>\r\n{more}Content-Length: 0");
    let text = response_to(invite, status).replace("Content-Length: 0", &contact);
    text.replace(";tag=b\r\n", &format!(";tag={tag}\r\n"))
}

#[test]
fn a_registered_phone_gets_prack_ack_and_bye_on_the_flow_of_its_registration() {
    let mut wire = Wire::new();
    register(&mut wire, 1, 3_600);
    let (dialog, invite) = dial(&mut wire);
    let reliable = "Require: 100rel\r\nRSeq: 1\r\n";
    let prack = hear(&mut wire, PHONE, &reply(&invite, 180, "b", reliable)).remove(0);
    assert_eq!((prack.0.as_str(), &prack.1[..5]), (PHONE, "PRACK"));
    let ack = hear(&mut wire, PHONE, &reply(&invite, 200, "b", "")).remove(0);
    assert_eq!((ack.0.as_str(), &ack.1[..3]), (PHONE, "ACK"));
    assert_eq!(head(&ack.1), "ACK sip:anna@10.255.255.1:36161 SIP/2.0");
    // A second device with the same registration.
    let fork = hear(&mut wire, PHONE, &reply(&invite, 200, "b2", ""));
    let fork: Vec<_> = fork
        .iter()
        .map(|(to, text)| (to.as_str(), &text[..3]))
        .collect();
    assert_eq!(fork, [(PHONE, "ACK"), (PHONE, "BYE")]);
    assert_eq!(bye(&mut wire, dialog).0, PHONE);
}

#[test]
fn a_registered_phone_that_is_not_behind_nat_is_reached_by_its_contact() {
    let mut wire = Wire::new();
    let plain = "203.0.113.9:5060";
    let text = Said {
        sent_by: plain,
        contact: "sip:anna@203.0.113.9",
        ..behind_nat("<sip:anna@192.0.2.1>")
    };
    hear(&mut wire, plain, &text.text("REGISTER", 1));
    let route = wire.agent.route(wire.now, "sip:anna@192.0.2.1").unwrap();
    let invite = Invite {
        to: String::new(),
        from: "sip:room@192.0.2.1".into(),
        from_name: None,
        via: None,
        offer: SDP.as_bytes().to_vec(),
        headers: Vec::new(),
    };
    wire.agent.invite_along(wire.now, route, invite);
    let invite = sent(&mut wire).pop().unwrap().1;
    let ok = reply(&invite, 200, "b", "").replace("10.255.255.1:36161", "203.0.113.9:5099");
    assert_eq!(hear(&mut wire, plain, &ok)[0].0, "203.0.113.9:5099");
    wire.run_for(Duration::from_secs(60));
    assert!(options(&mut wire).is_empty());
}

/// Returns the destinations of new OPTIONS, and answers each.
fn options(wire: &mut Wire) -> Vec<String> {
    let mut found = Vec::new();
    for (to, text) in sent(wire) {
        if text.starts_with("OPTIONS ") {
            found.push(to.clone());
            hear(wire, &to, &response_to(&text, 404));
        }
    }
    found
}

/// Returns the OPTIONS of a period, each with its second.
fn options_of(wire: &mut Wire, seconds: u64) -> Vec<(u64, String)> {
    let begun = wire.now;
    let mut all = Vec::new();
    for _ in 0..seconds * 10 {
        wire.run_for(Duration::from_millis(100));
        let second = wire.now.saturating_since(begun).as_secs();
        all.extend(options(wire).into_iter().map(|to| (second, to)));
    }
    all
}

#[test]
fn a_call_behind_nat_gets_options_every_25_s_until_its_end() {
    let mut wire = Wire::new();
    let (dialog, _) = call(&mut wire, PHONE, &behind_nat(TO));
    assert_eq!(wire.agent.kept_flows(), 1);
    let all = options_of(&mut wire, 110);
    let seconds: Vec<u64> = all.iter().map(|(second, _)| *second).collect();
    assert!(all.iter().all(|(_, to)| to == PHONE), "{all:?}");
    assert_eq!(seconds.len(), 4, "{seconds:?}");
    for (gap, last) in seconds.iter().zip([0].iter().chain(&seconds)) {
        assert!((22..=26).contains(&(gap - last)), "{seconds:?}");
    }
    let text = bye(&mut wire, dialog).1;
    hear(&mut wire, PHONE, &response_to(&text, 200));
    assert_eq!(wire.agent.kept_flows(), 0);
    wire.run_for(Duration::from_secs(60));
    assert!(sent(&mut wire).is_empty());
    assert_eq!(wire.agent.leftovers(), (0, 0, 0));
}

#[test]
fn a_refused_keep_alive_does_not_end_the_call() {
    let mut wire = Wire::new();
    let (dialog, _) = call(&mut wire, PHONE, &behind_nat(TO));
    wire.run_for(Duration::from_secs(25));
    let (_, text) = sent(&mut wire).remove(0);
    assert!(hear(&mut wire, PHONE, &response_to(&text, 481)).is_empty());
    assert!(wire.endings().is_empty());
    assert_eq!(bye(&mut wire, dialog).0, PHONE);
}

#[test]
fn an_unanswered_keep_alive_is_repeated_for_a_while() {
    let mut wire = Wire::new();
    call(&mut wire, PHONE, &behind_nat(TO));
    wire.run_for(Duration::from_secs(45));
    let options = sent(&mut wire);
    assert!((4..=6).contains(&options.len()), "{options:?}");
    assert!(options.iter().all(|(_, text)| *text == options[0].1));
}

#[test]
fn calls_and_registrations_on_one_flow_share_its_keep_alive() {
    let mut wire = Wire::new();
    register(&mut wire, 2, 60);
    call(&mut wire, PHONE, &behind_nat(TO));
    assert_eq!(wire.agent.kept_flows(), 1);
    assert_eq!(options_of(&mut wire, 50).len(), 2);
}

#[test]
fn a_registration_gets_keep_alives_until_it_is_over() {
    let mut wire = Wire::new();
    register(&mut wire, 3, 60);
    assert_eq!(options_of(&mut wire, 58).len(), 2);
    wire.run_for(Duration::from_secs(30));
    assert_eq!((options(&mut wire).len(), wire.agent.kept_flows()), (0, 0));
    // A removed registration gets no further keep-alive.
    register(&mut wire, 4, 3_600);
    register(&mut wire, 5, 0);
    assert_eq!(options_of(&mut wire, 60).len(), 0);
    assert_eq!(wire.agent.kept_flows(), 0);
}

#[test]
fn peers_that_are_not_behind_nat_get_no_options() {
    for (sent_by, contact) in [
        (PHONE, "sip:anna@203.0.113.9:40001"),
        (PHONE, "sip:anna@phone.example"),
        ("203.0.113.9", "sip:anna@203.0.113.9"),
    ] {
        let mut wire = Wire::new();
        let said = Said {
            sent_by,
            contact,
            to: TO,
            more: "",
        };
        call(&mut wire, PHONE, &said);
        assert_eq!(wire.agent.kept_flows(), 0, "{sent_by} {contact}");
        wire.run_for(Duration::from_secs(100));
        assert!(wire.did().is_empty());
    }
    // A Contact with a name that may not resolve gets keep-alives.
    let mut wire = Wire::new();
    let said = Said {
        sent_by: "phone.lan",
        contact: "sip:anna@phone.lan",
        to: TO,
        more: "",
    };
    call(&mut wire, PHONE, &said);
    assert_eq!(options_of(&mut wire, 30).len(), 1);
}

#[test]
fn flows_survive_being_written_out_and_read_back() {
    let mut wire = Wire::new();
    register(&mut wire, 6, 3_600);
    let (dialog, _) = call(&mut wire, PHONE, &behind_nat(TO));
    let bytes = postcard::to_stdvec(&wire.agent).unwrap();
    wire.agent = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(options_of(&mut wire, 26).len(), 1);
    assert_eq!(bye(&mut wire, dialog).0, PHONE);
}
