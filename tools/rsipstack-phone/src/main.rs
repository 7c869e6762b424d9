//! `confab-rsipstack-phone PORT` is a SIP phone with rsipstack, a SIP stack independent of
//! confab's. The audio is at UDP port PORT of another process. Commands and events are lines of
//! text; line ends within an SDP are written as `|`.

// command              event
//                      `listening ADDRESS`, at the start
// `call URI`           `answered SDP`
// `offer DIRECTION`    `answer SDP`, of the response to a re-INVITE
// `bye`                `terminated REASON`
//                      `called SDP`: an INVITE came and was accepted
//                      `terminated REASON`: the other side ended the call

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail};
use rsipstack::EndpointBuilder;
use rsipstack::dialog::dialog::{Dialog, DialogState};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Header, Method, StatusCode, Uri};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::TransportLayer;
use rsipstack::transport::udp::UdpConnection;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Phone with one call at a time.
struct Phone {
    layer: DialogLayer,
    /// Address of the SIP port.
    address: String,
    /// Port of the audio.
    port: u16,
    call: Mutex<Option<InviteDialog>>,
    /// Version of the last session description.
    version: AtomicU32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let port = std::env::args()
        .nth(1)
        .context("usage: confab-rsipstack-phone PORT")?;
    let port = port
        .parse()
        .with_context(|| format!("invalid PORT {port:?}: expected 1-65535"))?;
    let token = CancellationToken::new();
    let transport = TransportLayer::new(token.child_token());
    let udp =
        UdpConnection::create_connection("127.0.0.1:0".parse()?, None, Some(token.child_token()));
    let udp = udp.await.map_err(|error| anyhow::anyhow!("{error}"))?;
    let address = udp
        .get_addr()
        .get_socketaddr()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    transport.add_transport(udp.into());
    let endpoint = EndpointBuilder::new()
        .with_transport_layer(transport)
        .with_cancel_token(token)
        .build();
    let phone = Arc::new(Phone {
        layer: DialogLayer::new(endpoint.inner.clone()),
        address: address.to_string(),
        port,
        call: Mutex::new(None),
        version: AtomicU32::new(0),
    });
    let mut incoming = endpoint
        .incoming_transactions()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let serving = endpoint.inner.clone();
    tokio::spawn(async move { serving.serve().await });
    let of_requests = Arc::clone(&phone);
    tokio::spawn(async move {
        while let Some(transaction) = incoming.recv().await {
            tokio::spawn(Arc::clone(&of_requests).request(transaction));
        }
    });
    event("listening", &phone.address);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        phone
            .command(&line)
            .await
            .with_context(|| format!("command {line:?}"))?;
    }
    Ok(())
}

/// Prints an event as one line.
fn event(word: &str, text: &str) {
    println!("{word} {}", text.replace("\r\n", "|"));
}

fn is_sdp() -> Option<Vec<Header>> {
    Some(vec![Header::ContentType("application/sdp".into())])
}

impl Phone {
    /// Returns a session description with a new version.
    fn sdp(&self, direction: &str) -> Vec<u8> {
        let version = self.version.fetch_add(1, Ordering::Relaxed) + 1;
        let port = self.port;
        let text = format!(
            "v=0\r\no=rust 7 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n\
             t=0 0\r\nm=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={direction}\r\n"
        );
        text.into_bytes()
    }

    async fn command(self: &Arc<Self>, line: &str) -> Result<()> {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("call", uri) => self.invite(uri).await,
            ("offer", direction) => self.offer(direction).await,
            ("bye", "") => {
                let call = self.call.lock().await;
                let call = call.as_ref().context("no call")?;
                call.bye()
                    .await
                    .map_err(|error| anyhow::anyhow!("{error}"))?;
                Ok(())
            }
            _ => bail!("unknown command: expected call, offer or bye"),
        }
    }

    async fn invite(self: &Arc<Self>, callee: &str) -> Result<()> {
        let uri = |text: &str| {
            Uri::try_from(text).map_err(|error| anyhow::anyhow!("URI {text:?}: {error}"))
        };
        let us = format!("sip:rust@{}", self.address);
        let option = InviteOption {
            caller: uri(&us)?,
            callee: uri(callee)?,
            contact: uri(&us)?,
            offer: Some(self.sdp("sendrecv")),
            ..InviteOption::default()
        };
        let (changes, states) = unbounded_channel();
        let (dialog, response) = self
            .layer
            .do_invite(option, changes)
            .await
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let response = response.context("no response")?;
        if response.status_code != StatusCode::OK {
            bail!("the response is {}", response.status_code);
        }
        *self.call.lock().await = Some(dialog);
        tokio::spawn(Arc::clone(self).follow(states));
        event("answered", &String::from_utf8_lossy(&response.body));
        Ok(())
    }

    /// Sends a re-INVITE.
    async fn offer(&self, direction: &str) -> Result<()> {
        let call = self.call.lock().await;
        let call = call.as_ref().context("no call")?;
        let offer = self.sdp(direction);
        let response = call.reinvite(is_sdp(), Some(offer)).await;
        let response = response
            .map_err(|error| anyhow::anyhow!("{error}"))?
            .context("no response")?;
        if response.status_code != StatusCode::OK {
            bail!("the response is {}", response.status_code);
        }
        event("answer", &String::from_utf8_lossy(&response.body));
        Ok(())
    }

    /// Accepts an INVITE, and passes requests within a dialog to the dialog.
    async fn request(self: Arc<Self>, mut transaction: Transaction) {
        match self.layer.match_dialog(&transaction) {
            Some(Dialog::Invite(mut dialog)) => drop(dialog.handle(&mut transaction).await),
            Some(_) => {}
            None if transaction.original.method == Method::Invite => {
                if let Err(error) = self.accept(&mut transaction).await {
                    eprintln!("INVITE: {error:#}");
                }
            }
            None => drop(
                transaction
                    .reply(StatusCode::CallTransactionDoesNotExist)
                    .await,
            ),
        }
    }

    async fn accept(self: &Arc<Self>, transaction: &mut Transaction) -> Result<()> {
        let (changes, states) = unbounded_channel();
        let mut dialog = self
            .layer
            .get_or_create_server_invite(transaction, changes, None, None)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let offer = String::from_utf8_lossy(&transaction.original.body).into_owned();
        let answered = dialog
            .ringing(None, None)
            .and_then(|()| dialog.accept(is_sdp(), Some(self.sdp("sendrecv"))));
        answered.map_err(|error| anyhow::anyhow!("{error}"))?;
        *self.call.lock().await = Some(dialog.clone());
        tokio::spawn(Arc::clone(self).follow(states));
        event("called", &offer);
        drop(dialog.handle(transaction).await);
        Ok(())
    }

    /// Answers re-INVITEs, and prints the end of the call.
    async fn follow(self: Arc<Self>, mut states: UnboundedReceiver<DialogState>) {
        while let Some(state) = states.recv().await {
            match state {
                DialogState::Updated(_, request, handle) => {
                    let offer = String::from_utf8_lossy(&request.body);
                    let direction = if offer.contains("a=sendonly") {
                        "recvonly"
                    } else {
                        "sendrecv"
                    };
                    let answer = self.sdp(direction);
                    drop(handle.respond(StatusCode::OK, is_sdp(), Some(answer)).await);
                }
                DialogState::Terminated(_, reason) => {
                    event("terminated", &format!("{reason:?}"));
                    return;
                }
                _ => {}
            }
        }
    }
}
