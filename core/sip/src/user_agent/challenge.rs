//! Responses to digest challenges: the trunk's account is used towards the trunk's gateway only.
//! (Credentials sent to any other host leak, as in CVE-2021-41158.)

use confab_terms::{Instant, limits};

use super::UserAgent;
use crate::auth::{CREDENTIALS, Challenge, is_entitled, trunk};
use crate::ids::TransactionId;
use crate::message::{RequestOut, Response};
use crate::transport::Source;

impl UserAgent {
    /// Adds credentials to a request that a 401 or 407 rejected. Returns false if the request
    /// already had credentials and its nonce is not stale, or if the challenger is not entitled to
    /// credentials.
    pub(crate) fn add_credentials(
        &mut self,
        request: &mut RequestOut,
        (client, from): (TransactionId, Source),
        response: &Response,
    ) -> bool {
        let (theirs, ours) = match response.status {
            401 => ("WWW-Authenticate", "Authorization"),
            _ => ("Proxy-Authenticate", "Proxy-Authorization"),
        };
        let cnonce = self.tag();
        let Some(client) = self.clients.get_mut(&client) else {
            return false;
        };
        let Some(dialog) = self.dialogs.get_mut(&client.dialog) else {
            return false;
        };
        let (trunk, own) = (trunk(&self.access, &dialog.peer), &mut dialog.credentials);
        let destination = own.as_ref().and_then(|own| own.destination);
        if !is_entitled(trunk, destination, client, from) {
            return false;
        }
        let (account, answered) = match (own, trunk) {
            (Some(own), _) => (&own.account, &mut own.answered),
            (None, Some(trunk)) => {
                let Some(account) = &trunk.account else {
                    return false;
                };
                (
                    account,
                    self.answered.entry(trunk.name.clone()).or_default(),
                )
            }
            (None, None) => return false,
        };
        let texts = response.headers.all(theirs);
        let texts: Vec<String> = texts.map(crate::message::lossy).collect();
        let Some((challenge, text)) = Challenge::strongest(&texts) else {
            return false;
        };
        let known = client.challenges.iter().position(|(name, _)| name == ours);
        if known.is_some() && !challenge.is_stale() {
            return false;
        }
        if let Some(at) = known {
            client.challenges.remove(at);
        }
        client.challenges.push((ours.to_owned(), text));
        let what = (request.method.as_str(), request.uri.as_str());
        request
            .headers
            .retain(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
        // All credentials are computed again, because each nonce count is valid for one request.
        for (name, text) in &client.challenges {
            let challenge = Challenge::strongest(core::slice::from_ref(text));
            let answer = challenge.and_then(|(c, _)| c.answer(account, what, &cnonce, answered));
            let Some(answer) = answer else {
                return false;
            };
            request.headers.push((name.clone(), answer));
        }
        true
    }

    /// Sends a request within a dialog again with credentials (RFC 3261 §22.2). Returns false if
    /// the rejection is final.
    pub(crate) fn retry_with_credentials(
        &mut self,
        now: Instant,
        (client, from): (TransactionId, Source),
        response: &Response,
    ) -> bool {
        let Some(old) = self.clients.get(&client) else {
            return false;
        };
        let (mut request, id) = (old.request.clone(), old.dialog);
        if old.tries >= limits::SIP_ANEW_MAX || !self.has_room() {
            return false;
        }
        if !self.add_credentials(&mut request, (client, from), response) {
            return false;
        }
        request.branch = self.branch();
        let fresh = TransactionId(self.next_number());
        if let Some(known) = self.dialogs.get_mut(&id) {
            known.local_cseq += 1;
            request.cseq = known.local_cseq;
        }
        self.begin_retry(now, (client, fresh), request);
        true
    }
}
