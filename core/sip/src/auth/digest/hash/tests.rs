//! Examples of RFC 7616 §3.9.1.

use super::{Algorithm, DigestInput, response};

#[test]
fn the_examples_of_the_rfc() {
    let parts = DigestInput {
        user: "Mufasa",
        realm: "http-auth@example.org",
        password: "Circle of Life",
        method: "GET",
        uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        counted: Some(("00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")),
    };
    assert_eq!(
        response(Algorithm::Md5, &parts),
        "8ca523f5e9506fed4657c9700eebdbec"
    );
    assert_eq!(
        response(Algorithm::Sha256, &parts),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    );
}
