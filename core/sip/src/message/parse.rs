//! Strict parser of requests and responses (RFC 4475). A malformed request gets a response that
//! names the fault; data that is not SIP is dropped.

use confab_terms::limits;
use thiserror::Error;

use super::headers::{Headers, lossy};
use super::lex::is_token;
use super::split::{Pieces, split};
use super::{Address, Echo, Method, Request, Response, Uri, Via};

/// Parsed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Request.
    Request(Box<Request>),
    /// Response.
    Response(Box<Response>),
}

/// Reason why a datagram is no valid message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// Not SIP, a malformed response, an ACK, or a request without Via: no response is possible.
    #[error("not a SIP message: {0}")]
    Dropped(&'static str),
    /// Malformed request that gets a response.
    #[error("broken request: {status} {reason}")]
    Refused {
        /// Status of the response: 400 or 505.
        status: u16,
        /// Reason phrase that names the missing or malformed part.
        reason: String,
        /// Headers of the request for the response.
        echo: Box<Echo>,
    },
}

/// Fault, as a reason phrase.
type Fault = String;

/// Parses one datagram.
///
/// # Errors
///
/// The datagram is not SIP, or is malformed.
pub fn parse(bytes: &[u8]) -> Result<Message, Unreadable> {
    let pieces = split(bytes).ok_or(Unreadable::Dropped("empty or too long"))?;
    if pieces.start.starts_with("SIP/") {
        return response(&pieces)
            .map(|response| Message::Response(Box::new(response)))
            .map_err(|_| Unreadable::Dropped("a broken response"));
    }
    let Some(version) = pieces.start.split_ascii_whitespace().next_back() else {
        return Err(Unreadable::Dropped("no start line"));
    };
    if !version
        .get(..4)
        .is_some_and(|v| v.eq_ignore_ascii_case("SIP/"))
    {
        return Err(Unreadable::Dropped("no SIP version"));
    }
    let status = if version.eq_ignore_ascii_case("SIP/2.0") {
        400
    } else {
        505
    };
    let read = match status {
        505 => Err("Version Not Supported".to_owned()),
        _ => request(&pieces),
    };
    match read {
        Ok(request) => Ok(Message::Request(Box::new(request))),
        Err(_) if pieces.start.starts_with("ACK ") => Err(Unreadable::Dropped("a broken ACK")),
        Err(_) if pieces.headers.all("Via").next().is_none() => Err(Unreadable::Dropped("no Via")),
        Err(reason) => Err(Unreadable::Refused {
            status,
            reason,
            echo: Box::new(Echo::of_broken(&pieces.headers)),
        }),
    }
}

fn request(pieces: &Pieces<'_>) -> Result<Request, Fault> {
    let words: Vec<&str> = pieces.start.split(' ').collect();
    let [method, uri, _version] = words[..] else {
        return Err("Bad Request Line".into());
    };
    if !is_token(method) {
        return Err("Bad Method".into());
    }
    let uri = Uri::parse(uri)
        .filter(|uri| !matches!(uri, Uri::Sip(uri) if uri.has_headers))
        .ok_or("Bad Request-URI")?;
    let method = Method::from_token(method);
    let core = core(pieces)?;
    if core.method != method {
        return Err("CSeq Is Of Another Method".into());
    }
    Ok(Request {
        method,
        uri,
        vias: core.vias,
        from: core.from,
        to: core.to,
        call_id: core.call_id,
        cseq: core.cseq,
        contact: core.contact,
        headers: pieces.headers.clone(),
        body: body(pieces)?,
    })
}

fn response(pieces: &Pieces<'_>) -> Result<Response, Fault> {
    let mut words = pieces.start.splitn(3, ' ');
    let (version, status) = (words.next(), words.next().unwrap_or_default());
    let digits = status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit());
    let status = status.parse().unwrap_or(0);
    if version != Some("SIP/2.0") || !digits || !(100..700).contains(&status) {
        return Err("Bad Status Line".into());
    }
    let headers = &pieces.headers;
    let (call_id, cseq, method) = identity(headers)?;
    let vias = vias(headers)?;
    // Call-ID, CSeq and Via match the response to its request. Other malformed headers make a 2xx
    // unusable; ACK and BYE must still be sent.
    let mut faults = Vec::from_iter(pieces.fault.map(str::to_owned));
    let mut address = |name| {
        response_address(headers, name).unwrap_or_else(|fault| {
            faults.push(fault);
            unreadable(headers, name)
        })
    };
    let (from, to) = (address("From"), address("To"));
    faults.extend(single(headers, "Content-Type").err());
    faults.extend(routes(headers, "Record-Route").err());
    if headers.has_too_many_routes() {
        faults.push(TOO_MANY_ROUTES.to_owned());
    }
    let contact = contact(headers).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    let body = body(pieces).unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    });
    Ok(Response {
        status,
        vias,
        from,
        to,
        call_id,
        cseq,
        method,
        contact,
        headers: headers.clone(),
        body,
        fault: faults.into_iter().next(),
    })
}

fn response_address(headers: &Headers, name: &str) -> Result<Address, Fault> {
    let value = single(headers, name)?.ok_or_else(|| format!("Missing {name}"))?;
    Address::parse(&value)
        .filter(Address::first_tag_is_sound)
        .ok_or_else(|| format!("Bad {name}"))
}

/// Returns an address that has only the tag of a malformed header.
fn unreadable(headers: &Headers, name: &str) -> Address {
    let text = headers.text(name).unwrap_or_default();
    let tag = text.split(";tag=").nth(1).map(|rest| {
        let end = rest.find(|char: char| !is_token(char.encode_utf8(&mut [0; 4])));
        rest[..end.unwrap_or(rest.len())].to_owned()
    });
    let tag = tag.filter(|tag| is_token(tag));
    let params = tag.map(|tag| ("tag".to_owned(), Some(tag)));
    Address {
        name: None,
        uri: Uri::Other {
            scheme: String::new(),
            text: String::new(),
        },
        params: params.into_iter().collect(),
    }
}

/// Headers common to requests and responses.
struct Core {
    vias: Vec<Via>,
    from: Address,
    to: Address,
    call_id: String,
    cseq: u32,
    method: Method,
    contact: Option<Address>,
}

fn core(pieces: &Pieces<'_>) -> Result<Core, Fault> {
    if let Some(fault) = pieces.fault {
        return Err(fault.into());
    }
    let headers = &pieces.headers;
    let vias = vias(headers)?;
    let from = address(headers, "From")?;
    let to = address(headers, "To")?;
    let (call_id, cseq, method) = identity(headers)?;
    if let Some(hops) = single(headers, "Max-Forwards")? {
        number(&hops, 255).ok_or("Bad Max-Forwards")?;
    }
    single(headers, "Content-Type")?;
    for name in ["Route", "Record-Route"] {
        routes(headers, name)?;
    }
    Ok(Core {
        vias,
        from,
        to,
        call_id,
        cseq,
        method,
        contact: contact(headers)?,
    })
}

/// Returns Call-ID, CSeq number and method, which match a response to its request together with
/// Via.
fn identity(headers: &Headers) -> Result<(String, u32, Method), Fault> {
    let call_id = single(headers, "Call-ID")?.ok_or("Missing Call-ID")?;
    if call_id.is_empty() || !call_id.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("Bad Call-ID".into());
    }
    let (cseq, method) = cseq(&single(headers, "CSeq")?.ok_or("Missing CSeq")?)?;
    Ok((call_id, cseq, method))
}

fn routes(headers: &Headers, name: &str) -> Result<(), Fault> {
    let routes = headers.addresses(name);
    let sound = routes.is_some_and(|routes| !routes.iter().any(|route| route == "*"));
    sound.then_some(()).ok_or_else(|| format!("Bad {name}"))
}

/// Returns the value of a header that may occur once.
fn single(headers: &Headers, name: &str) -> Result<Option<String>, Fault> {
    let mut values = headers.all(name);
    let first = values.next().map(lossy);
    match values.next() {
        Some(_) => Err(format!("More Than One {name}")),
        None => Ok(first),
    }
}

fn vias(headers: &Headers) -> Result<Vec<Via>, Fault> {
    let values = headers.list("Via").ok_or("Bad Via")?;
    if values.is_empty() {
        return Err("Missing Via".into());
    }
    if values.len() > limits::SIP_VIAS_MAX {
        return Err("Too Many Via".into());
    }
    let vias: Option<Vec<Via>> = values.iter().map(|value| Via::parse(value)).collect();
    vias.ok_or_else(|| "Bad Via".into())
}

fn address(headers: &Headers, name: &str) -> Result<Address, Fault> {
    let value = single(headers, name)?.ok_or_else(|| format!("Missing {name}"))?;
    Address::parse(&value)
        .filter(Address::tag_is_sound)
        .ok_or_else(|| format!("Bad {name}"))
}

fn contact(headers: &Headers) -> Result<Option<Address>, Fault> {
    let contacts = headers.addresses("Contact").ok_or("Bad Contact")?;
    let mut addresses = contacts.iter().filter(|contact| *contact != "*");
    Ok(addresses.next().and_then(|contact| Address::parse(contact)))
}

/// Fault of a Record-Route beyond `limits::SIP_ROUTES_MAX` or `limits::SIP_ROUTES_BYTES_MAX`.
pub(crate) const TOO_MANY_ROUTES: &str = "Record-Route Beyond 16 Entries Or 4096 Bytes";

/// Parses CSeq, as in `4711 INVITE`; the number must be below 2^31 (RFC 3261 §8.1.1.5).
fn cseq(text: &str) -> Result<(u32, Method), Fault> {
    let mut words = text.split_ascii_whitespace();
    let (number_text, method) = (words.next().unwrap_or_default(), words.next());
    let value = number(number_text, (1 << 31) - 1).ok_or("Bad CSeq")?;
    let method = method.filter(|m| is_token(m)).ok_or("Bad CSeq")?;
    match words.next() {
        Some(_) => Err("Bad CSeq".into()),
        None => Ok((value, Method::from_token(method))),
    }
}

/// Returns the body of Content-Length bytes, or all remaining bytes without the header. Bytes
/// beyond the body are ignored.
fn body(pieces: &Pieces<'_>) -> Result<Vec<u8>, Fault> {
    let Some(length) = single(&pieces.headers, "Content-Length")? else {
        return Ok(pieces.rest.to_vec());
    };
    let body = number(&length, u32::MAX)
        .and_then(|length| pieces.rest.get(..usize::try_from(length).ok()?))
        .ok_or("Bad Content-Length")?;
    Ok(body.to_vec())
}

/// Parses decimal digits, with leading zeros, up to `max`.
fn number(text: &str, max: u32) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let significant = text.trim_start_matches('0');
    match (digits, significant) {
        (false, _) => None,
        (true, "") => Some(0),
        (true, text) => text.parse().ok().filter(|number| *number <= max),
    }
}
