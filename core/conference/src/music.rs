//! Effect of an update on hold, HoldUrl and WaitUrl. A method without a URL applies to the kept
//! URL, if its music does not play yet. Playing music is not restarted for a new method.

use confab_terms::Method;

use crate::participant::Participant;
use crate::{Music, Update, Url};

impl Participant {
    pub(crate) fn update_hold(&mut self, update: &Update) {
        let was_held = self.state.hold;
        self.state.hold = update.hold.unwrap_or(was_held);
        if was_held && !self.state.hold {
            // The music belonged to the ended hold.
            self.hold_music = Music::BuiltIn;
        }
        if update.hold == Some(false) {
            // Hold music sent with the end of a hold is ignored.
            return;
        }
        let (url, method) = (update.hold_url.as_deref(), update.hold_method);
        let current = &self.hold_music;
        self.hold_music = match url {
            Some(url) if was_held && is_from(current, url) => return,
            Some(url) => wished(url, method, Method::Get, current),
            None if was_held => return,
            None => with_method(current, method),
        };
    }

    pub(crate) fn update_wait(&mut self, update: &Update) {
        let (url, method) = (update.wait_url.as_deref(), update.wait_method);
        self.wait = match url {
            Some(url) => wished(url, method, Method::Post, &self.wait),
            None if self.state.seated => return,
            None => with_method(&self.wait, method),
        };
    }
}

/// Returns the music of a URL. The same URL without a method keeps its method.
fn wished(url: &str, method: Option<Method>, default: Method, current: &Music) -> Music {
    if url.is_empty() {
        Music::Silence
    } else if is_from(current, url) {
        with_method(current, method)
    } else {
        Music::From(Url {
            url: url.to_owned(),
            method: method.unwrap_or(default),
        })
    }
}

fn is_from(music: &Music, url: &str) -> bool {
    matches!(music, Music::From(from) if from.url == url)
}

fn with_method(music: &Music, method: Option<Method>) -> Music {
    match (music, method) {
        (Music::From(from), Some(method)) => Music::From(Url {
            url: from.url.clone(),
            method,
        }),
        (music, _) => music.clone(),
    }
}
