//! Documents that harm a parser that expands or follows declarations. Each is rejected because of
//! its DTD, before any declaration is processed.

use confab_cxml::{Malformed, Place, parse};

/// Creates ten levels of entities, each ten times the previous one.
fn laughs(reference: &str, declaration: &str) -> String {
    let mut text = format!("<!DOCTYPE r [<!ENTITY {declaration}a0 \"lol\">");
    for level in 1..10 {
        let before = format!("{reference}a{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY {declaration}a{level} \"{before}\">"));
    }
    text + "]><Response><Say>&a9;</Say></Response>"
}

fn bombs() -> Vec<String> {
    let around = |dtd: &str| format!("<!DOCTYPE r {dtd}><Response><Say>&e;</Say></Response>");
    let long = "x".repeat(20_000);
    let many = "&e;".repeat(10_000);
    let nested = format!("[{}", "<!ELEMENT r (".repeat(3_000));
    let mut bombs = vec![
        laughs("&", ""),
        laughs("%", "% "),
        format!("<!DOCTYPE r [<!ENTITY e \"{long}\">]><Response><Say>{many}</Say></Response>"),
        format!("<!DOCTYPE r [{}", "<!ENTITY e \"".repeat(3_000)),
        format!("<!DOCTYPE {long}{long}><Response/>"),
    ];
    bombs.extend(
        [
            "[<!ENTITY e SYSTEM \"file:///etc/passwd\">]",
            "[<!ENTITY e SYSTEM \"http://169.254.169.254/\">]",
            "[<!ENTITY e PUBLIC \"-//x\" \"http://127.0.0.1/\">]",
            "[<!ENTITY % p SYSTEM \"http://127.0.0.1/evil.dtd\"> %p;]",
            "[<!ENTITY e SYSTEM \"/dev/zero\" NDATA n>]",
            "[<!ENTITY e \"&e;\">]",
            "[<!ENTITY e \"&f;\"><!ENTITY f \"&e;\">]",
            "[<!ENTITY e \"<Play>http://127.0.0.1/</Play>\">]",
            "[<!ATTLIST Dial action CDATA \"http://127.0.0.1/\">]",
            "SYSTEM \"http://127.0.0.1/evil.dtd\"",
            "PUBLIC \"-//x\" \"file:///etc/passwd\"",
            "[]",
            "",
            &nested,
        ]
        .map(around),
    );
    bombs
}

#[test]
fn rejects_documents_with_a_dtd() {
    for bomb in bombs() {
        for text in [bomb.clone(), format!("<?xml version='1.0'?>\n{bomb}")] {
            for place in [Place::Call, Place::Music] {
                let malformed = parse(text.as_bytes(), place);
                let shown: String = text.chars().take(120).collect();
                let malformed = malformed.expect_err(&shown);
                let by_size = matches!(malformed, Malformed::TooLarge { .. });
                assert!(by_size || malformed.code() == 12100, "{shown}: {malformed}");
                let said = malformed.to_string();
                assert!(said.len() < 300, "{shown}: {said}");
            }
        }
    }
}
