//! The refresh of one data set: started, and followed to its end.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::api::Client;
use super::delivery::{Delivery, Outcome};
use super::error::Error;
use super::sets::DataSet;
use super::wire::{Run, RunStatus};

/// Between two looks at a refresh, at first: small ones end within seconds.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// And at last.
const LATER_LOOKS: Duration = Duration::from_secs(30);

/// Runs that are read to find one: others may start meanwhile.
const RUNS: usize = 5;

const GOES_ON: &str = "a refresh was started and goes on: `feedgate-admin powerbi history` tells how it ends";

const UNTOLD: &str = "a refresh was started, and how it goes is not told";

/// What tells a refresh that was just started from those before it.
pub(super) struct Started {
    id: Option<String>,
    before: Option<String>,
}

/// Starts one; none when there is nothing to wait for, which is told.
pub(super) async fn start(client: &Client, set: &DataSet, delivery: &mut Delivery) -> Option<Started> {
    let last = client.runs(&set.workspace_id, &set.id, 1).await.unwrap_or_default();
    let before = last.into_iter().next().and_then(|run| run.request_id);
    match client.start_refresh(&set.workspace_id, &set.id).await {
        Ok(id) => Some(Started { id, before }),
        Err(Error::Conflict { .. }) => {
            let message =
                "a refresh runs already, so none was started: the next one reads with the new token";
            delivery.told("refresh", Outcome::Pending, message);
            None
        }
        Err(error) => {
            delivery.told("refresh", Outcome::Failed, format!("no refresh was started: {error}"));
            None
        }
    }
}

/// Looks until the refresh has ended or nobody waits any more. That Power BI has no answer for a while ends no wait.
pub(super) async fn finish(
    client: &Client,
    set: &DataSet,
    started: &Started,
    patience: Duration,
    delivery: &mut Delivery,
) {
    let (end, mut pause) = (Instant::now() + patience, FIRST_LOOK);
    loop {
        let (wait, message) = match client.runs(&set.workspace_id, &set.id, RUNS).await {
            Ok(runs) => {
                let run = runs.into_iter().find(|run| started.is(run));
                if let Some(run) = run.filter(|run| run.status != RunStatus::Running) {
                    let (outcome, message) = ended(&run);
                    delivery.told("refresh", outcome, message);
                    delivery.refresh = Some(run);
                    return;
                }
                (Some(pause), GOES_ON.to_owned())
            }
            Err(error) => (until_next(&error, pause), format!("{UNTOLD}: {error}")),
        };
        let Some(wait) = wait.filter(|wait| Instant::now() + *wait <= end) else {
            return delivery.told("refresh", Outcome::Pending, message);
        };
        sleep(wait).await;
        pause = (pause * 2).min(LATER_LOOKS);
    }
}

/// How long to wait behind an error; none: the next look would end as this one did.
fn until_next(error: &Error, pause: Duration) -> Option<Duration> {
    match error {
        Error::Throttled { retry_after } => Some(pause.max(*retry_after)),
        Error::Unavailable { .. } => Some(pause),
        _ => None,
    }
}

impl Started {
    /// By its id, or else as the first that was not there before.
    fn is(&self, run: &Run) -> bool {
        match (&self.id, &run.request_id) {
            (Some(own), Some(id)) => own.eq_ignore_ascii_case(id),
            (_, id) => *id != self.before,
        }
    }
}

fn ended(run: &Run) -> (Outcome, String) {
    if run.status == RunStatus::Completed {
        return (Outcome::Done, "a refresh with the new token succeeded".to_owned());
    }
    let code = run.error_code.as_deref().unwrap_or("no code given");
    let words = run.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
    (Outcome::Failed, format!("the refresh {} with {code}{words}", run.word()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_waited_for_as_long_as_power_bi_asks() {
        let (pause, seconds) = (FIRST_LOOK, Duration::from_secs);
        let throttled = |retry_after| until_next(&Error::Throttled { retry_after }, pause);
        assert_eq!((throttled(seconds(600)), throttled(seconds(0))), (Some(seconds(600)), Some(pause)));
        let lost = Error::Unavailable { message: String::new() };
        assert_eq!(until_next(&lost, pause), Some(pause));
        assert_eq!(until_next(&Error::Forbidden { said: String::new() }, pause), None);
    }
}
