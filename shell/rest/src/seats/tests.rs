//! Permits: granted and denied.

use confab_terms::limits::{HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_OF_ONE_MAX};

use super::*;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn one_address_gets_its_share_and_the_others_theirs() {
    let seats = Seats::new(HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_OF_ONE_MAX);
    let greedy = address("192.0.2.1");
    let mut held: Vec<_> = (0..HTTP_CONNECTIONS_OF_ONE_MAX)
        .map(|_| seats.take(greedy).unwrap())
        .collect();
    assert!(seats.take(greedy).is_none());
    assert!(
        seats.take(address("::ffff:192.0.2.1")).is_none(),
        "the same"
    );
    assert!(seats.take(address("192.0.2.2")).is_some());
    held.pop();
    assert!(seats.take(greedy).is_some(), "one was given back");
}

#[test]
fn a_network_of_ipv6_is_one() {
    let seats = Seats::new(HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_OF_ONE_MAX);
    let held: Vec<_> = (0..HTTP_CONNECTIONS_OF_ONE_MAX)
        .map(|n| seats.take(address(&format!("2001:db8::{n:x}"))).unwrap())
        .collect();
    assert!(seats.take(address("2001:db8::ffff:1")).is_none());
    assert!(seats.take(address("2001:db8:0:1::1")).is_some());
    drop(held);
    assert!(lock(&seats.taken).is_empty(), "nothing is remembered");
}

#[test]
fn all_together_get_no_more_than_all_seats() {
    let seats = Seats::new(HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_OF_ONE_MAX);
    let held: Vec<_> = (0..HTTP_CONNECTIONS_MAX)
        .map(|n| {
            seats
                .take(IpAddr::from([10, 0, (n >> 8) as u8, n as u8]))
                .unwrap()
        })
        .collect();
    assert!(seats.take(address("192.0.2.1")).is_none());
    drop(held);
    assert!(seats.take(address("192.0.2.1")).is_some());
}
