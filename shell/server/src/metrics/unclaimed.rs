//! UDP packets for which no socket exists, as counted by the kernel. A connected media socket
//! accepts packets of its phone only: packets of others to the same port are counted here.

/// Counters of UDP over IPv4, as a line of names and a line of values.
const IPV4: &str = "/proc/self/net/snmp";
/// Counters of IPv6, a name and a value on each line.
const IPV6: &str = "/proc/self/net/snmp6";

/// Returns the count of this network namespace; zero if the kernel does not provide it.
pub(crate) fn count() -> u64 {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    of_ipv4(&read(IPV4)).unwrap_or(0) + of_ipv6(&read(IPV6)).unwrap_or(0)
}

fn of_ipv4(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let place = lines
        .next()?
        .split(' ')
        .position(|name| name == "NoPorts")?;
    lines.next()?.split(' ').nth(place)?.parse().ok()
}

fn of_ipv6(text: &str) -> Option<u64> {
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix("Udp6NoPorts"))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_both_families_are_found_by_name() {
        let ipv4 = "Tcp: RtoAlgorithm\nTcp: 1\nUdp: InDatagrams NoPorts InErrors\nUdp: 10 20 30\n\
                    UdpLite: InDatagrams NoPorts InErrors\nUdpLite: 1 2 3\n";
        assert_eq!(of_ipv4(ipv4), Some(20));
        let ipv6 = "Udp6InDatagrams                 \t7\nUdp6NoPorts                     \t8\n";
        assert_eq!(of_ipv6(ipv6), Some(8));
        assert_eq!((of_ipv4("Udp: a b\n"), of_ipv6("")), (None, None));
    }
}
