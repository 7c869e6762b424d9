//! What filters hold of a voice is not heard at another time, nor in another room: judged by the
//! bytes that are sent, beside a table at which nothing had been said.

use confab_media::RoomChange;
use confab_terms::{Codec, LegId};

use crate::desk::OPEN;
use crate::wide::Table;

/// What each narrow phone is sent when the third one begins to speak, after the others did or did
/// not and `meanwhile` happened.
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

/// The first one leaves in mid-word, and the second one in mid-word of its own.
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
