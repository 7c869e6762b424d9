//! Input handlers, one file per kind of input.

mod deadline;
mod decoded;
mod dialled;
mod drain;
mod fetched;
mod invited;
mod late;
mod leg_opened;
mod media;
mod offered;
mod resolved;
mod sip;

pub(crate) use deadline::deadline;
pub(crate) use decoded::decoded;
pub(crate) use dialled::rang_too_long;
pub(crate) use drain::hang_up_all;
pub(crate) use fetched::fetched;
pub(crate) use invited::begin;
pub(crate) use leg_opened::leg_opened;
pub(crate) use media::media;
pub(crate) use resolved::{finish as not_resolved, resolved};
pub(crate) use sip::sip;
