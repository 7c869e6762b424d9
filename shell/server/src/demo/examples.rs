//! The six documented examples as a table: the updated participant, the fields, the expected
//! response, and the expected audibility after the update.

use confab_client::Update;
use serde_json::{Value, json};

use super::matrix::Hears;

/// Values for the examples: CallSids of the callers, and the URL of the application.
pub(crate) struct Desk {
    /// CallSids in the order of `CALLERS`.
    pub(crate) calls: [String; 3],
    /// URL such as `http://…`, without a slash at its end.
    pub(crate) application: String,
}

/// Indices into `Desk::calls`.
pub(crate) const AGENT: usize = 0;
pub(crate) const CUSTOMER: usize = 1;
pub(crate) const SUPERVISOR: usize = 2;

/// Update and its expected result.
pub(crate) struct Example {
    /// Name in the documentation.
    pub(crate) name: &'static str,
    /// Meaning of the example in the demo.
    pub(crate) means: &'static str,
    /// Index of the updated participant.
    pub(crate) whom: usize,
    pub(crate) update: fn(Update, &Desk) -> Update,
    /// Expected fields of the returned participant.
    pub(crate) says: fn(&Desk) -> Value,
    pub(crate) hears: &'static Hears<'static>,
}

/// Audibility after joining.
pub(crate) const EVERYBODY: &Hears<'static> = &[
    ("agent", &["customer", "supervisor"]),
    ("customer", &["agent", "supervisor"]),
    ("supervisor", &["agent", "customer"]),
];

/// Examples in the order of the documentation.
pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        name: "Update a participant",
        means: "No fields: nothing changes.",
        whom: CUSTOMER,
        update: |update, _| update,
        says: |_| json!({"muted": false, "hold": false, "coaching": false}),
        hears: EVERYBODY,
    },
    Example {
        name: "Coaching a participant",
        means: "The supervisor whispers to the agent; the customer does not hear it.",
        whom: SUPERVISOR,
        update: |update, desk| {
            update
                .muted(false)
                .coaching(true)
                .beep(false)
                .call_sid_to_coach(&desk.calls[AGENT])
        },
        says: |desk| {
            let target = &desk.calls[AGENT];
            json!({"muted": false, "coaching": true, "call_sid_to_coach": target})
        },
        hears: &[
            ("agent", &["customer", "supervisor"]),
            ("customer", &["agent"]),
            ("supervisor", &["agent", "customer"]),
        ],
    },
    Example {
        name: "Monitoring a conference",
        means: "The supervisor listens, and nobody hears it.",
        whom: SUPERVISOR,
        update: |update, desk| {
            update
                .muted(true)
                .coaching(true)
                .beep(false)
                .call_sid_to_coach(&desk.calls[AGENT])
        },
        says: |desk| {
            let target = &desk.calls[AGENT];
            json!({"muted": true, "coaching": true, "call_sid_to_coach": target})
        },
        hears: &[
            ("agent", &["customer"]),
            ("customer", &["agent"]),
            ("supervisor", &["agent", "customer"]),
        ],
    },
    Example {
        name: "Barge a conference",
        means: "The supervisor joins in: everybody hears it.",
        whom: SUPERVISOR,
        update: |update, _| update.muted(false).coaching(false).call_sid_to_coach(""),
        says: |_| json!({"muted": false, "coaching": false, "call_sid_to_coach": null}),
        hears: EVERYBODY,
    },
    Example {
        name: "Mute a participant",
        means: "The agent is muted: it hears the others, they do not hear it.",
        whom: AGENT,
        update: |update, _| update.muted(true),
        says: |_| json!({"muted": true, "hold": false}),
        hears: &[
            ("agent", &["customer", "supervisor"]),
            ("customer", &["supervisor"]),
            ("supervisor", &["customer"]),
        ],
    },
    Example {
        name: "Put a participant on hold",
        means: "The customer hears music of our own, and nobody hears the customer.",
        whom: CUSTOMER,
        update: |update, desk| {
            update
                .hold(true)
                .hold_url(format!("{}/hold", desk.application))
        },
        says: |_| json!({"muted": false, "hold": true}),
        hears: &[
            ("agent", &["supervisor"]),
            ("customer", &["music"]),
            ("supervisor", &[]),
        ],
    },
];

/// Announcement, in addition to the documented examples.
pub(crate) const ANNOUNCE: Example = Example {
    name: "An announcement",
    means: "A gong for the agent; nobody else hears it, and the music goes on.",
    whom: AGENT,
    update: |update, desk| update.announce_url(format!("{}/gong", desk.application)),
    says: |_| json!({"muted": true, "hold": false}),
    hears: &[
        ("agent", &["supervisor", "announcement"]),
        ("customer", &["music"]),
        ("supervisor", &[]),
    ],
};
