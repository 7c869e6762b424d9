//! Execution of the switchboard's outputs, with the checks of each.

use confab_conference::LeaveReason;
use confab_media::Command;
use confab_switchboard::{About, CallView, News, Output, TimeOuts};

use crate::fields::is_of_recording;
use crate::outcome::Checked;
use crate::queue::{Arrival, Order};
use crate::secrecy::BEFORE_ROLLOVER;
use crate::tally::Kind;
use crate::world::World;

impl World {
    pub(crate) fn carry_out_all(&mut self, outputs: Vec<Output>) -> Checked {
        for output in outputs {
            self.trace(|| format!("-> {}", crate::trace::output(&output)));
            let mut bytes = core::mem::take(&mut self.scratch);
            bytes.clear();
            let bytes = postcard::to_extend(&output, bytes).map_err(|e| e.to_string())?;
            self.hash.word(self.now.0);
            self.hash.take(&bytes);
            self.scratch = bytes;
            self.carry_out(output)?;
        }
        self.oracle.settled()?;
        if self.board.counters().disagreements > 0 {
            return Err("rules and room disagree".to_owned());
        }
        Ok(())
    }

    fn carry_out(&mut self, output: Output) -> Checked {
        match output {
            Output::Datagram { to, bytes } => {
                self.tap(&bytes)?;
                self.network_takes(None, Arrival::Datagram { to, bytes });
                Ok(())
            }
            Output::Connection { connection, order } => self.board_orders(connection, order),
            // No name is resolved in the simulator: the request is never answered.
            Output::Resolve { .. } => Ok(()),
            Output::Reply { request, reply } => self.replied(request, &reply),
            Output::OpenLeg { leg, thread } => {
                self.books.leg_opened(leg)?;
                self.order(thread.into(), Order::OpenLeg(leg));
                Ok(())
            }
            Output::MoveLeg { leg, from, to } => {
                if let Some(room) = self.oracle.room_of(leg) {
                    return Err(format!("leg {leg} moves and sits in room {room}"));
                }
                let to = usize::from(to);
                self.order(from.into(), Order::MoveLeg { leg, to });
                self.order(to, Order::AwaitLeg(leg));
                Ok(())
            }
            Output::Media { thread, command } => self.commanded(thread.into(), command),
            Output::Fetch(fetch) => self.serve(&fetch),
            Output::CancelFetch { .. } => Ok(()),
            Output::DropAudio { audio } => self.books.holds.used(audio),
            Output::ReleaseSound { decode } => self.books.holds.released(decode, self.now),
            Output::Decode { decode, audio, .. } => {
                self.books.fetches.decodes(decode, audio)?;
                self.decode(decode);
                self.books.holds.used(audio)
            }
            Output::Say { decode, .. } => {
                self.tally.count(Kind::Said);
                self.decode(decode);
                Ok(())
            }
            Output::Callback {
                about,
                url,
                fields,
                time_outs,
                ..
            } => self.called_back(about, &url, &fields, time_outs),
            Output::CallEnded(view) => self.call_ended(&view),
            Output::ConferenceEnded(view) => {
                self.books.conference_ended(view.sid)?;
                self.link_end(view.sid, &view.friendly_name)?;
                self.oracle.ended(view.sid)
            }
            Output::Notice(notice) => self.books.dialled.noticed(&notice),
            Output::Row { at, change } => self.books.rows.change(at, change),
            Output::News(news) => self.read_news(&news),
            Output::OpenRecording { recording, .. } => self.books.recordings.opened(recording),
            Output::Recording(view) => self.books.recordings.viewed(&view),
            Output::CallMeasured(_) | Output::Registration { .. } => Ok(()),
        }
    }

    fn called_back(
        &mut self,
        about: About,
        url: &str,
        fields: &[(String, String)],
        time_outs: TimeOuts,
    ) -> Checked {
        self.check_fields(about, fields)?;
        if is_of_recording(fields) {
            // Callbacks of recordings have no sequence number, by which the inbox orders events.
            return Ok(());
        }
        match about {
            About::Conference(conference) => {
                self.books.webhooks.told(conference, url, fields)?;
            }
            About::Call(call) => self.books.call_events.told(call, fields)?,
        }
        self.post(about, fields, time_outs)
    }

    fn read_news(&mut self, news: &News) -> Checked {
        if let News::Left {
            call,
            why: LeaveReason::AddFailed,
            ..
        } = news
        {
            self.oracle.found_no_seat(*call);
        }
        Ok(())
    }

    fn call_ended(&mut self, view: &CallView) -> Checked {
        let call = view.sid;
        self.books.call_ended(call)?;
        self.books.fields.call_ended(view)?;
        let was_up = self.books.call_events.was_up(call);
        // Other causes of failure: no media port, end of the drain, broken connection.
        let others = [
            Kind::NoPort,
            Kind::HangUpAll,
            Kind::StreamBroken,
            Kind::Vanish,
        ];
        let others = others.into_iter().chain([Kind::WalksOff]);
        let may_fail = others.map(|kind| self.tally.of(kind)).sum::<u64>() > 0;
        let dialled = &self.books.dialled;
        dialled.ended(self.now, view, was_up, may_fail)?;
        let Some(&leg) = self.oracle.leg_of.get(&call) else {
            return Ok(());
        };
        if self.books.has_leg(leg) {
            return Err(format!("{call} ended, and its leg {leg} has not"));
        }
        match self.oracle.room_of(leg) {
            Some(room) => Err(format!("{call} ended and sits in room {room}")),
            None => Ok(()),
        }
    }

    /// Assigns the SID to a conference that ended before any lookup: an empty room without a SID.
    fn link_end(&mut self, sid: confab_terms::ConferenceSid, name: &str) -> Checked {
        if self.oracle.of_sid(sid).is_some() {
            return Ok(());
        }
        let mut rooms = self.oracle.rooms.values_mut();
        let room = rooms.find(|room| {
            let same = room.name.as_deref().is_none_or(|known| known == name);
            room.sid.is_none()
                && room.was_seated
                && !room.over
                && room.now.seated.is_empty()
                && same
        });
        match room {
            Some(room) => {
                room.sid = Some(sid);
                room.name = Some(name.to_owned());
                Ok(())
            }
            None => Err(format!("{sid} ended, and nobody had left it")),
        }
    }

    fn commanded(&mut self, thread: usize, mut command: Command) -> Checked {
        before_rollover(&mut command);
        self.ports.pressed.commanded(&command);
        match &command {
            Command::SendDigits { .. } => self.tally.count(Kind::KeysOrdered),
            Command::StopDigits { .. } => self.tally.count(Kind::KeysStopped),
            Command::OpenRoom { room, .. } => {
                self.books.room_opened(*room);
                self.oracle.opened(*room)?;
            }
            Command::CloseRoom { room } => self.books.room_closed(*room)?,
            Command::RemoveLeg { leg } => {
                self.books.leg_removed(*leg)?;
                if let Some(room) = self.oracle.room_of(*leg) {
                    return Err(format!("leg {leg} is removed and sits in room {room}"));
                }
            }
            Command::Change {
                room,
                number,
                change,
            } => {
                self.note_change(*room, change);
                self.oracle.changes(*room, *number, change)?;
                self.note_changed(*room);
                if !change.seat.is_empty() && !self.closing {
                    self.queue.push(self.now, Arrival::Look);
                }
            }
            _ => {}
        }
        self.order(thread, Order::Tell(command));
        Ok(())
    }
}

/// Moves the first sequence number of every second leg close to the rollover, so that runs cover
/// one.
fn before_rollover(command: &mut Command) {
    if let Command::AddLeg { leg, sequence, .. } = command
        && leg.0.is_multiple_of(2)
    {
        *sequence = u16::MAX - *sequence % BEFORE_ROLLOVER;
    }
}
