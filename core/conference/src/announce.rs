//! Announcements to everyone, and what became of any of them.

use confab_terms::{CallSid, WallTime};

use crate::{Announcement, Conference, Effects, Event, EventKind, Refusal, Status, Url};

impl Conference {
    /// `AnnounceUrl` of the conference: to everyone seated.
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

    /// An announcement was played to its end: to one, or (`None`) to everyone.
    #[must_use]
    pub fn announcement_ended(&self, to: Option<CallSid>, url: &str) -> Effects {
        self.of_announcement(
            to,
            EventKind::AnnouncementEnd {
                url: url.to_owned(),
            },
        )
    }

    /// An announcement could not be played: to one, or (`None`) to everyone. `reason` in words
    /// with the vendor's code.
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

    /// One who has left meanwhile is no longer described; nothing follows conference-end.
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
