//! The operations on data sources.

use schema::operations as op;
use schema::operations::source_share::Grantee;

use super::{Answer, GROUP, Tenant, told, user};

impl Tenant<'_> {
    pub(crate) async fn create(&mut self, owner: usize) -> Answer {
        let request = op::source_create::Request {
            name: format!("source {}", self.sources.len()),
            owner: user(owner),
            connection: "crm".to_owned(),
            definition: "{}".to_owned(),
            model: None,
        };
        let created = op::source_create::run(&self.context, request).await.map_err(|error| error.code)?;
        self.sources.push(created.id);
        Ok(())
    }

    pub(crate) async fn share(&self, source: usize, with: Option<usize>, shared: bool) -> Answer {
        let with = with.map_or(Grantee::Group(GROUP.to_owned()), |index| Grantee::User(user(index)));
        let id = self.sources[source].clone();
        if shared {
            told(op::source_share::run(&self.context, op::source_share::Request { id, with }).await)
        } else {
            told(op::source_unshare::run(&self.context, op::source_unshare::Request { id, with }).await)
        }
    }

    pub(crate) async fn transfer(&self, source: usize, to: usize) -> Answer {
        let what = op::source_transfer::What::One(self.sources[source].clone());
        let request = op::source_transfer::Request { what, to: user(to) };
        told(op::source_transfer::run(&self.context, request).await)
    }

    pub(crate) async fn transfer_all(&self, from: usize, to: usize) -> Answer {
        let what = op::source_transfer::What::AllOf(user(from));
        let request = op::source_transfer::Request { what, to: user(to) };
        told(op::source_transfer::run(&self.context, request).await)
    }

    pub(crate) async fn clone_source(&mut self, source: usize, by: usize) -> Answer {
        let context = self.context_of(by).await?;
        let request = op::source_clone::Request { id: self.sources[source].clone(), name: "copy".to_owned() };
        let copy = op::source_clone::run(&context, request).await.map_err(|error| error.code)?;
        self.sources.push(copy.id);
        Ok(())
    }

    pub(crate) async fn delete(&self, source: usize) -> Answer {
        let request = op::source_delete::Request { id: self.sources[source].clone() };
        told(op::source_delete::run(&self.context, request).await)
    }
}
