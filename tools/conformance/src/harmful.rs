//! Hostile web server: bodies without an end, one octet per second, decompression bombs, redirect
//! loops, no response.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::Result;

use crate::server::pause;

/// Path of a document that redirects to itself.
pub const ITSELF: &str = "/again.xml";
/// Path of an endless sound.
pub const ENDLESS: &str = "/endless.wav";

/// Paths of all hostile resources.
pub const PATHS: [&str; 14] = [
    "/endless.xml",
    ENDLESS,
    "/endless.head",
    "/drip.xml",
    "/drip.wav",
    "/silent",
    "/bomb.gz",
    "/bomb.transfer",
    "/loop",
    "/deep.xml",
    "/entities.xml",
    "/external.xml",
    "/absurd.wav",
    "/junk.mp3",
];

const AGAIN: &str = "HTTP/1.1 307 Again\r\nLocation: /loop\r\nContent-Length: 0\r\n\
    Connection: close\r\n\r\n";

/// Listens on a free port of 127.0.0.1 until the process ends; returns the URL.
pub fn serve() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _they_hung_up = harm(&stream).and_then(|()| part(&stream));
            });
        }
    });
    Ok(url)
}

fn harm(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut request = [0; 8_192];
    let count = stream.read(&mut request)?;
    let request = String::from_utf8_lossy(&request[..count]).into_owned();
    let path = request.split([' ', '?']).nth(1).unwrap_or_default();
    let mut say = |text: &str| stream.write_all(text.as_bytes());
    let head = |kind: &str, more: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}Connection: close\r\n\r\n")
    };
    match path {
        "/endless.xml" => {
            say(&head("text/xml", ""))?;
            loop {
                say(&"<Play>x</Play>".repeat(1_000))?;
            }
        }
        "/absurd.wav" => {
            say(&head("audio/wav", ""))?;
            stream.write_all(&wav_head())?;
        }
        ENDLESS => {
            say(&head("audio/wav", ""))?;
            stream.write_all(&wav_head())?;
            loop {
                stream.write_all(&[0x11; 65_536])?;
            }
        }
        "/endless.head" => {
            say("HTTP/1.1 200 OK\r\n")?;
            loop {
                say("X-More: more of the same\r\n")?;
            }
        }
        "/drip.xml" | "/drip.wav" => {
            say(&head(
                if path == "/drip.xml" {
                    "text/xml"
                } else {
                    "audio/wav"
                },
                "",
            ))?;
            loop {
                say("x")?;
                pause(Duration::from_secs(1));
            }
        }
        "/silent" => pause(Duration::from_secs(60)),
        "/bomb.gz" => {
            say(&head("text/xml", "Content-Encoding: gzip, gzip\r\n"))?;
            stream.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])?;
            stream.write_all(&[0; 60_000])?;
        }
        "/bomb.transfer" => {
            say(&head("text/xml", "Transfer-Encoding: gzip, chunked\r\n"))?;
            say("a\r\n\u{1f}abcdefghi\r\n0\r\n\r\n")?;
        }
        "/loop" => say(AGAIN)?,
        ITSELF | "/deep.xml" | "/entities.xml" | "/external.xml" => {
            say(&head("text/xml", ""))?;
            say(&document(path))?;
        }
        _ => {
            say(&head("audio/mpeg", ""))?;
            stream.write_all(&[0xff, 0xfb, 0x90, 0x64].repeat(10_000))?;
        }
    }
    Ok(())
}

/// Reads the rest of the request before the close. An earlier close would send a reset, and the
/// response might be lost.
fn part(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    while stream.read(&mut [0; 8_192])? > 0 {}
    Ok(())
}

/// Returns documents that are expensive to expand.
fn document(path: &str) -> String {
    match path {
        ITSELF => "<Response><Redirect method=\"GET\">/again.xml</Redirect></Response>".to_owned(),
        "/deep.xml" => "<a>".repeat(20_000),
        "/entities.xml" => entities(),
        _ => "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>\
              <Response><Say>&e;</Say></Response>"
            .to_owned(),
    }
}

/// Returns a WAV header that declares 4 GB of 8 kHz audio.
fn wav_head() -> Vec<u8> {
    let mut head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    head.extend(8_000_u32.to_le_bytes());
    head.extend(16_000_u32.to_le_bytes());
    head.extend(b"\x02\0\x10\0data\xff\xff\xff\xff");
    head
}

/// Returns a document that expands to 3 GB.
fn entities() -> String {
    let mut text = String::from("<!DOCTYPE r [<!ENTITY a0 \"lol\">");
    for level in 1..10 {
        let before = format!("&a{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY a{level} \"{before}\">"));
    }
    text.push_str("]><Response><Say>&a9;</Say></Response>");
    text
}
