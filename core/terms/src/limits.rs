//! Every bound of the core, by name. A queue, table or loop without one here is a fault.

use core::time::Duration;

/// Calls at once.
pub const CALLS_MAX: usize = 10_000;
/// Encoders of Opus that a media thread keeps for whoever speaks next, and as many decoders.
pub const OPUS_SPARES_MAX: usize = 32;
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
/// The largest body of a SIP message; beyond it 413.
pub const SIP_BODY_BYTES_MAX: usize = 32_768;
/// Headers of a SIP message.
pub const SIP_HEADERS_MAX: usize = 128;
/// Addresses read from one identity header (P-Asserted-Identity, Diversion, History-Info).
pub const SIP_IDENTITIES_MAX: usize = 32;
/// Headers in the URI of an outbound call.
pub const SIP_URI_HEADERS_MAX: usize = 16;
/// Bytes of names and values of these headers.
pub const SIP_URI_HEADERS_BYTES_MAX: usize = 1_024;
/// A header, folded lines included.
pub const SIP_LINE_BYTES_MAX: usize = 8_192;
/// Via values of a SIP message: more hops than Max-Forwards allows.
pub const SIP_VIAS_MAX: usize = 70;
/// Dialogs of one user agent, those that are dying down included; beyond it 503.
pub const SIP_DIALOGS_MAX: usize = 2 * CALLS_MAX;
/// Transactions of one user agent, client and server together; beyond it 503.
pub const SIP_TRANSACTIONS_MAX: usize = 8 * CALLS_MAX;
/// Server transactions of one dialog: digits by INFO take several each, kept for 32 s; beyond it
/// 503.
pub const SIP_TRANSACTIONS_OF_DIALOG_MAX: usize = 256;
/// Server transactions of one user; beyond it 503.
pub const SIP_TRANSACTIONS_OF_USER_MAX: usize = SIP_TRANSACTIONS_MAX / 8;
/// Server transactions of one client network that is neither a trunk's nor a user's; beyond it 503.
pub const SIP_TRANSACTIONS_OF_CLIENT_MAX: usize = SIP_TRANSACTIONS_MAX / 2;
/// Server transactions of one trunk; beyond it 503.
pub const SIP_TRANSACTIONS_OF_TRUNK_MAX: usize = SIP_TRANSACTIONS_MAX / 4 * 3;
/// Calls of one SIP user at once, as configured by default.
pub const SIP_CALLS_OF_USER: u32 = 100;
/// Calls of one SIP user in a second, as configured by default.
pub const SIP_CALLS_OF_USER_PER_SECOND: u32 = 20;
/// Time between two notices of the same limit.
pub const SIP_LIMIT_NOTICE_EVERY: Duration = Duration::from_secs(60);
/// Refusals of INVITEs that wait for their ACK; beyond it one is said once and not repeated, so
/// that a flood leaves nothing behind.
pub const SIP_REFUSALS_MAX: usize = 128;
/// REGISTERs of people whom nobody knows, kept for their repetitions; beyond it one is answered
/// and not kept, so that a flood leaves nothing behind.
pub const SIP_STRANGERS_MAX: usize = 128;
/// Datagrams and events that wait for `poll_output`; datagrams beyond it are lost.
pub const SIP_OUTPUTS_MAX: usize = 16 * CALLS_MAX;
/// How often a re-INVITE that met another is tried again.
pub const SIP_GLARE_RETRIES_MAX: u8 = 4;
/// Entries of a Record-Route; beyond it an INVITE is 400, and a 2xx to ours cannot be used.
pub const SIP_ROUTES_MAX: usize = 16;
/// Bytes of these entries.
pub const SIP_ROUTES_BYTES_MAX: usize = 4_096;
/// Retransmissions of a response, and requests in all, to a source that has not shown that it
/// receives what is sent to it.
pub const SIP_UNVERIFIED_REPEATS_MAX: u8 = 3;
/// Seconds after which a call that nobody refreshes ends, as we ask for it (RFC 4028).
pub const SIP_SESSION_INTERVAL_S: u32 = 1_800;
/// The least that we let ourselves be asked for; the RFC's own.
pub const SIP_SESSION_INTERVAL_S_MIN: u32 = 90;
/// Nothing longer is believed.
pub const SIP_SESSION_INTERVAL_S_MAX: u32 = 86_400;
/// Seconds for which a nonce of ours is good.
pub const SIP_NONCE_LIFE_S: u32 = 60;
/// Nonces of one user that logged in and are still valid; beyond it the user's oldest is evicted,
/// and no nonce of the user that is as old is accepted any more.
pub const SIP_NONCES_OF_USER_MAX: usize = 1_024;
/// Keys of failed logins (networks, users, both) that are kept, each; beyond it the oldest go.
pub const LOGIN_FAILURES_MAX: usize = CALLS_MAX;
/// Logins that succeeded and are kept; beyond it the oldest go.
pub const LOGINS_KNOWN_MAX: usize = CALLS_MAX;
/// Users that are registered; beyond it 503.
pub const SIP_REGISTERED_MAX: usize = CALLS_MAX;
/// Contacts of one registered user; beyond it 403.
pub const SIP_CONTACTS_MAX: usize = 10;
/// Parts of a SIP body with several of them, on all levels; beyond it 400.
pub const SIP_BODY_PARTS_MAX: usize = 32;
/// Levels of parts within parts; beyond it 400.
pub const SIP_BODY_DEPTH_MAX: usize = 4;
/// Characters of a Warning's text; the rest is cut off.
pub const SIP_WARNING_CHARS_MAX: usize = 200;
/// Flows behind NAT that are kept open; beyond it further ones are not.
pub const SIP_FLOWS_MAX: usize = SIP_DIALOGS_MAX + SIP_REGISTERED_MAX;
/// Longest time between two OPTIONS on a flow behind NAT: NATs forget a UDP binding after 30 s.
pub const SIP_KEEP_ALIVE: Duration = Duration::from_secs(25);
/// Largest random reduction of `SIP_KEEP_ALIVE`.
pub const SIP_KEEP_ALIVE_SPREAD: Duration = Duration::from_secs(2);
/// Time for which an unanswered keep-alive is repeated.
pub const SIP_KEEP_ALIVE_PATIENCE: Duration = Duration::from_secs(8);
/// Characters of a registered user's name, and of each of its contacts.
pub const SIP_CONTACT_CHARS_MAX: usize = 512;
/// The shortest registration, in seconds (423 below).
pub const SIP_EXPIRES_S_MIN: u32 = 60;
/// The longest registration, in seconds; who asks for more gets this.
pub const SIP_EXPIRES_S_MAX: u32 = 7_200;
/// A registration that does not say how long, in seconds.
pub const SIP_EXPIRES_S_DEFAULT: u32 = 3_600;
/// How often one INVITE is asked anew with what its refusal wanted.
pub const SIP_ANEW_MAX: u8 = 3;
/// Nonces of one trunk's whose answers are counted.
pub const SIP_ANSWERED_NONCES_MAX: usize = 64;
/// Time for which RTP and RTCP go to an address that only an SDP names and that sends nothing.
pub const MEDIA_WITHOUT_CONSENT: Duration = Duration::from_secs(10);
/// Lines of a session description.
pub const SDP_LINES_MAX: usize = 1_000;
/// `m=` sections of a session description.
pub const SDP_MEDIA_MAX: usize = 32;
/// Formats of one `m=` section.
pub const SDP_FORMATS_MAX: usize = 64;
/// `a=crypto` lines that are kept of one `m=` section.
pub const SDP_CRYPTO_MAX: usize = 16;
/// Time for which a media port is not used again, while a quarter of the range is free.
pub const RTP_PORT_REST: Duration = Duration::from_secs(60);
/// Time for which new media ports are watched before an SDP names them: more than three ticks, and
/// than the longest packet time (60 ms).
pub const PORT_WATCH: Duration = Duration::from_millis(70);
/// Pairs of media ports that one leg gives up because packets arrive; beyond it 503.
pub const PORTS_GIVEN_UP_MAX: u32 = 8;
/// Legs of one media thread whose ports are watched at once; beyond it 503.
pub const OPENINGS_MAX: usize = 4_096;
/// Pairs of media ports in use by other programs that are passed over for one leg.
pub const PORTS_TAKEN_MAX: usize = 64;
/// The largest RTP packet that is read.
pub const RTP_PACKET_BYTES_MAX: usize = 1_500;
/// Streams (SSRCs) of one phone under one key whose counts are kept; packets of further ones are
/// refused, since a count that was forgotten would let old packets in again.
pub const SRTP_STREAMS_MAX: usize = 64;
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
/// Cookies kept for one call; beyond it the oldest are dropped.
pub const COOKIES_MAX: usize = 20;
/// Bytes of one cookie: host, path, name and value; a larger one is ignored.
pub const COOKIE_BYTES_MAX: usize = 4_096;
/// Bytes of all cookies kept for one call; beyond it the oldest are dropped.
pub const COOKIES_BYTES_MAX: usize = 8_192;
/// Times that one call asks its fallback URL.
pub const FALLBACKS_MAX: u32 = 10;
/// Characters of a friendly name.
pub const FRIENDLY_NAME_CHARS_MAX: usize = 64;
/// Characters of a participant's label.
pub const LABEL_CHARS_MAX: usize = 128;
/// Samples of one chunk of a sound at 8 kHz, where places are counted: one second.
pub const SOUND_CHUNK_SAMPLES: usize = 8_000;
/// How long a held leg hears nothing before the built-in music stands in.
pub const MUSIC_GRACE: Duration = Duration::from_millis(500);
/// How long an inbound call waits for its document.
pub const DOCUMENT_WAIT: Duration = Duration::from_secs(15);
/// How long the REST API waits for the room's word (then 500, 20504).
pub const APPLIED_WAIT: Duration = Duration::from_secs(1);
/// How long the end of a call waits to be told for what its media thread has to say of it.
pub const FIGURES_WAIT: Duration = Duration::from_secs(1);
/// The shortest round of a hold or wait document.
pub const DOCUMENT_ROUND_MIN: Duration = Duration::from_secs(1);
/// `<Dial timeLimit>` when absent.
pub const TIME_LIMIT_DEFAULT: Duration = Duration::from_secs(14_400);
/// `<Record timeout>` when absent.
pub const RECORD_SILENCE_DEFAULT: Duration = Duration::from_secs(5);
/// `<Record maxLength>` when absent, or 0.
pub const RECORD_LENGTH_DEFAULT: Duration = Duration::from_secs(3_600);
/// How long a document that has recorded waits for its file to be whole.
pub const RECORD_WRITTEN_WAIT: Duration = Duration::from_secs(5);
/// A tick of every room.
pub const TICK: Duration = Duration::from_millis(20);
/// Entries of the history on their way to the disk; beyond it they are lost, and counted.
pub const HISTORY_PENDING_MAX: usize = 20_000;
/// Interval at which the time is stored while calls are up: the duration of a call that a kill ends
/// is short by this at most.
pub const ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// Rows of live calls and conferences written in one transaction.
pub const ROWS_BATCH_MAX: usize = 1_024;
/// Changes of recordings that are kept beyond `HISTORY_PENDING_MAX`.
pub const RECORDINGS_PENDING_MAX: usize = 1_000;
/// Entries of the history written in one transaction.
pub const HISTORY_BATCH_MAX: usize = 256;
/// Notices kept of one account; beyond it the oldest go.
pub const NOTICES_MAX: u32 = 20_000;
/// Notices on their way to the disk; beyond it they are lost, and counted.
pub const NOTICES_PENDING_MAX: usize = HISTORY_PENDING_MAX / 2;
/// Bytes of a notice's message.
pub const NOTICE_TEXT_BYTES_MAX: usize = 1_024;
/// Bytes of a notice's URL.
pub const NOTICE_URL_BYTES_MAX: usize = 2_048;
/// Bytes of the fields that a notice shows.
pub const NOTICE_FIELDS_BYTES_MAX: usize = 4_096;
/// Bytes of the headers that a notice shows.
pub const NOTICE_HEADERS_BYTES_MAX: usize = 1_024;
/// Bytes of the body that a notice shows.
pub const NOTICE_BODY_BYTES_MAX: usize = 2_048;
/// API keys of one account; a further one is refused.
pub const API_KEYS_MAX: usize = 1_000;
/// Characters of an API key's friendly name.
pub const API_KEY_NAME_CHARS_MAX: usize = 64;
/// Bytes of a request's body (413 beyond).
pub const HTTP_BODY_BYTES_MAX: usize = 1024 * 1024;
/// What of a body that is too large is read before it is refused, so that the refusal arrives.
pub const HTTP_DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Fields of a request (413 beyond).
pub const FORM_FIELDS_MAX: usize = 1_000;
/// Bytes of a request's line and headers.
pub const HTTP_HEAD_BYTES_MAX: usize = 32 * 1024;
/// Bytes of all HTTP connections that are not yet a request; beyond it connections with more than
/// an ordinary head are closed.
pub const HTTP_UNFINISHED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of an ordinary head of a request.
pub const HTTP_HEAD_ORDINARY_BYTES: usize = 4 * 1024;
/// HTTP connections at once, plain and TLS together.
pub const HTTP_CONNECTIONS_MAX: usize = 2_048;
/// HTTP connections at once of one client: an IPv4 address, or a /64 of IPv6.
pub const HTTP_CONNECTIONS_OF_ONE_MAX: usize = 512;
/// Requests at once on one HTTP/2 connection.
pub const HTTP_STREAMS_MAX: u32 = 64;
/// How long a client may take for its TLS handshake or the head of a request.
pub const HTTP_HEAD_WAIT: Duration = Duration::from_secs(10);
/// How long a client may take nothing of its answer.
pub const HTTP_WRITE_WAIT: Duration = Duration::from_secs(10);
/// How long a client may take for the body of a request.
pub const HTTP_BODY_WAIT: Duration = Duration::from_secs(10);
/// Items on one page of a list.
pub const PAGE_SIZE_MAX: u32 = 1_000;
/// Items on one page of a list when nothing is said.
pub const PAGE_SIZE_DEFAULT: u32 = 50;
/// Questions about who hears whom in one conference on their way to the room.
pub const AUDIBILITY_QUESTIONS_MAX: usize = 16;
/// Outputs of a media engine that wait to be polled; packets beyond it are lost, and counted.
pub const MEDIA_OUTPUTS_MAX: usize = 65_536;
/// Chunks of its sound that a player holds.
pub const SOUND_CHUNKS_MAX: usize = 3;
/// Beeps of a room at once; the oldest makes room.
pub const BEEPS_MAX: usize = 4;
/// SIP connections (TCP, TLS) at once, ours and theirs; fewer where the process may have few
/// descriptors. A quarter is reserved for trunks and for connections that we open.
pub const SIP_CONNECTIONS_MAX: usize = 4_096;
/// The part of these that one client network may have, a trunk's apart: a whole office may stand
/// behind an address.
pub const SIP_CONNECTIONS_OF_CLIENT_SHARE: usize = 4;
/// The part of these that one client network may have without an admitted request; beyond it the
/// oldest is closed.
pub const SIP_CONNECTIONS_OF_STRANGER_SHARE: usize = 32;
/// Bytes of all strangers' connections that are not yet a message; beyond it the longest unfinished
/// message is given up, and its connection closed.
pub const SIP_UNFINISHED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// SIP datagrams of one client network in a second, those of trunks not counted; further ones are
/// dropped before they are parsed.
pub const SIP_DATAGRAMS_OF_CLIENT_PER_SECOND: u32 = 10_000;
/// Time in which such a budget fills up: a tenth of the datagrams of a second may come at once.
pub const SIP_DATAGRAMS_OF_CLIENT_BURST: Duration = Duration::from_millis(100);
/// Client networks with a budget of datagrams of their own; all others share one.
pub const SIP_PACED_MAX: usize = 4_096;
/// How long a SIP connection of ours may take to open.
pub const SIP_CONNECTION_OPENING: Duration = Duration::from_secs(10);
/// Longest time without a whole message on a stranger's SIP connection; a trunk's may be silent
/// for longer.
pub const SIP_CONNECTION_GREETING: Duration = Duration::from_secs(10);
/// How long one that no call needs may be silent: keep-alives come every 120 s at least (RFC 5626
/// §4.4.1).
pub const SIP_CONNECTION_IDLE: Duration = Duration::from_secs(300);
/// Messages that wait for a SIP connection to open.
pub const SIP_CONNECTION_WAITING_MAX: usize = 64;
/// Bytes that a SIP connection's other end may leave unread; beyond it is closed.
pub const SIP_CONNECTION_UNSENT_BYTES_MAX: usize = 256 * 1024;
/// Names asked for at once for SIP; what goes to a further one fails.
pub const SIP_LOOKUPS_MAX: usize = 256;
/// Names of which SIP knows the address, for a while, or that it has none.
pub const SIP_NAMES_MAX: usize = 4_096;
/// Messages that wait for the address of one name.
pub const SIP_NAME_WAITING_MAX: usize = 64;
/// Calls whose SDP waits for the addresses of host names at once.
pub const SDP_LOOKUPS_MAX: usize = 256;
/// Longest wait of SIP and SDP for the address of a name.
pub const SIP_LOOKUP_WAIT: Duration = Duration::from_secs(5);
/// How long an address that was found is good at most, and where nobody says how long.
pub const SIP_NAME_LIFE: Duration = Duration::from_secs(60);
/// How long at least, so that the requests of one call do not each ask.
pub const SIP_NAME_LIFE_MIN: Duration = Duration::from_secs(1);
/// Places of one name that are tried one after the other.
pub const SIP_WAYS_MAX: usize = 16;
/// How long one of them is waited for before the next one's turn: five tries over UDP.
pub const SIP_NEXT_WAY_AFTER: Duration = Duration::from_secs(8);
/// How long a place where nobody answered is tried after all others.
pub const SIP_FAILING_LIFE: Duration = Duration::from_secs(60);
/// Addresses that a trunk's name has had, and how long they count as the trunk's: a call of hours
/// goes on when the name has moved.
pub const SIP_GATEWAY_ADDRESSES_MAX: usize = 64;
/// See `SIP_GATEWAY_ADDRESSES_MAX`.
pub const SIP_GATEWAY_LIFE: Duration = Duration::from_secs(86_400);
/// How long a name without one is not asked for again.
pub const SIP_NO_NAME_LIFE: Duration = Duration::from_secs(5);
/// Recordings at once, those that are being finished included.
pub const RECORDINGS_MAX: usize = CALLS_MAX;
/// Ticks whose audio a recording hands on at once.
pub const RECORDING_CHUNK_TICKS: usize = 10;
/// Chunks of recordings on their way to the disk; beyond it they are lost, and silence stands in.
pub const RECORDING_CHUNKS_MAX: usize = 4_096;
/// Lost time that silence is written for, at a stretch.
pub const RECORDING_GAP_MAX: Duration = Duration::from_secs(60);
/// Events in the outbox, those under way included.
pub const OUTBOX_EVENTS_MAX: usize = 1_000_000;
/// Bytes of the events in the outbox.
pub const OUTBOX_BYTES_MAX: usize = 1 << 30;
/// Divisor of both: the share of the outbox that the events of one receiver may fill.
pub const OUTBOX_RECEIVER_SHARE: usize = 4;
/// Bytes of events that wait in memory because the disk has not taken these yet.
pub const OUTBOX_UNWRITTEN_BYTES_MAX: usize = 64 << 20;
/// Events that wait in memory because the disk has not taken these yet.
pub const OUTBOX_UNWRITTEN_MAX: usize = 100_000;
/// Bytes of events on the disk that are kept in memory, too.
pub const OUTBOX_CACHE_BYTES_MAX: usize = 32 << 20;
/// Time for which an event is attempted, unless the configuration names another.
pub const OUTBOX_LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// Lines of the outbox that one search for expired events looks at.
pub const OUTBOX_SWEEP_LINES: usize = 1_000;
/// Time between two searches for expired events.
pub const OUTBOX_SWEEP_PAUSE: Duration = Duration::from_secs(1);
/// Events sent at once, each of another conference, call or receiver.
pub const CALLBACKS_AT_ONCE: usize = 1_024;
/// Events sent to one receiver at once.
pub const CALLBACKS_AT_ONCE_TO_ONE: usize = CALLBACKS_AT_ONCE / 8;
/// The same before the receiver has taken an event.
pub const CALLBACKS_AT_ONCE_AT_FIRST: usize = 16;
/// The same after a failure, until the receiver answers: one that hangs does not block the other.
pub const CALLBACKS_AT_ONCE_TO_FAILING: usize = 2;
/// Time for one attempt.
pub const CALLBACK_ATTEMPT: Duration = Duration::from_secs(15);
/// Pause of a receiver after its first failure; doubled after each further one.
pub const CALLBACK_PAUSE: Duration = Duration::from_millis(500);
/// Longest pause of a receiver that names none.
pub const CALLBACK_PAUSE_MAX: Duration = Duration::from_secs(600);
/// Longest `Retry-After` that is honored; a longer one is cut.
pub const CALLBACK_RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
/// Time for which a dead letter is kept.
pub const DEAD_LETTER_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Dead letters that are kept, the newest.
pub const DEAD_LETTERS_MAX: u32 = 100_000;
/// Digits, pauses and ends of what was ordered that wait to be sent to one phone: more than its
/// document, its music and an announcement to it can order at once.
pub const SEND_DIGITS_MAX: usize = 256;
/// Characters of `SendDigits`, as the vendors have it.
pub const SEND_DIGITS_CHARS_MAX: usize = 32;
/// Characters of `<Play digits>`.
pub const PLAY_DIGITS_CHARS_MAX: usize = 64;
