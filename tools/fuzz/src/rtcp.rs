//! RTCP: parsing terminates, returns no more items than the packet has words, and ends at the first
//! error. A parsed report is equal after writing and parsing.

use confab_rtp::rtcp::{Item, Items, ReportBlock, SenderInfo, write_bye, write_report};
use confab_rtp::{Header, Reception};
use confab_terms::Instant;

pub(crate) fn run(bytes: &[u8]) {
    let items: Vec<_> = Items::new(bytes).collect();
    assert!(items.len() <= 1 + bytes.len() / 4, "{} items", items.len());
    let first_error = items.iter().position(Result::is_err);
    assert!(
        first_error.is_none_or(|at| at + 1 == items.len()),
        "it went on"
    );
    let mut sender = None;
    let mut blocks = Vec::new();
    let mut name = "anna@127.0.0.1".to_owned();
    let mut reception = Reception::new(8_000);
    reception.packet(Instant(0), &header(1));
    for item in items.into_iter().flatten() {
        match item {
            Item::Sender { ssrc, info } => {
                reception.packet(Instant(0), &header(ssrc));
                reception.sender_report(Instant(20_000_000), ssrc, info.ntp);
                sender = Some(info);
            }
            Item::Block { block, .. } => blocks.push(block),
            Item::Cname { name: theirs, .. } => {
                name = String::from_utf8_lossy(theirs).into_owned();
            }
            Item::Bye { .. } => {}
        }
    }
    let _ = reception.report_block(Instant(u64::MAX));
    again(sender.as_ref(), &blocks, &name);
}

fn header(ssrc: u32) -> Header {
    Header {
        payload_type: 0,
        marker: false,
        sequence: 1,
        timestamp: 2,
        ssrc,
    }
}

/// Writes a parsed report, and parses the result.
fn again(sender: Option<&SenderInfo>, blocks: &[ReportBlock], name: &str) {
    let mut packet = vec![0; 4_096];
    let length = write_report(&mut packet, 9, sender, blocks, name);
    let fits = blocks.len() < 32 && name.len() < 256;
    assert_eq!(length > 0, fits, "{} blocks", blocks.len());
    if !fits {
        return;
    }
    let mut expected = Vec::new();
    expected.extend(sender.map(|info| Item::Sender {
        ssrc: 9,
        info: *info,
    }));
    expected.extend(blocks.iter().map(|block| Item::Block {
        ssrc: 9,
        block: *block,
    }));
    expected.push(Item::Cname {
        ssrc: 9,
        name: name.as_bytes(),
    });
    let read: Result<Vec<_>, _> = Items::new(&packet[..length]).collect();
    assert_eq!(read.as_ref(), Ok(&expected));
    let mut farewell = vec![0; 4_096];
    let length = write_bye(&mut farewell, 9, sender, blocks, name);
    expected.push(Item::Bye { ssrc: 9 });
    let read: Result<Vec<_>, _> = Items::new(&farewell[..length]).collect();
    assert_eq!(read, Ok(expected));
    // With a word less of space, nothing is written.
    let whole = length - 1;
    assert_eq!(
        write_bye(&mut farewell[..whole], 9, sender, blocks, name),
        0
    );
}
