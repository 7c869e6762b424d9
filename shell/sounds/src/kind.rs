//! Kinds of files, detected by the first bytes; the content type is used only if these are
//! inconclusive.

use crate::gsm;
use crate::plain::Coding;
use crate::telephone;

/// Number of bytes that are inspected for the kind of a file.
pub(crate) const HEAD_BYTES: usize = 256;

/// Kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Wav,
    Aiff,
    Au,
    /// GSM 06.10 without a header.
    Gsm,
    /// Samples of 8 bits without a header, µ-law or A-law.
    Telephone(Coding),
    Mp4,
    /// Opus in Ogg.
    Opus,
    /// Other files, with a mark for which a reader searches: MP3, Ogg Vorbis, FLAC, AAC.
    Marked,
    /// Unsupported kind, by name.
    Other(&'static str),
}

/// First bytes of unsupported files, with the names of the kinds.
const OTHERS: &[(&[u8], &str)] = &[
    (b"#EXTM3U", "an HLS or M3U playlist inside a playlist"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"Rar!", "a RAR archive"),
    (b"MThd", "a MIDI file"),
    (b"#!AMR", "AMR speech"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF)"),
    (b"\x1a\x45\xdf\xa3", "Matroska or WebM"),
    (b"caff", "a Core Audio file"),
    (b"RF64", "a WAV file of more than 4 GB (RF64)"),
    (b"RIFX", "a big-endian WAV file (RIFX)"),
    (b"riff", "a Wave64 file"),
    (b"FLV\x01", "Flash video"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
    (b".RMF", "RealMedia"),
    (b"wvpk", "WavPack"),
    (b"\x0b\x77", "AC-3"),
    (b"[Reference]", "a Windows Media playlist (ASX)"),
    (b"MAC ", "Monkey's Audio"),
    (b"TTA1", "True Audio"),
    (b"MPCK", "Musepack"),
    (b"<", "XML or HTML"),
    (b"{", "JSON"),
];

/// First bytes of the first packet of unsupported Ogg streams.
const OGG_OTHERS: &[(&[u8], &str)] = &[
    (b"Speex   ", "Speex in Ogg"),
    (b"\x80theora", "Theora video in Ogg"),
    (b"fishead", "an Ogg file with a skeleton"),
];

/// Offset of the channel mapping family in the head of Opus (RFC 7845 §5.1).
const OPUS_FAMILY: usize = 18;
/// Offset of the first packet of an Ogg stream whose first page has one segment.
const OGG_PACKET: usize = 28;

impl Kind {
    /// Returns the kind of a file that begins with `head`.
    pub(crate) fn of(head: &[u8], content_type: &str) -> Self {
        if head.starts_with(b"RIFF") {
            return match head.get(8..12) {
                Some(b"WAVE") => Self::Wav,
                Some(b"AVI ") => Self::Other("AVI video"),
                Some(b"WEBP") => Self::Other("a WebP image"),
                Some(b"RMID") => Self::Other("a MIDI file"),
                _ => Self::Marked,
            };
        }
        if head.starts_with(b"FORM") && head.get(8..11) == Some(&b"AIF"[..]) {
            return Self::Aiff;
        }
        if head.starts_with(b".snd") {
            return Self::Au;
        }
        if head.get(4..8) == Some(&b"ftyp"[..]) {
            return Self::Mp4;
        }
        if head.starts_with(b"OggS") {
            return ogg(head);
        }
        if head.starts_with(b"ID3") || head.starts_with(b"fLaC") {
            return Self::Marked;
        }
        if let Some(coding) = telephone::coding(content_type) {
            return Self::Telephone(coding);
        }
        if is_transport_stream(head) {
            return Self::Other("an MPEG transport stream");
        }
        if let Some((_, name)) = OTHERS.iter().find(|(mark, _)| head.starts_with(mark)) {
            return Self::Other(name);
        }
        if gsm::is_gsm(head) || matches!(content_type, "audio/x-gsm" | "audio/gsm") {
            return Self::Gsm;
        }
        Self::Marked
    }
}

/// Returns whether packets of 188 bytes begin with the sync byte (ISO/IEC 13818-1 §2.4.3.2).
fn is_transport_stream(head: &[u8]) -> bool {
    const PACKET_BYTES: usize = 188;
    const SYNC: Option<&u8> = Some(&0x47);
    head.first() == SYNC && head.get(PACKET_BYTES) == SYNC
}

fn ogg(head: &[u8]) -> Kind {
    let packet = head.get(OGG_PACKET..).unwrap_or_default();
    if packet.starts_with(b"OpusHead") {
        return match packet.get(OPUS_FAMILY) {
            Some(0) | None => Kind::Opus,
            Some(_) => Kind::Other("Opus of more than two channels"),
        };
    }
    let mut others = OGG_OTHERS.iter();
    let other = others.find(|(mark, _)| packet.starts_with(mark));
    other.map_or(Kind::Marked, |(_, name)| Kind::Other(name))
}
