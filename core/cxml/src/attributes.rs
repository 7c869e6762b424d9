//! The attributes of one element: read as typed values, and what is wrong with one noted.

use confab_terms::{Method, limits};
use roxmltree::{Attribute, Document as Xml, Node};

use crate::read::quoted;
use crate::{Position, Warning};

/// Warnings as they are found, at most `limits::DOCUMENT_WARNINGS_MAX`.
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

    pub(crate) fn into_vec(self) -> Vec<Warning> {
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

/// The attributes of one element. Each is taken out by name; what is left at the end is unknown.
pub(crate) struct Attributes<'a, 'x, 'w> {
    element: &'x str,
    left: Vec<Attribute<'a, 'x>>,
    warnings: &'w mut Warnings<'a>,
}

impl<'a, 'x, 'w> Attributes<'a, 'x, 'w> {
    pub(crate) fn of(node: Node<'a, 'x>, warnings: &'w mut Warnings<'a>) -> Self {
        Self {
            element: node.tag_name().name(),
            // xml:lang, xsi:… and the like are about the XML, not about the call.
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

    /// A typed value; what `parse` refuses is left out and `what` says so.
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

    /// Any text, trimmed; `Some("")` if it was written empty.
    pub(crate) fn text_or_empty(&mut self, name: &str) -> Option<String> {
        Some(self.take(name)?.value().trim().to_owned())
    }

    /// Any text, trimmed; empty counts as absent.
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

    /// A whole number from `min` on.
    pub(crate) fn number(&mut self, name: &str, min: u32, code: u32, what: &str) -> Option<u32> {
        self.typed(name, code, what, |text| {
            // Digits alone: `u32::from_str` would also take a sign.
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let number = digits.then(|| text.parse().unwrap_or(u32::MAX));
            number.filter(|number| *number >= min)
        })
    }

    /// One of some words.
    pub(crate) fn word<T>(
        &mut self,
        name: &str,
        code: u32,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.typed(name, code, what, parse)
    }

    /// Words with spaces between; each that `parse` refuses is left out.
    pub(crate) fn words<T>(
        &mut self,
        name: &str,
        code: u32,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let Some(attribute) = self.take(name) else {
            return Vec::new();
        };
        let words: Vec<_> = attribute
            .value()
            .split([' ', ',', '\t', '\n'])
            .filter(|word| !word.is_empty())
            .map(parse)
            .collect();
        if words.iter().any(Option::is_none) {
            self.warn(code, attribute, what);
        }
        words.into_iter().flatten().collect()
    }

    /// Attributes that the vendors know and confab does not act upon.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            if let Some(attribute) = self.take(name) {
                self.warn(12200, attribute, "not supported, ignored");
            }
        }
    }

    /// Whatever has not been taken is unknown.
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
