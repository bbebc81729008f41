//! A server that answers with what the test wrote down, in that order, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::{AccessToken, Call, Client, Settings};

pub(crate) const TOKEN: &str = "pat-na1-11111111-2222-3333-4444-555555555555";

/// One answer, byte by byte.
pub(crate) struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
    sent: usize,
    silent: bool,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::bytes(status, body.as_bytes().to_vec()).header("Content-Type", "application/json;charset=utf-8")
    }

    pub(crate) fn bytes(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: String::new(), sent: body.len(), body, silent: false }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    /// The connection ends in the middle of the body.
    pub(crate) fn cut(mut self) -> Self {
        self.sent = self.body.len() / 2;
        self
    }

    /// No answer ever comes.
    pub(crate) fn silence() -> Self {
        Self { silent: true, ..Self::bytes(200, Vec::new()) }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) target: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Script {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Aborted with the script.
    _tasks: JoinSet<()>,
}

impl Script {
    pub(crate) async fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, answers, Arc::clone(&asked)));
        Self { url, asked, _tasks: tasks }
    }

    pub(crate) fn settings(&self) -> Settings {
        // Long pauses belong into paused time; here the sockets are real.
        Settings { base_url: self.url.clone(), retry_pause: Duration::from_millis(1), ..Settings::default() }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.settings(), AccessToken::new(TOKEN)).unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.target).collect()
    }
}

/// Time enough on the slowest machine.
pub(crate) fn soon() -> Call {
    Call::within(Duration::from_secs(30))
}

type Answers = Arc<Mutex<VecDeque<Answer>>>;

async fn serve(listener: TcpListener, answers: Answers, asked: Arc<Mutex<Vec<Asked>>>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(converse(stream, Arc::clone(&answers), Arc::clone(&asked)));
    }
}

async fn converse(mut stream: TcpStream, answers: Answers, asked: Arc<Mutex<Vec<Asked>>>) {
    let Some(request) = receive(&mut stream).await else { return };
    asked.lock().unwrap().push(request);
    let answer = answers
        .lock()
        .unwrap()
        .pop_front()
        .unwrap_or_else(|| Answer::json(400, r#"{"message":"script over"}"#));
    if answer.silent {
        std::future::pending::<()>().await;
    }
    let head = format!(
        "HTTP/1.1 {} X\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n",
        answer.status,
        answer.headers,
        answer.body.len()
    );
    // The client may have gone: that is its right.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&answer.body[..answer.sent]).await;
    let _ = stream.shutdown().await;
}

async fn receive(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() >= length.parse::<usize>().unwrap() {
            let target = text.split(' ').nth(1).unwrap_or_default().to_owned();
            return Some(Asked { target, head, body: body.to_owned() });
        }
    }
}
