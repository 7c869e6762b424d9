//! Other people's URLs as a log may show them: a query or a password in one is a secret of theirs.
//! The whole URL is in the notice, for the account's owner.

/// Scheme, host and path.
pub(crate) fn in_logs(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let Some((scheme, rest)) = url[..end].split_once("://") else {
        return url[..end].to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::in_logs;

    #[test]
    fn no_password_and_no_query_is_logged() {
        let cases = [
            (
                "https://u:secret@a.example:8443/x?key=secret#rt=1",
                "https://a.example:8443/x",
            ),
            ("http://a.example?key=secret", "http://a.example"),
            ("http://u:se@cret@a.example/y@z", "http://a.example/y@z"),
            ("http://a.example/x", "http://a.example/x"),
            ("nonsense?secret", "nonsense"),
        ];
        for (url, logged) in cases {
            assert_eq!(in_logs(url), logged);
        }
    }
}
