//! JSON objects that are no entities, member by member.

use super::{json, text};

/// Writes the members of one object, in the order of the calls.
#[derive(Debug)]
pub(crate) struct Object<'a>(&'a mut Vec<u8>);

impl Object<'_> {
    /// A document that is one object.
    pub(crate) fn document(members: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, members);
        out
    }

    /// `"name":"text"`
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        json::string(self.0, text);
    }

    /// `"name":…`, with JSON that is there already
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.0.extend_from_slice(json.as_bytes());
    }

    /// `"name":true`
    pub(crate) fn boolean(&mut self, name: &str, value: bool) {
        self.name(name);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// `"name":1`
    pub(crate) fn number(&mut self, name: &str, value: i64) {
        self.name(name);
        text::integer(self.0, value);
    }

    /// `"name":{…}`
    pub(crate) fn object(&mut self, name: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        write(self.0, members);
    }

    /// `"name":["text",…]`
    pub(crate) fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        self.array(name, texts, json::string);
    }

    /// `"name":[{…},…]`, an object for each item.
    pub(crate) fn objects<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut members: impl FnMut(&mut Object<'_>, T),
    ) {
        self.array(name, items, |out, item| write(out, |object| members(object, item)));
    }

    fn array<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut item_to: impl FnMut(&mut Vec<u8>, T),
    ) {
        self.name(name);
        self.0.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            item_to(self.0, item);
        }
        self.0.push(b']');
    }

    fn name(&mut self, name: &str) {
        self.0.push(b',');
        json::name(self.0, name);
    }
}

fn write(out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
    let start = out.len();
    members(&mut Object(out));
    json::open_object(out, start);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_written_in_order_at_any_depth() {
        let document = Object::document(|object| {
            object.text("a", "\"");
            object.object("b", |_| {});
            object.objects("c", [1, 2], |object, item| object.number("n", item));
            object.texts("d", ["x", "y"]);
            object.boolean("e", false);
        });
        assert_eq!(document, br#"{"a":"\"","b":{},"c":[{"n":1},{"n":2}],"d":["x","y"],"e":false}"#);
    }
}
