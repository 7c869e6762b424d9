//! An INVITE that is to take the place of a call of ours (RFC 3891): which one it means, and why
//! it may not have it.

use crate::access::Peer;
use crate::message::{Method, Reply, Request, params};
use crate::phase::Phase;
use crate::{DialogId, UserAgent};

/// `Replaces: call-id;to-tag=…;from-tag=…[;early-only]`, the tags as its recipient has them.
struct Wanted {
    call_id: String,
    local_tag: String,
    remote_tag: String,
    early_only: bool,
}

/// What is wrong with `Replaces` before it is looked who it means (RFC 3891 §3).
pub(crate) fn malformed(request: &Request) -> Option<Reply> {
    let mut values = request.headers.all("Replaces");
    values.next()?;
    let within = request.to.tag().is_some();
    let reason = if values.next().is_some() {
        "More Than One Replaces"
    } else if request.method != Method::Invite || within {
        "Replaces Outside Of A New INVITE"
    } else if request.headers.all("Join").next().is_some() {
        "Replaces And Join"
    } else if wanted(request).is_none() {
        "Bad Replaces"
    } else {
        return None;
    };
    Some(Reply::new(400).reason(reason))
}

fn wanted(request: &Request) -> Option<Wanted> {
    let text = request.headers.text("Replaces")?;
    let (call_id, rest) = text.split_at(text.find(';')?);
    let params = params(rest)?;
    let one = |name: &str| {
        let mut found = params
            .iter()
            .filter(|(is, _)| is.eq_ignore_ascii_case(name));
        let value = found.next().and_then(|(_, value)| value.clone());
        value.filter(|value| !value.is_empty() && found.next().is_none())
    };
    let call_id = call_id.trim();
    let sound = !call_id.is_empty() && !call_id.contains(',');
    sound.then_some(Wanted {
        call_id: call_id.to_owned(),
        local_tag: one("to-tag")?,
        remote_tag: one("from-tag")?,
        early_only: params
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("early-only")),
    })
}

impl UserAgent {
    /// The dialog that this INVITE is to replace; `None` if it is to replace none.
    ///
    /// # Errors
    /// Why it may not: 481 for one that is not there or that we cannot hand over, 603 for one
    /// that is over, 486 for one that is up where only an early one was meant. One of another
    /// trunk or user is not there for them (RFC 3891 §8).
    pub(crate) fn replaced(
        &self,
        request: &Request,
        peer: &Peer,
    ) -> Result<Option<DialogId>, Reply> {
        let Some(wanted) = wanted(request) else {
            return Ok(None);
        };
        let key = (wanted.call_id, wanted.local_tag);
        let found = self.dialog_keys.get(&key).copied();
        let found = found.and_then(|id| Some((id, self.dialogs.get(&id)?)));
        let found = found.filter(|(_, dialog)| self.access.open || dialog.peer.is_as(peer));
        let Some((id, dialog)) = found else {
            return Err(Reply::new(481));
        };
        // RFC 2543 knows no tags: 0 stands for none (RFC 3891 §3).
        let theirs = dialog.remote_tag.as_deref().unwrap_or("0");
        match dialog.phase {
            // Rung by us: whoever picks up elsewhere has no tag of this dialog's yet.
            Phase::Inviting { .. } if dialog.early_of(Some(&wanted.remote_tag)).is_some() => {
                Ok(Some(id))
            }
            _ if theirs != wanted.remote_tag => Err(Reply::new(481)),
            Phase::Up if wanted.early_only => Err(Reply::new(486)),
            Phase::Up => Ok(Some(id)),
            Phase::Withdrawn | Phase::Leaving | Phase::Over => Err(Reply::new(603)),
            // An early dialog that they began is theirs to end.
            Phase::Invited { .. } | Phase::Inviting { .. } => Err(Reply::new(481)),
        }
    }

    /// What `Replaces` has to say to the other side of this dialog, in an INVITE of whoever is to
    /// take our place. `None`: it is not there, or has no tag of theirs yet.
    #[must_use]
    pub fn replaces(&self, dialog: DialogId) -> Option<String> {
        let known = self.dialogs.get(&dialog)?;
        let (call_id, ours) = (&known.call_id, &known.local_tag);
        let theirs = known.remote_tag.as_ref()?;
        Some(format!("{call_id};to-tag={theirs};from-tag={ours}"))
    }
}
