//! Writes a token's tag under the active key, after argon2 or an older tag has proven it.

use crate::context::Context;
use crate::error::OperationError;
use crate::keys::Tag;
use crate::rights;
use crate::secret::Secret;
use crate::store::params;
use crate::token::TokenId;

/// Which, and what.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token.
    pub id: TokenId,
    /// The stored hash it was proven against.
    pub hash: Secret,
    /// The new tag.
    pub tag: Tag,
}

/// Whether the row was still the one it was proven against.
pub type Outcome = bool;

/// Writes it. For the service itself; no history, nothing changed for anybody.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let mut tx = ctx.store.write().await?;
    let sql = "UPDATE tokens SET tag = ?3, tag_key = ?4 WHERE id = ?1 AND hash = ?2";
    let Request { id, hash, tag } = request;
    let row = params![&id, hash.expose(), tag.tag.as_slice(), tag.key_id];
    let written = tx.execute(sql, row).await? == 1;
    tx.commit().await?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hashing::Verdict;
    use crate::keys::Keys;
    use crate::lookup;
    use crate::random::SeededRandom;
    use crate::testing::World;

    #[tokio::test]
    async fn a_store_with_a_lost_tag_key_works_and_heals() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().token;
        let new = Keys::parse(Keys::generate("new", &SeededRandom::new(99)).expose()).unwrap();
        let record = async || lookup::credential(&world.ctx.store, &token.id()).await.unwrap().unwrap().token;
        let before = record().await;
        let verdict = world.ctx.hasher.verify(&token, Some(&before), &new).await.unwrap();
        let Verdict::Match { retag: Some(tag) } = verdict else { panic!("{verdict:?}") };
        let request = Request { id: token.id(), hash: before.hash, tag };
        assert!(run(&world.ctx, request).await.unwrap());
        let verdict = world.ctx.hasher.verify(&token, Some(&record().await), &new).await.unwrap();
        assert_eq!(verdict, Verdict::Match { retag: None });
    }
}
