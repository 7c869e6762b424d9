//! Parser of received RTCP compound packets, item by item. Parsing ends at the first error; unknown
//! packet types are skipped.

use core::fmt;

use super::{BYE, CNAME, RR, ReportBlock, SDES, SR, SenderInfo};

/// Item of a compound packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Sender information of `ssrc`.
    Sender {
        /// SSRC of the reporter.
        ssrc: u32,
        /// Sender information.
        info: SenderInfo,
    },
    /// Report of `ssrc` about one received stream.
    Block {
        /// SSRC of the reporter.
        ssrc: u32,
        /// Report block with the SSRC of the reported stream.
        block: ReportBlock,
    },
    /// Canonical name of the source `ssrc`: bytes, since UTF-8 is not guaranteed.
    Cname {
        /// SSRC of the source.
        ssrc: u32,
        /// Canonical name.
        name: &'a [u8],
    },
    /// End of the source `ssrc`.
    Bye {
        /// SSRC of the source.
        ssrc: u32,
    },
}

/// Reasons for which a packet, or the rest of a packet, is not RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRtcp {
    /// The packet is shorter than its length fields.
    TooShort,
    /// The version is not 2.
    WrongVersion,
}

impl fmt::Display for NotRtcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "shorter than its lengths say",
            Self::WrongVersion => "not version 2 of RTCP",
        })
    }
}

impl core::error::Error for NotRtcp {}

/// Iterator over a compound packet; ends after the first error.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
    packet: Packet<'a>,
}

/// Current packet of the compound.
#[derive(Clone, Copy, Debug)]
struct Packet<'a> {
    kind: u8,
    /// Number of remaining report blocks, SDES chunks or SSRCs.
    count: u8,
    ssrc: u32,
    body: &'a [u8],
}

impl<'a> Items<'a> {
    /// Creates an iterator over one datagram.
    #[must_use]
    pub fn new(datagram: &'a [u8]) -> Self {
        Self {
            rest: datagram,
            packet: Packet {
                kind: 0,
                count: 0,
                ssrc: 0,
                body: &[],
            },
        }
    }

    fn next_item(&mut self) -> Result<Option<Item<'a>>, NotRtcp> {
        loop {
            if let Some(item) = self.packet.next_item()? {
                return Ok(Some(item));
            }
            if self.rest.is_empty() {
                return Ok(None);
            }
            if let Some(sender) = self.open_packet()? {
                return Ok(Some(sender));
            }
        }
    }

    fn open_packet(&mut self) -> Result<Option<Item<'a>>, NotRtcp> {
        let (head, after) = self
            .rest
            .split_first_chunk::<4>()
            .ok_or(NotRtcp::TooShort)?;
        if head[0] >> 6 != 2 {
            return Err(NotRtcp::WrongVersion);
        }
        let length = usize::from(u16::from_be_bytes([head[2], head[3]])) * 4;
        let (mut body, rest) = after.split_at_checked(length).ok_or(NotRtcp::TooShort)?;
        self.rest = rest;
        let (kind, count) = (head[1], head[0] & 0x1f);
        let mut sender = None;
        let mut ssrc = 0;
        if kind == SR || kind == RR {
            ssrc = take_u32(&mut body)?;
        }
        if kind == SR {
            let ntp = u64::from(take_u32(&mut body)?) << 32 | u64::from(take_u32(&mut body)?);
            let info = SenderInfo {
                ntp,
                rtp_timestamp: take_u32(&mut body)?,
                packets: take_u32(&mut body)?,
                octets: take_u32(&mut body)?,
            };
            sender = Some(Item::Sender { ssrc, info });
        }
        self.packet = Packet {
            kind,
            count,
            ssrc,
            body,
        };
        Ok(sender)
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, NotRtcp>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_item().transpose();
        if matches!(next, Some(Err(_))) {
            *self = Self::new(&[]);
        }
        next
    }
}

impl<'a> Packet<'a> {
    fn next_item(&mut self) -> Result<Option<Item<'a>>, NotRtcp> {
        while self.count > 0 {
            self.count -= 1;
            let ssrc = self.ssrc;
            match self.kind {
                SR | RR => {
                    let block = take_block(&mut self.body)?;
                    return Ok(Some(Item::Block { ssrc, block }));
                }
                BYE => {
                    return Ok(Some(Item::Bye {
                        ssrc: take_u32(&mut self.body)?,
                    }));
                }
                SDES => {
                    let ssrc = take_u32(&mut self.body)?;
                    if let Some(name) = take_chunk(&mut self.body)? {
                        return Ok(Some(Item::Cname { ssrc, name }));
                    }
                }
                _ => self.count = 0,
            }
        }
        Ok(None)
    }
}

fn take<'a>(body: &mut &'a [u8], n: usize) -> Result<&'a [u8], NotRtcp> {
    let (taken, rest) = body.split_at_checked(n).ok_or(NotRtcp::TooShort)?;
    *body = rest;
    Ok(taken)
}

fn take_u32(body: &mut &[u8]) -> Result<u32, NotRtcp> {
    let (taken, rest) = body.split_first_chunk::<4>().ok_or(NotRtcp::TooShort)?;
    *body = rest;
    Ok(u32::from_be_bytes(*taken))
}

fn take_block(body: &mut &[u8]) -> Result<ReportBlock, NotRtcp> {
    let ssrc = take_u32(body)?;
    let losses = take_u32(body)?;
    Ok(ReportBlock {
        ssrc,
        fraction_lost: (losses >> 24) as u8,
        // Sign extension of 24 bits.
        lost: (losses << 8) as i32 >> 8,
        highest_sequence: take_u32(body)?,
        jitter: take_u32(body)?,
        last_sender_report: take_u32(body)?,
        since_last_sender_report: take_u32(body)?,
    })
}

/// Parses the items of one SDES chunk. Returns the CNAME, if any.
fn take_chunk<'a>(body: &mut &'a [u8]) -> Result<Option<&'a [u8]>, NotRtcp> {
    let whole = body.len();
    let mut name = None;
    loop {
        let kind = take(body, 1)?[0];
        if kind == 0 {
            // Zeros pad the chunk, which begins on a word boundary, to the next word.
            let fill = (4 - (whole - body.len()) % 4) % 4;
            take(body, fill)?;
            return Ok(name);
        }
        let length = usize::from(take(body, 1)?[0]);
        let text = take(body, length)?;
        if kind == CNAME {
            name = Some(text);
        }
    }
}
