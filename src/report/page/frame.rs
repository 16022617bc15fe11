//! What is around the charts of a page.

use crate::report::Table;
use crate::report::xml::{element, escaped, leaf};

/// Colours for day and night, and what else the elements look like.
const STYLE: &str = include_str!("style.css");

/// A page of HTML that needs nothing beside it.
#[derive(Clone, Debug, Default)]
pub struct Page {
    title: String,
    body: String,
}

impl Page {
    /// A page with a title, and a line below it.
    pub fn new(title: &str, subtitle: &str) -> Page {
        Page {
            title: title.to_owned(),
            body: format!("{}{}", leaf("h1", title), leaf("p", subtitle)),
        }
    }

    /// With a heading, and a text below it.
    pub fn heading(mut self, heading: &str, text: &str) -> Page {
        self.body += &leaf("h2", heading).to_string();
        self.body += &leaf("p", text).to_string();
        self
    }

    /// With a drawing.
    pub fn drawing(mut self, svg: &str) -> Page {
        self.body += svg;
        self
    }

    /// With tables beside each other, where there is room.
    pub fn tables(mut self, tables: &[Table]) -> Page {
        let side = element("div").attribute("class", "side");
        self.body += &side.children(tables.iter().map(Table::html)).to_string();
        self
    }

    /// With a table that is shown when it is asked for.
    pub fn details(mut self, summary: &str, table: &Table) -> Page {
        let details = element("details").child(leaf("summary", summary));
        self.body += &details.child(table.html()).to_string();
        self
    }

    /// With what is on another page, shown when it is asked for.
    pub fn folded(mut self, summary: &str, page: &Page) -> Page {
        let summary = leaf("summary", summary);
        self.body += &format!("<details>\n{summary}{}</details>\n", page.body);
        self
    }

    /// As text.
    pub fn html(&self) -> String {
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
            escaped(&self.title),
            self.body
        )
    }
}
