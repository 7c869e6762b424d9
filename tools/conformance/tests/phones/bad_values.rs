//! Invalid values, generated from field and kind: each is rejected or harmless. Afterwards the
//! participant's JSON and the matrix of audibility are unchanged.

use crate::matrix::Desk;

const BOOLEANS: &[&str] = &[
    "Muted",
    "Hold",
    "Coaching",
    "EndConferenceOnExit",
    "BeepOnExit",
];
const METHODS: &[&str] = &["HoldMethod", "AnnounceMethod", "WaitMethod"];
const URLS: &[&str] = &["HoldUrl", "AnnounceUrl", "WaitUrl"];

fn bad_fields() -> Vec<(String, String, u16, u64)> {
    let mut rows = Vec::new();
    let mut add = |field: &str, value: &str, status: u16, code: u64| {
        rows.push((field.to_owned(), value.to_owned(), status, code));
    };
    let long = "x".repeat(5_000);
    let zero = "true\0";
    for field in BOOLEANS {
        for value in [
            "yes",
            "2",
            "-1",
            "truefalse",
            " true",
            "null",
            "☎",
            zero,
            &long,
        ] {
            add(field, value, 422, 10_000);
        }
    }
    for field in METHODS {
        for value in ["PUT", "DELETE", "GET POST", "1", "☎", zero, &long] {
            add(field, value, 422, 21_209);
        }
    }
    for field in URLS {
        for value in [
            "hold.wav",
            "/hold.wav",
            "ftp://example.com/x",
            "file:///etc/passwd",
            "http://",
            "javascript:alert(1)",
            "//example.com/x",
            "http://[::1",
            "☎",
        ] {
            add(field, value, 422, 21_402);
        }
    }
    let stranger = "33333333-3333-4333-8333-333333333333";
    for value in [stranger, "not-a-sid", "☎", zero, &long] {
        add("CallSidToCoach", value, 422, 16_002);
    }
    add("Coaching", "true", 422, 16_002);
    add("Beep", "sometimes", 422, 10_000);
    rows
}

#[test]
fn a_bad_value_changes_nothing() {
    let three = Desk::start();
    let (heard, json) = (three.matrix(), three.update(2, &[]));
    let told = three.audibility();
    let mut tried = 0;
    for (field, value, status, code) in bad_fields() {
        // Combined with a valid field: the request is applied completely or not at all.
        let form = [("Muted", "true"), (field.as_str(), value.as_str())];
        let form = if field == "Muted" {
            &form[1..]
        } else {
            &form[..]
        };
        let answer = three.api.post(&three.path(2), form).unwrap();
        let shown = value.chars().take(40).collect::<String>();
        assert_eq!(answer.status, status, "{field}={shown:?}: {answer:?}");
        assert_eq!(answer.json["code"], code, "{field}={shown:?}: {answer:?}");
        let message = answer.json["message"].as_str().unwrap();
        assert!(
            message.contains(&field) || code == 16_002,
            "{message:?} does not name {field}"
        );
        assert_eq!(three.update(2, &[]), json, "{field}={shown:?}");
        tried += 1;
    }
    let own = three.calls[2].clone();
    let answer = three
        .api
        .post(&three.path(2), &[("CallSidToCoach", &own)])
        .unwrap();
    assert_eq!(
        (answer.status, answer.json["code"].as_u64()),
        (422, Some(16_002))
    );
    bad_bodies(&three);
    assert_eq!(three.update(2, &[]), json);
    assert_eq!(three.audibility(), told);
    assert_eq!(three.matrix(), heard);
    assert!(tried > 80, "{tried} bad values");
}

fn bad_bodies(three: &Desk) {
    const FORM: &str = "application/x-www-form-urlencoded";
    let many = (0..1_001)
        .map(|n| format!("a{n}=1"))
        .collect::<Vec<_>>()
        .join("&");
    let mut large = b"Muted=true&x=".to_vec();
    large.resize(1_100_000, b'x');
    let rows: [(&str, &str, Vec<u8>, u16); 7] = [
        ("malformed UTF-8", FORM, b"Muted=%ff%fe".to_vec(), 400),
        ("raw bytes", FORM, b"Muted=\xff".to_vec(), 400),
        (
            "malformed JSON",
            "application/json",
            b"{\"Muted\": tru".to_vec(),
            400,
        ),
        ("another type", "text/csv", b"Muted,true".to_vec(), 415),
        ("too many fields", FORM, many.into_bytes(), 413),
        ("too large", FORM, large, 413),
        ("JSON of a list", "application/json", b"[1,2]".to_vec(), 400),
    ];
    for (what, content_type, body, status) in rows {
        let answer = three
            .api
            .post_raw(&three.path(2), content_type, body)
            .unwrap();
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert_eq!(answer.json["code"], 10_000, "{what}: {answer:?}");
    }
    let nobody = format!("/Conferences/{}/Participants/nobody", three.conference);
    for path in [&nobody, "/Conferences/x/Participants/y", "/Nonsense"] {
        let answer = three.api.post(path, &[("Muted", "true")]).unwrap();
        assert_eq!(
            (answer.status, answer.json["code"].as_u64()),
            (404, Some(20_404)),
            "{path}"
        );
    }
}
