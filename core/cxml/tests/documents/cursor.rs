//! Iteration over a document.

use confab_cxml::{Cursor, Document, Place, Verb, parse};

fn document(text: &str) -> Document {
    parse(
        format!("<Response>{text}</Response>").as_bytes(),
        Place::Call,
    )
    .unwrap()
}

fn urls(cursor: &mut Cursor, document: &Document, steps: usize) -> Vec<String> {
    (0..steps)
        .map_while(|_| {
            // The cursor can be serialized between any two steps.
            let bytes = postcard::to_stdvec(cursor).unwrap();
            *cursor = postcard::from_bytes(&bytes).unwrap();
            match cursor.next(document)? {
                Verb::Play { url, .. } => Some(url.clone()),
                verb => Some(format!("{verb:?}")),
            }
        })
        .collect()
}

#[test]
fn verbs_are_returned_in_order_and_repeated_by_loop() {
    let document = document("<Play>a</Play><Play loop='3'>b</Play><Hangup/>");
    let mut cursor = Cursor::default();
    assert_eq!(
        urls(&mut cursor, &document, 10),
        ["a", "b", "b", "b", "Hangup"]
    );
    assert_eq!(cursor.next(&document), None);
    assert_eq!(cursor.next(&document), None);
    cursor.start_over();
    assert!(cursor.is_at_start());
    assert_eq!(urls(&mut cursor, &document, 2), ["a", "b"]);
}

#[test]
fn endless_verb_is_repeated_until_skipped() {
    let document = document("<Play loop='0'>a</Play><Play>b</Play>");
    let mut cursor = Cursor::default();
    assert_eq!(urls(&mut cursor, &document, 100_000).len(), 100_000);
    cursor.give_up_rounds();
    assert_eq!(urls(&mut cursor, &document, 9), ["b"]);
}

#[test]
fn skipping_repetitions_skips_no_unreturned_verb() {
    let document = document("<Play>a</Play><Play loop='2'>b</Play><Play>c</Play>");
    let mut cursor = Cursor::default();
    cursor.give_up_rounds();
    assert_eq!(urls(&mut cursor, &document, 1), ["a"]);
    // All rounds of a are over already: b is not affected.
    cursor.give_up_rounds();
    assert_eq!(urls(&mut cursor, &document, 1), ["b"]);
    cursor.give_up_rounds();
    assert_eq!(urls(&mut cursor, &document, 9), ["c"]);
}

#[test]
fn finds_play_verbs() {
    assert!(document("<Say>a</Say><Play>b</Play>").has_play());
    assert!(!document("<Say>a</Say><Pause/>").has_play());
}
