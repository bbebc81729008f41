//! "Did you mean …?"

/// The known name that is most like the unknown one, if any is like it at all.
///
/// ```
/// let known = ["firstname", "email"];
/// assert_eq!(odata::nearest("emial", known.into_iter()), Some("email"));
/// assert_eq!(odata::nearest("zebra", known.into_iter()), None);
/// ```
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
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

/// How many letters have to be inserted, removed, replaced or exchanged with their neighbour to make the one of the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 0..left.len() {
        let mut row = vec![i + 1];
        for j in 0..right.len() {
            let replaced = last[j] + usize::from(left[i] != right[j]);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && left[i] == right[j - 1] && left[i - 1] == right[j] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_a_different_word_is_not() {
        let known = ["firstname", "lastname", "email"];
        assert_eq!(nearest("fistname", known.into_iter()), Some("firstname"));
        assert_eq!(nearest("emial", known.into_iter()), Some("email"));
        assert_eq!(nearest("EMAIL", known.into_iter()), Some("email"));
        assert_eq!(nearest("phone", known.into_iter()), None);
    }

    #[test]
    fn a_name_in_the_wrong_case_is_told_so() {
        let hint = hint("Email", ["email"].into_iter());
        assert_eq!(hint, " Names are case-sensitive: did you mean `email`?");
    }
}
