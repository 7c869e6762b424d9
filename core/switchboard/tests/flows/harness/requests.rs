//! Requests of the API and their replies.

use confab_conference::{Key, Update};
use confab_switchboard::{ConferenceView, Input, ParticipantView, Reply, Request};
use confab_terms::{CallSid, ConferenceSid, RequestId};

use super::World;

impl World {
    /// Sends a request and advances the clock until the reply.
    pub(crate) fn ask(&mut self, what: Request) -> Reply {
        let request = self.begin_ask(what);
        for _ in 0..60 {
            if let Some(reply) = self.replies.remove(&request) {
                return reply;
            }
            self.tick();
        }
        panic!("no reply");
    }

    pub(crate) fn begin_ask(&mut self, what: Request) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.input(Input::Asked { request, what });
        request
    }

    pub(crate) fn reply_of(&mut self, request: RequestId) -> Option<Reply> {
        self.replies.remove(&request)
    }

    /// Returns the only conference.
    pub(crate) fn conference(&mut self) -> ConferenceSid {
        let views = self.conferences();
        assert_eq!(views.len(), 1, "{views:?}");
        views[0].sid
    }

    pub(crate) fn conferences(&mut self) -> Vec<ConferenceView> {
        match self.ask(Request::ListConferences) {
            Reply::Conferences(views) => views,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn participants(&mut self) -> Vec<ParticipantView> {
        let conference = self.conference();
        match self.ask(Request::ListParticipants { conference }) {
            Reply::Participants(views) => views,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the calls of the conference in the order of their joins.
    pub(crate) fn sids(&mut self) -> Vec<CallSid> {
        let views = self.participants();
        views.iter().map(|view| view.state.call).collect()
    }

    pub(crate) fn update(&mut self, call: CallSid, update: Update) -> Reply {
        let conference = self.conference();
        self.ask(Request::UpdateParticipant {
            conference,
            key: Key::Call(call),
            update,
        })
    }

    pub(crate) fn updated(
        &mut self,
        call: CallSid,
        update: Update,
    ) -> (ParticipantView, Option<u64>) {
        match self.update(call, update) {
            Reply::Participant {
                participant,
                applied_tick,
            } => (*participant, applied_tick),
            other => panic!("{other:?}"),
        }
    }

    /// Returns the audible pairs agreed between rules and room: (listener, speaker), indexed in the
    /// order of joins.
    pub(crate) fn heard(&mut self) -> Vec<(usize, usize)> {
        let sids = self.sids();
        let conference = self.conference();
        let view = match self.ask(Request::TellAudibility { conference }) {
            Reply::Audibility(view) => view,
            other => panic!("{other:?}"),
        };
        let place = |sid: CallSid| sids.iter().position(|s| *s == sid).unwrap();
        assert_eq!(view.pairs.len(), sids.len() * (sids.len().max(1) - 1));
        let audible = view.pairs.iter().filter(|pair| pair.2);
        audible.map(|pair| (place(pair.0), place(pair.1))).collect()
    }
}
