//! `notice`.

use feedgate::notices::text;
use schema::operations::{
    notice_list, notice_target_add, notice_target_list, notice_target_remove, notice_test,
};
use serde_json::{Value, json};

use crate::args::{NoticeCommand, NoticeTarget};
use crate::ask;
use crate::failure::Failure;
use crate::output::{Answer, Table, instant};
use crate::session::Session;

/// As many as fit on a screen below the places.
const SHOWN: u32 = 20;

pub(super) async fn run(session: &Session, command: NoticeCommand) -> Result<Answer, Failure> {
    match command {
        NoticeCommand::Add(target) => add(session, target).await,
        NoticeCommand::List => list(session).await,
        NoticeCommand::Test => test(session).await,
        NoticeCommand::Remove { target } => remove(session, target).await,
    }
}

async fn add(session: &Session, target: NoticeTarget) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let request = match target {
        NoticeTarget::Webhook { url } => {
            ctx.keys()?;
            notice_target_add::Request::Webhook { url, secret: ask::secret("the webhook's signing secret")? }
        }
        NoticeTarget::Email { address } => notice_target_add::Request::Email { address },
    };
    let added = notice_target_add::run(&ctx, request).await?;
    let text = format!("Notices go to {} now. Try it: feedgate-admin notice test", added.address);
    Answer::new(&added, text)
}

async fn list(session: &Session) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let targets = notice_target_list::run(&ctx, notice_target_list::Request::default()).await?;
    let request = notice_list::Request { limit: SHOWN, ..notice_list::Request::default() };
    let notices = notice_list::run(&ctx, request).await?;
    let mut places = Table::new(
        &["ID", "CHANNEL", "ADDRESS", "DELIVERED", "WAITING", "DEAD", "LAST ERROR"],
        "Notices go nowhere yet: feedgate-admin notice add webhook URL, or notice add email ADDRESS.",
    );
    for target in &targets {
        places.row([
            target.id.to_string(),
            target.channel.as_str().to_owned(),
            target.address.clone(),
            target.delivered.to_string(),
            target.waiting.to_string(),
            target.dead.to_string(),
            target.last_error.clone().unwrap_or_default(),
        ]);
    }
    let mut table = Table::new(&["AT", "SEVERITY", "NOTICE", "DELIVERY"], "No notice was raised yet.");
    for told in &notices {
        table.row([
            instant(told.notice.at),
            told.notice.severity.as_str().to_owned(),
            text::text(&told.notice).title,
            delivery(&told.deliveries),
        ]);
    }
    let shown: Vec<Value> = notices.iter().map(shown).collect();
    Answer::new(
        &json!({ "targets": targets, "notices": shown }),
        format!("{}\n\n{}", places.render(), table.render()),
    )
}

/// The notice with its sentences.
fn shown(told: &notice_list::Told) -> Value {
    let text = text::text(&told.notice);
    let mut value = json!(told);
    if let Value::Object(fields) = &mut value {
        fields.insert("title".to_owned(), text.title.clone().into());
        fields.insert("text".to_owned(), text.body().into());
    }
    value
}

fn delivery(deliveries: &[notice_list::Delivery]) -> String {
    if deliveries.is_empty() {
        return "nowhere".to_owned();
    }
    let count = |what: fn(&&notice_list::Delivery) -> bool| deliveries.iter().filter(what).count();
    let (delivered, dead) = (count(|d| d.delivered_at.is_some()), count(|d| d.dead_at.is_some()));
    let waiting = deliveries.len() - delivered - dead;
    let parts = [(delivered, "delivered"), (waiting, "waiting"), (dead, "given up")];
    let told = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    told.collect::<Vec<_>>().join(", ")
}

async fn test(session: &Session) -> Result<Answer, Failure> {
    let id = notice_test::run(&session.context().await?, notice_test::Request::default()).await?;
    let text = "The test was written down. A running server sends it within seconds: feedgate-admin notice list \
                shows whether it arrived.";
    Answer::new(&json!({ "id": id }), text)
}

async fn remove(session: &Session, target: String) -> Result<Answer, Failure> {
    let request = notice_target_remove::Request { target };
    let removed = notice_target_remove::run(&session.context().await?, request).await?;
    let text = format!("Notices go no longer to {}.", removed.address);
    Answer::new(&removed, text)
}
