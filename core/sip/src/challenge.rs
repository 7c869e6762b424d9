//! Who may call us, and who we are elsewhere: digest authentication, off until it is asked for.

use confab_terms::Instant;

use crate::UserAgent;
use crate::digest::{Account, Gate, Realm, Verdict, answer};
use crate::message::{Method, Outgoing, Reply, Request, Response};

impl UserAgent {
    /// From now on a call needs credentials of this realm.
    pub fn guard(&mut self, realm: Realm) {
        let mut key = [0; 32];
        for part in key.chunks_mut(8) {
            part.copy_from_slice(&self.random_number().to_le_bytes());
        }
        self.gate = Some(Gate::new(realm, key));
    }

    /// From now on a challenge to a call of ours is answered, once a call.
    pub fn log_in(&mut self, account: Account) {
        self.accounts.push(account);
    }

    /// 401 for who has not shown that it knows a password. Nothing is remembered of it.
    pub(crate) fn challenge(&mut self, now: Instant, request: &Request) -> Option<Reply> {
        let gate = self.gate.as_mut()?;
        let (method, uri) = (request.method.as_str(), request.uri.text());
        let mut verdict = Verdict::Challenged { stale: false };
        if let Some(text) = request.headers.text("Authorization") {
            verdict = gate.look(now, method, uri, &text);
        }
        let Verdict::Challenged { stale } = verdict else {
            return None;
        };
        let challenges = gate.challenges(now, stale);
        Some(challenges.into_iter().fold(Reply::new(401), |reply, one| {
            reply.header("WWW-Authenticate", one)
        }))
    }

    /// Puts credentials into a request that was refused for want of them; false if it had some
    /// already, or we have none.
    pub(crate) fn add_credentials(&mut self, request: &mut Outgoing, response: &Response) -> bool {
        let (theirs, ours) = match response.status {
            401 => ("WWW-Authenticate", "Authorization"),
            _ => ("Proxy-Authenticate", "Proxy-Authorization"),
        };
        if request.headers.iter().any(|(name, _)| name == ours) {
            return false;
        }
        let challenges = response.headers.all(theirs);
        let challenges: Vec<String> = challenges
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect();
        let cnonce = self.tag();
        let what = (request.method.as_str(), request.uri.as_str());
        match answer(&self.accounts, &challenges, what, &cnonce) {
            Some(text) => {
                request.headers.push((ours.to_owned(), text));
                true
            }
            None => false,
        }
    }
}

/// The credentials of an INVITE: its ACK has the same (RFC 3261 §22.1).
pub(crate) fn credentials(invite: &Outgoing) -> Vec<(String, String)> {
    debug_assert_eq!(invite.method, Method::Invite);
    let names = ["Authorization", "Proxy-Authorization"];
    let headers = invite.headers.iter();
    let ours = headers.filter(|(name, _)| names.contains(&name.as_str()));
    ours.cloned().collect()
}
