//! Part of the forbidden URLs; `docs/testing.md` has the command for all.

use std::process::Command;

#[test]
fn no_parameter_leads_to_an_address_that_is_not_public() {
    let ran = Command::new(env!("CARGO_BIN_EXE_bad_web"))
        .args(["20", "4"])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&ran.stdout);
    let complaint = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{printed}\n{complaint}");
    assert!(printed.contains("380 forbidden URLs tried"), "{printed}");
}
