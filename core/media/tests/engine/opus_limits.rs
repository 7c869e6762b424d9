//! Phones with a limit of Opus's bit rate: the limit is kept, and other phones in the room are
//! unaffected. Phones with equal limits share an encoding.

use confab_terms::{Codec, OpusLimit};

use crate::wide::{AMPLITUDE, Table, is_whole};

/// Returns the bit rate of a phone's payloads, at 50 payloads in a second.
fn bit_rate(table: &Table, leg: u64) -> u64 {
    let payloads = &table.phones[&leg].payloads;
    let bytes: usize = payloads.iter().map(Vec::len).sum();
    bytes as u64 * 8 * 50 / payloads.len() as u64
}

/// Returns a table with a speaker, two phones with a limit, and two without.
fn table(limit: OpusLimit) -> Table {
    let mut table = Table::of(&[Codec::Opus; 5]);
    for leg in [2, 3] {
        table.agree_on(leg, Codec::Opus, limit);
    }
    table.says(1, Some(500.0));
    table.run(60);
    table.forget();
    table
}

#[test]
fn a_phone_gets_no_more_than_it_takes_and_the_others_as_ever() {
    for limit in [
        OpusLimit::Bits6000,
        OpusLimit::Bits8000,
        OpusLimit::Bits12000,
        OpusLimit::Bits16000,
        OpusLimit::Bits24000,
    ] {
        let mut table = table(limit);
        table.run(200);
        let most = u64::from(limit.bit_rate());
        for leg in [2, 3] {
            let rate = bit_rate(&table, leg);
            assert!((most / 2..=most).contains(&rate), "{limit:?}: {rate}");
            let level = table.level(leg, 500.0) / AMPLITUDE;
            // Below 12 kbit/s the transform alone attenuates a tone.
            let least = if most < 12_000 { 0.5 } else { 0.85 };
            assert!((least..1.15).contains(&level), "{limit:?}: {level}");
        }
        let rate = bit_rate(&table, 4);
        assert!((28_000..=32_000).contains(&rate), "{limit:?}: {rate}");
        let payloads = |leg: u64| &table.phones[&leg].payloads;
        assert_eq!(payloads(2), payloads(3), "{limit:?}: one encoding for both");
        assert_eq!(payloads(4), payloads(5), "{limit:?}");
    }
}

#[test]
fn what_is_above_our_own_rate_is_no_limit() {
    let mut table = table(OpusLimit::Bits48000);
    table.run(50);
    assert_eq!(table.phones[&2].payloads, table.phones[&4].payloads);
}

#[test]
fn a_limit_holds_for_a_stream_of_its_own_and_from_the_tick_it_is_agreed_on() {
    let mut table = Table::of(&[Codec::Opus; 3]);
    table.says(1, Some(500.0));
    table.says(2, Some(900.0));
    table.run(60);
    table.agree_on(2, Codec::Opus, OpusLimit::Bits12000);
    table.says(2, Some(900.0));
    table.run(10);
    table.forget();
    table.run(200);
    let rate = bit_rate(&table, 2);
    assert!((6_000..=12_000).contains(&rate), "{rate}");
    assert!(is_whole(table.level(2, 500.0)));
    assert!(is_whole(table.level(3, 900.0)));
    // Back again, since the next offer has no limit.
    table.agree(2, Codec::Opus);
    table.run(10);
    table.forget();
    table.run(100);
    assert!(bit_rate(&table, 2) > 28_000);
}
