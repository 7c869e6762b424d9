//! Arbitrary input causes no panic and exceeds no limit.

use confab_cxml::{Cursor, Document, Place, parse};
use confab_terms::limits;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};

const PIECES: &[&str] = &[
    "<Response>",
    "</Response>",
    "<Play>",
    "</Play>",
    "<Play loop='0'>",
    "<Say loop=\"7\">",
    "</Say>",
    "<Pause length='3'/>",
    "<Redirect>",
    "</Redirect>",
    "<Hangup/>",
    "<Dial>",
    "</Dial>",
    "<Conference beep='",
    "onExit'>",
    "</Conference>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "&amp;",
    "&#x0;",
    "&",
    "<!DOCTYPE",
    "x",
    "ü",
    "\n",
    "'",
    "\"",
    "=",
    " ",
];

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        Just(Place::Call),
        Just(Place::Music),
        Just(Place::Announcement)
    ]
}

fn holds(result: &Result<Document, confab_cxml::Malformed>) -> bool {
    match result {
        Ok(document) => {
            let mut cursor = Cursor::default();
            while cursor.next(document).is_some() {
                cursor.give_up_rounds();
            }
            document.verbs.len() <= limits::DOCUMENT_VERBS_MAX
                && document.warnings.len() <= limits::DOCUMENT_WARNINGS_MAX
        }
        Err(malformed) => [11750, 12100, 13238].contains(&malformed.code()),
    }
}

proptest! {
    #[test]
    fn bytes(bytes in vec(any::<u8>(), 0..300), place in place()) {
        prop_assert!(holds(&parse(&bytes, place)));
    }

    #[test]
    fn pieces_of_documents(pieces in vec(0..PIECES.len(), 0..40), place in place()) {
        let text: String = pieces.iter().map(|i| PIECES[*i]).collect();
        prop_assert!(holds(&parse(text.as_bytes(), place)));
        let text = format!("<Response>{text}</Response>");
        let result = parse(text.as_bytes(), place);
        prop_assert!(holds(&result));
        prop_assert_eq!(parse(text.as_bytes(), place), result);
    }
}
