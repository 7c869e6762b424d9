//! Lexical elements of the grammar (RFC 3261 §25): tokens, quoted strings, lists, parameters.

/// Parameters `;name=value` of a header or a URI; names as received.
pub type Params = Vec<(String, Option<String>)>;

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// Returns true if the text is a token (RFC 3261 §25.1).
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Returns the length of the quoted string at the start of `text`, both quotes included.
pub(crate) fn quoted_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// Returns the content of a quoted string, without quotes and backslashes.
pub(crate) fn unquote(quoted: &str) -> String {
    let inner = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(quoted);
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.extend(chars.next()),
            char => text.push(char),
        }
    }
    text
}

/// Splits at `separator` outside of quotes and angle brackets. Returns `None` if a quote or bracket
/// is not closed.
pub(crate) fn split_outside(text: &str, separator: u8) -> Option<Vec<&str>> {
    let bytes = text.as_bytes();
    let (mut parts, mut start, mut at, mut angle) = (Vec::new(), 0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' if !angle => {
                at += quoted_end(&text[at..])?;
                continue;
            }
            b'<' if !angle => {
                // A quoted URI parameter may contain any character, including a bracket.
                at += closing_bracket(&text[at..])?;
                angle = true;
                continue;
            }
            b'>' => angle = false,
            byte if byte == separator && !angle => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(text[start..].trim());
    (!angle).then_some(parts)
}

/// Returns the position of the `>` that closes the bracket at the start of `text`. Quoted strings
/// of the URI are skipped, unless they are not closed.
pub(crate) fn closing_bracket(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'>' => return Some(at),
            b'"' => match quoted_end(&text[at..]) {
                Some(length) => at += length,
                None => return text.find('>'),
            },
            _ => at += 1,
        }
    }
    text.find('>')
}

/// Returns the positions of a character outside of quoted strings; an unclosed quote is an ordinary
/// character.
pub(crate) fn unquoted_positions(text: &str, wanted: u8) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let (mut at, mut quotes_close) = (0, true);
    core::iter::from_fn(move || {
        while at < bytes.len() {
            let here = at;
            let quoted = (bytes[here] == b'"' && quotes_close).then(|| quoted_end(&text[here..]));
            quotes_close &= quoted != Some(None);
            at += quoted.flatten().unwrap_or(1);
            if bytes[here] == wanted {
                return Some(here);
            }
        }
        None
    })
}

/// Splits at the first such character outside of quoted strings.
pub(crate) fn split_once_unquoted(text: &str, at: u8) -> Option<(&str, &str)> {
    let at = unquoted_positions(text, at).next()?;
    Some((&text[..at], &text[at + 1..]))
}

/// Splits the value of a comma-separated header.
pub(crate) fn split_values(text: &str) -> Option<Vec<&str>> {
    split_outside(text, b',')
}

/// Parses `;a=b;c`, the parameters after an address or a sent-by; `text` begins with `;` or is
/// empty. Values are tokens, hosts or quoted strings. Other printable values and empty parameters
/// (`;;`, trailing `;`) are accepted.
pub(crate) fn params(text: &str) -> Option<Params> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    let mut read = Vec::new();
    let parts = split_outside(text.strip_prefix(';')?, b';')?;
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (part, None),
        };
        let sound = |value: &str| {
            quoted_end(value) == Some(value.len())
                || !value.bytes().any(|b| b.is_ascii_control() || b == b'"')
        };
        if !is_token(name) || !value.is_none_or(sound) {
            return None;
        }
        read.push((name.to_owned(), value.map(str::to_owned)));
    }
    Some(read)
}

/// Returns the value of the first parameter of this name, ignoring case.
pub(crate) fn param<'a>(params: &'a Params, name: &str) -> Option<Option<&'a str>> {
    params
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_deref())
}

/// Returns true if each `%` begins a complete escape.
pub(crate) fn escapes_are_whole(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex = |digit: Option<u8>| digit.is_some_and(|d| d.is_ascii_hexdigit());
            if !(hex(bytes.next()) && hex(bytes.next())) {
                return false;
            }
        }
    }
    true
}

/// Decodes `%` escapes; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| core::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        plain.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}
