//! Documents that the application serves.

use confab_terms::{CallSid, FetchId};

use crate::application::Brings;
use crate::dice::Dice;

const NAMES: [&str; 3] = ["Anna", "Boris", "Clara"];
const EVENTS: &str = "start end join leave mute hold modify speaker announcement";

/// Returns a document for a call: in most cases one that dials a conference.
pub(crate) fn of_call(
    dice: &mut Dice,
    target: Option<(CallSid, String)>,
    well: bool,
) -> (String, Option<Brings>) {
    if !well && dice.chance(150) {
        return (aside(dice), None);
    }
    let (coach, name) = match target.filter(|_| dice.chance(250)) {
        Some((coach, name)) => (Some(coach), name),
        None => (None, NAMES[dice.weighted(&[6, 2, 1])].to_owned()),
    };
    let second = (coach.is_none() && dice.chance(150)).then(|| {
        let other = NAMES.iter().find(|other| **other != name);
        other.map_or_else(String::new, |other| (*other).to_owned())
    });
    let brings = Brings {
        name,
        second,
        muted: dice.chance(150),
        starts: !dice.chance(150),
        ends: dice.chance(60),
        coach,
        label: format!("label-{}", dice.below(1_000_000)),
    };
    let mut body = String::from("<?xml version=\"1.0\"?><Response>");
    if coach.is_none() && dice.chance(200) {
        body += prelude(dice);
    }
    dial(dice, &brings, &brings.name, &mut body);
    if let Some(second) = &brings.second {
        dial(dice, &brings, second, &mut body);
    }
    if dice.chance(100) {
        body += "<Play>bye.wav</Play>";
    }
    body += "</Response>";
    (body, Some(brings))
}

fn dial(dice: &mut Dice, brings: &Brings, name: &str, body: &mut String) {
    let mut conference = format!("<Conference participantLabel=\"{}\"", brings.label);
    let mut put = |name: &str, value: &str| {
        conference += &format!(" {name}=\"{value}\"");
    };
    if brings.muted {
        put("muted", "true");
    }
    if let Some(coach) = brings.coach {
        put("coach", &coach.to_string());
    }
    if !brings.starts {
        put("startConferenceOnEnter", "false");
    }
    if brings.ends {
        put("endConferenceOnExit", "true");
    }
    if dice.chance(400) {
        put(
            "beep",
            ["true", "false", "onEnter", "onExit"][dice.index(4)],
        );
    }
    if dice.chance(60) {
        put("maxParticipants", ["2", "4", "x"][dice.index(3)]);
    }
    if dice.chance(400) {
        put(
            "waitUrl",
            ["/wait", "", "ftp://nowhere/x"][dice.weighted(&[8, 2, 1])],
        );
        put("waitMethod", ["GET", "POST"][dice.index(2)]);
    }
    if !dice.chance(150) {
        put("statusCallback", "/events");
        let some = "start end join leave hold";
        put(
            "statusCallbackEvent",
            if dice.chance(800) { EVENTS } else { some },
        );
    }
    if dice.chance(200) {
        put("eventCallbackUrl", "http://other.example/end");
    }
    const TOLD: &str = "in-progress completed absent";
    if dice.chance(200) {
        put("record", "record-from-start");
        put("recordingStatusCallback", "/recorded");
        put("recordingStatusCallbackEvent", TOLD);
    }
    let mut head = String::from("<Dial");
    if dice.chance(150) {
        let channels = ["", "-dual"][dice.index(2)];
        let track = ["inbound", "outbound", "both"][dice.weighted(&[1, 1, 2])];
        head += &format!(
            " record=\"record-from-answer{channels}\" recordingTrack=\"{track}\" \
             recordingStatusCallback=\"/recorded\" recordingStatusCallbackEvent=\"{TOLD}\""
        );
    }
    if dice.chance(300) {
        head += " action=\"/action\"";
    }
    if dice.chance(200) {
        head += " hangupOnStar=\"true\"";
    }
    if dice.chance(50) {
        head += " timeLimit=\"3\"";
    }
    *body += &format!("{head}>{conference}>{name}</Conference></Dial>");
}

fn prelude(dice: &mut Dice) -> &'static str {
    let all = [
        "<Pause length=\"1\"/>",
        "<Play>hello.wav</Play>",
        "<Play loop=\"2\">hello.wav</Play>",
        "<Say>Hello</Say>",
        "<Say>Hello</Say><Pause/><Play>/a.wav</Play>",
        "<Play>nonsense://x</Play>",
        "<Play digits=\"w12#\"/>",
        "<Play digits=\"3W*\" loop=\"2\"/><Say>Hello</Say>",
    ];
    all[dice.index(all.len())]
}

/// Returns a document without a conference, or with one only after further fetches.
fn aside(dice: &mut Dice) -> String {
    let all = [
        "<Response/>",
        "<Response><Hangup/></Response>",
        "<Response><Reject reason=\"busy\"/></Response>",
        "<Response><Reject/></Response>",
        "<Response><Redirect>/voice</Redirect></Response>",
        "<Response><Pause length=\"2\"/><Redirect>/voice</Redirect></Response>",
        "<Response><Play>a.wav</Play><Hangup/></Response>",
        "<Response><Dial><Number>+15550100</Number></Dial><Say>No</Say></Response>",
        "<Response><Play loop=\"0\">for-ever.wav</Play></Response>",
        "<Response><Play digits=\"1w2\"/><Hangup/></Response>",
        "<Response><Play digits=\"9\" loop=\"0\"/></Response>",
        "<Response><Gather/><Say>unknown</Say></Response>",
        "<Response><Record action=\"/action\" playBeep=\"false\" maxLength=\"1\"/></Response>",
        "<Response><Record action=\"/action\" timeout=\"1\" maxLength=\"3\"/></Response>",
    ];
    all[dice.index(all.len())].to_owned()
}

/// Returns a document for HoldUrl, WaitUrl or AnnounceUrl. The URL of its audio contains the fetch
/// of the document.
pub(crate) fn music(dice: &mut Dice, fetch: FetchId) -> (String, Option<Brings>) {
    let all = [
        "<Response><Play>m.wav</Play></Response>",
        "<Response><Play loop=\"0\">m.wav</Play></Response>",
        "<Response><Say>Please wait</Say></Response>",
        "<Response><Say>One</Say><Pause length=\"1\"/><Play>m.wav</Play></Response>",
        "<Response><Redirect>/music2</Redirect></Response>",
        "<Response><Play digits=\"w45\"/><Play>m.wav</Play></Response>",
        "<Response><Dial><Conference>X</Conference></Dial></Response>",
        "<Response/>",
        "<Response><Play>a.wav</Play><Play>b.wav</Play></Response>",
    ];
    let document = all[dice.index(all.len())];
    (document.replace(".wav", &format!("-{fetch}.wav")), None)
}
