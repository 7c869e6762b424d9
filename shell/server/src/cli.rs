//! Command line, generated from the table of settings.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::config::{BadValue, Config, Layers, SETTINGS, Setting};
use crate::demo::Options;
use crate::failure::Failure;

/// Default configuration file, read if it exists.
const FILE: &str = "confab.toml";

/// Command of the command line.
pub(crate) enum Asked {
    /// `serve`: runs the server until a signal stops it.
    Serve(Box<Config>),
    /// `check`: checks that the server can run.
    Check(Result<Box<Config>, BadValue>),
    /// `demo`: runs the demo.
    Demo(Options),
}

/// Parses the command line and the layers below it. With `--help`, prints the help and exits.
pub(crate) fn read() -> Result<Asked, Failure> {
    let matches = command().get_matches();
    match matches.subcommand() {
        Some(("demo", demo)) => Ok(Asked::Demo(Options::new(
            demo.get_flag("json"),
            demo.get_one::<PathBuf>("folder").cloned(),
        ))),
        Some(("check", check)) => Ok(Asked::Check(layered(check).map(Box::new))),
        // Clap accepts these three commands only.
        serve => {
            let serve = serve.map_or(&matches, |(_, serve)| serve);
            Ok(Asked::Serve(Box::new(layered(serve)?)))
        }
    }
}

fn command() -> Command {
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help(format!(
            "Settings in TOML [default: {FILE}, if it is there]"
        ));
    let serve = Command::new("serve")
        .about("Runs the server")
        .after_help(
            "Flags go before the environment, that before the file, that before the defaults. \
             An empty value is no value.",
        )
        .args(SETTINGS.iter().map(flag))
        .arg(file.clone());
    let check = Command::new("check")
        .about("Says whether the server would run here, one line a check")
        .after_help(
            "Takes the settings of `serve`. Ends with 0 if it would run, with 1 if it would not, \
             with 2 if a setting cannot be used.",
        )
        .args(SETTINGS.iter().map(flag))
        .arg(file);
    let json = Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("One line of JSON for each example, and nothing else");
    let folder = Arg::new("folder")
        .long("folder")
        .value_name("FOLDER")
        .value_parser(value_parser!(PathBuf))
        .help("Where data, log and recordings go [default: a new temporary folder]");
    let demo = Command::new("demo")
        .about("Shows the documented updates at work: three callers, and who hears whom")
        .after_help(
            "Starts a server of its own on free ports, whatever the environment says. Ends with 0 \
             if all was as documented, else with 1.",
        )
        .args([json, folder]);
    Command::new("confab")
        .about("A voice-conference server, steered by the REST API you already use")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve)
        .subcommand(check)
        .subcommand(demo)
}

fn flag(setting: &Setting) -> Arg {
    let default = setting
        .default
        .map_or_else(String::new, |default| format!(" [default: {default}]"));
    Arg::new(setting.name)
        .long(setting.flag())
        .value_name(setting.value)
        .help(format!(
            "{} [env: {}]{default}",
            setting.help,
            setting.variable()
        ))
}

fn layered(matches: &ArgMatches) -> Result<Config, BadValue> {
    let given = |name: &str| matches.get_one::<String>(name).cloned();
    let file = read_file(matches.get_one("config"))?;
    let layers = Layers::merge(
        |setting| given(setting.name),
        |variable| Some(env::var_os(variable)?.to_string_lossy().into_owned()),
        file.as_ref()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )?;
    Config::read(&layers)
}

/// Returns name and text of the file; `None` if no file was requested and the default file does not
/// exist.
fn read_file(asked: Option<&String>) -> Result<Option<(String, String)>, BadValue> {
    let name = asked.map_or(FILE, String::as_str).to_owned();
    match fs::read_to_string(&name) {
        Ok(text) => Ok(Some((name, text))),
        Err(error) if asked.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BadValue {
            what: "--config".to_owned(),
            value: Some(name),
            wanted: format!("cannot be read: {error}; a file in TOML would do"),
        }),
    }
}
