//! One stored row. Most properties of a real record are null, so only set values are kept: all texts of a row in one
//! string, and a small sorted index into it.

/// A row of an object.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: u64,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    pub(crate) updated: i64,
    /// When it was deleted; absent while it lives.
    pub(crate) archived: Option<i64>,
    pub(crate) values: Values,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    property: u16,
    start: u32,
    end: u32,
}

/// The set values of a row, by the property's index in its table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    slots: Box<[Slot]>,
    text: Box<str>,
}

impl Values {
    /// The value of a property, when it was ever set (possibly to "").
    pub(crate) fn get(&self, property: u16) -> Option<&str> {
        let at = self.slots.binary_search_by_key(&property, |slot| slot.property).ok()?;
        self.text_of(self.slots[at])
    }

    /// Every set value, by property index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, &str)> {
        self.slots.iter().filter_map(|slot| Some((slot.property, self.text_of(*slot)?)))
    }

    /// The same values with one replaced, added or (None) taken away.
    pub(crate) fn with(&self, property: u16, value: Option<&str>) -> Values {
        let mut draft = Draft::default();
        for (index, text) in self.iter().filter(|(index, _)| *index != property) {
            draft.set(index, text);
        }
        if let Some(text) = value {
            draft.set(property, text);
        }
        draft.finish()
    }

    fn text_of(&self, slot: Slot) -> Option<&str> {
        self.text.get(slot.start as usize..slot.end as usize)
    }
}

/// Values while they are collected, in any order; the last setting of a property counts.
#[derive(Default)]
pub(crate) struct Draft {
    slots: Vec<Slot>,
    text: String,
}

impl Draft {
    /// Sets a value.
    pub(crate) fn set(&mut self, property: u16, value: &str) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.text.push_str(value);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.slots.push(Slot { property, start, end });
    }

    /// The finished row.
    pub(crate) fn finish(mut self) -> Values {
        self.slots
            .sort_by_key(|slot| (slot.property, std::cmp::Reverse(slot.start), std::cmp::Reverse(slot.end)));
        self.slots.dedup_by_key(|slot| slot.property);
        Values { slots: self.slots.into(), text: self.text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_set_values_are_kept_and_the_last_setting_counts() {
        let mut draft = Draft::default();
        draft.set(9, "nine");
        draft.set(3, "three");
        draft.set(9, "neun");
        draft.set(4, "");
        let values = draft.finish();
        assert_eq!(values.iter().collect::<Vec<_>>(), [(3, "three"), (4, ""), (9, "neun")]);
        assert_eq!((values.get(3), values.get(4), values.get(5)), (Some("three"), Some(""), None));
        let changed = values.with(3, None).with(5, Some("fünf"));
        assert_eq!(changed.iter().collect::<Vec<_>>(), [(4, ""), (5, "fünf"), (9, "neun")]);
    }
}
