//! INVITE with Replaces (RFC 3891): search of the dialog to replace, and checks.

use crate::access::Peer;
use crate::message::{Method, Reply, Request, params};
use crate::phase::Phase;
use crate::{DialogId, UserAgent};

/// Parsed `Replaces: call-id;to-tag=…;from-tag=…[;early-only]`; tags from the view of the
/// recipient.
struct Wanted {
    call_id: String,
    local_tag: String,
    remote_tag: String,
    early_only: bool,
}

/// Returns the rejection of a malformed `Replaces` (RFC 3891 §3).
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
    /// Returns the dialog that an INVITE replaces; `None`: the request has no Replaces.
    ///
    /// # Errors
    ///
    /// Returns the rejection. 481: no such dialog, or its state does not allow replacement. 603:
    /// the dialog has ended. 486: the dialog is established, but `early-only` is set. A dialog of
    /// another trunk or user counts as missing (RFC 3891 §8).
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
        // RFC 2543 has no tags; 0 represents a missing tag (RFC 3891 §3).
        let theirs = dialog.remote_tag.as_deref().unwrap_or("0");
        match dialog.phase {
            // Before the final response, the tags of outbound dialogs are those of early dialogs.
            Phase::Inviting { .. } if dialog.early_of(Some(&wanted.remote_tag)).is_some() => {
                Ok(Some(id))
            }
            _ if theirs != wanted.remote_tag => Err(Reply::new(481)),
            Phase::Up if wanted.early_only => Err(Reply::new(486)),
            Phase::Up => Ok(Some(id)),
            Phase::Withdrawn | Phase::Leaving | Phase::Over => Err(Reply::new(603)),
            // Early dialogs that the peer created cannot be replaced (RFC 3891 §3).
            Phase::Invited { .. } | Phase::Inviting { .. } => Err(Reply::new(481)),
        }
    }

    /// Returns the value of `Replaces` by which the peer's new INVITE replaces this side of the
    /// dialog. `None`: the dialog does not exist, or has no remote tag yet.
    #[must_use]
    pub fn replaces(&self, dialog: DialogId) -> Option<String> {
        let known = self.dialogs.get(&dialog)?;
        let (call_id, ours) = (&known.call_id, &known.local_tag);
        let theirs = known.remote_tag.as_ref()?;
        Some(format!("{call_id};to-tag={theirs};from-tag={ours}"))
    }
}
