//! Ports that are never requested: services that could misinterpret an HTTP request. The list is
//! that of the Fetch Standard, section 2.9 "Port blocking", which browsers use.

/// Blocked ports, in ascending order.
const OF_OTHER_SERVICES: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];

/// Returns whether a port belongs to a service that does not use HTTP.
pub(crate) fn is_of_another_service(port: u16) -> bool {
    OF_OTHER_SERVICES.binary_search(&port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{OF_OTHER_SERVICES, is_of_another_service};

    #[test]
    fn the_list_can_be_searched() {
        assert!(OF_OTHER_SERVICES.is_sorted());
        for port in OF_OTHER_SERVICES {
            assert!(is_of_another_service(*port));
        }
        for port in [80, 443, 3_000, 5_000, 8_080, 8_443, 65_535] {
            assert!(!is_of_another_service(port));
        }
    }
}
