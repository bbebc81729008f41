//! Collections in expressions: `any`, `all`, `$count`, `$filter(…)` and `in`.

use std::sync::Arc;

use super::walk::{Place, Walk};
use super::{About, Checker, Frame};
use crate::edm::{Primitive, Step, Type};
use crate::error::{Error, ErrorKind};
use crate::expr::{Collection, CompareOp, Expr, Lambda, Node, Path, Start};
use crate::hint::hint;
use crate::url::ast::{Ast, Segment, SegmentKind};

/// How many lambdas and filters in paths may be nested: each multiplies what is looked at by the members of its
/// collection, and three are as many as a question in words can hold.
const MAX_NESTED: usize = 4;

/// A collection that was reached, and what its members are.
#[derive(Clone, Copy)]
pub(super) struct Members<'a> {
    step: Option<Step>,
    about: About<'a>,
}

impl<'a> Checker<'a> {
    /// The collection a walk has led to, if it is one.
    pub(super) fn collection(&self, walk: &Walk<'a>) -> Option<Members<'a>> {
        match walk.place {
            Place::Entities(step) => {
                Some(Members { step: Some(step), about: About::Entity(step.target, step.target_set) })
            }
            Place::Value(Type::Collection(item)) => Some(Members { step: None, about: About::Item(item) }),
            Place::Value(_) | Place::Entity(..) => None,
        }
    }

    /// What is asked of a collection by the segments behind it.
    pub(super) fn of_collection(
        &mut self,
        walk: Walk<'a>,
        members: Members<'a>,
        segments: &'a [Segment],
    ) -> Result<Expr, Error> {
        let (filters, rest) = leading_filters(segments);
        if let ([], [], Place::Value(ty)) = (&filters[..], rest, walk.place) {
            let ty = ty.clone();
            return Ok(Expr { node: Node::Path(walk.finished()), ty: Some(ty) });
        }
        if self.frames.len() > MAX_NESTED {
            let message = format!("More than {MAX_NESTED} collections are asked for inside of each other.");
            return Err(Error::new(ErrorKind::TooComplex, message));
        }
        let text = walk.text();
        let mut collection = Collection {
            text: text.as_str().into(),
            path: walk.finished(),
            step: members.step,
            filter: self.filters(members, &filters)?,
        };
        match rest {
            [Segment { kind: SegmentKind::Lambda { all, variable }, .. }] => {
                self.lambda(*all, collection, members, variable.as_ref())
            }
            [Segment { kind: SegmentKind::Name(name), .. }] if name == "$count" => Ok(counted(collection)),
            [Segment { kind: SegmentKind::Count(filter), .. }] => {
                let more: Vec<&Ast> = filters.into_iter().chain([&**filter]).collect();
                collection.filter = self.filters(members, &more)?;
                Ok(counted(collection))
            }
            [] => Err(Error::of_type(format!(
                "`{text}` is a collection; ask for `{text}/any(…)` or `{text}/$count`."
            ))),
            [segment, ..] => Err(self.behind(&text, members, segment).at(segment.at)),
        }
    }

    fn lambda(
        &mut self,
        all: bool,
        collection: Collection,
        members: Members<'a>,
        variable: Option<&'a (String, Box<Ast>)>,
    ) -> Result<Expr, Error> {
        let predicate = match variable {
            None => None,
            Some((name, condition)) => {
                self.frames.push(Frame { name: Some(name), about: members.about });
                let need = if all { "`all` needs a condition" } else { "`any` needs a condition" };
                let condition = self.boolean(condition, need);
                self.frames.pop();
                Some((Arc::from(name.as_str()), Box::new(condition?)))
            }
        };
        let lambda = Lambda { all, collection, predicate };
        Ok(Expr::new(Node::Lambda(Box::new(lambda)), Primitive::Boolean))
    }

    /// Conditions on the members, in which names without a variable are theirs.
    fn filters(&mut self, members: Members<'a>, filters: &[&'a Ast]) -> Result<Option<Box<Expr>>, Error> {
        let before = self.implicit;
        self.frames.push(Frame { name: None, about: members.about });
        self.implicit = self.frames.len() - 1;
        let checked: Result<Vec<_>, _> =
            filters.iter().map(|filter| self.boolean(filter, "`$filter` needs a condition")).collect();
        self.frames.pop();
        self.implicit = before;
        Ok(super::all(checked?)?.map(Box::new))
    }

    /// `needle in collection` is the same as asking for any member that is equal to it.
    pub(super) fn within(&mut self, needle: Expr, list: &'a Ast) -> Result<Expr, Error> {
        let list_at = list.at;
        let list = self.expr(list)?;
        let (Some(Type::Collection(item)), Node::Path(path)) = (&list.ty, &list.node) else {
            return Err(
                Error::of_type("On the right of `in` there must be a list or a collection.").at(list_at)
            );
        };
        let name: Arc<str> =
            (0..).map(|n| format!("x{n}")).find(|name| !self.is_taken(name)).unwrap_or_default().into();
        let start = Start::Variable(self.frames.len() - 1);
        let member = Path {
            start,
            steps: Vec::new(),
            property: Some(0),
            members: Vec::new(),
            text: Arc::clone(&name),
        };
        let member = Expr { node: Node::Path(member), ty: Some((**item).clone()) };
        let needle = self.adapted(needle, &member);
        self.comparable(CompareOp::Eq, &member, &needle)?;
        let equal = Node::Compare(CompareOp::Eq, Box::new(member), Box::new(needle));
        let predicate = Some((name, Box::new(Expr::new(equal, Primitive::Boolean))));
        let collection =
            Collection { text: Arc::clone(&path.text), path: path.clone(), step: None, filter: None };
        Ok(Expr::new(
            Node::Lambda(Box::new(Lambda { all: false, collection, predicate })),
            Primitive::Boolean,
        ))
    }

    fn is_taken(&self, name: &str) -> bool {
        let named = self.frames.iter().any(|frame| frame.name == Some(name));
        named
            || self.frames.iter().any(|frame| match frame.about {
                About::Entity(id, _) => {
                    let ty = self.scope.model.entity_type(id);
                    ty.property_index(name).is_some() || ty.navigation_index(name).is_some()
                }
                About::Item(_) => false,
            })
    }

    /// Something that cannot stand behind a collection.
    fn behind(&self, text: &str, members: Members<'a>, segment: &Segment) -> Error {
        let SegmentKind::Name(name) = &segment.kind else {
            return Error::not_supported(format_args!("Such a path behind the collection `{text}` is"));
        };
        let About::Entity(id, _) = members.about else {
            return Error::of_type(format!(
                "`{text}` is a collection; ask for `{text}/any(…)` or `{text}/$count`."
            ));
        };
        let target = self.scope.model.entity_type(id);
        if name.starts_with('$') || name.contains('.') {
            return Error::not_supported(format_args!("`{name}` in an expression is"));
        }
        if target.property_index(name).is_some() || target.navigation_index(name).is_some() {
            return Error::of_type(format!(
                "`{text}` is a collection; write {text}/any(x:x/{name} …) to ask for one of its members."
            ));
        }
        let hint = hint(name, target.properties.iter().map(|property| property.name.as_str()));
        let message = format!("`{name}` is not a property of {}.{hint}", target.name);
        Error::new(ErrorKind::UnknownProperty, message)
    }
}

fn leading_filters(segments: &[Segment]) -> (Vec<&Ast>, &[Segment]) {
    let mut filters = Vec::new();
    let mut rest = segments;
    while let [Segment { kind: SegmentKind::Filter(filter), .. }, below @ ..] = rest {
        filters.push(&**filter);
        rest = below;
    }
    (filters, rest)
}

fn counted(collection: Collection) -> Expr {
    Expr::new(Node::Count(Box::new(collection)), Primitive::Int64)
}
