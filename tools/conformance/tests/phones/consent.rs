//! RTP to an address that only an SDP names: ends after 10 s, and resumes at the first packet from
//! there.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use confab_conformance::server::Server;
use confab_conformance::sipp::Sipp;

/// Minimum gap that counts as the end of a stream.
const GAP: Duration = Duration::from_secs(2);
/// Listening time: longer than RTP is sent without consent.
const LISTENED: Duration = Duration::from_secs(14);
/// Size of a PCMU packet of silence: header and frame.
const FRAME_BYTES: usize = 172;

/// RTP socket of a silent phone.
struct Media {
    socket: UdpSocket,
    sipp: Sipp,
}

/// Received stream.
struct Stream {
    from: SocketAddr,
    lasted: Duration,
    packets: usize,
}

impl Media {
    fn of_call(server: &Server, address: &str) -> Self {
        let socket = UdpSocket::bind((address, 0)).unwrap();
        socket.set_read_timeout(Some(GAP)).unwrap();
        let port = socket.local_addr().unwrap().port().to_string();
        let keys = ["-key", "media_address", address, "-key", "rtp_port", &port];
        let sipp = Sipp::play("silent", &server.sip, &keys).unwrap();
        Self { socket, sipp }
    }

    /// Receives until the stream ends, or for a maximum time.
    fn listen(&self, at_most: Duration) -> Option<Stream> {
        let mut packet = [0; 2_048];
        let (_, from) = self.socket.recv_from(&mut packet).ok()?;
        let begun = Instant::now();
        let (mut lasted, mut packets) = (Duration::ZERO, 1);
        while begun.elapsed() < at_most && self.socket.recv_from(&mut packet).is_ok() {
            lasted = begun.elapsed();
            packets += 1;
        }
        Some(Stream {
            from,
            lasted,
            packets,
        })
    }

    fn send_one_frame(&self, to: SocketAddr) {
        let mut packet = [0xff; FRAME_BYTES];
        packet[..12].copy_from_slice(&[0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 7]);
        self.socket.send_to(&packet, to).unwrap();
    }

    fn end(self) {
        let (status, log) = self.sipp.wait().unwrap();
        assert!(status.success(), "silent.xml was not followed:\n{log}");
    }
}

#[test]
fn silent_phone_at_another_host_is_sent_rtp_for_10_s_and_again_after_its_first_packet() {
    let server = Server::start(&[]).unwrap();
    let elsewhere = Media::of_call(&server, "127.0.0.9");
    let here = Media::of_call(&server, "127.0.0.1");
    let known = thread::spawn(move || {
        let stream = here.listen(LISTENED).expect("RTP");
        here.end();
        stream
    });
    let stream = elsewhere.listen(LISTENED).expect("RTP");
    let seconds = stream.lasted.as_secs_f64();
    assert!((9.5..11.0).contains(&seconds), "{seconds} s");
    assert!(stream.packets < 560, "{} packets", stream.packets);
    elsewhere.send_one_frame(stream.from);
    let again = elsewhere.listen(Duration::from_secs(2)).expect("RTP again");
    assert!(again.packets > 80, "{} packets", again.packets);
    elsewhere.end();
    let known = known.join().unwrap();
    assert!(
        known.lasted > Duration::from_secs(13),
        "the host of the ACK: {:?}",
        known.lasted
    );
}
