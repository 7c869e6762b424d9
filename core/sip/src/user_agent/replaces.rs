//! Search of the dialog that an INVITE with Replaces replaces (RFC 3891).

use super::UserAgent;
use crate::auth::Peer;
use crate::dialog::DialogState;
use crate::dialog::replaces::parse_replaces;
use crate::ids::DialogId;
use crate::message::{Request, ResponseOut};

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
    ) -> Result<Option<DialogId>, ResponseOut> {
        let Some(wanted) = parse_replaces(request) else {
            return Ok(None);
        };
        let key = (wanted.call_id, wanted.local_tag);
        let found = self.dialog_keys.get(&key).copied();
        let found = found.and_then(|id| Some((id, self.dialogs.get(&id)?)));
        let found = found.filter(|(_, dialog)| self.access.open || dialog.peer.is_as(peer));
        let Some((id, dialog)) = found else {
            return Err(ResponseOut::new(481));
        };
        // RFC 2543 has no tags; 0 represents a missing tag (RFC 3891 §3).
        let theirs = dialog.remote_tag.as_deref().unwrap_or("0");
        match dialog.state {
            // Before the final response, the tags of outbound dialogs are those of early dialogs.
            DialogState::Inviting { .. } if dialog.early_of(Some(&wanted.remote_tag)).is_some() => {
                Ok(Some(id))
            }
            _ if theirs != wanted.remote_tag => Err(ResponseOut::new(481)),
            DialogState::Established if wanted.early_only => Err(ResponseOut::new(486)),
            DialogState::Established => Ok(Some(id)),
            DialogState::Canceled | DialogState::ByePending | DialogState::ByeSent => {
                Err(ResponseOut::new(603))
            }
            // Early dialogs that the peer created cannot be replaced (RFC 3891 §3).
            DialogState::Invited { .. } | DialogState::Inviting { .. } => {
                Err(ResponseOut::new(481))
            }
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
