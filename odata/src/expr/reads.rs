//! What an expression has to be given to be evaluated.

use std::collections::{BTreeMap, BTreeSet};

use super::{Collection, Expr, Node, Path, Start};
use crate::edm::Step;

/// What is read of a row, and of the entities related to it.
///
/// Whoever evaluates fetches in bulk: for all rows at once the entities of each of [`Self::related`], with the
/// properties that are read of them, and so on downwards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    /// Indices of properties.
    pub properties: BTreeSet<usize>,
    /// The navigation that is followed, and what is read where it leads to.
    pub related: BTreeMap<Step, Reads>,
}

impl Reads {
    /// Adds what something else reads.
    pub fn merge(&mut self, other: &Self) {
        self.properties.extend(&other.properties);
        for (step, reads) in &other.related {
            self.related.entry(*step).or_default().merge(reads);
        }
    }

    fn at(&mut self, place: &[Step]) -> &mut Self {
        place.iter().fold(self, |reads, step| reads.related.entry(*step).or_default())
    }
}

/// From which row a variable's members were reached, and by which steps; items of values read nothing more.
type Place = Option<(Start, Vec<Step>)>;

/// Walks down an expression with the places of the variables that are open.
#[derive(Default)]
struct Reader {
    row: Reads,
    root: Reads,
    variables: Vec<Place>,
}

impl Expr {
    /// What it reads of the row it is about, and from there.
    pub fn reads(&self) -> Reads {
        let mut reader = Reader::default();
        reader.expr(self);
        reader.row
    }

    /// What it reads of the entity that is expanded (`$it` in the options of an expanded property), and from there.
    pub fn reads_of_root(&self) -> Reads {
        let mut reader = Reader::default();
        reader.expr(self);
        reader.root
    }

    /// Indices of the properties it reads of the row it is about.
    pub fn properties(&self) -> BTreeSet<usize> {
        self.reads().properties
    }

    /// Whether it can be evaluated with the row alone.
    pub fn is_local(&self) -> bool {
        let mut reader = Reader::default();
        reader.expr(self);
        reader.row.related.is_empty() && reader.root == Reads::default()
    }
}

impl Reader {
    fn expr(&mut self, expr: &Expr) {
        match &expr.node {
            Node::Property(index) => {
                self.row.properties.insert(*index);
            }
            Node::Path(path) | Node::Exists(path) => self.path(path),
            Node::Count(collection) => {
                self.members(collection, None);
            }
            Node::Lambda(lambda) => {
                self.members(
                    &lambda.collection,
                    lambda.predicate.as_ref().map(|(_, predicate)| &**predicate),
                );
            }
            _ => expr.operands().into_iter().for_each(|operand| self.expr(operand)),
        }
    }

    fn path(&mut self, path: &Path) {
        let Some((start, steps)) = self.place(path) else { return };
        let reads = self.reads(start).at(&steps);
        reads.properties.extend(path.property);
    }

    /// The row a path begins at, and all steps from there.
    fn place(&self, path: &Path) -> Place {
        let (start, mut steps) = match path.start {
            Start::Variable(index) => self.variables.get(index).cloned().flatten()?,
            start => (start, Vec::new()),
        };
        steps.extend(&path.steps);
        Some((start, steps))
    }

    fn reads(&mut self, start: Start) -> &mut Reads {
        if start == Start::Root { &mut self.root } else { &mut self.row }
    }

    fn members(&mut self, collection: &Collection, predicate: Option<&Expr>) {
        let mut place = None;
        if let Some(step) = collection.step {
            place = self.place(&collection.path);
            if let Some((start, steps)) = &mut place {
                steps.push(step);
                self.reads(*start).at(steps);
            }
        } else {
            self.path(&collection.path);
        }
        self.variables.push(place);
        for condition in collection.filter.as_deref().into_iter().chain(predicate) {
            self.expr(condition);
        }
        self.variables.pop();
    }
}
