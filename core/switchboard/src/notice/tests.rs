//! Truncation and redaction of notices that contain foreign text.

use confab_terms::limits::{NOTICE_BODY_BYTES_MAX, NOTICE_FIELDS_BYTES_MAX};
use confab_terms::{Method, WallTime};

use super::{Exchange, Notice, Severity, without_passwords};

fn notice(message: &str, exchange: Exchange) -> Notice {
    Notice {
        code: 11200,
        severity: Severity::Error,
        message: message.to_owned(),
        at: WallTime(0),
        call: None,
        conference: None,
        url: Some("http://u:secret@a.example/\r\nx".to_owned()),
        method: Some(Method::Get),
        exchange: Some(Box::new(exchange)),
    }
}

#[test]
fn no_control_character_and_no_password_is_kept() {
    let told = Exchange {
        fields: vec![("A\u{1b}[31m".to_owned(), "b\0\u{9b}".to_owned())],
        status: Some(500),
        headers: vec![("x".to_owned(), "y\u{7}".to_owned())],
        body: "one\ntwo\u{1b}]0;x\u{7}".to_owned(),
    };
    let kept = notice("it\nfailed \u{1b}[2J", told).tidied();
    assert_eq!(kept.message, "it\u{fffd}failed \u{fffd}[2J");
    assert_eq!(
        kept.url.as_deref(),
        Some("http://u:***@a.example/\u{fffd}\u{fffd}x")
    );
    let exchange = kept.exchange.unwrap();
    assert_eq!(exchange.fields[0].0, "A\u{fffd}[31m");
    assert_eq!(exchange.fields[0].1, "b\u{fffd}\u{fffd}");
    assert_eq!(exchange.headers[0].1, "y\u{fffd}");
    assert_eq!(exchange.body, "one\ntwo\u{fffd}]0;x\u{fffd}");
}

#[test]
fn a_megabyte_is_cut_at_a_character() {
    let long = "é\u{1}".repeat(500_000);
    let told = Exchange {
        fields: vec![
            ("A".to_owned(), "1".to_owned()),
            ("B".to_owned(), long.clone()),
        ],
        status: None,
        headers: vec![(long.clone(), long.clone())],
        body: long.clone(),
    };
    let kept = notice(&long, told).tidied();
    let bytes = postcard::to_allocvec(&kept).unwrap().len();
    assert!(bytes < 16 * 1024, "{bytes} bytes");
    let exchange = kept.exchange.unwrap();
    assert!(exchange.body.len() <= NOTICE_BODY_BYTES_MAX);
    assert_eq!(exchange.fields[0], ("A".to_owned(), "1".to_owned()));
    let fields = exchange.fields.iter().map(|(n, v)| n.len() + v.len());
    assert!(fields.sum::<usize>() <= NOTICE_FIELDS_BYTES_MAX);
}

#[test]
fn passwords_are_taken_out_of_urls_and_nothing_else() {
    for (written, shown) in [
        (
            "see http://u:p@a/x and ftp://v:q@r@b",
            "see http://u:***@a/x and ftp://v:***@b",
        ),
        ("http://u@a/x:y@z", "http://u@a/x:y@z"),
        ("http://a:80/?m=u:p@b", "http://a:80/?m=u:p@b"),
        ("a:b@c", "a:b@c"),
        ("://:@", "://:***@"),
        ("", ""),
    ] {
        assert_eq!(without_passwords(written), shown);
    }
}
