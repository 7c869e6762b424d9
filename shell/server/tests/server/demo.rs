//! `confab demo --json` as a process: six lines with the audibility of each example, and no other
//! output.

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[test]
fn the_six_examples_are_heard_as_documented() {
    let folder = env::temp_dir().join(format!("confab-test-demo-{}", std::process::id()));
    let began = Instant::now();
    let demo = Command::new(env!("CARGO_BIN_EXE_confab"))
        .args(["demo", "--json", "--folder"])
        .arg(&folder)
        .env_clear()
        // Settings have no effect on the demo: this setting would prevent `serve` from starting.
        .env("CONFAB_SIP_LISTEN", "nonsense")
        .stdin(Stdio::null())
        .output()
        .expect("confab can be run");
    assert!(began.elapsed() < Duration::from_secs(60));
    let said = String::from_utf8_lossy(&demo.stderr);
    assert_eq!(demo.status.code(), Some(0), "{said}");
    assert_eq!(said, "");
    let lines = String::from_utf8(demo.stdout).expect("UTF-8");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let heard: Vec<Value> = lines.iter().map(|line| row(&line["heard"])).collect();
    let everybody = json!(["customer supervisor", "agent supervisor", "agent customer"]);
    let expected = [
        everybody.clone(),
        json!(["customer supervisor", "agent", "agent customer"]),
        json!(["customer", "agent", "agent customer"]),
        everybody,
        json!(["customer supervisor", "supervisor", "customer"]),
        json!(["supervisor", "music", ""]),
    ];
    assert_eq!(heard, expected);
    for line in &lines {
        let keys: Vec<_> = line.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["example", "heard", "request", "response"]);
        assert_eq!(line["request"]["method"], "POST");
        assert_eq!(line["response"]["status"], 200);
        assert_eq!(
            line["response"]["json"]
                .as_object()
                .map_or(0, serde_json::Map::len),
            13
        );
    }
    let coaching = &lines[1]["request"]["form"];
    let target = &lines[1]["response"]["json"]["call_sid_to_coach"];
    let form = json!({
        "Muted": "false", "Coaching": "true", "Beep": "false", "CallSidToCoach": target,
    });
    assert_eq!(*coaching, form);
    for file in ["agent.wav", "customer.wav", "supervisor.wav", "confab.log"] {
        assert!(folder.join(file).exists(), "no {file}");
    }
    fs::remove_dir_all(&folder).expect("it is there");
}

/// Returns the sources heard by the agent, the customer and the supervisor.
fn row(heard: &Value) -> Value {
    let of = |caller: &str| {
        let sources = heard[caller].as_array().expect("a list").iter();
        let sources: Vec<_> = sources.filter_map(Value::as_str).collect();
        sources.join(" ")
    };
    json!([of("agent"), of("customer"), of("supervisor")])
}
