//! Tables and cards for people. What comes from outside (names, CRM values) cannot move the cursor: control characters
//! are replaced.

use comfy_table::Table as Grid;
use comfy_table::presets::NOTHING;

/// Rows under a header.
#[derive(Debug)]
pub(crate) struct Table {
    grid: Grid,
    empty: &'static str,
}

impl Table {
    /// A table; `empty` is said instead of a header without rows.
    pub(crate) fn new(header: &[&str], empty: &'static str) -> Table {
        let mut table = Table { grid: plain(), empty };
        table.grid.set_header(header.iter().map(|name| harmless(name)));
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.grid.add_row(cells.into_iter().map(|cell| harmless(&cell)));
    }

    /// The text.
    pub(crate) fn render(self) -> String {
        if self.grid.row_count() == 0 { self.empty.to_owned() } else { rendered(self.grid) }
    }
}

/// Names and values of one thing.
#[derive(Debug)]
pub(crate) struct Card(Grid);

impl Card {
    pub(crate) fn new() -> Card {
        Card(plain())
    }

    /// Adds a line.
    pub(crate) fn line(mut self, name: &str, value: impl AsRef<str>) -> Card {
        self.0.add_row([harmless(name), harmless(value.as_ref())]);
        self
    }

    /// Adds a line when there is a value.
    pub(crate) fn line_if(self, name: &str, value: Option<impl AsRef<str>>) -> Card {
        match value {
            Some(value) => self.line(name, value),
            None => self,
        }
    }

    /// The text.
    pub(crate) fn render(self) -> String {
        rendered(self.0)
    }
}

/// No frame and no wrapping: it can be read, searched and cut into columns.
fn plain() -> Grid {
    let mut grid = Grid::new();
    grid.load_style(NOTHING);
    grid
}

fn rendered(mut grid: Grid) -> String {
    for column in grid.column_iter_mut() {
        column.set_padding((0, 2));
    }
    grid.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The text without control characters, and without those that turn the direction of writing.
pub(crate) fn harmless(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_plain_columns() {
        let mut table = Table::new(&["NAME", "STATUS"], "There is nothing.");
        table.row(["anna@example.org".to_owned(), "active".to_owned()]);
        table.row(["bo".to_owned(), "disabled".to_owned()]);
        insta::assert_snapshot!(table.render(), @"
        NAME              STATUS
        anna@example.org  active
        bo                disabled
        ");
    }

    #[test]
    fn a_table_without_rows_is_a_sentence() {
        assert_eq!(Table::new(&["NAME"], "There is nothing.").render(), "There is nothing.");
    }

    #[test]
    fn what_comes_from_outside_cannot_move_the_cursor() {
        let card = Card::new().line("name", "a\u{1b}[2Jb\nc\u{202e}d").line_if("none", None::<&str>);
        insta::assert_snapshot!(card.render(), @"name  a [2Jb c d");
    }
}
