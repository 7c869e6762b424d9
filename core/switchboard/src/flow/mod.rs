//! Call flow across sip, rules and media: answer, join, leave, end, and execution of the rules'
//! effects.

mod answer;
mod applied;
mod change;
mod effects;
mod end_call;
mod hand_over;
mod join;
mod leave;
mod media_peer;
mod place;
mod record;
mod reject_media;
mod rows;
mod secrecy;
mod speech;
mod unacceptable;

pub(crate) use answer::{acknowledged, leg_media, limit_duration, open_leg, request_leg};
pub(crate) use applied::{applied, close, not_confirmed, reply_now, reply_when_applied};
pub(crate) use effects::carry_out;
pub(crate) use end_call::{end_call, finish_call};
pub(crate) use join::{NotJoined, join, take_seat};
pub(crate) use leave::{leave, take_out};
pub(crate) use media_peer::media_peer;
pub(crate) use place::open_leg_on;
pub(crate) use record::{
    pause, record, record_call, record_dialled, recorded, recording_of, stop_dial_recording,
    stop_recording,
};
pub(crate) use reject_media::{reject_answer, reject_media};
pub(crate) use rows::{ending_row, parting_row, store_alive, store_rows};
pub(crate) use secrecy::{srtp_from, srtp_of};
pub(crate) use speech::speech;
pub(crate) use unacceptable::{Unacceptable, tell_unacceptable};
