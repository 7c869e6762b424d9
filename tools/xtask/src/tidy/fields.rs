//! Fields of state structs: in the listed crates, a struct that derives `Serialize` has no field
//! that is visible outside of its module.

use std::path::Path;

use super::{Told, is_test};

/// Rules for the structs of one crate.
struct Rules {
    folder: &'static str,
    /// Plain data without invariants: messages, configuration, events, orders, addresses.
    plain: &'static [&'static str],
    /// State structs that still have visible fields; the list must shrink.
    open: &'static [&'static str],
}

const RULES: [Rules; 1] = [Rules {
    folder: "core/sip/src",
    plain: &[
        "Access",
        "Account",
        "Address",
        "CallLimits",
        "CallOrigin",
        "Config",
        "DialogId",
        "Gateway",
        "Header",
        "Headers",
        "Hop",
        "IdentityRules",
        "Invite",
        "Lookup",
        "RequestOut",
        "Route",
        "Secret",
        "SipUri",
        "Source",
        "Target",
        "TransactionId",
        "Trunk",
    ],
    open: &[
        "Ack",
        "Binding",
        "ClientTransaction",
        "Connection",
        "Credentials",
        "Dialog",
        "Flow",
        "InboundOffer",
        "NameCache",
        "OutboundReinvite",
        "Pending2xx",
        "PendingReliable",
        "QueuedMessage",
        "Registration",
        "ServerTransaction",
        "SessionTimer",
        "StoredContact",
    ],
}];

/// Checks the state structs of a file.
pub(super) fn check(path: &Path, text: &str, told: &mut Told) {
    let Some(rules) = RULES.iter().find(|rules| path.starts_with(rules.folder)) else {
        return;
    };
    if is_test(path) {
        return;
    }
    for (name, line, visible) in state_structs(text) {
        if rules.plain.contains(&name) {
            continue;
        }
        let is_open = rules.open.contains(&name);
        told.check(visible == 0 || is_open, || {
            format!(
                "{}:{line}: {name} has {visible} fields that are visible outside of its module; \
                 expected 0 in a state struct",
                path.display()
            )
        });
        told.check(visible > 0 || !is_open, || {
            format!(
                "{}:{line}: {name} has no visible field any more; remove it from the list in tidy",
                path.display()
            )
        });
    }
}

/// Returns name, line number and number of visible fields of each struct that derives `Serialize`.
fn state_structs(text: &str) -> Vec<(&str, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = struct_name(line) else {
            continue;
        };
        let attributes = lines[..index].iter().rev();
        let serializes = attributes
            .take_while(|l| l.starts_with("#[") || l.starts_with("///"))
            .any(|l| l.starts_with("#[derive(") && l.contains("Serialize"));
        if !serializes {
            continue;
        }
        let visible = match line.ends_with('{') {
            true => lines[index + 1..]
                .iter()
                .take_while(|l| **l != "}")
                .filter(|l| l.starts_with("    pub"))
                .count(),
            // A tuple struct on one line.
            false => line.split_once(name).map_or(0, |(_, fields)| {
                let fields = fields.trim_start_matches('(').split(", ");
                fields.filter(|field| field.starts_with("pub")).count()
            }),
        };
        found.push((name, index + 1, visible));
    }
    found
}

/// Returns the name if the line opens a struct at the top level.
fn struct_name(line: &str) -> Option<&str> {
    let code = ["pub(crate) ", "pub(super) ", "pub "]
        .iter()
        .find_map(|prefix| line.strip_prefix(prefix))
        .unwrap_or(line);
    let name = code.strip_prefix("struct ")?;
    name.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let mut told = Told::default();
        check(Path::new("core/sip/src/state.rs"), text, &mut told);
        told.faults
    }

    fn table(name: &str, field: &str) -> String {
        format!("/// Table.\n#[derive(Clone, Serialize)]\nstruct {name} {{\n    {field}: u8,\n}}\n")
    }

    #[test]
    fn rejects_a_visible_field_of_a_state_struct() {
        assert_eq!(faults(&table("Table", "size")), Vec::<String>::new());
        for field in ["pub size", "pub(crate) size", "pub(super) size"] {
            let expected = "core/sip/src/state.rs:3: Table has 1 fields that are visible outside \
                            of its module; expected 0 in a state struct";
            assert_eq!(faults(&table("Table", field)), [expected]);
        }
        let tuple = "#[derive(Serialize)]\npub(crate) struct Table(pub(crate) u8);\n";
        assert_eq!(faults(tuple).len(), 1);
    }

    #[test]
    fn accepts_plain_data_and_structs_that_are_not_serialized() {
        assert_eq!(faults(&table("Config", "pub size")), Vec::<String>::new());
        let text = table("Table", "pub size").replace("Serialize", "Debug");
        assert_eq!(faults(&text), Vec::<String>::new());
    }

    #[test]
    fn rejects_an_open_struct_without_visible_fields() {
        assert_eq!(faults(&table("Dialog", "pub size")), Vec::<String>::new());
        assert_eq!(faults(&table("Dialog", "size")).len(), 1);
    }
}
