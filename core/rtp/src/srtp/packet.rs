//! Clear fields of a packet: length of the header, SSRC, sequence number.

/// Clear fields of an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rtp {
    pub(super) header: usize,
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
}

/// Number of clear bytes of a compound RTCP packet: the first header and its SSRC.
pub(super) const RTCP_CLEAR: usize = 8;

/// Number of bytes of the SRTCP index.
pub(super) const INDEX_BYTES: usize = 4;
/// Flag of an encrypted packet, the first bit of the SRTCP index.
pub(super) const ENCRYPTED: u32 = 1 << 31;

impl Rtp {
    /// Parses the headers. Returns `None` if the packet is not RTP or shorter than its headers.
    pub(super) fn read(packet: &[u8]) -> Option<Self> {
        let fixed = packet.first_chunk::<12>()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut header = 12 + usize::from(fixed[0] & 0x0f) * 4;
        if fixed[0] & 0x10 != 0 {
            let extension = packet.get(header..header + 4)?;
            let words = usize::from(u16::from_be_bytes([extension[2], extension[3]]));
            header += 4 + words * 4;
        }
        (header <= packet.len()).then_some(Self {
            header,
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
        })
    }
}

/// Returns the SSRC of an RTCP packet; `None` if the packet is not RTCP.
pub(super) fn rtcp_ssrc(packet: &[u8]) -> Option<u32> {
    let clear = packet.first_chunk::<RTCP_CLEAR>()?;
    let ssrc = u32::from_be_bytes([clear[4], clear[5], clear[6], clear[7]]);
    (clear[0] >> 6 == 2).then_some(ssrc)
}
