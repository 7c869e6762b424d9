//! Pages of a list, requested one after the other.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Error;
use crate::wire::Wire;

/// Maximum number of pages; a list with more counts as endless.
const PAGES_MAX: usize = 100_000;

/// Page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Items of the page.
    pub items: Vec<T>,
    next: Option<String>,
    key: &'static str,
    wire: Arc<Wire>,
}

impl<T: DeserializeOwned> Page<T> {
    pub(crate) fn new(
        wire: Arc<Wire>,
        key: &'static str,
        mut page: Map<String, Value>,
    ) -> Result<Self, Error> {
        let not_a_page = |reason: String| Error::NotTheApi {
            status: 200,
            reason,
        };
        let items = page.remove(key);
        let items = items.ok_or_else(|| not_a_page(format!("a page without {key}")))?;
        let next = page.get("next_page_uri").and_then(Value::as_str);
        Ok(Self {
            items: serde_json::from_value(items).map_err(|e| not_a_page(e.to_string()))?,
            next: next.filter(|next| !next.is_empty()).map(str::to_owned),
            key,
            wire,
        })
    }

    /// Requests the next page; returns `None` after the last one.
    pub async fn next(&self) -> Result<Option<Self>, Error> {
        let Some(next) = &self.next else {
            return Ok(None);
        };
        let page = self.wire.follow(next).await?;
        Self::new(Arc::clone(&self.wire), self.key, page).map(Some)
    }
}

/// Returns the items of this page and of all following pages.
pub(crate) async fn all<T: DeserializeOwned>(mut page: Page<T>) -> Result<Vec<T>, Error> {
    let mut items = Vec::new();
    for _ in 0..PAGES_MAX {
        items.append(&mut page.items);
        match page.next().await? {
            Some(next) => page = next,
            None => return Ok(items),
        }
    }
    Err(Error::NotTheApi {
        status: 200,
        reason: "a list without end".to_owned(),
    })
}
