//! Attributes of one element, parsed as typed values; invalid ones cause warnings.

use confab_terms::{Method, limits};
use roxmltree::{Attribute, Document as Xml, Node};

use crate::read::quoted;
use crate::{Position, Warning};

/// Warning code for an unknown word in an event attribute.
const UNKNOWN_EVENT: u32 = 21626;
/// Warning code for an unavailable voice.
const NO_VOICE: u32 = 13511;
/// Language of all voices for `<Say>`.
const SPOKEN: &str = "en-US";

/// Warnings found so far, at most `limits::DOCUMENT_WARNINGS_MAX`.
pub(crate) struct Warnings<'a> {
    xml: &'a Xml<'a>,
    found: Vec<Warning>,
}

impl<'a> Warnings<'a> {
    pub(crate) fn of(xml: &'a Xml<'a>) -> Self {
        Self {
            xml,
            found: Vec::new(),
        }
    }

    /// Returns the warnings in the order of the document.
    pub(crate) fn into_vec(mut self) -> Vec<Warning> {
        self.found.sort_by_key(|warning| warning.at);
        self.found
    }

    pub(crate) fn position(&self, byte: usize) -> Position {
        self.xml.text_pos_at(byte).into()
    }

    pub(crate) fn add(&mut self, code: u32, byte: usize, text: impl FnOnce() -> String) {
        if self.found.len() < limits::DOCUMENT_WARNINGS_MAX {
            self.found.push(Warning {
                code,
                at: self.position(byte),
                text: text(),
            });
        }
    }
}

/// Attributes of one element. Known attributes are removed by name; the remaining ones are unknown.
pub(crate) struct Attributes<'a, 'x, 'w> {
    element: &'x str,
    left: Vec<Attribute<'a, 'x>>,
    warnings: &'w mut Warnings<'a>,
}

impl<'a, 'x, 'w> Attributes<'a, 'x, 'w> {
    pub(crate) fn of(node: Node<'a, 'x>, warnings: &'w mut Warnings<'a>) -> Self {
        Self {
            element: node.tag_name().name(),
            // Attributes with a namespace (xml:lang, xsi:…) describe the XML and are skipped.
            left: node
                .attributes()
                .filter(|a| a.namespace().is_none())
                .collect(),
            warnings,
        }
    }

    fn take(&mut self, name: &str) -> Option<Attribute<'a, 'x>> {
        let i = self.left.iter().position(|a| a.name() == name)?;
        Some(self.left.remove(i))
    }

    fn warn(&mut self, code: u32, attribute: Attribute<'_, '_>, what: &str) {
        let element = self.element;
        self.warnings.add(code, attribute.range().start, || {
            format!(
                "<{element} {}={:?}>: {what}",
                attribute.name(),
                quoted(attribute.value())
            )
        });
    }

    /// Returns a typed value. If `parse` rejects the text, a warning with `what` is added.
    fn typed<T>(
        &mut self,
        name: &str,
        code: u32,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let attribute = self.take(name)?;
        let value = parse(attribute.value().trim());
        if value.is_none() {
            self.warn(code, attribute, what);
        }
        value
    }

    /// Returns a trimmed text; `Some("")` for an empty attribute.
    pub(crate) fn text_or_empty(&mut self, name: &str) -> Option<String> {
        Some(self.take(name)?.value().trim().to_owned())
    }

    /// Returns a trimmed text; an empty attribute counts as absent.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.text_or_empty(name).filter(|text| !text.is_empty())
    }

    pub(crate) fn boolean(&mut self, name: &str, default: bool, code: u32) -> bool {
        let what = if default {
            "not a boolean, read as true; true or false would do"
        } else {
            "not a boolean, read as false; true or false would do"
        };
        self.typed(name, code, what, boolean).unwrap_or(default)
    }

    pub(crate) fn method(&mut self, name: &str) -> Method {
        const WHAT: &str = "not a method, read as POST; GET or POST would do";
        self.typed(name, 21209, WHAT, method)
            .unwrap_or(Method::Post)
    }

    /// Returns a whole number of at least `min`.
    pub(crate) fn number(&mut self, name: &str, min: u32, code: u32, what: &str) -> Option<u32> {
        self.typed(name, code, what, |text| {
            // Digits only: `u32::from_str` would also accept a sign.
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let number = digits.then(|| text.parse().unwrap_or(u32::MAX));
            number.filter(|number| *number >= min)
        })
    }

    /// Returns the value of a keyword.
    pub(crate) fn word<T>(
        &mut self,
        name: &str,
        code: u32,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.typed(name, code, what, parse)
    }

    /// Returns the words of an event attribute. Unknown words are skipped with a warning. If no
    /// word remains, the warning names the events that apply instead: `default`.
    pub(crate) fn events<T>(
        &mut self,
        name: &str,
        (known, default): (&str, &str),
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        const NAMED_MAX: usize = 5;
        let Some(attribute) = self.take(name) else {
            return Vec::new();
        };
        let separators = [' ', ',', '\t', '\n', '\r'];
        let written = attribute.value().split(separators);
        let written = written.filter(|word| !word.is_empty());
        let (mut words, mut unknown) = (Vec::new(), Vec::new());
        for word in written {
            match parse(word) {
                Some(event) => words.push(event),
                None if unknown.len() < NAMED_MAX => unknown.push(word),
                None => {}
            }
        }
        if !unknown.is_empty() {
            let default = match words.is_empty() {
                true => format!("; no known event is left, the default applies: {default}"),
                false => String::new(),
            };
            let unknown = quoted(&unknown.join(" "));
            let what = format!("unknown events ignored: {unknown}; expected {known}{default}");
            self.warn(UNKNOWN_EVENT, attribute, &what);
        }
        words
    }

    /// Returns the language as written; adds a warning if no voice speaks the language.
    pub(crate) fn language(&mut self, name: &str) -> Option<String> {
        let attribute = self.take(name)?;
        let language = attribute.value().trim();
        let plain = language.replace('_', "-");
        let is_spoken = ["en", SPOKEN].iter().any(|s| plain.eq_ignore_ascii_case(s));
        if !language.is_empty() && !is_spoken {
            let language = quoted(language);
            let what = format!("no voice speaks {language}; spoken by a voice of {SPOKEN} instead");
            self.warn(NO_VOICE, attribute, &what);
        }
        (!language.is_empty()).then(|| language.to_owned())
    }

    /// Removes attributes that the vendors define and confab does not support, with a warning each.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            if let Some(attribute) = self.take(name) {
                self.warn(12200, attribute, "not supported, ignored");
            }
        }
    }

    /// Adds a warning for each attribute that is left, since its name is unknown.
    pub(crate) fn finish(mut self) {
        for attribute in core::mem::take(&mut self.left) {
            self.warn(12200, attribute, "unknown attribute, ignored");
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") || text == "1" {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") || text == "0" {
        Some(false)
    } else {
        None
    }
}

fn method(text: &str) -> Option<Method> {
    if text.eq_ignore_ascii_case("get") {
        Some(Method::Get)
    } else if text.eq_ignore_ascii_case("post") {
        Some(Method::Post)
    } else {
        None
    }
}
