//! Lines of comma-separated values (RFC 4180) for spreadsheets. Names and labels come from outside, and a spreadsheet
//! takes what begins like a formula for one: such a value gets an apostrophe in front.

/// One line, without its end.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    cells.into_iter().map(cell).collect::<Vec<_>>().join(",")
}

fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_is_quoted_and_what_looks_like_a_formula_is_defused() {
        assert_eq!(line(["a", "", "b c"]), "a,,b c");
        assert_eq!(line(["a,b", "say \"x\"", "1\n2"]), "\"a,b\",\"say \"\"x\"\"\",\"1\n2\"");
        assert_eq!(line(["=1+1", "@x", "-2"]), "'=1+1,'@x,'-2");
    }
}
