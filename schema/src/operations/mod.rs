//! What can be done, one file each, always in the same order: what it does, its request, its outcome, its errors, the
//! function, its tests. Command line, server and history call the same function.
//!
//! An operation reads the actor's rights in the transaction that acts, and writes its history entry into the same
//! transaction. Hashing and sealing happen before the write lock is taken where they can.

pub mod backup;
pub mod connection_add;
pub mod connection_edit;
pub mod connection_list;
pub mod connection_lock;
pub mod connection_remove;
pub mod connection_renew;
pub mod connection_replace_credential;
pub mod connection_status;
pub mod connection_unlock;
pub mod group_add;
pub mod group_list;
pub mod group_remove;
pub mod habit_list;
pub mod history_follow;
pub mod history_list;
pub mod key_use;
pub mod mark_expired;
pub mod mark_used;
pub mod meta_get;
pub mod meta_set;
pub mod notice_claim;
pub mod notice_list;
mod notice_raise;
pub mod notice_settle;
pub mod notice_target_add;
pub mod notice_target_list;
pub mod notice_target_remove;
pub mod notice_test;
pub mod notice_watch;
pub mod policy_set;
pub mod policy_show;
pub mod powerbi_connect;
pub mod powerbi_disconnect;
pub mod powerbi_holders;
pub mod powerbi_principal;
pub mod powerbi_record;
pub mod powerbi_show;
pub mod prune;
pub mod record_refusals;
pub mod record_requests;
pub mod refresh_list;
pub mod refusal_summary;
pub mod rekey;
pub mod request_list;
pub mod request_page;
pub mod request_summary;
pub mod source_access;
pub mod source_clone;
pub mod source_create;
pub mod source_delete;
pub mod source_edit;
pub mod source_list;
pub mod source_share;
pub mod source_show;
pub mod source_transfer;
pub mod source_unshare;
pub mod source_update_model;
pub mod store_check;
pub mod store_copy;
pub mod tenant_create;
pub mod tenant_list;
pub mod tenant_resume;
pub mod tenant_suspend;
pub mod token_create;
pub mod token_list;
pub mod token_proof;
pub mod token_reach;
pub mod token_retag;
pub mod token_revoke;
pub mod token_revoke_all;
pub mod token_revoke_leaked;
pub mod token_rotate;
pub mod token_show;
pub mod user_add;
pub mod user_disable;
pub mod user_edit;
pub mod user_enable;
pub mod user_list;
pub mod user_remove;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    fn may_move_between_threads<F: Future + Send>(_: &F) {}

    #[tokio::test]
    async fn operations_run_on_any_thread_of_the_runtime() {
        let world = World::new().await;
        let ctx = &world.ctx;
        may_move_between_threads(&world.mint("ann"));
        may_move_between_threads(&policy_set::run(ctx, policy_set::Request::default()));
        may_move_between_threads(&history_list::run(ctx, history_list::Request::default()));
        may_move_between_threads(&mark_expired::run(ctx, mark_expired::Request::default()));
    }
}
