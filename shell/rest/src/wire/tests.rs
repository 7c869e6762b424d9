//! Detection of the library's own responses in written bytes.

use super::*;

const OWN: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
    content-length: 0\r\ndate: Sun, 22 Nov 2026 09:00:00 GMT\r\n\r\n";

#[test]
fn the_head_of_an_error_without_a_body_is_found_wherever_it_begins() {
    assert_eq!(
        own_answer(OWN),
        Some((0, StatusCode::from_u16(431).unwrap()))
    );
    let before = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let both = [&before[..], OWN].concat();
    assert_eq!(own_answer(&both).unwrap().0, before.len());
}

#[test]
fn nothing_else_is() {
    for other in [
        &b""[..],
        b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 10\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        &OWN[..OWN.len() - 1],
    ] {
        assert_eq!(own_answer(other), None, "{}", other.escape_ascii());
    }
}
