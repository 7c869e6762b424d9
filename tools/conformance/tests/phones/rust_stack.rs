//! rsipstack, a SIP stack in Rust that shares nothing with ours: it calls and is called, holds and
//! resumes, and either side hangs up. Its voice is an `Ear`'s.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::ear::Ear;
use confab_conformance::party::{DBFS, TONES, beginning, call, heard, settle};
use confab_conformance::server::{Server, pause};
use confab_phone::{PhoneConfig, Phones, Voice, now};
use rsipstack::EndpointBuilder;
use rsipstack::dialog::dialog::{Dialog, DialogState};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Header, Method, StatusCode, Uri};
use rsipstack::transaction::endpoint::Endpoint;
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::TransportLayer;
use rsipstack::transport::udp::UdpConnection;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PATIENCE: Duration = Duration::from_secs(10);

/// One stack on a port of its own.
struct Stack {
    runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    layer: Arc<DialogLayer>,
    /// Dialogs that others began, once they are up.
    called: UnboundedReceiver<Call>,
    _endpoint: Endpoint,
}

/// One call of it.
struct Call {
    dialog: InviteDialog,
    /// What it agreed on.
    sdp: String,
    states: UnboundedReceiver<DialogState>,
}

fn sdp(port: u16, version: u32, direction: &str) -> String {
    format!(
        "v=0\r\no=rust 7 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={direction}\r\n"
    )
}

fn is_sdp() -> Vec<Header> {
    vec![Header::ContentType("application/sdp".into())]
}

impl Stack {
    /// Answers whoever calls it with this media port.
    fn start(port: u16) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (told, called) = unbounded_channel();
        let (endpoint, layer, address) = runtime.block_on(async {
            let token = CancellationToken::new();
            let transport = TransportLayer::new(token.child_token());
            let any = "127.0.0.1:0".parse().unwrap();
            let udp = UdpConnection::create_connection(any, None, Some(token.child_token()));
            let udp = udp.await.unwrap();
            let address = udp.get_addr().get_socketaddr().unwrap();
            transport.add_transport(udp.into());
            let endpoint = EndpointBuilder::new()
                .with_transport_layer(transport)
                .with_cancel_token(token)
                .build();
            let layer = Arc::new(DialogLayer::new(endpoint.inner.clone()));
            let mut incoming = endpoint.incoming_transactions().unwrap();
            let serving = endpoint.inner.clone();
            tokio::spawn(async move { serving.serve().await });
            let ours = Arc::clone(&layer);
            tokio::spawn(async move {
                while let Some(transaction) = incoming.recv().await {
                    take(&ours, transaction, port, &told);
                }
            });
            (endpoint, layer, address)
        });
        Self {
            runtime,
            address,
            layer,
            called,
            _endpoint: endpoint,
        }
    }

    fn call(&self, server: &str, room: &str, port: u16) -> Call {
        let uri = |text: String| Uri::try_from(text.as_str()).unwrap();
        let option = InviteOption {
            caller: uri(format!("sip:rust@{}", self.address)),
            callee: uri(format!("sip:{room}@{server}")),
            contact: uri(format!("sip:rust@{}", self.address)),
            offer: Some(sdp(port, 1, "sendrecv").into_bytes()),
            ..InviteOption::default()
        };
        let (told, states) = unbounded_channel();
        let invited = self.layer.do_invite(option, told);
        let invited = async { tokio::time::timeout(PATIENCE, invited).await };
        let (dialog, response) = self.runtime.block_on(invited).unwrap().unwrap();
        let response = response.expect("an answer");
        assert_eq!(response.status_code, StatusCode::OK);
        Call {
            dialog,
            sdp: String::from_utf8(response.body).unwrap(),
            states,
        }
    }

    /// A re-INVITE: the answer to it.
    fn offers(&self, call: &Call, offer: String) -> String {
        let asked = call
            .dialog
            .reinvite(Some(is_sdp()), Some(offer.into_bytes()));
        let response = self.runtime.block_on(asked).unwrap().expect("an answer");
        assert_eq!(response.status_code, StatusCode::OK);
        String::from_utf8(response.body).unwrap()
    }

    fn hangs_up(&self, call: &Call) {
        self.runtime.block_on(call.dialog.bye()).unwrap();
    }

    /// What ends the call, by the other side.
    fn ends(&self, call: &mut Call) -> String {
        let end = async {
            loop {
                match call.states.recv().await {
                    Some(DialogState::Terminated(_, why)) => return format!("{why:?}"),
                    Some(_) => {}
                    None => return "never told".into(),
                }
            }
        };
        let end = async { tokio::time::timeout(PATIENCE, end).await };
        self.runtime.block_on(end).expect("it ends")
    }
}

/// A request from outside: an answer to an INVITE, else whatever the dialog makes of it.
fn take(layer: &Arc<DialogLayer>, mut tx: Transaction, port: u16, told: &UnboundedSender<Call>) {
    let known = layer.match_dialog(&tx);
    let (layer, told) = (Arc::clone(layer), told.clone());
    tokio::spawn(async move {
        match known {
            Some(Dialog::Invite(mut dialog)) => drop(dialog.handle(&mut tx).await),
            Some(_) => {}
            None if tx.original.method == Method::Invite => {
                let (states, mut heard) = unbounded_channel();
                let dialog = layer
                    .get_or_create_server_invite(&tx, states, None, None)
                    .unwrap();
                let offer = String::from_utf8(tx.original.body.clone()).unwrap();
                dialog.ringing(None, None).unwrap();
                let answer = sdp(port, 1, "sendrecv").into_bytes();
                dialog.accept(Some(is_sdp()), Some(answer)).unwrap();
                let (seen, states) = unbounded_channel();
                let call = Call {
                    dialog: dialog.clone(),
                    sdp: offer,
                    states,
                };
                told.send(call).unwrap();
                tokio::spawn(async move {
                    while let Some(state) = heard.recv().await {
                        answer_if_asked(&state, port).await;
                        let _nobody_listens = seen.send(state);
                    }
                });
                let mut dialog = dialog;
                drop(dialog.handle(&mut tx).await);
            }
            None => drop(tx.reply(StatusCode::CallTransactionDoesNotExist).await),
        }
    });
}

/// A hold or its end is answered with its mirror.
async fn answer_if_asked(state: &DialogState, port: u16) {
    let DialogState::Updated(_, request, handle) = state else {
        return;
    };
    let offer = String::from_utf8_lossy(&request.body);
    let direction = if offer.contains("a=sendonly") {
        "recvonly"
    } else {
        "sendrecv"
    };
    let answer = sdp(port, 2, direction).into_bytes();
    let answered = handle.respond(StatusCode::OK, Some(is_sdp()), Some(answer));
    drop(answered.await);
}

#[test]
fn it_calls_holds_resumes_and_hangs_up() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, "rust", "anna", TONES[0]).unwrap();
    let ear = Ear::open(TONES[1], DBFS).unwrap();
    let stack = Stack::start(ear.port);
    let rust = stack.call(&server.sip, "rust", ear.port);
    assert!(rust.sdp.contains("a=sendrecv"), "{}", rust.sdp);
    api.seated("rust", 2).unwrap();
    let voices = [("anna", TONES[0]), ("rust", TONES[1])];
    let hears = || {
        settle();
        let frames = anna
            .phone
            .listen_in_time(Duration::from_millis(400))
            .unwrap();
        let from = beginning(&frames);
        (heard("anna", &frames, &voices).unwrap(), ear.since(from))
    };
    let (anna_hears, frames) = hears();
    assert_eq!(anna_hears, ["rust"]);
    assert_eq!(heard("rust", &frames, &voices).unwrap(), ["anna"]);

    let mirror = stack.offers(&rust, sdp(ear.port, 2, "sendonly"));
    assert!(mirror.contains("a=recvonly"), "{mirror}");
    let (anna_hears, frames) = hears();
    assert!(anna_hears.is_empty() && frames.is_empty(), "{anna_hears:?}");
    let mirror = stack.offers(&rust, sdp(ear.port, 3, "sendrecv"));
    assert!(mirror.contains("a=sendrecv"), "{mirror}");
    let (anna_hears, frames) = hears();
    assert_eq!(anna_hears, ["rust"]);
    assert_eq!(heard("rust", &frames, &voices).unwrap(), ["anna"]);

    stack.hangs_up(&rust);
    api.seated("rust", 1).unwrap();
}

#[test]
fn it_is_hung_up_by_us() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let ear = Ear::open(TONES[1], DBFS).unwrap();
    let stack = Stack::start(ear.port);
    let mut rust = stack.call(&server.sip, "rust", ear.port);
    let (conference, seated) = api.seated("rust", 1).unwrap();
    let sid = seated[0]["call_sid"].as_str().unwrap();
    let path = format!("/Conferences/{conference}/Participants/{sid}");
    assert_eq!(api.delete(&path).unwrap().status, 204);
    let why = stack.ends(&mut rust);
    assert!(why.contains("Bye"), "{why}");
}

/// Our user agent as the caller: the one that phones and server share.
#[test]
fn it_is_called_held_and_hung_up_by_ours_and_hangs_up_itself() {
    let ear = Ear::open(TONES[1], DBFS).unwrap();
    let mut stack = Stack::start(ear.port);
    let phones = Phones::new().unwrap();
    let config = PhoneConfig::new(stack.address, "rust", "ours").saying(Voice::Tone {
        hz: TONES[0],
        dbfs: DBFS,
    });
    let voices = [("ours", TONES[0]), ("rust", TONES[1])];
    for theirs in [false, true] {
        let phone = phones.call(&config).unwrap();
        phone.wait_until_talking(PATIENCE).unwrap();
        let mut rust = stack.called.blocking_recv().expect("a call");
        assert!(rust.sdp.contains("a=sendrecv"), "{}", rust.sdp);
        pause(Duration::from_millis(200));
        let from = now();
        let frames = phone.listen_in_time(Duration::from_millis(300)).unwrap();
        assert_eq!(heard("ours", &frames, &voices).unwrap(), ["rust"]);
        assert_eq!(heard("rust", &ear.since(from), &voices).unwrap(), ["ours"]);
        phone.hold(PATIENCE).unwrap();
        assert_eq!(phone.last_refusal(), None);
        phone.resume(PATIENCE).unwrap();
        assert_eq!(phone.last_refusal(), None);
        if theirs {
            stack.hangs_up(&rust);
            phone.wait_until_ended(PATIENCE).unwrap();
        } else {
            phone.hang_up().unwrap();
            let why = stack.ends(&mut rust);
            assert!(why.contains("Bye"), "{why}");
        }
    }
}
