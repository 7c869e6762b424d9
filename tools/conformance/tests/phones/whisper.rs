//! Confidentiality of whispers: each frame at each listener is checked, while a coach speaks and
//! everything else changes.

use std::time::Duration;

use confab_conformance::party::{DBFS, TONES, call, settle};
use confab_conformance::server::pause;
use confab_phone::heard::{Frame, frames};
use confab_phone::now;
use confab_terms::Instant;

use crate::matrix::Desk;

/// Returns whether a frame contains a trace of the coach. The codec's noise beside three other
/// tones is 40 dB below the coach's level.
fn leaks(frame: &Frame, hz: f64) -> bool {
    frame.level(hz) > DBFS - 30.0
}

#[test]
fn a_coach_is_heard_by_its_target_alone_in_every_frame() {
    let mut three = Desk::start();
    let (agent, customer, supervisor) = (0, 1, 2);
    let (agent_sid, customer_sid) = (three.calls[agent].clone(), three.calls[customer].clone());
    let coach_hz = three.callers[supervisor].hz;
    // From here on the customer is not the target.
    three.update(
        supervisor,
        &[("Coaching", "true"), ("CallSidToCoach", &agent_sid)],
    );
    settle();
    let whispering = now();

    // A call joins a moment later, and leaves again.
    let late = call(&three._phones, &three.server, "desk", "late", TONES[3]).unwrap();
    three.api.seated("desk", 4).unwrap();
    late.phone
        .wait_for_packets(12, Duration::from_secs(5))
        .unwrap();
    settle();
    let late_heard = late.phone.packets();
    late.phone.hang_up().unwrap();
    three.api.seated("desk", 3).unwrap();

    // Target, coach and customer are held and released repeatedly.
    for _ in 0..5 {
        for who in [agent, supervisor, customer] {
            three.update(who, &[("Hold", "true")]);
            pause(Duration::from_millis(90));
            three.update(who, &[("Hold", "false")]);
            pause(Duration::from_millis(70));
        }
    }
    let until = now();
    for (name, packets) in [
        (
            "the customer",
            three.callers[customer]
                .phone
                .packets_between(whispering, until),
        ),
        ("the late caller", late_heard),
    ] {
        let heard = frames(&packets);
        assert!(heard.len() > 10, "{name} received {} frames", heard.len());
        let leaked = heard.iter().filter(|f| leaks(f, coach_hz)).count();
        assert_eq!(
            leaked,
            0,
            "{name} heard the coach in {leaked} of {} frames",
            heard.len()
        );
    }

    // The target alternates between two participants, but never both at once.
    let swapping = now();
    for round in 0..20 {
        let target = if round % 2 == 0 {
            &customer_sid
        } else {
            &agent_sid
        };
        three.update(supervisor, &[("CallSidToCoach", target)]);
        pause(Duration::from_millis(67));
    }
    let swapped = now();
    let at_agent = carrying(&three, agent, coach_hz, swapping, swapped);
    let at_customer = carrying(&three, customer, coach_hz, swapping, swapped);
    assert!(
        at_agent.len() > 15 && at_customer.len() > 15,
        "the whisper itself must be heard"
    );
    // Frames of a tick are sent within a few milliseconds.
    for a in &at_agent {
        let same_tick = at_customer.iter().any(|c| c.0.abs_diff(a.0) < 5_000_000);
        assert!(
            !same_tick,
            "agent and customer both heard the coach at {a:?}"
        );
    }

    // The target hangs up: nobody receives the coach, and the coach receives all others.
    three.update(supervisor, &[("CallSidToCoach", &agent_sid)]);
    settle();
    let leaving = now();
    three.callers[agent].phone.hang_up().unwrap();
    three.api.seated("desk", 2).unwrap();
    three.callers[customer]
        .phone
        .listen(Duration::from_secs(1))
        .unwrap();
    let heard = three.callers[customer].phone.frames_between(leaving, now());
    assert_eq!(
        heard.iter().filter(|f| leaks(f, coach_hz)).count(),
        0,
        "after the target left"
    );
    let coach = three.api.get(&three.path(supervisor)).unwrap().json;
    assert_eq!(
        (&coach["coaching"], &coach["call_sid_to_coach"]),
        (&true.into(), &().into())
    );

    // The same caller joins again: it is not coached.
    three.callers[agent] = call(&three._phones, &three.server, "desk", "agent", TONES[0]).unwrap();
    three.api.seated("desk", 3).unwrap();
    let back = three.callers[agent]
        .phone
        .listen(Duration::from_secs(1))
        .unwrap();
    assert_eq!(
        back.iter().filter(|f| leaks(f, coach_hz)).count(),
        0,
        "a call that comes back"
    );
}

/// Returns the arrival of the frames with a trace of the coach.
fn carrying(three: &Desk, who: usize, hz: f64, from: Instant, to: Instant) -> Vec<Instant> {
    let heard = three.callers[who].phone.frames_between(from, to);
    heard
        .iter()
        .filter(|f| leaks(f, hz))
        .map(|f| f.arrived)
        .collect()
}
