//! All limits of the core, by name. A queue, table or loop without a limit here is a bug.

use core::time::Duration;

/// Maximum number of concurrent calls.
pub const CALLS_MAX: usize = 10_000;
/// Maximum number of idle Opus encoders, and of idle decoders, that a media thread keeps.
pub const OPUS_SPARES_MAX: usize = 32;
/// Maximum number of concurrent conferences.
pub const CONFERENCES_MAX: usize = 5_000;
/// Maximum number of participants of one conference.
pub const PARTICIPANTS_MAX: usize = 2_500;
/// Maximum number of queued commands to one media thread; further updates are rejected with 429.
pub const MEDIA_COMMANDS_MAX: usize = 4_096;
/// Maximum number of announcements queued for one participant behind the current one.
pub const ANNOUNCEMENTS_MAX: usize = 32;
/// Maximum size of a SIP message in bytes, headers and body.
pub const SIP_MESSAGE_BYTES_MAX: usize = 65_535;
/// Maximum size of a SIP body in bytes; larger bodies are rejected with 413.
pub const SIP_BODY_BYTES_MAX: usize = 32_768;
/// Maximum number of headers of a SIP message.
pub const SIP_HEADERS_MAX: usize = 128;
/// Maximum number of addresses read from one identity header (P-Asserted-Identity, Diversion,
/// History-Info).
pub const SIP_IDENTITIES_MAX: usize = 32;
/// Maximum number of headers in the URI of an outbound call.
pub const SIP_URI_HEADERS_MAX: usize = 16;
/// Maximum number of bytes of the names and values of the headers in a URI.
pub const SIP_URI_HEADERS_BYTES_MAX: usize = 1_024;
/// Maximum number of bytes of a SIP header, folded lines included.
pub const SIP_LINE_BYTES_MAX: usize = 8_192;
/// Maximum number of Via values of a SIP message: more hops than Max-Forwards allows.
pub const SIP_VIAS_MAX: usize = 70;
/// Maximum number of dialogs of one user agent, terminating ones included; beyond it 503.
pub const SIP_DIALOGS_MAX: usize = 2 * CALLS_MAX;
/// Maximum number of transactions of one user agent, client and server together; beyond it 503.
pub const SIP_TRANSACTIONS_MAX: usize = 8 * CALLS_MAX;
/// Maximum number of server transactions of one dialog; beyond it 503. Digits by INFO take several
/// transactions each, kept for 32 s.
pub const SIP_TRANSACTIONS_OF_DIALOG_MAX: usize = 256;
/// Maximum number of server transactions of one user; beyond it 503.
pub const SIP_TRANSACTIONS_OF_USER_MAX: usize = SIP_TRANSACTIONS_MAX / 8;
/// Maximum number of server transactions of one client network that is neither a trunk's nor a
/// user's; beyond it 503.
pub const SIP_TRANSACTIONS_OF_CLIENT_MAX: usize = SIP_TRANSACTIONS_MAX / 2;
/// Maximum number of server transactions of one trunk; beyond it 503.
pub const SIP_TRANSACTIONS_OF_TRUNK_MAX: usize = SIP_TRANSACTIONS_MAX / 4 * 3;
/// Default limit of concurrent calls of one SIP user.
pub const SIP_CALLS_OF_USER: u32 = 100;
/// Default limit of calls of one SIP user per second.
pub const SIP_CALLS_OF_USER_PER_SECOND: u32 = 20;
/// Minimum time between two notices about the same limit.
pub const SIP_LIMIT_NOTICE_EVERY: Duration = Duration::from_secs(60);
/// Maximum number of rejected INVITEs whose ACK is outstanding. Beyond it a rejection is sent once
/// and not retransmitted, so that a flood leaves no state behind.
pub const SIP_REFUSALS_MAX: usize = 128;
/// Maximum number of stored REGISTER transactions of unknown users. Beyond it a REGISTER is
/// answered but not stored for retransmissions, so that a flood leaves no state behind.
pub const SIP_STRANGERS_MAX: usize = 128;
/// Maximum number of datagrams and events queued for `poll_output`; further datagrams are lost.
pub const SIP_OUTPUTS_MAX: usize = 16 * CALLS_MAX;
/// Maximum number of retries of a re-INVITE after glare (491).
pub const SIP_GLARE_RETRIES_MAX: u8 = 4;
/// Maximum number of entries of a Record-Route. Beyond it an INVITE is rejected with 400, and a 2xx
/// to an outbound INVITE is unusable.
pub const SIP_ROUTES_MAX: usize = 16;
/// Maximum number of bytes of the entries of a Record-Route.
pub const SIP_ROUTES_BYTES_MAX: usize = 4_096;
/// Maximum number of retransmissions of a response, and of requests in all, to a source that has
/// not shown that it receives packets.
pub const SIP_UNVERIFIED_REPEATS_MAX: u8 = 3;
/// Requested session interval in seconds (RFC 4028).
pub const SIP_SESSION_INTERVAL_S: u32 = 1_800;
/// Minimum session interval in seconds, as in RFC 4028.
pub const SIP_SESSION_INTERVAL_S_MIN: u32 = 90;
/// Maximum session interval in seconds; longer intervals are reduced.
pub const SIP_SESSION_INTERVAL_S_MAX: u32 = 86_400;
/// Lifetime of a digest nonce in seconds.
pub const SIP_NONCE_LIFE_S: u32 = 60;
/// Maximum number of valid nonces with which one user has logged in. Beyond it the oldest is
/// evicted, and no nonce of the user that is as old is accepted any more.
pub const SIP_NONCES_OF_USER_MAX: usize = 1_024;
/// Maximum number of keys of failed logins, each for networks, users and both; beyond it the oldest
/// are evicted.
pub const LOGIN_FAILURES_MAX: usize = CALLS_MAX;
/// Maximum number of stored successful logins; beyond it the oldest are evicted.
pub const LOGINS_KNOWN_MAX: usize = CALLS_MAX;
/// Maximum number of registered users; beyond it 503.
pub const SIP_REGISTERED_MAX: usize = CALLS_MAX;
/// Maximum number of contacts of one registered user; beyond it 403.
pub const SIP_CONTACTS_MAX: usize = 10;
/// Maximum number of parts of a multipart SIP body, on all levels; beyond it 400.
pub const SIP_BODY_PARTS_MAX: usize = 32;
/// Maximum number of levels of nested parts; beyond it 400.
pub const SIP_BODY_DEPTH_MAX: usize = 4;
/// Maximum number of characters of a Warning's text; the rest is truncated.
pub const SIP_WARNING_CHARS_MAX: usize = 200;
/// Maximum number of flows behind NAT that are kept open; further flows are not kept open.
pub const SIP_FLOWS_MAX: usize = SIP_DIALOGS_MAX + SIP_REGISTERED_MAX;
/// Maximum time between two OPTIONS on a flow behind NAT: NATs drop a UDP binding after 30 s.
pub const SIP_KEEP_ALIVE: Duration = Duration::from_secs(25);
/// Maximum random reduction of `SIP_KEEP_ALIVE`.
pub const SIP_KEEP_ALIVE_SPREAD: Duration = Duration::from_secs(2);
/// Time for which an unanswered keep-alive is retransmitted.
pub const SIP_KEEP_ALIVE_PATIENCE: Duration = Duration::from_secs(8);
/// Maximum number of characters of a registered user's name, and of each of its contacts.
pub const SIP_CONTACT_CHARS_MAX: usize = 512;
/// Minimum duration of a registration in seconds (423 below).
pub const SIP_EXPIRES_S_MIN: u32 = 60;
/// Maximum duration of a registration in seconds; longer requests are reduced to the maximum.
pub const SIP_EXPIRES_S_MAX: u32 = 7_200;
/// Duration in seconds of a registration without an expiry.
pub const SIP_EXPIRES_S_DEFAULT: u32 = 3_600;
/// Maximum number of times that one INVITE is sent again with the changes its rejection demanded.
pub const SIP_ANEW_MAX: u8 = 3;
/// Maximum number of nonces of one trunk whose use is counted.
pub const SIP_ANSWERED_NONCES_MAX: usize = 64;
/// Time for which RTP and RTCP are sent to an address that only an SDP names and that sends
/// nothing.
pub const MEDIA_WITHOUT_CONSENT: Duration = Duration::from_secs(10);
/// Maximum number of lines of a session description.
pub const SDP_LINES_MAX: usize = 1_000;
/// Maximum number of `m=` sections of a session description.
pub const SDP_MEDIA_MAX: usize = 32;
/// Maximum number of formats of one `m=` section.
pub const SDP_FORMATS_MAX: usize = 64;
/// Maximum number of `a=crypto` lines kept of one `m=` section.
pub const SDP_CRYPTO_MAX: usize = 16;
/// Time for which a media port is not reused, while a quarter of the range is free.
pub const RTP_PORT_REST: Duration = Duration::from_secs(60);
/// Time for which new media ports are watched before an SDP names the ports. Longer than three
/// ticks and the longest packet time (60 ms).
pub const PORT_WATCH: Duration = Duration::from_millis(70);
/// Maximum number of pairs of media ports that one leg gives up because packets arrive; beyond it
/// 503.
pub const PORTS_GIVEN_UP_MAX: u32 = 8;
/// Maximum number of legs of one media thread whose ports are watched at once; beyond it 503.
pub const OPENINGS_MAX: usize = 4_096;
/// Maximum number of pairs of media ports skipped for one leg because other programs use them.
pub const PORTS_TAKEN_MAX: usize = 64;
/// Maximum size in bytes of an RTP packet that is read.
pub const RTP_PACKET_BYTES_MAX: usize = 1_500;
/// Maximum number of streams (SSRCs) of one phone under one key. Packets of further streams are
/// rejected, since a forgotten replay window would accept old packets again.
pub const SRTP_STREAMS_MAX: usize = 64;
/// Maximum number of bytes of a document (error 11750 beyond).
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// Maximum number of XML levels of a document.
pub const DOCUMENT_DEPTH_MAX: usize = 32;
/// Maximum number of verbs of one document, nested ones included.
pub const DOCUMENT_VERBS_MAX: usize = 1_000;
/// Maximum number of attributes of one element of a document; no verb has more than 24.
pub const DOCUMENT_ATTRIBUTES_MAX: usize = 64;
/// Maximum number of warnings kept of one document.
pub const DOCUMENT_WARNINGS_MAX: usize = 20;
/// Maximum number of rounds of a `loop`, except for 0 (endless).
pub const DOCUMENT_LOOPS_MAX: u32 = 1_000;
/// Maximum number of `<Redirect>`s of one call without at least one second of other verbs between
/// them.
pub const REDIRECTS_MAX: u32 = 50;
/// Maximum number of cookies kept for one call; beyond it the oldest are dropped.
pub const COOKIES_MAX: usize = 20;
/// Maximum number of bytes of one cookie (host, path, name and value); larger cookies are ignored.
pub const COOKIE_BYTES_MAX: usize = 4_096;
/// Maximum number of bytes of all cookies kept for one call; beyond it the oldest are dropped.
pub const COOKIES_BYTES_MAX: usize = 8_192;
/// Maximum number of requests of one call to its fallback URL.
pub const FALLBACKS_MAX: u32 = 10;
/// Maximum number of characters of a friendly name.
pub const FRIENDLY_NAME_CHARS_MAX: usize = 64;
/// Maximum number of characters of a participant's label.
pub const LABEL_CHARS_MAX: usize = 128;
/// Samples of one chunk of a sound at 8 kHz: one second. Positions are counted at 8 kHz.
pub const SOUND_CHUNK_SAMPLES: usize = 8_000;
/// Time for which a held leg hears silence before the built-in music replaces missing music.
pub const MUSIC_GRACE: Duration = Duration::from_millis(500);
/// Timeout for the document of an inbound call.
pub const DOCUMENT_WAIT: Duration = Duration::from_secs(15);
/// Timeout of the REST API for the room's confirmation (then 500, code 20504).
pub const APPLIED_WAIT: Duration = Duration::from_secs(1);
/// Timeout for the media figures of an ended call, before the end is reported.
pub const FIGURES_WAIT: Duration = Duration::from_secs(1);
/// Minimum duration of a round of a hold or wait document.
pub const DOCUMENT_ROUND_MIN: Duration = Duration::from_secs(1);
/// Default of `<Dial timeLimit>`.
pub const TIME_LIMIT_DEFAULT: Duration = Duration::from_secs(14_400);
/// Default of `<Record timeout>`.
pub const RECORD_SILENCE_DEFAULT: Duration = Duration::from_secs(5);
/// Default of `<Record maxLength>`, also used for 0.
pub const RECORD_LENGTH_DEFAULT: Duration = Duration::from_secs(3_600);
/// Timeout of a document that has recorded for the completion of the file.
pub const RECORD_WRITTEN_WAIT: Duration = Duration::from_secs(5);
/// Tick of all rooms.
pub const TICK: Duration = Duration::from_millis(20);
/// Maximum number of history entries queued for the disk; further entries are lost and counted.
pub const HISTORY_PENDING_MAX: usize = 20_000;
/// Interval at which the time is stored while calls are up. The recorded duration of a call that a
/// kill ends is short by at most this interval.
pub const ALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// Maximum number of rows of live calls and conferences written in one transaction.
pub const ROWS_BATCH_MAX: usize = 1_024;
/// Number of changes of recordings that are queued beyond `HISTORY_PENDING_MAX`.
pub const RECORDINGS_PENDING_MAX: usize = 1_000;
/// Maximum number of history entries written in one transaction.
pub const HISTORY_BATCH_MAX: usize = 256;
/// Maximum number of notices kept of one account; beyond it the oldest are deleted.
pub const NOTICES_MAX: u32 = 20_000;
/// Maximum number of notices queued for the disk; further notices are lost and counted.
pub const NOTICES_PENDING_MAX: usize = HISTORY_PENDING_MAX / 2;
/// Maximum number of bytes of a notice's message.
pub const NOTICE_TEXT_BYTES_MAX: usize = 1_024;
/// Maximum number of bytes of a notice's URL.
pub const NOTICE_URL_BYTES_MAX: usize = 2_048;
/// Maximum number of bytes of the form fields in a notice.
pub const NOTICE_FIELDS_BYTES_MAX: usize = 4_096;
/// Maximum number of bytes of the headers in a notice.
pub const NOTICE_HEADERS_BYTES_MAX: usize = 1_024;
/// Maximum number of bytes of the body in a notice.
pub const NOTICE_BODY_BYTES_MAX: usize = 2_048;
/// Maximum number of API keys of one account; further keys are rejected.
pub const API_KEYS_MAX: usize = 1_000;
/// Maximum number of characters of an API key's friendly name.
pub const API_KEY_NAME_CHARS_MAX: usize = 64;
/// Maximum number of bytes of an HTTP request's body (413 beyond).
pub const HTTP_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Maximum number of bytes read and discarded of a body that is too large, so that the rejection
/// reaches the client.
pub const HTTP_DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Maximum number of form fields of a request (413 beyond).
pub const FORM_FIELDS_MAX: usize = 1_000;
/// Maximum number of bytes of a request's line and headers.
pub const HTTP_HEAD_BYTES_MAX: usize = 32 * 1024;
/// Maximum number of bytes that all HTTP connections hold of incomplete requests. Beyond it
/// connections with more than an ordinary head are closed.
pub const HTTP_UNFINISHED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Maximum number of bytes of an ordinary request head.
pub const HTTP_HEAD_ORDINARY_BYTES: usize = 4 * 1024;
/// Maximum number of concurrent HTTP connections, plain and TLS together.
pub const HTTP_CONNECTIONS_MAX: usize = 2_048;
/// Maximum number of concurrent HTTP connections of one client: an IPv4 address or an IPv6 /64.
pub const HTTP_CONNECTIONS_OF_ONE_MAX: usize = 512;
/// Maximum number of concurrent requests on one HTTP/2 connection.
pub const HTTP_STREAMS_MAX: u32 = 64;
/// Timeout for the TLS handshake or the head of a request.
pub const HTTP_HEAD_WAIT: Duration = Duration::from_secs(10);
/// Timeout for a client that reads nothing of the response.
pub const HTTP_WRITE_WAIT: Duration = Duration::from_secs(10);
/// Timeout for the body of a request.
pub const HTTP_BODY_WAIT: Duration = Duration::from_secs(10);
/// Maximum number of items on one page of a list.
pub const PAGE_SIZE_MAX: u32 = 1_000;
/// Default number of items on one page of a list.
pub const PAGE_SIZE_DEFAULT: u32 = 50;
/// Maximum number of queries of one conference's audibility queued for the room.
pub const AUDIBILITY_QUESTIONS_MAX: usize = 16;
/// Maximum number of outputs of a media engine queued for polling; further packets are lost and
/// counted.
pub const MEDIA_OUTPUTS_MAX: usize = 65_536;
/// Maximum number of chunks of its sound that a player holds.
pub const SOUND_CHUNKS_MAX: usize = 3;
/// Maximum number of concurrent beeps of a room; a further beep replaces the oldest.
pub const BEEPS_MAX: usize = 4;
/// Maximum number of concurrent SIP connections (TCP, TLS), inbound and outbound; lower if the
/// process has few file descriptors. A quarter is reserved for trunks and for outbound connections.
pub const SIP_CONNECTIONS_MAX: usize = 4_096;
/// Divisor of the number of SIP connections: the share of one client network, trunks excepted. One
/// address may serve a whole office.
pub const SIP_CONNECTIONS_OF_CLIENT_SHARE: usize = 4;
/// Divisor of the number of SIP connections: the share of one client network without an admitted
/// request. Beyond it the network's oldest connection is closed.
pub const SIP_CONNECTIONS_OF_STRANGER_SHARE: usize = 32;
/// Maximum number of bytes of incomplete messages on all strangers' connections. Beyond it the
/// longest incomplete message is discarded and its connection closed.
pub const SIP_UNFINISHED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Maximum number of SIP datagrams per second of one client network, trunks excepted. Further
/// datagrams are dropped before parsing.
pub const SIP_DATAGRAMS_OF_CLIENT_PER_SECOND: u32 = 10_000;
/// Time in which a client network's budget of datagrams refills: a tenth of a second's datagrams
/// may arrive at once.
pub const SIP_DATAGRAMS_OF_CLIENT_BURST: Duration = Duration::from_millis(100);
/// Maximum number of client networks with a separate budget of datagrams; all others share one.
pub const SIP_PACED_MAX: usize = 4_096;
/// Timeout for opening an outbound SIP connection.
pub const SIP_CONNECTION_OPENING: Duration = Duration::from_secs(10);
/// Longest time without a complete message on a stranger's SIP connection. A trunk's connection may
/// be silent for longer.
pub const SIP_CONNECTION_GREETING: Duration = Duration::from_secs(10);
/// Idle timeout of a SIP connection that no call needs: keep-alives arrive at least every 120 s
/// (RFC 5626 §4.4.1).
pub const SIP_CONNECTION_IDLE: Duration = Duration::from_secs(300);
/// Maximum number of messages queued until a SIP connection opens.
pub const SIP_CONNECTION_WAITING_MAX: usize = 64;
/// Maximum number of unread bytes on a SIP connection; beyond it the connection is closed.
pub const SIP_CONNECTION_UNSENT_BYTES_MAX: usize = 256 * 1024;
/// Maximum number of concurrent DNS lookups for SIP; messages to a further name fail.
pub const SIP_LOOKUPS_MAX: usize = 256;
/// Maximum number of cached DNS names for SIP, names without an address included.
pub const SIP_NAMES_MAX: usize = 4_096;
/// Maximum number of messages queued for the address of one name.
pub const SIP_NAME_WAITING_MAX: usize = 64;
/// Maximum number of calls whose SDP waits for the addresses of host names.
pub const SDP_LOOKUPS_MAX: usize = 256;
/// Timeout of DNS lookups for SIP and SDP.
pub const SIP_LOOKUP_WAIT: Duration = Duration::from_secs(5);
/// Maximum lifetime of a cached address; also used if the answer has no TTL.
pub const SIP_NAME_LIFE: Duration = Duration::from_secs(60);
/// Minimum lifetime of a cached address, so that the requests of one call share a lookup.
pub const SIP_NAME_LIFE_MIN: Duration = Duration::from_secs(1);
/// Maximum number of destinations of one name that are tried in turn.
pub const SIP_WAYS_MAX: usize = 16;
/// Timeout of a destination before the next one is tried: five transmissions over UDP.
pub const SIP_NEXT_WAY_AFTER: Duration = Duration::from_secs(8);
/// Time for which a destination that did not answer is tried after all others.
pub const SIP_FAILING_LIFE: Duration = Duration::from_secs(60);
/// Maximum number of past addresses of a trunk's name that still count as the trunk's. A call of
/// several hours continues after the name has moved.
pub const SIP_GATEWAY_ADDRESSES_MAX: usize = 64;
/// Lifetime of the entries of `SIP_GATEWAY_ADDRESSES_MAX`.
pub const SIP_GATEWAY_LIFE: Duration = Duration::from_secs(86_400);
/// Time for which a name without an address is not looked up again.
pub const SIP_NO_NAME_LIFE: Duration = Duration::from_secs(5);
/// Maximum number of concurrent recordings, those being finished included.
pub const RECORDINGS_MAX: usize = CALLS_MAX;
/// Number of ticks of audio in one chunk of a recording.
pub const RECORDING_CHUNK_TICKS: usize = 10;
/// Maximum number of chunks of recordings queued for the disk; further chunks are lost and replaced
/// with silence.
pub const RECORDING_CHUNKS_MAX: usize = 4_096;
/// Maximum duration of one gap in a recording that is filled with silence.
pub const RECORDING_GAP_MAX: Duration = Duration::from_secs(60);
/// Maximum number of events in the outbox, those in delivery included.
pub const OUTBOX_EVENTS_MAX: usize = 1_000_000;
/// Maximum number of bytes of the events in the outbox.
pub const OUTBOX_BYTES_MAX: usize = 1 << 30;
/// Divisor of both limits of the outbox: the share that the events of one receiver may fill.
pub const OUTBOX_RECEIVER_SHARE: usize = 4;
/// Maximum number of bytes of events that wait in memory for the disk.
pub const OUTBOX_UNWRITTEN_BYTES_MAX: usize = 64 << 20;
/// Maximum number of events that wait in memory for the disk.
pub const OUTBOX_UNWRITTEN_MAX: usize = 100_000;
/// Maximum number of bytes of events on the disk that are cached in memory.
pub const OUTBOX_CACHE_BYTES_MAX: usize = 32 << 20;
/// Default time for which delivery of an event is attempted.
pub const OUTBOX_LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// Number of delivery lines that one search for expired events examines.
pub const OUTBOX_SWEEP_LINES: usize = 1_000;
/// Time between two searches for expired events.
pub const OUTBOX_SWEEP_PAUSE: Duration = Duration::from_secs(1);
/// Maximum number of events in delivery, each of another conference, call or receiver.
pub const CALLBACKS_AT_ONCE: usize = 1_024;
/// Maximum number of events in delivery to one receiver.
pub const CALLBACKS_AT_ONCE_TO_ONE: usize = CALLBACKS_AT_ONCE / 8;
/// Maximum number of events in delivery to a receiver that has not yet accepted an event.
pub const CALLBACKS_AT_ONCE_AT_FIRST: usize = 16;
/// Maximum number of events in delivery to a receiver after a failure, until the receiver answers:
/// one event that hangs does not block the other.
pub const CALLBACKS_AT_ONCE_TO_FAILING: usize = 2;
/// Timeout of one delivery attempt.
pub const CALLBACK_ATTEMPT: Duration = Duration::from_secs(15);
/// Pause of a receiver after its first failure; doubled after each further failure.
pub const CALLBACK_PAUSE: Duration = Duration::from_millis(500);
/// Maximum pause of a receiver that sends no `Retry-After`.
pub const CALLBACK_PAUSE_MAX: Duration = Duration::from_secs(600);
/// Maximum honored `Retry-After`; longer values are reduced.
pub const CALLBACK_RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
/// Time for which a dead letter is kept.
pub const DEAD_LETTER_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Maximum number of dead letters kept, the newest.
pub const DEAD_LETTERS_MAX: u32 = 100_000;
/// Maximum number of digits, pauses and end markers queued for one phone. More than its document,
/// its music and an announcement can queue at once.
pub const SEND_DIGITS_MAX: usize = 256;
/// Maximum number of characters of `SendDigits`, as documented by the vendors.
pub const SEND_DIGITS_CHARS_MAX: usize = 32;
/// Maximum number of characters of `<Play digits>`.
pub const PLAY_DIGITS_CHARS_MAX: usize = 64;
