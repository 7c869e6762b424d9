//! Filter state of a voice must not be heard later or in another room. The sent bytes are compared
//! with those of a table without earlier voices.

use confab_media::RoomChange;
use confab_terms::{Codec, LegId};

use crate::desk::OPEN;
use crate::wide::Table;

/// Returns the payloads of each narrowband phone when the third phone begins to speak, after the
/// others did or did not speak and `meanwhile` ran.
fn sent_after(spoke: bool, meanwhile: fn(&mut Table)) -> [Vec<Vec<u8>>; 2] {
    let mut table = Table::of(&[Codec::Pcmu, Codec::Opus, Codec::Pcmu]);
    table.says(1, spoke.then_some(1_000.0));
    table.says(2, spoke.then_some(1_300.0));
    table.run(40);
    meanwhile(&mut table);
    table.forget();
    table.says(3, Some(700.0));
    table.run(10);
    [1, 3].map(|leg| table.phones[&leg].payloads.clone())
}

/// The first phone leaves during speech, while the second phone stops during speech.
fn leave_and_return(table: &mut Table) {
    let unseat = vec![LegId(1)];
    table.change(RoomChange {
        unseat,
        ..RoomChange::default()
    });
    table.says(1, None);
    table.says(2, None);
    table.run(30);
    let seat = vec![(LegId(1), OPEN)];
    table.change(RoomChange {
        seat,
        ..RoomChange::default()
    });
}

fn is_the_same_as_if_nothing_had_been_said(meanwhile: fn(&mut Table)) -> bool {
    let spoken = sent_after(true, meanwhile);
    spoken == sent_after(false, meanwhile)
}

#[test]
fn a_phone_that_comes_back_neither_says_nor_hears_what_was_said_before() {
    assert!(is_the_same_as_if_nothing_had_been_said(leave_and_return));
}
