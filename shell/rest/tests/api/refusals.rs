//! Each refusal of switchboard and rules: its code, its status, and its headers.

use std::sync::Arc;

use crate::common::{Bench, CALL, CONFERENCE, ENDED, OTHER_CALL, participant_path, posted};
use confab_switchboard::conference::Refusal as Rule;
use confab_switchboard::{Refusal, Reply, Request as Question};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn each_refusal_has_its_code_and_status() {
    let call = || CALL.parse().unwrap();
    let cases = [
        (Refusal::Conference(Rule::Completed), 422, 10000),
        (
            Refusal::Conference(Rule::NoSuchParticipant("x".into())),
            404,
            20404,
        ),
        (Refusal::Conference(Rule::CoachingWithoutTarget), 422, 16002),
        (
            Refusal::Conference(Rule::NoSuchTarget("x".into())),
            422,
            16002,
        ),
        (Refusal::Conference(Rule::TargetIsSelf(call())), 422, 16002),
        (
            Refusal::Conference(Rule::TooManyAnnouncements(32)),
            429,
            20429,
        ),
        (
            Refusal::NoSuchConference(CONFERENCE.parse().unwrap()),
            404,
            20404,
        ),
        (Refusal::NoSuchCall(call()), 404, 20404),
        (Refusal::Busy, 429, 20429),
        (Refusal::NotConfirmed, 500, 20504),
        (
            Refusal::Disagreement {
                listener: call(),
                speaker: OTHER_CALL.parse().unwrap(),
            },
            500,
            20001,
        ),
    ];
    for (refusal, status, code) in cases {
        let bench = Bench::new(move |_| Some(Reply::Refused(refusal.clone())));
        let answer = bench.update("Muted=true").await;
        answer.is_error(status, code);
        assert_eq!(answer.headers.contains_key("retry-after"), status == 429);
    }
}

#[tokio::test]
async fn a_full_queue_is_an_answer() {
    let bench = Bench::new(|_| None);
    let answer = bench.update("Muted=true").await;
    answer.is_error(429, 20429);
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn an_answer_to_another_question_is_our_fault() {
    let bench = Bench::new(|_| Some(Reply::Removed));
    bench.update("Muted=true").await.is_error(500, 20001);
}

#[tokio::test]
async fn a_switchboard_that_says_nothing_is_waited_for_so_long() {
    #[derive(Clone, Default)]
    struct Silent(Arc<std::sync::Mutex<Vec<confab_rest::Asked>>>);
    impl confab_rest::Switch for Silent {
        fn ask(&self, asked: confab_rest::Asked) -> Result<(), confab_rest::QueueFull> {
            self.0.lock().unwrap().push(asked);
            Ok(())
        }
    }
    let silent = Silent::default();
    let line = confab_rest::Line::new(silent.clone());
    let asked = line.ask(Question::ListConferences).await;
    assert_eq!(asked.unwrap_err(), confab_rest::AskError::Silent);
    let (asked, ()) = tokio::join!(line.ask(Question::ListConferences), async {
        silent.0.lock().unwrap().clear();
    });
    assert_eq!(asked.unwrap_err(), confab_rest::AskError::Gone);
}

#[tokio::test]
async fn a_completed_conference_is_looked_at_before_the_participant() {
    let bench = Bench::usual();
    for key in [CALL, OTHER_CALL, "nobody", "a%2Fb"] {
        let path = participant_path(ENDED, key);
        bench
            .send(posted(&path, FORM, "Muted=true"))
            .await
            .is_error(422, 10000);
        bench
            .send(posted(&path, FORM, ""))
            .await
            .is_error(422, 10000);
        bench.ask("GET", &path).await.is_error(404, 20404);
    }
    let unknown = participant_path(OTHER_CALL, CALL);
    bench
        .send(posted(&unknown, FORM, "Muted=true"))
        .await
        .is_error(404, 20404);
}

#[tokio::test]
async fn a_completed_conference_takes_no_update_itself() {
    let bench = Bench::usual();
    let root = format!(
        "/2010-04-01/Accounts/{}/Conferences",
        crate::common::ACCOUNT
    );
    let ended = format!("{root}/{ENDED}.json");
    for body in ["Status=completed", "", "AnnounceUrl=http%3A%2F%2Fe%2F"] {
        bench
            .send(posted(&ended, FORM, body))
            .await
            .is_error(422, 10000);
    }
    let unknown = format!("{root}/{OTHER_CALL}");
    bench
        .send(posted(&unknown, FORM, "Status=completed"))
        .await
        .is_error(404, 20404);
}

#[tokio::test]
async fn an_update_of_a_conference_is_typed() {
    use confab_switchboard::conference::Url;
    use confab_terms::Method;
    let path = format!(
        "/2010-04-01/Accounts/{}/Conferences/{CONFERENCE}",
        crate::common::ACCOUNT
    );
    let url = |method| {
        Some(Url {
            url: "https://e/a.mp3".to_owned(),
            method,
        })
    };
    let cases = [
        ("", false, None),
        ("Status=", false, None),
        ("Status=completed", true, None),
        (
            "AnnounceUrl=https%3A%2F%2Fe%2Fa.mp3",
            false,
            url(Method::Post),
        ),
        (
            "AnnounceUrl=https%3A%2F%2Fe%2Fa.mp3&AnnounceMethod=GET",
            false,
            url(Method::Get),
        ),
        ("AnnounceUrl=&AnnounceMethod=GET", false, None),
    ];
    for (body, complete, announce) in cases {
        let bench = Bench::usual();
        let answer = bench.send(posted(&path, FORM, body)).await;
        assert_eq!(answer.status, 200);
        let conference = CONFERENCE.parse().unwrap();
        let wanted = Question::UpdateConference {
            conference,
            complete,
            announce,
        };
        assert_eq!(bench.questions(), [wanted]);
    }
}
