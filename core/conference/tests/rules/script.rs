//! Runs a script against one conference and prints the result of each line. The printed audibility
//! is that of a room which receives only the effects. Lines: `anna joins [setting=…]`, `rings`,
//! `answers`, `sits for boris`, `speaks`, `is silent`, `leaves`, `is removed`, `cannot be added`;
//! `POST anna|label:x|conference Field=…`, `announcement to anna|all ends|fails`, `GET`, `LIST`.
//! A first line `given anna, boris and carla talk` seats these in a started conference, unprinted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use confab_conference::{
    Beep, BeepWish, Callback, Conference, Effects, Event, EventKind, EventWord, Hears, Key,
    LeaveReason, Music, MusicKind, RecordWish, Refusal, Settings, Target, Update, Url,
};
use confab_terms::{Audibility, CallSid, ConferenceSid, LegId, Method, Voice, WallTime};
use expect_test::Expect;

/// Runs the script and compares each line with its result.
pub(crate) fn check(script: &str, expected: &Expect) {
    let mut run = Run::new();
    for line in script.lines().map(str::trim).filter(|l| !l.is_empty()) {
        run.now.0 += 1_000;
        writeln!(run.out, "{line}").unwrap();
        run.line(line);
        run.reads_back();
    }
    expected.assert_eq(&folded(&run.out));
}

/// Folds lines that are too long for a source file.
fn folded(text: &str) -> String {
    const COLUMNS: usize = 86;
    let mut out = String::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            if column + word.trim_end().chars().count() > COLUMNS && column > indent {
                out.truncate(out.trim_end().len());
                out.push('\n');
                out.push_str(&" ".repeat(indent + 4));
                column = indent + 4;
            }
            out.push_str(word);
            column += word.chars().count();
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    out
}

struct Run {
    conference: Option<Conference>,
    now: WallTime,
    calls: Vec<String>,
    /// State of the room, from effects only.
    room: BTreeMap<LegId, Audibility>,
    out: String,
}

impl Run {
    fn new() -> Self {
        Self {
            conference: None,
            now: WallTime(0),
            calls: Vec::new(),
            room: BTreeMap::new(),
            out: String::new(),
        }
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["given", who @ .., "talk"] => self.talk(who),
            ["POST", "conference", "Status=completed"] => {
                let now = self.now;
                let effects = self.conference().complete(now);
                self.print(effects);
            }
            ["POST", "conference", announce] => {
                let url = announce.strip_prefix("AnnounceUrl=").expect("AnnounceUrl");
                let (now, url) = (self.now, from(url, Method::Post));
                let effects = self.conference().announce(&url, now);
                self.print(effects);
            }
            ["POST", who, fields @ ..] => self.post(who, fields),
            ["GET", who] => self.get(who),
            ["LIST"] => {
                let seated = self.conference().participants();
                let calls: Vec<_> = seated.map(|p| p.call).collect();
                let names: Vec<_> = calls.into_iter().map(|c| self.name(c)).collect();
                writeln!(self.out, "  seated: {}", names.join(" ")).unwrap();
            }
            ["announcement", "to", who, how] => {
                let to = (*who != "all").then(|| self.call(who));
                let conference = self.conference();
                let effects = match *how {
                    "ends" => conference.announcement_ended(to, "https://a/x"),
                    "fails" => conference.announcement_failed(to, "https://a/x", "11217 not found"),
                    other => panic!("announcements end or fail, not {other}"),
                };
                self.print(Ok(effects));
            }
            [who, "rings", settings @ ..] => {
                let refusal = self.expect(who, settings);
                self.print(refusal.map(|()| Effects::default()));
            }
            [who, "answers"] => self.seat(who),
            [who, "joins", settings @ ..] => match self.expect(who, settings) {
                Ok(()) => self.seat(who),
                Err(refusal) => self.print(Err(refusal)),
            },
            [who, "speaks"] => {
                let call = self.call(who);
                let effects = self.conference().speaks(call, true);
                self.print(Ok(effects));
            }
            [who, "is", "silent"] => {
                let call = self.call(who);
                let effects = self.conference().speaks(call, false);
                self.print(Ok(effects));
            }
            [who, "sits", "for", other] => {
                let (from, to) = (self.call(other), self.call(who));
                let (leg, now) = (self.leg(who), self.now);
                let effects = self.conference().hand_over(from, to, leg, now);
                self.print(effects);
            }
            [who, "leaves"] => self.leave(who, LeaveReason::HungUp),
            [who, "is", "removed"] => self.leave(who, LeaveReason::UpdatedViaApi),
            [who, "cannot", "be", "added"] => self.leave(who, LeaveReason::AddFailed),
            _ => panic!("no such line: {line}"),
        }
    }

    fn conference(&mut self) -> &mut Conference {
        self.conference.as_mut().expect("somebody joined before")
    }

    /// Checks that the state is equal after serialization and deserialization.
    fn reads_back(&mut self) {
        if let Some(conference) = &self.conference {
            let bytes = postcard::to_stdvec(conference).unwrap();
            let back: Conference = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(&back, conference);
            self.conference = Some(back);
        }
    }

    fn call(&mut self, name: &str) -> CallSid {
        let known = self.calls.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.calls.push(name.to_owned());
            self.calls.len() - 1
        });
        CallSid::from_random(1 + index as u128)
    }

    fn leg(&mut self, name: &str) -> LegId {
        self.call(name);
        let index = self.calls.iter().position(|known| known == name);
        LegId(1 + index.unwrap() as u64)
    }

    fn name(&self, call: CallSid) -> String {
        let all = self.calls.iter().enumerate();
        let mut found = all.filter(|(i, _)| CallSid::from_random(1 + *i as u128) == call);
        found
            .next()
            .map_or_else(|| call.to_string(), |(_, name)| name.clone())
    }

    fn name_of_leg(&self, leg: LegId) -> String {
        self.calls[usize::try_from(leg.0).unwrap() - 1].clone()
    }

    fn expect(&mut self, who: &str, words: &[&str]) -> Result<(), Refusal> {
        let (call, leg, now) = (self.call(who), self.leg(who), self.now);
        let mut settings = Settings {
            status_callback: Some(Callback {
                to: from("https://a/events", Method::Post),
                events: words_of("start end join leave mute hold modify announcement"),
            }),
            ..Settings::default()
        };
        for word in words {
            let (name, value) = word.split_once('=').expect("setting=value");
            match name {
                "muted" => settings.muted = value == "true",
                "coach" => settings.coach = Some(self.call(value)),
                "start" => settings.start_conference_on_enter = value == "true",
                "end" => settings.end_conference_on_exit = value == "true",
                "max" => settings.max_participants = Some(value.parse().unwrap()),
                "label" if value == "129*a" => settings.label = Some("a".repeat(129)),
                "label" => settings.label = Some(value.to_owned()),
                "wait" => settings.wait = music(value, Method::Post),
                "beep" => {
                    settings.beep = beep(value);
                    settings.beep_is_explicit = true;
                }
                "default_beep" => settings.beep = beep(value),
                "events" => {
                    let to = from("https://a/events", Method::Post);
                    let events = words_of(&value.replace(',', " "));
                    settings.status_callback = Some(Callback { to, events });
                }
                "callback" => settings.status_callback = None,
                "record" => {
                    let trim = value == "trimmed";
                    settings.record = Some(RecordWish {
                        trim,
                        callback: None,
                    });
                }
                other => panic!("no setting {other}"),
            }
        }
        let sid = ConferenceSid::from_random(99);
        let conference = self
            .conference
            .get_or_insert_with(|| Conference::new(sid, "room".to_owned(), &settings, now));
        conference.expect(call, leg, settings, now)
    }

    fn seat(&mut self, who: &str) {
        let (call, now) = (self.call(who), self.now);
        let effects = self.conference().seat(call, now);
        self.print(effects);
    }

    /// Joins participants with default settings and drops the printed effects. Each hears all
    /// others afterwards.
    fn talk(&mut self, who: &[&str]) {
        assert_eq!(self.conference, None, "`given` is the first line");
        let printed = self.out.len();
        let names = who.iter().filter(|word| **word != "and");
        let names: Vec<&str> = names.map(|word| word.trim_end_matches(',')).collect();
        assert!(names.len() > 1, "a conference starts with two participants");
        for name in &names {
            self.line(&format!("{name} joins"));
            self.reads_back();
            self.now.0 += 1_000;
        }
        self.out.truncate(printed);
        assert_eq!(self.heard().len(), names.len() * (names.len() - 1));
    }

    fn leave(&mut self, who: &str, reason: LeaveReason) {
        let (call, now) = (self.call(who), self.now);
        let effects = self.conference().leave(call, reason, now);
        self.print(Ok(effects));
    }

    fn key(&mut self, who: &str) -> Key {
        match who.strip_prefix("label:") {
            Some(label) => Key::Label(label.to_owned()),
            None => Key::Call(self.call(who)),
        }
    }

    fn post(&mut self, who: &str, fields: &[&str]) {
        let (key, now) = (self.key(who), self.now);
        let mut update = Update::default();
        for field in fields {
            let (name, value) = field.split_once('=').expect("Field=value");
            self.field(&mut update, name, value);
        }
        let effects = self.conference().update(&key, &update, now);
        let shown = self.conference().participant(&key).cloned();
        let updated = effects.is_ok() && shown.is_ok_and(|p| p.date_updated == now);
        self.print(effects);
        if updated {
            writeln!(self.out, "  date_updated is now").unwrap();
        }
    }

    fn field(&mut self, update: &mut Update, name: &str, value: &str) {
        let boolean = || Some(value == "true");
        let text = || Some(value.to_owned());
        let method = || {
            Some(if value == "GET" {
                Method::Get
            } else {
                Method::Post
            })
        };
        match name {
            "Muted" => update.muted = boolean(),
            "Hold" => update.hold = boolean(),
            "HoldUrl" => update.hold_url = text(),
            "HoldMethod" => update.hold_method = method(),
            "Coaching" => update.coaching = boolean(),
            "CallSidToCoach" => {
                update.call_sid_to_coach = Some(match value {
                    "" => Target::Nobody,
                    "nonsense" => Target::Unknown(value.to_owned()),
                    name => Target::Call(self.call(name)),
                });
            }
            "AnnounceUrl" => update.announce_url = text(),
            "AnnounceMethod" => update.announce_method = method(),
            "WaitUrl" => update.wait_url = text(),
            "WaitMethod" => update.wait_method = method(),
            "Beep" => update.beep = Some(beep(value)),
            "BeepOnExit" => update.beep_on_exit = boolean(),
            "EndConferenceOnExit" => update.end_conference_on_exit = boolean(),
            other => panic!("no field {other}"),
        }
    }

    fn get(&mut self, who: &str) {
        let key = self.key(who);
        let line = match self.conference().participant(&key).cloned() {
            Err(refusal) => format!("refused: {}", self.named(&refusal.to_string())),
            Ok(p) => format!(
                "{} muted={} hold={} coaching={} call_sid_to_coach={} \
                 end_conference_on_exit={} seated={}",
                self.name(p.call),
                p.muted,
                p.hold,
                p.coaching,
                p.call_sid_to_coach
                    .map_or("null".to_owned(), |t| self.name(t)),
                p.end_conference_on_exit,
                p.seated,
            ),
        };
        writeln!(self.out, "  {line}").unwrap();
    }

    /// Replaces sids in messages by the names of this script.
    fn named(&self, message: &str) -> String {
        let named = (0..self.calls.len()).fold(message.to_owned(), |message, i| {
            let sid = CallSid::from_random(1 + i as u128).to_string();
            message.replace(&sid, &self.calls[i])
        });
        named.replace(&"a".repeat(129), "129*a")
    }

    fn print(&mut self, effects: Result<Effects, Refusal>) {
        match effects {
            Err(refusal) => {
                let message = self.named(&refusal.to_string());
                writeln!(self.out, "  refused: {message}").unwrap();
            }
            Ok(effects) => {
                let lines = self.carry_out(&effects);
                if lines.is_empty() {
                    self.out.push_str("  nothing\n");
                }
                for line in lines {
                    writeln!(self.out, "  {line}").unwrap();
                }
            }
        }
    }

    fn carry_out(&mut self, effects: &Effects) -> Vec<String> {
        let before = self.heard();
        for leg in &effects.unseat {
            assert!(
                self.room.remove(leg).is_some(),
                "only a seated leg is unseated"
            );
        }
        for (leg, audibility) in &effects.seat {
            assert_eq!(self.room.insert(*leg, *audibility), None, "seated twice");
        }
        for (leg, audibility) in &effects.audibility {
            let changed = self.room.insert(*leg, *audibility);
            assert!(changed.is_some_and(|before| before != *audibility));
        }
        let after = self.heard();
        let mut lines = Vec::new();
        for (l, s) in after.iter().filter(|pair| !before.contains(pair)) {
            lines.push(format!("{l} hears {s}"));
        }
        for (l, s) in before.iter().filter(|pair| !after.contains(pair)) {
            lines.push(format!("{l} no longer hears {s}"));
        }
        for (call, hears) in &effects.hears {
            lines.push(format!("{} gets {}", self.name(*call), said(hears)));
        }
        if let Some(wish) = &effects.record {
            let how = if wish.trim { ", trimmed" } else { "" };
            lines.push(format!("is recorded{how}"));
        }
        match effects.beep {
            Some(Beep::Enter(Some(leg))) => {
                lines.push(format!("beep for all but {}", self.name_of_leg(leg)));
            }
            Some(Beep::Enter(None)) => lines.push("beep for all".to_owned()),
            Some(Beep::Exit) => lines.push("exit beep".to_owned()),
            None => {}
        }
        for a in &effects.announcements {
            let (to, all) = (self.name(a.to), if a.to_all { " (to all)" } else { "" });
            lines.push(format!("announcement to {to}{all}: {}", said_url(&a.from)));
        }
        for event in &effects.events {
            lines.extend(self.webhook(event));
        }
        for (call, reason) in &effects.left {
            lines.push(format!("{} left: {reason:?}", self.name(*call)));
        }
        for expected in &effects.no_longer_expected {
            lines.push(format!(
                "{} is no longer expected",
                self.name(expected.call)
            ));
        }
        if effects.ended {
            lines.push("ended".to_owned());
        }
        lines
    }

    /// Returns the audible pairs according to the room.
    fn heard(&self) -> Vec<(String, String)> {
        let mut heard = Vec::new();
        for (l, listener) in &self.room {
            for (s, speaker) in self.room.iter().filter(|(s, _)| *s != l) {
                let reaches = match speaker.voice {
                    Voice::ToNobody => false,
                    Voice::ToEveryone => true,
                    Voice::Only(leg) => leg == *l,
                };
                if listener.hears && reaches {
                    heard.push((self.name_of_leg(*l), self.name_of_leg(*s)));
                }
            }
        }
        heard
    }

    fn webhook(&mut self, event: &Event) -> Option<String> {
        let conference = self.conference();
        if !conference.wants(&event.kind) {
            return None;
        }
        let sequence = conference.next_sequence();
        let of = event.participant.as_ref().map_or(String::new(), |p| {
            let set = [
                (p.muted, " Muted"),
                (p.hold, " Hold"),
                (p.coaching, " Coaching"),
                (p.end_conference_on_exit, " EndConferenceOnExit"),
            ];
            let set: String = set.iter().filter(|s| s.0).map(|s| s.1).collect();
            format!(" {}{set}", self.name(p.call))
        });
        let more = match &event.kind {
            EventKind::End {
                reason,
                call,
                label,
            } => {
                let by = call.map_or(String::new(), |call| format!(" by {}", self.name(call)));
                let label = label.as_ref().map_or(String::new(), |l| format!(" ({l})"));
                format!(": {reason:?}{by}{label}")
            }
            EventKind::Leave(reason) => format!(": {reason:?}"),
            EventKind::AnnouncementEnd { url } => format!(": {url}"),
            EventKind::AnnouncementFail { url, reason } => format!(": {url}, {reason}"),
            _ => String::new(),
        };
        Some(format!(
            "webhook {sequence} {}{of}{more}",
            event.kind.name()
        ))
    }
}

fn from(url: &str, method: Method) -> Url {
    Url {
        url: url.to_owned(),
        method,
    }
}

fn music(url: &str, method: Method) -> Music {
    if url.is_empty() {
        Music::Silence
    } else {
        Music::From(from(url, method))
    }
}

fn beep(word: &str) -> BeepWish {
    match word {
        "true" => BeepWish::Both,
        "false" => BeepWish::Never,
        "onEnter" => BeepWish::OnEnter,
        "onExit" => BeepWish::OnExit,
        other => panic!("no beep {other}"),
    }
}

fn words_of(words: &str) -> Vec<EventWord> {
    let word = |word: &str| match word {
        "start" => EventWord::Start,
        "end" => EventWord::End,
        "join" => EventWord::Join,
        "leave" => EventWord::Leave,
        "mute" => EventWord::Mute,
        "hold" => EventWord::Hold,
        "modify" => EventWord::Modify,
        "speaker" => EventWord::Speaker,
        "announcement" => EventWord::Announcement,
        other => panic!("no event {other}"),
    };
    words.split_whitespace().map(word).collect()
}

fn said(hears: &Hears) -> String {
    let (kind, music) = match hears {
        Hears::Room => return "the room".to_owned(),
        Hears::Music(MusicKind::Hold, music) => ("hold", music),
        Hears::Music(MusicKind::Wait, music) => ("wait", music),
    };
    match music {
        Music::BuiltIn => format!("the built-in {kind} music"),
        Music::Silence => format!("{kind} silence"),
        Music::From(from) => format!("{kind} music: {}", said_url(from)),
    }
}

fn said_url(from: &Url) -> String {
    format!("{} {}", from.method, from.url)
}
