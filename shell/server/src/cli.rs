//! The command line, made from the table of settings.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::config::{BadValue, Config, Layers, SETTINGS, Setting};
use crate::demo::Options;
use crate::failure::Failure;

/// Read if it is there.
const FILE: &str = "confab.toml";

/// What confab is asked to do.
pub(crate) enum Asked {
    /// To run until it is told to stop.
    Serve(Box<Config>),
    /// To show itself.
    Demo(Options),
}

/// Reads the command line and what lies below it. Asked for help, it prints it and ends.
pub(crate) fn read() -> Result<Asked, Failure> {
    let matches = command().get_matches();
    match matches.subcommand() {
        Some(("demo", demo)) => Ok(Asked::Demo(Options::new(
            demo.get_flag("json"),
            demo.get_one::<PathBuf>("folder").cloned(),
        ))),
        // Clap insists on one of the two.
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

/// The file's name and text; none if nobody asked for one and there is none.
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
