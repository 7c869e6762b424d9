//! Input handlers, one file per kind of input.

mod deadline;
mod decoded;
mod drain;
mod fetched;
mod inbound;
mod late_offer;
mod leg_opened;
mod media;
mod outbound;
mod reoffer;
mod sdp_lookups;
mod sip;

pub(crate) use deadline::deadline;
pub(crate) use decoded::decoded;
pub(crate) use drain::hang_up_all;
pub(crate) use fetched::fetched;
pub(crate) use inbound::begin;
pub(crate) use leg_opened::leg_opened;
pub(crate) use media::media;
pub(crate) use outbound::ringing_timeout;
pub(crate) use sdp_lookups::{finish as not_resolved, resolved};
pub(crate) use sip::sip;
