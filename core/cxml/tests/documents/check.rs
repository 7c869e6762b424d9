//! Parses a document and compares its verbs and warnings with the expected text.

use core::fmt::Write as _;

use confab_cxml::{Document, Place, parse};
use expect_test::Expect;

/// Checks a document at a place where only some verbs are permitted.
pub(crate) fn check_in(place: Place, text: &str, expected: &Expect) {
    let mut out = String::new();
    match parse(text.as_bytes(), place) {
        Ok(document) => {
            for verb in &document.verbs {
                writeln!(out, "{verb:?}").unwrap();
            }
            for warning in &document.warnings {
                writeln!(out, "! {warning}").unwrap();
            }
            let bytes = postcard::to_stdvec(&document).unwrap();
            let back: Document = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(back, document, "plain data");
        }
        Err(malformed) => writeln!(out, "{} {malformed}", malformed.code()).unwrap(),
    }
    expected.assert_eq(&folded(&out));
}

/// Folds lines that are too long for a source file.
fn folded(text: &str) -> String {
    const COLUMNS: usize = 86;
    let mut out = String::new();
    for line in text.lines() {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            if column + word.trim_end().chars().count() > COLUMNS {
                out.truncate(out.trim_end().len());
                out.push_str("\n    ");
                column = 4;
            }
            out.push_str(word);
            column += word.chars().count();
        }
        out.push('\n');
    }
    out
}

/// Checks a document that is executed on a call.
pub(crate) fn check(text: &str, expected: &Expect) {
    check_in(Place::Call, text, expected);
}
