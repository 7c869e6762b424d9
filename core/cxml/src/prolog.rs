//! Text before the root element: byte order mark, white space, XML declaration, comments. HTML
//! pages are recognized by their prolog or root element.

use std::borrow::Cow;

/// Root elements of HTML pages and of the fragments that web frameworks print on errors.
const HTML: &[&str] = &[
    "html", "head", "body", "br", "b", "p", "div", "pre", "h1", "title",
];

/// Returns the text without a byte order mark. A declaration behind white space, which XML does not
/// allow, is replaced by blanks, so that every other character keeps its place.
pub(crate) fn readable(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.len() - text.trim_start().len();
    let declaration = &text[start..];
    if start == 0 || !declaration.starts_with("<?xml") {
        return Cow::Borrowed(text);
    }
    let Some(end) = declaration.find("?>").map(|end| start + end + 2) else {
        return Cow::Borrowed(text);
    };
    // A line break inside the declaration counts as a line.
    let blank = text[start..end].chars().flat_map(|c| match c {
        '\n' => "\n".chars(),
        c => "    "[..c.len_utf8()].chars(),
    });
    let blank: String = blank.collect();
    Cow::Owned([&text[..start], &blank, &text[end..]].concat())
}

/// Returns the byte offset of the first tag if the text is HTML.
pub(crate) fn html(text: &str) -> Option<usize> {
    let root = after_prolog(text);
    let tag = root.strip_prefix('<')?;
    let is_page = match tag.strip_prefix('!') {
        Some(declaration) => {
            let words = declaration.split(|c: char| c.is_whitespace() || c == '>');
            let mut words = words.filter(|word| !word.is_empty());
            let mut is = |word: &str| words.next().is_some_and(|w| w.eq_ignore_ascii_case(word));
            is("doctype") && is("html")
        }
        None => {
            let end = tag.find(|c: char| !c.is_ascii_alphanumeric())?;
            HTML.iter()
                .any(|name| tag[..end].eq_ignore_ascii_case(name))
        }
    };
    is_page.then(|| text.len() - root.len())
}

/// Returns the byte offset of a document type declaration before the root element.
pub(crate) fn doctype(text: &str) -> Option<usize> {
    let root = after_prolog(text);
    root.starts_with("<!").then(|| text.len() - root.len())
}

fn after_prolog(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let end = if rest.starts_with("<?") {
            rest.find("?>").map(|end| end + 2)
        } else if rest.starts_with("<!--") {
            rest.find("-->").map(|end| end + 3)
        } else {
            None
        };
        match end {
            Some(end) => rest = rest[end..].trim_start(),
            None => return rest,
        }
    }
}
