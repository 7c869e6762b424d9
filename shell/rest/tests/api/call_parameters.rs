//! Parameters of calls and recordings: those that take effect, and the Notifications about those
//! without effect.

use crate::common::{ACCOUNT, Answer, Bench, CALL, call, posted};
use confab_switchboard::conference::RecordingEvent;
use confab_switchboard::{
    CallAudio, CallEvent, CallView, NewCall, Notice, Refusal, Reply, Request as Question, Severity,
    Spread,
};

const FORM: &str = "application/x-www-form-urlencoded";
const MADE: &str = "To=1&From=a&Url=http://e/x&StatusCallback=http://e/s";

async fn post(bench: &Bench, below: &str, form: &str) -> Answer {
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/{below}");
    bench.send(posted(&path, FORM, form.to_owned())).await
}

async fn create(bench: &Bench, form: &str) -> NewCall {
    post(bench, "Calls.json", form).await.is_fine();
    match bench.questions().pop() {
        Some(Question::CreateCall(wish)) => *wish,
        other => panic!("{other:?}"),
    }
}

fn notices(bench: &Bench) -> Vec<Notice> {
    let notices = bench.notices();
    notices.into_iter().map(|kept| kept.notice).collect()
}

#[tokio::test]
async fn unknown_events_are_ignored_with_a_notification() {
    use CallEvent::{Completed, Initiated, Ringing};
    for (words, events, named) in [
        (
            "StatusCallbackEvent=initiated+ringing+completed+failed+busy+no-answer+canceled",
            vec![Initiated, Ringing, Completed],
            "\"failed\", \"busy\", \"no-answer\", \"canceled\"",
        ),
        (
            "StatusCallbackEvent=initiated&StatusCallbackEvent=up",
            vec![Initiated],
            "\"up\"",
        ),
        (
            "StatusCallbackEvent=failed,busy",
            vec![Completed],
            "\"failed\", \"busy\"",
        ),
    ] {
        let bench = Bench::usual();
        let wish = create(&bench, &format!("{MADE}&{words}")).await;
        assert_eq!(wish.status_callback.unwrap().events, events, "{words}");
        let [notice] = &notices(&bench)[..] else {
            panic!("one Notification: {words}");
        };
        assert_eq!((notice.code, notice.severity), (21626, Severity::Warning));
        assert_eq!(notice.call.unwrap().to_string(), CALL);
        assert!(
            notice.message.contains(named)
                && notice.message.contains("StatusCallbackEvent")
                && notice
                    .message
                    .contains("initiated, ringing, answered, completed"),
            "{}",
            notice.message
        );
    }
    let bench = Bench::usual();
    create(&bench, &format!("{MADE}&StatusCallbackEvent=Answered")).await;
    assert!(bench.notices().is_empty());
}

#[tokio::test]
async fn unknown_events_of_a_recording_and_an_update_are_ignored_too() {
    let words = "RecordingStatusCallback=http://e/r&RecordingStatusCallbackEvent=in-progress+over";
    let bench = Bench::usual();
    let wish = create(&bench, &format!("{MADE}&Record=true&{words}")).await;
    let callback = wish.record.unwrap().wish.callback.unwrap();
    assert_eq!(callback.events, [RecordingEvent::InProgress]);
    let told = notices(&bench);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].message.contains("RecordingStatusCallbackEvent"));
    let update = "StatusCallback=http://e/s&StatusCallbackEvent=up";
    let bench = Bench::usual();
    post(&bench, &format!("Calls/{CALL}"), update)
        .await
        .is_fine();
    let told = notices(&bench);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (told[0].code, told[0].call.unwrap().to_string()),
        (21626, CALL.to_owned())
    );
}

#[tokio::test]
async fn parameters_without_effect_are_named_in_one_notification() {
    let bench = Bench::usual();
    let form = "MachineDetection=Enable&MachineDetectionTimeout=30&AsyncAmd=true&Byoc=BY1\
                &CallReason=x&Trim=trim-silence&MaxPricePerMinute=0.1&Unheard=of";
    create(&bench, &format!("{MADE}&{form}")).await;
    let told = notices(&bench);
    let [notice] = &told[..] else {
        panic!("one Notification: {told:?}");
    };
    assert_eq!((notice.code, notice.severity), (10000, Severity::Warning));
    assert_eq!(notice.call.unwrap().to_string(), CALL);
    assert_eq!(
        notice.message,
        "parameters without effect: MachineDetection, AsyncAmd, MachineDetectionTimeout, Byoc, \
         CallReason, MaxPricePerMinute, Trim"
    );
    let bench = Bench::usual();
    let form = "MachineDetection=none&AsyncAmd=false&Byoc=&Record=true&Trim=do-not-trim";
    create(&bench, &format!("{MADE}&{form}")).await;
    assert!(bench.notices().is_empty());
}

#[tokio::test]
async fn time_limit_caller_id_and_credentials_reach_the_call() {
    let bench = Bench::usual();
    let form = "TimeLimit=2&CallerId=%2B15550001111&SipAuthUsername=anna&SipAuthPassword=s3cret";
    let wish = create(&bench, &format!("{MADE}&{form}")).await;
    assert_eq!(wish.time_limit, Some(std::time::Duration::from_secs(2)));
    assert_eq!(wish.caller_id.as_deref(), Some("+15550001111"));
    let account = wish.credentials.clone().unwrap();
    assert_eq!((&*account.user, &*account.password.0), ("anna", "s3cret"));
    assert!(!format!("{wish:?}").contains("s3cret"));
    post(&bench, &format!("Calls/{CALL}"), "TimeLimit=60")
        .await
        .is_fine();
    let Some(Question::UpdateCall { update, .. }) = bench.questions().pop() else {
        panic!("no update");
    };
    assert_eq!(update.time_limit, Some(std::time::Duration::from_secs(60)));
}

#[tokio::test]
async fn a_password_is_in_no_notification() {
    let refusing = || Bench::new(|_| Some(Reply::Refused(Refusal::NobodyToCall("1".to_owned()))));
    let form = format!("{MADE}&SipAuthUsername=anna&SipAuthPassword=s3cret");
    let bench = refusing();
    post(&bench, "Calls.json", &form).await.is_error(422, 21211);
    let bad = refusing();
    let unsound = format!("{MADE}&SipAuthUsername=anna&SipAuthPassword=s3cret%00");
    post(&bad, "Calls.json", &unsound)
        .await
        .is_error(422, 10000);
    let query = refusing();
    post(&query, &format!("Calls.json?{form}"), &form)
        .await
        .is_error(422, 21211);
    for bench in [bench, bad, query] {
        let told = notices(&bench);
        assert_eq!(told.len(), 1, "{told:?}");
        let shown = format!("{told:?}");
        assert!(
            shown.contains("anna") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_plus_sign_that_was_sent_unescaped_is_restored() {
    let bench = Bench::usual();
    let form = "To=+15551234567&From=+15557654321&CallerId=+1&Url=http://e/x";
    let wish = create(&bench, form).await;
    assert_eq!((&*wish.to, &*wish.from), ("+15551234567", "+15557654321"));
    assert_eq!(wish.caller_id.as_deref(), Some("+1"));
}

fn measured() -> CallView {
    let spread = |min, max, avg| Some(Spread { min, max, avg });
    CallView {
        from: "+4930765".to_owned(),
        to: "client:anna".to_owned(),
        forwarded_from: Some("+4930111".to_owned()),
        audio: Some(CallAudio {
            mos_tenths: Some(43),
            round_trip_ms: spread(20, 100, 50),
            jitter_out_ms: spread(1, 10, 5),
            lost_out: Some(0),
        }),
        ..call(CALL)
    }
}

#[tokio::test]
async fn a_call_shows_its_parties_and_its_audio() {
    let bench = Bench::new(|question| match question {
        Question::FetchCall { .. } => Some(Reply::Call(Box::new(measured()))),
        Question::ListCalls => Some(Reply::Calls(vec![measured()])),
        other => crate::common::usual(other),
    });
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}");
    let shown = bench.ask("GET", &path).await.json();
    for (key, value) in [
        ("from", "\"+4930765\""),
        ("from_formatted", "\"+4930765\""),
        ("formatted_from", "\"+4930765\""),
        ("to", "\"client:anna\""),
        ("to_formatted", "\"client:anna\""),
        ("forwarded_from", "\"+4930111\""),
        ("audio_in_mos", "4.3"),
        ("audio_rtt_min", "20"),
        ("audio_rtt_max", "100"),
        ("audio_rtt_avg", "50"),
        ("audio_out_jitter_min", "1"),
        ("audio_out_jitter_max", "10"),
        ("audio_out_jitter_avg", "5"),
        ("audio_out_lost", "0"),
    ] {
        assert_eq!(shown[key].to_string(), value, "{key}");
    }
    let list = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls");
    for (query, found) in [
        ("From=%2B4930765&To=client:anna", 1),
        ("From=+4930765", 1),
        ("From=4930765", 0),
        ("To=anna", 0),
    ] {
        let page = bench.ask("GET", &format!("{list}?{query}")).await.json();
        assert_eq!(page["calls"].as_array().unwrap().len(), found, "{query}");
    }
}
