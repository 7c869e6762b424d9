//! Retry of an INVITE after 401, 407 or 422 (RFC 4028 §7.4). The retry is a new transaction with
//! the next CSeq in the same dialog (RFC 3261 §8.1.3.5).

use confab_terms::{Instant, limits};

use super::UserAgent;
use crate::dialog::{DialogState, INTERVAL_S, INTERVAL_S_MIN, min_se};
use crate::ids::{DialogId, TransactionId};
use crate::message::{RequestOut, Response};
use crate::transport::Source;

impl UserAgent {
    /// Sends the INVITE again with the parts that the response requires. Returns false if the
    /// response is final.
    pub(crate) fn retry_invite(
        &mut self,
        now: Instant,
        (client, from): (TransactionId, Source),
        response: &Response,
    ) -> bool {
        let Some(old) = self.clients.get(&client) else {
            return false;
        };
        let (mut request, id, tries) = (old.request.clone(), old.dialog, old.tries);
        let awaited = self.dialogs.get(&id).is_some_and(|known| {
            let reinvite = known.reinvite.as_ref();
            matches!(known.state, DialogState::Inviting { .. })
                || known.state == DialogState::Established
                    && reinvite.is_some_and(|a| a.client == Some(client))
        });
        let better = match response.status {
            422 => raise_session_expires(&mut request, response),
            401 | 407 if awaited => self.add_credentials(&mut request, (client, from), response),
            _ => false,
        };
        if !awaited || !better || !self.has_room() || tries >= limits::SIP_ANEW_MAX {
            return false;
        }
        let fresh = self.renumber(&mut request, id);
        self.begin_retry(now, (client, fresh), request);
        true
    }

    /// Assigns the next CSeq, a new branch and a new transaction.
    fn renumber(&mut self, request: &mut RequestOut, id: DialogId) -> TransactionId {
        let fresh = TransactionId(self.next_number());
        request.branch = self.branch();
        if let Some(known) = self.dialogs.get_mut(&id) {
            known.local_cseq += 1;
            known.early.clear();
            request.cseq = known.local_cseq;
            if let DialogState::Inviting { client, .. } = &mut known.state {
                *client = fresh;
            }
            if let Some(reinvite) = &mut known.reinvite {
                reinvite.client = Some(fresh);
            }
        }
        fresh
    }
}

/// Raises Session-Expires and Min-SE to the Min-SE of a 422. Returns false if the request already
/// had that Min-SE.
fn raise_session_expires(request: &mut RequestOut, response: &Response) -> bool {
    let Some(wanted) = min_se(&response.headers) else {
        return false;
    };
    let mut asked = INTERVAL_S_MIN;
    for (name, value) in &mut request.headers {
        let (number, rest) = match value.split_once(';') {
            Some((number, rest)) => (number, format!(";{rest}")),
            None => (value.as_str(), String::new()),
        };
        match name.as_str() {
            "Session-Expires" => *value = format!("{}{rest}", wanted.max(INTERVAL_S)),
            "Min-SE" => {
                asked = number.parse().unwrap_or(asked);
                *value = wanted.to_string();
            }
            _ => {}
        }
    }
    wanted > asked
}
