//! Every bound of the core, by name. A queue, table or loop without one here is a fault.

use core::time::Duration;

/// Calls at once.
pub const CALLS_MAX: usize = 10_000;
/// Conferences at once.
pub const CONFERENCES_MAX: usize = 5_000;
/// Participants of one conference.
pub const PARTICIPANTS_MAX: usize = 2_500;
/// Commands on their way to one media thread; beyond it an update is refused with 429.
pub const MEDIA_COMMANDS_MAX: usize = 4_096;
/// Announcements waiting behind the one that plays, for one participant.
pub const ANNOUNCEMENTS_MAX: usize = 32;
/// The largest SIP message, headers and body.
pub const SIP_MESSAGE_BYTES_MAX: usize = 65_535;
/// The largest RTP packet that is read.
pub const RTP_PACKET_BYTES_MAX: usize = 1_500;
/// A document's bytes (11750 beyond).
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// Levels of a document's XML.
pub const DOCUMENT_DEPTH_MAX: usize = 32;
/// Verbs, nested ones included, of one document.
pub const DOCUMENT_VERBS_MAX: usize = 1_000;
/// Attributes of one element of a document; no verb knows more than 24.
pub const DOCUMENT_ATTRIBUTES_MAX: usize = 64;
/// Warnings kept of one document.
pub const DOCUMENT_WARNINGS_MAX: usize = 20;
/// The most rounds that a `loop` asks for; 0, endless, apart.
pub const DOCUMENT_LOOPS_MAX: u32 = 1_000;
/// `<Redirect>`s of one call without a second of anything else between them.
pub const REDIRECTS_MAX: u32 = 50;
/// Characters of a friendly name.
pub const FRIENDLY_NAME_CHARS_MAX: usize = 64;
/// Characters of a participant's label.
pub const LABEL_CHARS_MAX: usize = 128;
/// Samples of one chunk of a sound: one second at 8 kHz.
pub const SOUND_CHUNK_SAMPLES: usize = 8_000;
/// How long a held leg hears nothing before the built-in music stands in.
pub const MUSIC_GRACE: Duration = Duration::from_millis(500);
/// How long an inbound call waits for its document.
pub const DOCUMENT_WAIT: Duration = Duration::from_secs(15);
/// How long the REST API waits for the room's word (then 500, 20504).
pub const APPLIED_WAIT: Duration = Duration::from_secs(1);
/// The shortest round of a hold or wait document.
pub const DOCUMENT_ROUND_MIN: Duration = Duration::from_secs(1);
/// `<Dial timeLimit>` when absent.
pub const TIME_LIMIT_DEFAULT: Duration = Duration::from_secs(14_400);
/// A tick of every room.
pub const TICK: Duration = Duration::from_millis(20);
