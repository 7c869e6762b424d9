//! `confab check`: a line for each check, and an exit status that predicts the start.

use std::net::UdpSocket;
use std::process::Command;

use crate::process::{Folder, asked_to};

fn run(command: &mut Command) -> (i32, Vec<String>) {
    let output = command.output().expect("confab can be run");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    for line in &lines {
        assert!(line.starts_with("✔ ") || line.starts_with("✘ "), "{line}");
    }
    (output.status.code().unwrap_or(-1), lines)
}

fn line<'a>(lines: &'a [String], part: &str) -> &'a str {
    let found = lines.iter().find(|line| line.contains(part));
    found.unwrap_or_else(|| panic!("{part} is not in {lines:#?}"))
}

/// Returns the result of a line that is good or weak.
fn is_good(line: &str) -> bool {
    let is_weak = line.starts_with('✘') && line.ends_with("(confab runs without)");
    assert!(is_weak || line.starts_with('✔'), "{line}");
    !is_weak
}

/// Returns true if `chrt` of util-linux may run a program as SCHED_FIFO here.
fn may_be_realtime() -> bool {
    let mut chrt = Command::new("chrt");
    let output = chrt.args(["--fifo", "1", "true"]).output();
    output.expect("chrt of util-linux").status.success()
}

/// Returns the same program with the same environment, run by `program`.
fn run_by(program: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(program[0]);
    outer
        .args(&program[1..])
        .arg(command.get_program())
        .args(command.get_args());
    outer
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in command.get_envs() {
        value.map(|value| outer.env(name, value));
    }
    outer.current_dir(command.get_current_dir().expect("a folder"));
    outer
}

#[test]
fn few_descriptors_and_ordinary_priority_are_weak() {
    let folder = Folder::new();
    let command = asked_to("check", &folder);
    let few = [
        "prlimit",
        "--nofile=1000:1000",
        "--rtprio=0:0",
        "--nice=0:0",
    ];
    // Root has the capability regardless of the limits.
    let drop = [
        "setpriv",
        "--bounding-set=-sys_nice",
        "--inh-caps=-sys_nice",
    ];
    let user = Command::new("id").arg("-u").output().unwrap();
    let drop = if user.stdout == b"0\n" {
        &drop[..]
    } else {
        &[]
    };
    let (status, lines) = run(&mut run_by(&[drop, &few].concat(), &command));
    assert_eq!(status, 0, "{lines:#?}");
    let files = line(&lines, "open files");
    assert!(
        !is_good(files) && files.contains("1000, a call needs two"),
        "{files}"
    );
    let priority = line(&lines, "priority: ");
    assert!(
        !is_good(priority) && priority.contains("LimitRTPRIO=1"),
        "{priority}"
    );
    let (_, lines) = run(&mut run_by(&["prlimit", "--nofile=1000:8192"], &command));
    assert!(is_good(line(&lines, "open files: 8192")));
}

#[test]
fn a_machine_that_will_do_is_exit_0_and_left_as_it_was() {
    let folder = Folder::new();
    let (status, lines) = run(asked_to("check", &folder)
        .env("CONFAB_HTTPS_LISTEN", "127.0.0.1:0")
        .env("CONFAB_VOICE_URL", "http://127.0.0.1:9/voice"));
    assert_eq!(status, 0, "{lines:#?}");
    for part in [
        "settings",
        "CONFAB_HTTP_LISTEN",
        "CONFAB_HTTPS_LISTEN",
        "CONFAB_SIP_LISTEN",
        "CONFAB_RTP_PORTS",
        "CONFAB_DATA_DIR",
        "certificate",
        "time of day",
        "CONFAB_VOICE_URL",
    ] {
        assert!(line(&lines, part).starts_with('✔'), "{lines:#?}");
    }
    assert_eq!(line(&lines, "speech"), "✔ speech: flite speaks");
    // The lateness depends on the machine; the result must match the measured value.
    let ticks = line(&lines, "ticks: ");
    let (before, _) = ticks.split_once(" ms late").unwrap();
    let late: f64 = before.rsplit(' ').next().unwrap().parse().unwrap();
    let fits = if is_good(ticks) {
        late <= 2.0
    } else {
        late >= 2.0
    };
    assert!(fits, "{ticks}");
    assert_eq!(is_good(line(&lines, "priority: ")), may_be_realtime());
    let left = std::fs::read_dir(&folder.0).unwrap().count();
    assert_eq!(left, 0, "nothing is left behind");
}

#[test]
fn a_bad_setting_is_exit_2() {
    let folder = Folder::new();
    let (status, lines) = run(asked_to("check", &folder).env("CONFAB_RTP_PORTS", "many"));
    assert_eq!(status, 2);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("CONFAB_RTP_PORTS") && lines[0].contains("20000-39999 would do"));
}

#[test]
fn what_keeps_it_from_running_is_exit_1_and_the_rest_is_looked_at() {
    let folder = Folder::new();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    std::fs::write(folder.0.join("file"), "").unwrap();
    let (status, lines) = run(asked_to("check", &folder)
        .env("CONFAB_SIP_LISTEN", taken.local_addr().unwrap().to_string())
        .env("CONFAB_DATA_DIR", "file")
        .env("CONFAB_VOICE_URL", "http://nowhere.invalid/"));
    assert_eq!(status, 1);
    for (part, would_do) in [
        ("CONFAB_SIP_LISTEN", "name another port"),
        ("CONFAB_DATA_DIR", "another name would do"),
        ("CONFAB_VOICE_URL", "nowhere.invalid"),
    ] {
        let line = line(&lines, part);
        assert!(line.starts_with('✘') && line.contains(would_do), "{line}");
    }
    assert!(line(&lines, "CONFAB_HTTP_LISTEN").starts_with('✔'));
}

#[test]
fn a_certificate_that_cannot_be_served_is_named() {
    let folder = Folder::new();
    let tls = folder.0.join("data/tls");
    std::fs::create_dir_all(&tls).unwrap();
    for name in ["cert.pem", "key.pem"] {
        std::fs::write(tls.join(name), "nonsense").unwrap();
    }
    let (status, lines) = run(asked_to("check", &folder).env("CONFAB_HTTPS_LISTEN", "127.0.0.1:0"));
    assert_eq!(status, 1);
    assert!(line(&lines, "certificate").starts_with('✘'), "{lines:#?}");
}

#[test]
fn a_trunk_is_asked_and_what_it_says_is_told() {
    let folder = Folder::new();
    let answers = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = |socket: &UdpSocket| socket.local_addr().unwrap();
    let file = format!(
        "[[trunk]]\nname = 'carrier'\naddress = '{}'\n[[trunk]]\nname = 'silent'\n\
         address = '{}'\n[[trunk]]\nname = 'phone'\nuser = 'anna'\npassword = 'pass'\n",
        address(&answers),
        address(&silent)
    );
    std::fs::write(folder.0.join("confab.toml"), file).unwrap();
    let carrier = std::thread::spawn(move || {
        let mut bytes = [0; 2_048];
        let (length, from) = answers.recv_from(&mut bytes).unwrap();
        assert!(bytes[..length].starts_with(b"OPTIONS sip:127.0.0.1:"));
        let reply = b"SIP/2.0 483 Too Many Hops\r\n\r\n";
        answers.send_to(reply, from).unwrap();
    });
    let (status, lines) = run(&mut asked_to("check", &folder));
    carrier.join().unwrap();
    assert_eq!(status, 0, "{lines:#?}");
    let carrier = line(&lines, "trunk \"carrier\"");
    assert!(
        carrier.starts_with('✔') && carrier.contains("483 Too Many Hops"),
        "{carrier}"
    );
    let silent = line(&lines, "trunk \"silent\"");
    assert!(
        silent.starts_with('✘') && silent.contains("did not answer"),
        "{silent}"
    );
    assert!(line(&lines, "trunk \"phone\"").contains("calls as \"anna\""));
}

#[test]
fn keys_that_anyone_can_read_are_warned_of() {
    let folder = Folder::new();
    let file = "[[trunk]]\nname = 'carrier'\nnetworks = ['192.0.2.0/24']\nsrtp = 'require'\n";
    std::fs::write(folder.0.join("confab.toml"), file).unwrap();
    let (_, lines) = run(asked_to("check", &folder).env("CONFAB_SRTP", "require"));
    for part in ["CONFAB_SRTP=require", "trunk \"carrier\": srtp"] {
        let line = line(&lines, part);
        assert!(
            line.starts_with('✘') && line.contains("CONFAB_SIPS_LISTEN"),
            "{line}"
        );
    }
    let sips = ("CONFAB_SIPS_LISTEN", "127.0.0.1:0");
    let mut command = asked_to("check", &folder);
    let (_, lines) = run(command.env("CONFAB_SRTP", "require").env(sips.0, sips.1));
    for part in ["CONFAB_SRTP=require", "trunk \"carrier\": srtp", sips.0] {
        assert!(line(&lines, part).starts_with('✔'), "{lines:#?}");
    }
}

#[test]
fn weak_secrets_are_named_and_not_shown() {
    let folder = Folder::new();
    let (status, lines) = run(asked_to("check", &folder)
        .env("CONFAB_AUTH_TOKEN", "Zq")
        .env("CONFAB_TRUNK_USER", "carrier")
        .env("CONFAB_TRUNK_PASSWORD", "carrier-2026-x"));
    assert_eq!(status, 0, "{lines:#?}");
    for part in ["CONFAB_AUTH_TOKEN: weak secret", "password of trunk"] {
        let line = line(&lines, part);
        assert!(line.starts_with('✘') && line.ends_with("(confab runs without)"));
    }
    let shown = lines
        .iter()
        .any(|line| line.contains("Zq") || line.contains("carrier-2026"));
    assert!(!shown, "{lines:#?}");
}
