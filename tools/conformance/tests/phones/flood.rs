//! A tenth of the flood in `examples/flood.rs`: no harm to the calls, the log, the memory and the
//! API.

use confab_conformance::flood::{Size, run};

#[test]
fn a_flood_on_every_port_leaves_a_room_of_ten_alone() {
    let size = Size {
        sip: 10_000,
        media: 100_000,
        seconds: 6,
    };
    run(&size).unwrap().judge(&size).unwrap();
}
