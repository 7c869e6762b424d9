//! Lists: filters, order, pages without gaps, and links in the request's own spelling.

use crate::common::{ACCOUNT, Bench, CONFERENCE, ENDED, Memory, account, conference, participant};
use confab_switchboard::conference::Status;
use confab_switchboard::{ParticipantView, Reply};
use serde_json::{Value, json};

fn sid(n: u32) -> String {
    format!("{n:08x}-3333-4333-8333-333333333333")
}

fn seated(count: u32) -> Vec<ParticipantView> {
    let mut seated: Vec<_> = (0..count)
        .map(|n| participant(&sid(n), i64::from(n / 2)))
        .collect();
    for view in seated.iter_mut().step_by(3) {
        view.state.muted = true;
    }
    seated
}

fn with(seated: Vec<ParticipantView>) -> Bench {
    Bench::new(move |_| Some(Reply::Participants(seated.clone())))
}

fn path() -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/Conferences/{CONFERENCE}/Participants")
}

fn calls(page: &Value, key: &str, field: &str) -> Vec<String> {
    let items = page[key].as_array().unwrap();
    items
        .iter()
        .map(|item| item[field].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_page_has_these_keys_and_one_array() {
    let page = with(seated(2)).ask("GET", &path()).await.json();
    let mut keys: Vec<_> = page.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    let wanted = [
        "first_page_uri",
        "next_page_uri",
        "page",
        "page_size",
        "participants",
        "previous_page_uri",
        "uri",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(page["uri"], format!("{}?Page=0&PageSize=50", path()));
    assert_eq!(page["next_page_uri"], Value::Null);
    assert_eq!(page["previous_page_uri"], Value::Null);
    assert_eq!((&page["page"], &page["page_size"]), (&json!(0), &json!(50)));
}

#[tokio::test]
async fn pages_follow_one_another_both_ways() {
    for size in [1, 2, 3, 7, 10, 11] {
        let bench = with(seated(10));
        let mut next = format!("{}?PageSize={size}", path());
        let (mut seen, mut pages) = (Vec::new(), Vec::new());
        loop {
            let page = bench.ask("GET", &next).await.json();
            seen.extend(calls(&page, "participants", "call_sid"));
            pages.push(page.clone());
            match page["next_page_uri"].as_str() {
                Some(uri) => next = uri.to_owned(),
                None => break,
            }
        }
        assert_eq!(
            seen,
            (0..10).map(sid).collect::<Vec<_>>(),
            "PageSize={size}"
        );
        for pair in pages.windows(2) {
            let previous = pair[1]["previous_page_uri"].as_str().unwrap();
            assert!(previous.contains("PageToken=PB"), "{previous}");
            let back = bench.ask("GET", previous).await.json();
            assert_eq!(back["participants"], pair[0]["participants"]);
            assert_eq!(back["page"], pair[0]["page"]);
            let again = bench
                .ask("GET", back["next_page_uri"].as_str().unwrap())
                .await
                .json();
            assert_eq!(again["participants"], pair[1]["participants"]);
        }
        let token = pages
            .first()
            .and_then(|page| page["next_page_uri"].as_str());
        assert!(token.is_none_or(|uri| uri.contains("PageToken=PA")));
    }
}

#[tokio::test]
async fn who_leaves_between_two_pages_takes_nobody_along() {
    let all = seated(6);
    let first = with(all.clone())
        .ask("GET", &format!("{}?PageSize=3", path()))
        .await
        .json();
    let next = first["next_page_uri"].as_str().unwrap();
    // The conference or participant that the token names has left, and so has an earlier item.
    let left: Vec<_> = all
        .into_iter()
        .enumerate()
        .filter(|(n, _)| !matches!(n, 0 | 2))
        .collect();
    let second = with(left.into_iter().map(|(_, view)| view).collect())
        .ask("GET", next)
        .await;
    assert_eq!(
        calls(&second.json(), "participants", "call_sid"),
        [sid(3), sid(4), sid(5)]
    );
}

#[tokio::test]
async fn filters_hold_on_every_page() {
    let bench = with(seated(10));
    let page = bench
        .ask("GET", &format!("{}?Muted=True&Hold=&PageSize=2", path()))
        .await
        .json();
    assert_eq!(calls(&page, "participants", "call_sid"), [sid(0), sid(3)]);
    let next = page["next_page_uri"].as_str().unwrap();
    assert!(next.contains("?Muted=True&Page=1&"), "{next}");
    let page = bench.ask("GET", next).await.json();
    assert_eq!(calls(&page, "participants", "call_sid"), [sid(6), sid(9)]);
    assert_eq!(page["next_page_uri"], Value::Null);
    let held = bench.ask("GET", &format!("{}?Hold=1", path())).await.json();
    assert_eq!(held["participants"], json!([]));
}

#[tokio::test]
async fn a_page_size_is_clamped() {
    let bench = with(seated(10));
    for (asked, used) in [("2000", 1000), ("0", 1), ("-3", 1), ("1", 1), ("", 50)] {
        let page = bench
            .ask("GET", &format!("{}?PageSize={asked}", path()))
            .await
            .json();
        assert_eq!(page["page_size"], used, "{asked}");
    }
    let page = bench
        .ask("GET", &format!("{}?PageSize=99999999999999999999", path()))
        .await;
    assert_eq!(page.json()["page_size"], 1000);
}

#[tokio::test]
async fn links_are_relative_and_spelled_as_the_request_was() {
    let bench = with(seated(4));
    // A client whose base URL has the prefix appends a link to that URL. A doubled prefix is
    // answered with a single prefix, else each page would add a prefix.
    for (prefix, linked) in [
        ("", ""),
        ("/api/laml", "/api/laml"),
        ("/api/laml/api/laml", "/api/laml"),
    ] {
        for suffix in ["", ".json"] {
            let asked = format!("{prefix}{}{suffix}?PageSize=2", path());
            let page = bench.ask("GET", &asked).await.json();
            let start = format!("{linked}{}{suffix}?", path());
            for link in ["uri", "first_page_uri", "next_page_uri"] {
                assert!(page[link].as_str().unwrap().starts_with(&start), "{page}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_in_a_conference_that_is_over() {
    let path = path().replace(CONFERENCE, ENDED);
    let page = Bench::usual().ask("GET", &path).await.json();
    assert_eq!(page["participants"], json!([]));
    let unknown = path.replace(ENDED, &sid(9));
    Bench::usual()
        .ask("GET", &unknown)
        .await
        .is_error(404, 20404);
}

const DAY: i64 = 86_400_000;

/// Returns a bench with live conferences of days 10, 9, 8 and ended conferences of days 9, 7, 6 ….
/// The conference of day 9 is found twice.
fn conferences() -> Bench {
    let live = vec![
        conference(&sid(10), "Room & 1", 10 * DAY, Status::InProgress),
        conference(&sid(9), "b", 9 * DAY, Status::Init),
        conference(&sid(8), "Room & 1", 8 * DAY, Status::InProgress),
    ];
    let ended = [9, 7, 6, 5, 4].map(|day| {
        conference(
            &sid(day),
            "Room & 1",
            i64::from(day) * DAY,
            Status::Completed,
        )
    });
    Bench::with_store(
        move |_| Some(Reply::Conferences(live.clone())),
        Memory {
            account: account(),
            keys: std::sync::Mutex::default(),
            is_degraded: Default::default(),
            conferences: ended.to_vec(),
            calls: vec![],
            notices: std::sync::Mutex::default(),
            recordings: std::sync::Mutex::default(),
        },
    )
}

async fn listed(query: &str) -> Vec<String> {
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Conferences.json?{query}");
    let (bench, mut next, mut found) = (conferences(), Some(path), Vec::new());
    while let Some(path) = next {
        let page = bench.ask("GET", &path).await.json();
        found.extend(calls(&page, "conferences", "sid"));
        next = page["next_page_uri"].as_str().map(str::to_owned);
    }
    found
}

fn sids(days: &[u32]) -> Vec<String> {
    days.iter().map(|day| sid(*day)).collect()
}

#[tokio::test]
async fn live_and_ended_conferences_are_one_list_newest_first() {
    for size in [1, 2, 3, 50] {
        let all = listed(&format!("PageSize={size}")).await;
        assert_eq!(all, sids(&[10, 9, 8, 7, 6, 5, 4]), "PageSize={size}");
    }
}

#[tokio::test]
async fn conferences_are_filtered() {
    let cases: [(&str, &[u32]); 11] = [
        ("Status=in-progress", &[10, 8]),
        ("Status=completed&PageSize=2", &[9, 7, 6, 5, 4]),
        (
            "FriendlyName=Room%20%26%201&PageSize=1",
            &[10, 9, 8, 7, 6, 5, 4],
        ),
        ("FriendlyName=room%20%26%201", &[]),
        ("DateCreated=1970-01-07", &[6]),
        ("DateCreated%3E=1970-01-09", &[10, 9, 8]),
        ("DateCreated%3C=1970-01-07&PageSize=1", &[6, 5, 4]),
        (
            "DateCreated>=1970-01-06T23:30:00Z&DateCreated<=1970-01-07",
            &[6],
        ),
        ("DateUpdated=1970-01-09", &[8]),
        ("DateCreated%3E=1970-01-09&DateCreated%3C=1970-01-05", &[]),
        ("Status=init", &[9]),
    ];
    for (query, days) in cases {
        let query = query.replace('>', "%3E").replace('<', "%3C");
        let found = listed(&query).await;
        // The conference of day 9 is in both lists: it has ended.
        assert_eq!(found, sids(days), "{query}");
    }
}

/// Conference 6 begins at midnight of day 7, to the second.
#[tokio::test]
async fn time_in_a_date_filter_counts_to_the_second() {
    let cases: [(&str, &[u32]); 9] = [
        (
            "DateCreated>=1970-01-07T00:00:00Z&DateCreated<=1970-01-07",
            &[6],
        ),
        (
            "DateCreated>=1970-01-07T00:00:01Z&DateCreated<=1970-01-07",
            &[],
        ),
        ("DateCreated<=1970-01-07T00:00:00Z", &[6, 5, 4]),
        ("DateCreated<=1970-01-06T23:59:59Z", &[5, 4]),
        ("DateCreated=1970-01-07T00:00:00Z", &[6]),
        ("DateCreated=1970-01-07T01:00:00+01:00", &[6]),
        ("DateCreated=1970-01-07T12:00:00Z", &[]),
        ("DateUpdated=1970-01-07T00:00:14Z", &[6]),
        ("DateUpdated>=1970-01-10T00:00:15Z", &[10]),
    ];
    for (query, days) in cases {
        let query = query
            .replace('>', "%3E")
            .replace('<', "%3C")
            .replace('+', "%2B");
        assert_eq!(listed(&query).await, sids(days), "{query}");
    }
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Conferences?DateCreated=soon");
    conferences().ask("GET", &path).await.is_error(422, 10000);
}
