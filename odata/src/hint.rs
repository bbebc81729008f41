//! "Did you mean …?"

/// The known name that is most like the unknown one, if any is like it at all.
pub(crate) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may differ: enough for two slips in `firstname`, too few to make `phone` of `name`.
    let limit = (unknown.chars().count() / 3).max(1);
    known
        .map(|name| (distance(&unknown.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The rest of a sentence: empty, or the name to use instead.
pub(crate) fn hint<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(unknown, known) {
        Some(name) if name.eq_ignore_ascii_case(unknown) => {
            format!(" Names are case-sensitive: did you mean `{name}`?")
        }
        Some(name) => format!(" Did you mean `{name}`?"),
        None => String::new(),
    }
}

/// How many letters have to be inserted, removed or replaced to make the one of the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_a_different_word_is_not() {
        let known = ["firstname", "lastname", "email"];
        assert_eq!(nearest("fistname", known.into_iter()), Some("firstname"));
        assert_eq!(nearest("EMAIL", known.into_iter()), Some("email"));
        assert_eq!(nearest("phone", known.into_iter()), None);
    }

    #[test]
    fn a_name_in_the_wrong_case_is_told_so() {
        let hint = hint("Email", ["email"].into_iter());
        assert_eq!(hint, " Names are case-sensitive: did you mean `email`?");
    }
}
