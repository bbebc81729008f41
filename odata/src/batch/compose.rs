//! A batch as a client writes it. Promise: [`parse`](super::parse) reads the same batch back.

use serde_json::{Map, Value, json};

use super::{Batch, Format, Item, Request};

impl Batch {
    /// The `Content-Type` and the body.
    ///
    /// ```
    /// use odata::batch::{Batch, Format, Item, Limits, Request, parse};
    ///
    /// let request = Request { method: "GET".into(), url: "contacts?$top=1".into(), ..Request::default() };
    /// let batch = Batch { format: Format::Multipart, items: vec![Item::Request(request)] };
    /// let (content_type, body) = batch.compose();
    /// assert_eq!(parse(&content_type, &body, &Limits::default())?, batch);
    /// # Ok::<(), odata::Error>(())
    /// ```
    pub fn compose(&self) -> (String, Vec<u8>) {
        match self.format {
            Format::Multipart => self.multipart(),
            Format::Json => ("application/json".to_owned(), self.json().to_string().into_bytes()),
        }
    }

    fn multipart(&self) -> (String, Vec<u8>) {
        let boundary = self.boundary("batch");
        let set = self.boundary("changeset");
        let mut out = Vec::new();
        for item in &self.items {
            line(&mut out, &format!("--{boundary}"));
            match item {
                Item::Request(request) => part(&mut out, request),
                Item::Group { requests, .. } => {
                    line(&mut out, &format!("Content-Type: multipart/mixed;boundary={set}"));
                    line(&mut out, "");
                    for request in requests {
                        line(&mut out, &format!("--{set}"));
                        part(&mut out, request);
                    }
                    line(&mut out, &format!("--{set}--"));
                }
            }
        }
        line(&mut out, &format!("--{boundary}--"));
        (format!("multipart/mixed;boundary={boundary}"), out)
    }

    /// A boundary that occurs in no request.
    fn boundary(&self, name: &str) -> String {
        let requests: Vec<&Request> = self.items.iter().flat_map(Item::requests).collect();
        let free = |boundary: &String| !requests.iter().any(|request| occurs(request, boundary));
        (0_u32..).map(|number| format!("{name}_{number}")).find(free).unwrap_or_default()
    }

    fn json(&self) -> Value {
        let requests = self.items.iter().flat_map(|item| {
            let group = match item {
                Item::Group { id, .. } => id.as_deref(),
                Item::Request(_) => None,
            };
            item.requests().iter().map(move |request| object(request, group))
        });
        json!({ "requests": requests.collect::<Vec<Value>>() })
    }
}

fn occurs(request: &Request, boundary: &str) -> bool {
    let texts = request.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let headers = texts.flat_map(|(name, value)| [name, value]);
    let own = [request.url.as_bytes(), &request.body, request.id.as_deref().unwrap_or_default().as_bytes()];
    headers.chain(own).any(|text| text.windows(boundary.len()).any(|window| window == boundary.as_bytes()))
}

/// What has lines of its own must not begin another header.
fn line(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|byte| *byte != b'\n'));
    out.extend_from_slice(b"\r\n");
}

fn part(out: &mut Vec<u8>, request: &Request) {
    line(out, "Content-Type: application/http");
    line(out, "Content-Transfer-Encoding: binary");
    if let Some(id) = &request.id {
        line(out, &format!("Content-ID: {id}"));
    }
    line(out, "");
    line(out, &format!("{} {} HTTP/1.1", request.method, request.url));
    for (name, value) in &request.headers {
        line(out, &format!("{name}: {value}"));
    }
    line(out, "");
    out.extend_from_slice(&request.body);
    out.extend_from_slice(b"\r\n");
}

fn object(request: &Request, group: Option<&str>) -> Value {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(request.id));
    object.insert("method".to_owned(), json!(request.method));
    object.insert("url".to_owned(), json!(request.url));
    if let Some(group) = group {
        object.insert("atomicityGroup".to_owned(), json!(group));
    }
    if !request.depends_on.is_empty() {
        object.insert("dependsOn".to_owned(), json!(request.depends_on));
    }
    if !request.headers.is_empty() {
        let headers = request.headers.iter().map(|(name, value)| (name.clone(), json!(value)));
        object.insert("headers".to_owned(), Value::Object(headers.collect()));
    }
    if !request.body.is_empty() {
        let body = serde_json::from_slice(&request.body);
        let text = || json!(String::from_utf8_lossy(&request.body));
        object.insert("body".to_owned(), body.unwrap_or_else(|_| text()));
    }
    Value::Object(object)
}
