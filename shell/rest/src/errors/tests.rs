//! Each error in each dialect: texts of the `twilio` dialect contain no UUID, its statuses no 422.

use axum::http::StatusCode;
use confab_sounds::NoMp3;
use confab_store::StoreError;
use confab_switchboard::Refusal;
use confab_switchboard::conference::Refusal as Rule;

use super::ApiError;
use crate::Dialect;
use crate::line::AskError;

const UUID: &str = "33333333-3333-4333-8333-3333333333af";

fn uuid<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
    UUID.parse().unwrap()
}

/// Returns the error after this error; a new variant does not compile until it has a place here.
fn next(error: &ApiError) -> Option<ApiError> {
    use ApiError as E;
    let text = || "x".to_owned();
    Some(match error {
        E::NotAuthenticated => E::NoSuch(text()),
        E::NoSuch(_) => E::InvalidValue(text(), "Field", "y"),
        E::InvalidValue(..) => E::Missing("To", "y"),
        E::Missing(..) => E::InvalidSecret("SipAuthPassword", "y"),
        E::InvalidSecret(..) => E::InvalidMethod(text(), "Method"),
        E::InvalidMethod(..) => E::InvalidUrl(text(), "Url"),
        E::InvalidUrl(..) => E::InvalidDigits(text()),
        E::InvalidDigits(_) => E::InvalidStatus(text()),
        E::InvalidStatus(_) => E::Completed,
        E::Completed => E::CallOver(uuid()),
        E::CallOver(_) => E::RecordingOver(text()),
        E::RecordingOver(_) => E::RecordingLive(text()),
        E::RecordingLive(_) => E::OtherChannels(text(), 1),
        E::OtherChannels(..) => E::TooManyKeys,
        E::TooManyKeys => E::NotRemoved(text()),
        E::NotRemoved(_) => E::NoMp3(NoMp3::TooLong),
        E::NoMp3(_) => E::PageWithoutToken(text()),
        E::PageWithoutToken(_) => E::InvalidPageSize(text()),
        E::InvalidPageSize(_) => E::InvalidPageToken(text()),
        E::InvalidPageToken(_) => E::Malformed(text()),
        E::Malformed(_) => E::ContentType(text()),
        E::ContentType(_) => E::TooLarge,
        E::TooLarge => E::BodyTooSlow,
        E::BodyTooSlow => E::Refused(Refusal::NoSuchConference(uuid())),
        E::Refused(refusal) => match next_refusal(refusal) {
            Some(refusal) => E::Refused(refusal),
            None => E::NotAsked(AskError::Full),
        },
        E::NotAsked(_) => E::Store(StoreError::Damaged(text())),
        E::Store(_) => E::WrongReply,
        E::WrongReply => E::Http(StatusCode::NOT_FOUND),
        E::Http(_) => E::Unreadable(StatusCode::URI_TOO_LONG),
        E::Unreadable(_) => E::OutboxFull,
        E::OutboxFull => E::TooManyConnections,
        E::TooManyConnections => E::TooManyLogins(1),
        E::TooManyLogins(_) => E::ForeignHost(text()),
        E::ForeignHost(_) => E::ForeignOrigin(text()),
        E::ForeignOrigin(_) => return None,
    })
}

fn next_refusal(refusal: &Refusal) -> Option<Refusal> {
    use Refusal as R;
    let text = || "x".to_owned();
    Some(match refusal {
        R::NoSuchConference(_) => R::NoSuchCall(uuid()),
        R::NoSuchCall(_) => R::NoSuchRecording(UUID.to_owned()),
        R::NoSuchRecording(_) => R::RecordedAlready(uuid()),
        R::RecordedAlready(_) => R::NotInProgress(uuid()),
        R::NotInProgress(_) => R::NobodyToCall(text()),
        R::NobodyToCall(_) => R::NoWayThere(text()),
        R::NoWayThere(_) => R::NoCaller(text()),
        R::NoCaller(_) => R::NoCallerId(text()),
        R::NoCallerId(_) => R::BadUriHeader(text()),
        R::BadUriHeader(_) => R::BadDocument {
            code: 12100,
            message: text(),
        },
        R::BadDocument { .. } => R::Busy,
        R::Busy => R::NotConfirmed,
        R::NotConfirmed => R::Disagreement {
            listener: uuid(),
            speaker: uuid(),
        },
        R::Disagreement { .. } => R::Conference(Rule::Completed),
        R::Conference(rule) => R::Conference(next_rule(rule)?),
    })
}

fn next_rule(rule: &Rule) -> Option<Rule> {
    let said = || UUID.to_owned();
    Some(match rule {
        Rule::Completed => Rule::NoSuchParticipant(said()),
        Rule::NoSuchParticipant(_) => Rule::CoachingWithoutTarget,
        Rule::CoachingWithoutTarget => Rule::NoSuchTarget(said()),
        Rule::NoSuchTarget(_) => Rule::TargetIsSelf(uuid()),
        Rule::TargetIsSelf(_) => Rule::TargetOnHold(uuid()),
        Rule::TargetOnHold(_) => Rule::Full(1),
        Rule::Full(_) => Rule::LabelTaken("x".to_owned()),
        Rule::LabelTaken(_) => Rule::LabelInvalid("x".to_owned()),
        Rule::LabelInvalid(_) => Rule::NameInvalid {
            name: "x".to_owned(),
            chars_max: 1,
        },
        Rule::NameInvalid { .. } => Rule::TooManyAnnouncements(1),
        Rule::TooManyAnnouncements(_) => Rule::AlreadyIn(uuid()),
        Rule::AlreadyIn(_) => return None,
    })
}

fn all() -> Vec<ApiError> {
    let mut all = vec![ApiError::NotAuthenticated];
    while let Some(error) = all.last().and_then(next) {
        all.push(error);
    }
    all
}

#[test]
fn no_text_of_the_twilio_dialect_holds_a_uuid() {
    let all = all();
    assert!(all.len() > 40, "{}", all.len());
    for error in all {
        let text = error.message(Dialect::Twilio);
        assert!(!text.contains(UUID), "{text}");
        let is_spelled = text.contains("333333333333433383333333333333af");
        let has_sid = error.message(Dialect::SignalWire).contains(UUID);
        assert_eq!(is_spelled, has_sid, "{text}");
    }
}

#[test]
fn twilio_answers_400_wherever_signalwire_answers_422() {
    for error in all() {
        let (_, signalwire) = error.code_and_status(Dialect::SignalWire);
        let (code, twilio) = error.code_and_status(Dialect::Twilio);
        assert_ne!(twilio, StatusCode::UNPROCESSABLE_ENTITY, "{error}");
        let expected = match signalwire {
            StatusCode::UNPROCESSABLE_ENTITY if code == 20404 => StatusCode::NOT_FOUND,
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            other => other,
        };
        assert_eq!(twilio, expected, "{error}");
    }
}
