//! Legs that begin, stop and hold in wide rooms: the encoder of G.722 stays in step with the
//! phone's decoder, and a held leg is sent nothing of its room.

use confab_codec::silence;
use confab_media::{Command, LegMedia};
use confab_terms::{Codec, LegId, ReceivedTypes, Voice};

use crate::desk::media;
use crate::wide::{Table, roughness};

const FRAME: usize = 320;

/// Sets whether a leg with G.722 is sent anything; its phone stays the same.
fn set_sends(table: &mut Table, leg: u64, sends: bool) {
    let codec = Codec::G722;
    table.apply(Command::SetMedia {
        leg: LegId(leg),
        media: LegMedia {
            codec,
            payload_type: codec.payload_type(),
            received: ReceivedTypes::same(codec.payload_type(), Some(101), None),
            sends,
            ..media(leg)
        },
    });
}

/// Returns the roughness of a tone that a phone with G.722 heard, from its third frame on.
fn noise(table: &Table, leg: u64) -> f64 {
    roughness(Codec::G722, &table.phones[&leg].heard[2 * FRAME..], 500.0)
}

#[test]
fn held_leg_is_sent_no_sample_of_a_wider_room() {
    for wide in [Codec::G722, Codec::Opus] {
        for narrow in [Codec::Pcmu, Codec::Pcma] {
            let mut table = Table::of(&[wide, narrow]);
            table.says(1, Some(900.0));
            table.run(60);
            table.set(2, Voice::ToNobody, false);
            table.forget();
            table.run(1);
            let sent = &table.phones[&2].payloads[0];
            assert!(
                sent.iter().all(|&code| code == silence(narrow)),
                "{narrow:?} in a room with {wide:?}: {sent:?}"
            );
        }
    }
}

#[test]
fn leg_that_joins_late_is_sent_a_stream_from_its_beginning() {
    let mut table = Table::of(&[Codec::G722; 3]);
    table.says(1, Some(500.0));
    table.run(60);
    table.forget();
    table.join(4, Codec::G722);
    table.run(12);
    let (steady, joined) = (noise(&table, 2), noise(&table, 4));
    assert!(joined < 1.5 * steady, "{steady} to {joined}");
}

#[test]
fn stream_that_paused_goes_on_from_the_last_frame_that_was_sent() {
    let mut table = Table::of(&[Codec::G722; 3]);
    table.says(1, Some(500.0));
    table.run(60);
    set_sends(&mut table, 2, false);
    table.says(1, Some(1_700.0));
    table.run(20);
    table.says(1, Some(500.0));
    table.run(20);
    table.forget();
    set_sends(&mut table, 2, true);
    table.run(12);
    let (steady, resumed) = (noise(&table, 3), noise(&table, 2));
    assert!(resumed < 1.5 * steady, "{steady} to {resumed}");
}
