//! XML text.

use std::fmt::Write;

/// An element: attributes, and either text or children.
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Element>,
}

/// An element without contents.
pub(super) fn element(name: &'static str) -> Element {
    Element {
        name,
        attributes: Vec::new(),
        text: String::new(),
        children: Vec::new(),
    }
}

/// An element that holds text.
pub(super) fn leaf(name: &'static str, text: &str) -> Element {
    Element {
        text: text.into(),
        ..element(name)
    }
}

impl Element {
    pub fn attribute(mut self, name: &'static str, value: &str) -> Element {
        self.attributes.push((name, value.into()));
        self
    }

    pub fn child(mut self, child: Element) -> Element {
        self.children.push(child);
        self
    }

    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Element {
        self.children.extend(children);
        self
    }

    /// The element as the root of a document.
    pub fn document(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut text, 0);
        text
    }

    fn write(&self, text: &mut String, depth: usize) {
        let (name, indent) = (self.name, "  ".repeat(depth));
        write!(text, "{indent}<{name}").expect("a String takes everything");
        for (key, value) in &self.attributes {
            write!(text, " {key}=\"{}\"", escaped(value)).expect("a String takes everything");
        }
        if self.children.is_empty() {
            let contents = escaped(&self.text);
            writeln!(text, ">{contents}</{name}>").expect("a String takes everything");
            return;
        }
        text.push_str(">\n");
        for child in &self.children {
            child.write(text, depth + 1);
        }
        writeln!(text, "{indent}</{name}>").expect("a String takes everything");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_reserves_is_escaped() {
        let document = element("a")
            .attribute("b", "\"1\" & <2>")
            .child(leaf("c", "x < y && \"z\""));
        assert_eq!(
            document.document(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <a b=\"&quot;1&quot; &amp; &lt;2&gt;\">\n\
             \x20 <c>x &lt; y &amp;&amp; &quot;z&quot;</c>\n\
             </a>\n"
        );
    }
}
