//! Writer of RTCP packets, each a compound of a report and the CNAME (RFC 3550 §6.1).

use super::{BYE, CNAME, RR, ReportBlock, SDES, SR, SenderInfo};

/// Writes a report by `ssrc` (a sender report if `sender` is set) and its CNAME. Returns the number
/// of bytes written; 0 if `out` is too small or the CNAME exceeds 255 bytes.
pub fn write_report(
    out: &mut [u8],
    ssrc: u32,
    sender: Option<&SenderInfo>,
    blocks: &[ReportBlock],
    cname: &str,
) -> usize {
    let mut writer = Writer { out, at: 0 };
    match writer
        .report(ssrc, sender, blocks)
        .and_then(|()| writer.cname(ssrc, cname))
    {
        Some(()) => writer.at,
        None => 0,
    }
}

/// Writes a report, the CNAME, and a BYE that ends the stream (§6.6). Returns the number of bytes
/// written; 0 as for [`write_report`].
pub fn write_bye(
    out: &mut [u8],
    ssrc: u32,
    sender: Option<&SenderInfo>,
    blocks: &[ReportBlock],
    cname: &str,
) -> usize {
    let at = write_report(out, ssrc, sender, blocks, cname);
    let mut writer = Writer { out, at };
    match writer
        .head(1, BYE, 1)
        .and_then(|()| writer.put(&ssrc.to_be_bytes()))
    {
        Some(()) if at > 0 => writer.at,
        _ => 0,
    }
}

struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.at + bytes.len();
        self.out.get_mut(self.at..end)?.copy_from_slice(bytes);
        self.at = end;
        Some(())
    }

    /// Writes the header of a packet with `words` further words of 32 bits.
    fn head(&mut self, count: usize, kind: u8, words: usize) -> Option<()> {
        let count = u8::try_from(count).ok().filter(|&count| count < 32)?;
        let [high, low] = u16::try_from(words).ok()?.to_be_bytes();
        self.put(&[0x80 | count, kind, high, low])
    }

    fn report(
        &mut self,
        ssrc: u32,
        sender: Option<&SenderInfo>,
        blocks: &[ReportBlock],
    ) -> Option<()> {
        let (kind, words) = if sender.is_some() { (SR, 6) } else { (RR, 1) };
        self.head(blocks.len(), kind, words + blocks.len() * 6)?;
        self.put(&ssrc.to_be_bytes())?;
        if let Some(info) = sender {
            self.put(&info.ntp.to_be_bytes())?;
            self.put(&info.rtp_timestamp.to_be_bytes())?;
            self.put(&info.packets.to_be_bytes())?;
            self.put(&info.octets.to_be_bytes())?;
        }
        for block in blocks {
            self.put(&block.ssrc.to_be_bytes())?;
            let lost = block.lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
            self.put(&(u32::from(block.fraction_lost) << 24 | lost).to_be_bytes())?;
            self.put(&block.highest_sequence.to_be_bytes())?;
            self.put(&block.jitter.to_be_bytes())?;
            self.put(&block.last_sender_report.to_be_bytes())?;
            self.put(&block.since_last_sender_report.to_be_bytes())?;
        }
        Some(())
    }

    fn cname(&mut self, ssrc: u32, cname: &str) -> Option<()> {
        let length = u8::try_from(cname.len()).ok()?;
        // A zero ends the list of items; further zeros pad the list to a word.
        let padded = (2 + cname.len() + 1).next_multiple_of(4);
        self.head(1, SDES, 1 + padded / 4)?;
        self.put(&ssrc.to_be_bytes())?;
        self.put(&[CNAME, length])?;
        self.put(cname.as_bytes())?;
        self.put(&[0; 4][..padded - 2 - cname.len()])
    }
}
