//! Text of XML, and of HTML where elements have contents.

use std::fmt::{self, Write};

/// An element: attributes, and either text or children.
pub(in crate::report) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Element>,
}

/// An element without contents.
pub(in crate::report) fn element(name: &'static str) -> Element {
    Element {
        name,
        attributes: Vec::new(),
        text: String::new(),
        children: Vec::new(),
    }
}

/// An element that holds text.
pub(in crate::report) fn leaf(name: &'static str, text: &str) -> Element {
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
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{self}")
    }

    fn write(&self, text: &mut impl Write, depth: usize) -> fmt::Result {
        let (name, indent) = (self.name, "  ".repeat(depth));
        write!(text, "{indent}<{name}")?;
        for (key, value) in &self.attributes {
            write!(text, " {key}=\"{}\"", escaped(value))?;
        }
        if self.children.is_empty() {
            let contents = escaped(&self.text);
            return writeln!(text, ">{contents}</{name}>");
        }
        text.write_str(">\n")?;
        for child in &self.children {
            child.write(text, depth + 1)?;
        }
        writeln!(text, "{indent}</{name}>")
    }
}

/// Its lines.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

/// Text of an element or an attribute.
pub(in crate::report) fn escaped(text: &str) -> String {
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
