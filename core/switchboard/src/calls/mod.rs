//! Call flow across sip, rules and media: answer, join, leave, end, and execution of the rules'
//! effects.

mod answer;
mod confirmations;
mod end_call;
mod execute_effects;
mod join;
mod leave;
mod media_peer;
mod media_thread;
mod record;
mod reject_offer;
mod replace_call;
mod room_change;
mod speech;
mod srtp_policy;

pub(crate) use answer::{acknowledged, leg_media, limit_duration, open_leg, request_leg};
pub(crate) use confirmations::{applied, close, not_confirmed, reply_now, reply_when_applied};
pub(crate) use end_call::{end_call, finish_call};
pub(crate) use execute_effects::execute_effects;
pub(crate) use join::{NotJoined, join, take_seat};
pub(crate) use leave::{leave, remove_without_action};
pub(crate) use media_peer::media_peer;
pub(crate) use media_thread::open_leg_on;
pub(crate) use record::{
    pause, record, record_call, record_dial, recorded, recording_of, stop_dial_recording,
    stop_recording,
};
pub(crate) use reject_offer::{Unacceptable, reject_answer, reject_media, report_rejection};
pub(crate) use speech::speech;
pub(crate) use srtp_policy::{srtp_from, srtp_of};
