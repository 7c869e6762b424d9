//! Rejected documents: not XML, HTML, verbs that are not allowed, and the limits of size.

use confab_cxml::{Malformed, Place, parse};
use expect_test::expect;

use crate::check::{check, check_in};

#[test]
fn music_and_announcements_reject_other_than_four_verbs() {
    let four = "<Response><Play>a</Play><Say>b</Say><Pause/><Redirect/></Response>";
    for place in [Place::Music, Place::Announcement] {
        let document = parse(four.as_bytes(), place).unwrap();
        assert_eq!(document.verbs.len(), 4);
        assert_eq!(document.warnings, []);
        for other in ["Dial", "Hangup", "Reject", "Gather", "Record", "Nonsense"] {
            let text = format!("<Response><Play>a</Play>\n<{other}/></Response>");
            let malformed = parse(text.as_bytes(), place).unwrap_err();
            assert_eq!(malformed.code(), 13238);
            assert_eq!(malformed.at().map(|at| (at.line, at.column)), Some((2, 1)));
        }
    }
    check_in(
        Place::Music,
        "<Response>\n  <Dial/></Response>",
        &expect![[r#"
            13238 line 2, column 3: <Dial> is not allowed here: only <Play>, <Say>, <Pause> and
                <Redirect> are
        "#]],
    );
}

#[test]
fn rejects_documents_that_are_not_xml() {
    for text in [
        "",
        "hello",
        "<Response>",
        "<Response><Play>a</Say></Response>",
        "<Response>\n<Play loop=2>a</Play></Response>",
        "<Response><Play>a?b&c</Play></Response>",
        "<Response/><Response/>",
        "<Response/> <?xml version='1.0'?>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><Response>&b;</Response>",
        "<Reply/>",
    ] {
        let malformed = parse(text.as_bytes(), Place::Call).unwrap_err();
        assert_eq!(malformed.code(), 12100, "{text}");
    }
    check(
        "<Response>\n<Play loop=2>a</Play></Response>",
        &expect![[r#"
            12100 line 2, column 12: not XML: expected a quote not '2' at 2:12
        "#]],
    );
    check(
        "<Reply></Reply>",
        &expect![[r#"
        12100 line 1, column 1: the root element is <Reply>: it must be <Response>
    "#]],
    );
    let latin1 = parse(
        b"<Response>\n<Say>Gr\xfc\xdfe</Say></Response>",
        Place::Call,
    )
    .unwrap_err();
    expect!["line 2, column 8: not UTF-8; send the document as UTF-8"]
        .assert_eq(&latin1.to_string());
}

#[test]
fn rejects_html_page_with_its_place_and_a_hint() {
    for (page, at) in [
        ("<!doctype html><html><br></html>", "line 1, column 1"),
        ("<html lang=\"en\">", "line 1, column 1"),
        (
            "\u{feff}\n\n <!DOCTYPE HTML PUBLIC \"-//W3C//DTD\">",
            "line 3, column 2",
        ),
        (
            "<?xml version=\"1.0\"?>\n<!-- x -->\n<!DOCTYPE html>",
            "line 3, column 1",
        ),
        ("<br />\n<b>Fatal error</b>: Uncaught", "line 1, column 1"),
    ] {
        let refused = parse(page.as_bytes(), Place::Call).unwrap_err();
        assert_eq!(refused.code(), 12100, "{page}");
        let message = refused.to_string();
        assert!(
            message.starts_with(at) && message.contains("HTML page"),
            "{message}"
        );
    }
    let declared = b"\n<!DOCTYPE Response><Response/>";
    let refused = parse(declared, Place::Call).unwrap_err().to_string();
    assert!(
        refused.starts_with("line 2, column 1: a document type"),
        "{refused}"
    );
}

#[test]
fn accepts_byte_order_mark_and_white_space_before_the_declaration() {
    let document =
        "<?xml version=\"1.0\"\n encoding=\"UTF-8\"?><Response>\n<Dance/><Say>\u{e4}</Say>";
    for (before, line) in [
        ("", 3),
        ("\u{feff}", 3),
        ("\r\n\r\n", 5),
        ("\u{feff}\n \t", 4),
    ] {
        let text = format!("{before}{document}</Response>");
        let document = parse(text.as_bytes(), Place::Call).unwrap();
        assert_eq!(document.verbs.len(), 1, "{text:?}");
        let at = document.warnings[0].at;
        assert_eq!((at.line, at.column), (line, 1), "{text:?}");
    }
}

#[test]
fn rejects_document_of_unknown_verbs_only() {
    check(
        "<Response>\n <Gather><Say>x</Say></Gather><dance/></Response>",
        &expect![[r#"
            12200 line 2, column 2: no verb of the document is supported: <Gather>, <dance>;
                expected at least one of <Play>, <Say>, <Pause>, <Redirect>, <Dial>, <Record>,
                <Hangup>, <Reject>
        "#]],
    );
    let empty = parse(b"<Response> <!-- nothing --> </Response>", Place::Call).unwrap();
    assert!(empty.verbs.is_empty() && empty.warnings.is_empty());
    // A known verb that is skipped still counts as known.
    let skipped = parse(b"<Response><Say/></Response>", Place::Call).unwrap();
    assert_eq!((skipped.verbs.len(), skipped.warnings[0].code), (0, 13520));
}

#[test]
fn rejects_documents_beyond_a_limit() {
    let filled = |bytes: usize| {
        let around = "<Response><Say></Say></Response>".len();
        format!(
            "<Response><Say>{}</Say></Response>",
            "a".repeat(bytes - around)
        )
    };
    assert!(parse(filled(65_536).as_bytes(), Place::Call).is_ok());
    let large = parse(filled(65_537).as_bytes(), Place::Call).unwrap_err();
    assert_eq!(
        (large.code(), large),
        (11750, Malformed::TooLarge { bytes: 65_537 })
    );

    // <Response> is the first level.
    let deep = |levels: usize| {
        let levels = levels - 1;
        format!(
            "<Response><Pause/>{}{}</Response>",
            "<a>".repeat(levels),
            "</a>".repeat(levels)
        )
    };
    assert!(parse(deep(32).as_bytes(), Place::Call).is_ok());
    let too_deep = parse(deep(33).as_bytes(), Place::Call).unwrap_err();
    assert!(matches!(too_deep, Malformed::TooDeep { .. }));
    let bottomless = parse(deep(9_000).as_bytes(), Place::Call).unwrap_err();
    assert!(matches!(bottomless, Malformed::TooDeep { .. }));

    let many = |verbs: usize| format!("<Response>{}</Response>", "<Pause/>".repeat(verbs));
    assert_eq!(
        parse(many(1_000).as_bytes(), Place::Call)
            .unwrap()
            .verbs
            .len(),
        1_000
    );
    assert_eq!(
        parse(many(1_001).as_bytes(), Place::Call),
        Err(Malformed::TooManyVerbs)
    );

    let attributes = |n: usize| {
        let all: String = (0..n).map(|i| format!(" a{i}=''")).collect();
        format!("<Response><Hangup{all}/></Response>")
    };
    assert_eq!(
        parse(attributes(64).as_bytes(), Place::Call)
            .unwrap()
            .warnings
            .len(),
        20
    );
    let laden = parse(attributes(5_000).as_bytes(), Place::Call).unwrap_err();
    assert!(matches!(laden, Malformed::TooManyAttributes { .. }));
    let hidden = format!("<?a '?>{}", attributes(5_000));
    let hidden = parse(hidden.as_bytes(), Place::Call).unwrap_err();
    assert!(matches!(hidden, Malformed::TooManyAttributes { .. }));
}

#[test]
fn equals_signs_outside_of_tags_are_not_counted_as_attributes() {
    let signs = "=".repeat(200);
    let text = format!(
        "<Response><!-- {signs} ' --><Play>https://a/?{signs}</Play><Redirect>\
         <![CDATA[<a {signs}>]]></Redirect><Say voice='{signs}'>x</Say></Response>"
    );
    assert_eq!(parse(text.as_bytes(), Place::Call).unwrap().verbs.len(), 3);
}
