//! Updates of calls by the API: `Status`, `Url` and `Twiml`, with the effects that are due at once.

use confab_conference::Url;
use confab_switchboard::{CallUpdate, EndWish, NextDocument, Output, Refusal, Request};
use confab_terms::{CallSid, Method};

use crate::application::Brings;
use crate::documents;
use crate::outcome::Checked;
use crate::questions::{Expects, is_busy, refused, unseats};
use crate::tally::Kind;
use crate::world::World;

impl World {
    pub(crate) fn update_call(&mut self) -> Checked {
        let known = self.books.known_calls();
        let living: Vec<CallSid> = known
            .iter()
            .copied()
            .filter(|call| !self.books.has_ended(*call))
            .collect();
        let any = self.script.chance(80);
        let from = if any { &known } else { &living };
        let Some(call) = self.script.pick(from).copied() else {
            return self.look();
        };
        let (kind, update, brings) = self.wish_of_call();
        let lives = living.contains(&call);
        self.tally
            .count(if lives { kind } else { Kind::UnknownCall });
        self.ask_of_call(call, lives, kind, update, brings)
    }

    fn wish_of_call(&mut self) -> (Kind, CallUpdate, Option<Brings>) {
        let mut update = CallUpdate::default();
        let which = self.script.weighted(&[20, 8, 30, 30, 6, 6]);
        let mut brings = None;
        let kind = match which {
            0 => {
                update.end = Some(EndWish::Completed);
                Kind::EndCall
            }
            1 => {
                update.end = Some(EndWish::Canceled);
                Kind::CancelCall
            }
            2 => {
                let url = format!("http://app.example/next{}", self.script.below(4));
                let method = Method::Post;
                update.next = Some(NextDocument::From(Url { url, method }));
                Kind::CallToUrl
            }
            3 => {
                let (body, said) = documents::of_call(&mut self.script, None, false);
                brings = said;
                update.next = Some(NextDocument::Inline(body));
                Kind::CallToText
            }
            4 => {
                update.next = Some(NextDocument::Inline("<Response".to_owned()));
                Kind::CallToJunk
            }
            _ => Kind::CallUnchanged,
        };
        (kind, update, brings)
    }

    fn ask_of_call(
        &mut self,
        call: CallSid,
        lives: bool,
        kind: Kind,
        update: CallUpdate,
        brings: Option<Brings>,
    ) -> Checked {
        let leg = self.oracle.leg_of.get(&call).copied();
        let sits = leg.is_some_and(|leg| self.oracle.room_of(leg).is_some());
        let rings = self.books.dialled.is_ours(call) && !self.books.call_events.was_up(call);
        if matches!(kind, Kind::EndCall | Kind::CancelCall) {
            self.books.dialled.told_to_end(call);
        }
        let request = self.question(Expects::Anything);
        let outputs = self.handled(request, Request::UpdateCall { call, update })?;
        let wrong = |why: &str| Err(format!("{kind:?} of {call}: {why}"));
        match refused(&outputs, request) {
            Some(refusal) => {
                if outputs.len() > 1 {
                    return wrong(&format!("refused with {refusal}, and more came of it"));
                }
                let right = match refusal {
                    Refusal::NoSuchCall(_) => !lives,
                    Refusal::BadDocument { .. } => kind == Kind::CallToJunk && lives,
                    refusal => is_busy(refusal),
                };
                if !right {
                    return wrong(&format!("refused with {refusal}"));
                }
                return self.carry_out_all(outputs);
            }
            None if !lives => return wrong("accepted, and it is over"),
            None if kind == Kind::CallToJunk => return wrong("accepted"),
            None => {}
        }
        let ended = outputs.iter().any(|output| ends(output, call));
        let left = outputs.iter().any(|output| unseats(output, leg)) || !sits;
        match kind {
            Kind::EndCall if !ended => return wrong("it did not end"),
            Kind::CallToUrl | Kind::CallToText if !left => {
                return wrong("it has not left its conference");
            }
            Kind::CallToUrl | Kind::CallToText => {
                self.books.fetches.sent_on(call);
                self.oracle.comes(call, brings);
            }
            _ => {}
        }
        // An outbound call fetches its document after the answer.
        if kind == Kind::CallToUrl && !rings && !outputs.iter().any(asks_for_next) {
            return wrong("nothing was asked for");
        }
        self.carry_out_all(outputs)
    }
}

fn ends(output: &Output, call: CallSid) -> bool {
    matches!(output, Output::CallEnded(view) if view.sid == call)
}

fn asks_for_next(output: &Output) -> bool {
    matches!(output, Output::Fetch(fetch) if fetch.url.starts_with("http://app.example/next"))
}
