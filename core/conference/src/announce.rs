//! Announcements to all participants, and events about the end of announcements.

use confab_terms::{CallSid, WallTime};

use crate::{Announcement, Conference, Effects, Event, EventKind, Refusal, Status, Url};

impl Conference {
    /// Returns one announcement for each seated participant (`AnnounceUrl` of the conference).
    ///
    /// # Errors
    ///
    /// Fails if the conference is completed.
    pub fn announce(&mut self, from: &Url, _now: WallTime) -> Result<Effects, Refusal> {
        self.not_completed()?;
        let announcements = self
            .joined
            .iter()
            .map(|to| Announcement {
                to: *to,
                from: from.clone(),
                to_all: true,
            })
            .collect();
        Ok(Effects {
            announcements,
            ..Effects::default()
        })
    }

    /// Returns the event of a completed announcement: to one participant, or (`None`) to all.
    #[must_use]
    pub fn announcement_ended(&self, to: Option<CallSid>, url: &str) -> Effects {
        self.of_announcement(
            to,
            EventKind::AnnouncementEnd {
                url: url.to_owned(),
            },
        )
    }

    /// Returns the event of a failed announcement: to one participant, or (`None`) to all. `reason`
    /// is a text with the vendor's error code.
    #[must_use]
    pub fn announcement_failed(&self, to: Option<CallSid>, url: &str, reason: &str) -> Effects {
        self.of_announcement(
            to,
            EventKind::AnnouncementFail {
                url: url.to_owned(),
                reason: reason.to_owned(),
            },
        )
    }

    /// Returns the event without a participant if the call has left. After conference-end no event
    /// follows.
    fn of_announcement(&self, to: Option<CallSid>, kind: EventKind) -> Effects {
        if self.status == Status::Completed {
            return Effects::default();
        }
        let event = match to.and_then(|call| self.seated_one(call)) {
            Some(p) => p.event(kind),
            None => Event {
                kind,
                participant: None,
            },
        };
        Effects {
            events: vec![event],
            ..Effects::default()
        }
    }
}
