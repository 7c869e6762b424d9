//! cXML: a document, or a rejection with a vendor's code, within a limit of memory. Verbs and
//! warnings are limited; the result is reproducible and survives serialization.

use confab_cxml::{Cursor, Document, Place, parse};
use confab_terms::limits;

/// Maximum memory for parsing 64 kB: a tree of the XML, and the verbs.
const MEMORY_MAX: usize = 16 << 20;

pub(crate) fn run(bytes: &[u8]) {
    let Some((place, text)) = bytes.split_first() else {
        return;
    };
    let place = match place % 3 {
        0 => Place::Call,
        1 => Place::Music,
        _ => Place::Announcement,
    };
    let result = crate::memory::within(MEMORY_MAX, || parse(text, place));
    assert_eq!(parse(text, place), result);
    match result {
        Ok(document) => walk(&document),
        Err(malformed) => {
            assert!([11750, 12100, 12200, 13238].contains(&malformed.code()));
            assert!(malformed.to_string().len() < 1_000, "{malformed}");
        }
    }
}

fn walk(document: &Document) {
    assert!(document.verbs.len() <= limits::DOCUMENT_VERBS_MAX);
    assert!(document.warnings.len() <= limits::DOCUMENT_WARNINGS_MAX);
    for warning in &document.warnings {
        assert!(warning.to_string().len() < 1_000, "{warning}");
    }
    let mut cursor = Cursor::default();
    let mut seen = 0;
    while cursor.next(document).is_some() {
        cursor.give_up_rounds();
        seen += 1;
        assert!(seen <= document.verbs.len(), "it goes round");
    }
    assert_eq!(seen, document.verbs.len());
    let written = postcard::to_stdvec(document).unwrap_or_default();
    let read = postcard::from_bytes::<Document>(&written);
    assert_eq!(read.as_ref(), Ok(document));
}
