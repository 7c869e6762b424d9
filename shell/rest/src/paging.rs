//! Pages of a list, by place and not by number: an item that appears or disappears between two
//! pages moves no other item. A token is `PA` (after) or `PB` (before), a sid, and its time.

use confab_store::{Order, Part, Place};
use confab_terms::limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};
use confab_terms::{CallSid, WallTime};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::Dialect;
use crate::errors::ApiError;
use crate::fields::shown;
use crate::form::Fields;
use crate::prefix::Spelling;

const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Start of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
enum From {
    Start,
    After(Place),
    Before(Place),
}

/// Requested page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    number: u64,
    size: u32,
    from: From,
    token: Option<String>,
}

impl Page {
    pub(crate) fn wanted(fields: &Fields) -> Result<Self, ApiError> {
        let size = match fields.filled("PageSize") {
            None => PAGE_SIZE_DEFAULT,
            Some(text) => page_size(text)?,
        };
        let token = fields.filled("PageToken");
        let from = match token {
            None => From::Start,
            Some(token) => {
                parse_token(token).ok_or_else(|| ApiError::InvalidPageToken(shown(token)))?
            }
        };
        let number = match fields.filled("Page") {
            None => 0,
            Some(text) => text
                .parse()
                .map_err(|_| ApiError::PageWithoutToken(shown(text)))?,
        };
        if number > 0 && token.is_none() {
            return Err(ApiError::PageWithoutToken(number.to_string()));
        }
        Ok(Self {
            number,
            size,
            from,
            token: token.map(str::to_owned),
        })
    }

    /// Returns the part to read from the store: one item more than the page shows, which indicates
    /// a next page.
    pub(crate) fn part(&self, forward: Order) -> Part {
        let backward = match forward {
            Order::NewestFirst => Order::OldestFirst,
            Order::OldestFirst => Order::NewestFirst,
        };
        let (order, after) = match &self.from {
            From::Start => (forward, None),
            From::After(place) => (forward, Some(place.clone())),
            From::Before(place) => (backward, Some(place.clone())),
        };
        Part {
            order,
            after,
            count: self.size + 1,
        }
    }

    /// Returns the page as JSON, made of the items that `part` selected.
    pub(crate) fn json<T>(
        &self,
        mut items: Vec<T>,
        list: &List<'_>,
        place: impl Fn(&T) -> Place,
        shape: impl Fn(&T) -> Value,
    ) -> Value {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let has_more = items.len() > size;
        items.truncate(size);
        let backward = matches!(self.from, From::Before(_));
        if backward {
            items.reverse();
        }
        // A page before an item has a next page: the page of that item.
        let has_next = has_more || backward;
        let next = items
            .last()
            .filter(|_| has_next)
            .map(|item| list.link(self.number + 1, self.size, Some(&token("PA", &place(item)))));
        let previous = self.number.checked_sub(1).and_then(|number| {
            let first = items.first()?;
            Some(list.link(number, self.size, Some(&token("PB", &place(first)))))
        });
        let mut page = Map::new();
        page.insert(
            "uri".to_owned(),
            json!(list.link(self.number, self.size, self.token.as_deref())),
        );
        page.insert(
            "first_page_uri".to_owned(),
            json!(list.link(0, self.size, None)),
        );
        page.insert("next_page_uri".to_owned(), json!(next));
        page.insert("previous_page_uri".to_owned(), json!(previous));
        page.insert("page".to_owned(), json!(self.number));
        page.insert("page_size".to_owned(), json!(self.size));
        if list.dialect == Dialect::Twilio {
            // Positions of the first and last item of the page among all items.
            let start = self.number.saturating_mul(u64::from(self.size));
            let others = u64::try_from(items.len()).unwrap_or(0).saturating_sub(1);
            page.insert("start".to_owned(), json!(start));
            page.insert("end".to_owned(), json!(start.saturating_add(others)));
        }
        let items: Vec<Value> = items.iter().map(shape).collect();
        page.insert(list.key.to_owned(), Value::Array(items));
        Value::Object(page)
    }
}

/// List, as required for its links.
pub(crate) struct List<'a> {
    /// Key of the array of items.
    pub(crate) key: &'static str,
    /// Path of the list, without prefix and suffix.
    pub(crate) path: &'a str,
    /// Spelling of the path in the request.
    pub(crate) spelling: Spelling,
    /// Dialect; Twilio numbers the items.
    pub(crate) dialect: Dialect,
    /// Names and values of the filters as sent; each link repeats them.
    pub(crate) filters: Vec<(&'static str, &'a str)>,
}

impl List<'_> {
    fn link(&self, number: u64, size: u32, token: Option<&str>) -> String {
        let Spelling { prefix, suffix } = self.spelling;
        let path = self.path;
        let mut link = format!("{prefix}{path}{suffix}?");
        for (name, value) in &self.filters {
            let name = utf8_percent_encode(name, QUERY);
            let value = utf8_percent_encode(value, QUERY);
            link.push_str(&format!("{name}={value}&"));
        }
        link.push_str(&format!("Page={number}&PageSize={size}"));
        if let Some(token) = token {
            link.push_str(&format!("&PageToken={}", utf8_percent_encode(token, QUERY)));
        }
        link
    }
}

/// Parses a page size, clamped to the valid range because libraries send limits of any size. A text
/// that is not a number is an error.
fn page_size(text: &str) -> Result<u32, ApiError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::InvalidPageSize(shown(text)));
    }
    if text.starts_with('-') {
        return Ok(1);
    }
    // Only digits: a number that overflows is larger than any page.
    Ok(digits
        .parse()
        .unwrap_or(PAGE_SIZE_MAX)
        .clamp(1, PAGE_SIZE_MAX))
}

fn token(kind: &str, place: &Place) -> String {
    format!("{kind}{}-{}", place.sid, place.at.0)
}

fn parse_token(token: &str) -> Option<From> {
    let (kind, rest) = token.split_at_checked(2)?;
    let (sid, at) = rest.split_at_checked(36)?;
    sid.parse::<CallSid>().ok()?;
    let place = Place {
        at: WallTime(at.strip_prefix('-')?.parse().ok()?),
        sid: sid.to_owned(),
    };
    match kind {
        "PA" => Some(From::After(place)),
        "PB" => Some(From::Before(place)),
        _ => None,
    }
}
