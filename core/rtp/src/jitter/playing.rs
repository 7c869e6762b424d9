//! Playout of the jitter buffer: the next frame of a tick, shortened or lengthened where the delay
//! is to change. Packets are inserted elsewhere.

use confab_terms::Instant;

use super::adaption::DEPTH_FRAMES_MAX;
use super::stream::{Due, Stream, distance};
use super::{JitterBuffer, Pulled};

impl JitterBuffer {
    /// Plays out the next 20 ms at the codec's sampling rate; called on each tick. Returns the kind
    /// of the samples.
    pub fn pull(&mut self, _now: Instant, out: &mut [i16]) -> Pulled {
        self.pace.tick(1);
        let pulled = self.next(out);
        self.stats.concealed += u64::from(pulled == Pulled::Concealed);
        pulled
    }

    fn next(&mut self, out: &mut [i16]) -> Pulled {
        if self.stream.is_none() {
            out.fill(0);
            return Pulled::Silence;
        }
        let Some(cursor) = self.cursor() else {
            let cursor = self.start();
            return self.play(cursor, out);
        };
        let due = self.stream.as_mut().map_or(Due::Nothing, Stream::due);
        match due {
            Due::Nothing => self.play(cursor, out),
            Due::More(least) => {
                if self.store.is_missing(cursor, self.frame) && self.owes_a_frame() {
                    return self.hold(out);
                }
                let longer = self
                    .may_stretch()
                    .then(|| self.lengthen(cursor, least, out));
                longer.flatten().unwrap_or_else(|| self.play(cursor, out))
            }
            Due::Hold => self.hold(out),
            Due::Less(spare, _) if self.store.is_quiet(cursor, self.frame) => {
                let cursor = self.drop(cursor, spare.min(self.frame));
                self.play(cursor, out)
            }
            Due::Less(spare, least) => {
                let shorter = self
                    .may_stretch()
                    .then(|| self.shorten(cursor, (spare, least), out));
                shorter.flatten().unwrap_or_else(|| self.play(cursor, out))
            }
            Due::Drop(spare) => {
                let cursor = self.drop(cursor, spare);
                self.play(cursor, out)
            }
        }
    }

    /// Returns the position of this tick; `None` if the stream has to be positioned anew, because
    /// too many samples are buffered.
    fn cursor(&mut self) -> Option<u32> {
        let stream = self.stream.as_mut()?;
        let cursor = stream.cursor?;
        let depth_max = (DEPTH_FRAMES_MAX + 1) * self.frame as i32 + stream.packet as i32;
        if distance(cursor, stream.end) <= depth_max {
            return Some(cursor);
        }
        self.stats.resynchronised += 1;
        stream.stop();
        None
    }

    /// Returns the start position: whole frames that end with the newest sample, for the least
    /// delay. After a burst the newest 200 ms are kept, and the resulting delay is removed quickly.
    fn start(&mut self) -> u32 {
        let Some(stream) = &mut self.stream else {
            return 0;
        };
        let (frame, end) = (self.frame, stream.end);
        let least = stream.packet.next_multiple_of(frame);
        let mut kept = least.max(DEPTH_FRAMES_MAX as u32 * frame);
        while kept > least && self.store.is_missing(end.wrapping_sub(kept), frame) {
            kept = (kept - frame).max(least);
        }
        stream.adaption.hurry(kept - least);
        let cursor = end.wrapping_sub(kept);
        self.store.keep(cursor, kept);
        self.store.part();
        cursor
    }

    fn may_stretch(&mut self) -> bool {
        self.stream.as_mut().is_some_and(Stream::may_stretch)
    }

    fn owes_a_frame(&self) -> bool {
        let owed = self.stream.as_ref().map_or(0, |stream| stream.owed);
        owed >= self.frame
    }

    /// Conceals a frame without advancing.
    fn hold(&mut self, out: &mut [i16]) -> Pulled {
        if let Some(stream) = &mut self.stream {
            stream.pay(self.frame);
        }
        if self.store.conceal(out) {
            Pulled::Concealed
        } else {
            Pulled::Silence
        }
    }

    fn lengthen(&mut self, cursor: u32, least: f32, out: &mut [i16]) -> Option<Pulled> {
        let by = self.store.lengthen(cursor, least, out)?;
        self.stats.lengthened += 1;
        let stream = self.stream.as_mut()?;
        stream.pay(by);
        stream.cursor = Some(cursor.wrapping_add(self.frame).wrapping_sub(by));
        stream.missing = 0;
        Some(Pulled::Voice)
    }

    fn shorten(&mut self, cursor: u32, limits: (u32, f32), out: &mut [i16]) -> Option<Pulled> {
        let by = self.store.shorten(cursor, limits, out)?;
        self.stats.shortened += 1;
        let stream = self.stream.as_mut()?;
        stream.adaption.shrunk(by);
        stream.cursor = Some(cursor.wrapping_add(self.frame + by));
        stream.missing = 0;
        Some(Pulled::Voice)
    }

    /// Skips `by` units unconditionally. Returns the new position.
    fn drop(&mut self, cursor: u32, by: u32) -> u32 {
        if let Some(stream) = &mut self.stream {
            stream.adaption.shrunk(by);
        }
        self.stats.shrunk += 1;
        self.store.part();
        self.store.clear(cursor, by);
        cursor.wrapping_add(by)
    }

    fn play(&mut self, cursor: u32, out: &mut [i16]) -> Pulled {
        let played = self.store.play(cursor, out);
        let Some(stream) = &mut self.stream else {
            return Pulled::Silence;
        };
        // Intended concealment does not replace lost voice.
        let made = played.made > stream.filled;
        stream.filled = stream.filled.saturating_sub(self.frame);
        let beyond = distance(stream.end, cursor) >= 0;
        let paused = stream.paused && beyond;
        stream.guessed += u32::from(made && beyond && !paused);
        stream.cursor = Some(cursor.wrapping_add(self.frame));
        let voice = played.missing < self.frame;
        stream.missing = if voice {
            played.missing
        } else {
            stream.missing.saturating_add(self.frame)
        };
        match (made, voice) {
            (true, _) if paused => Pulled::Fading,
            (true, _) => Pulled::Concealed,
            (false, true) => Pulled::Voice,
            (false, false) => Pulled::Silence,
        }
    }
}
