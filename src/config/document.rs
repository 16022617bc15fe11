//! A configuration text and what it says.

use super::read::Reader;
use super::{Config, ConfigError, Kind, Problem, matmul, npu};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::DeTable;

/// A configuration text that was read, with the place of every key.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    text: String,
    config: Config,
    spans: BTreeMap<&'static str, Range<usize>>,
}

impl Document {
    /// Reads `text`, called `name` in messages (a file name, as a rule).
    pub fn parse(name: &str, text: &str) -> Result<Document, ConfigError> {
        let fail = |problems| ConfigError::new(name, text, problems);
        let root = DeTable::parse(text).map_err(|error| {
            let problem = Problem::new(format!("not valid TOML: {}", error.message()));
            fail(vec![match error.span() {
                Some(span) => problem.span(span),
                None => problem,
            }])
        })?;
        let mut reader = Reader::default();
        let config = match reader.kind(root.get_ref()) {
            Kind::Matmul => {
                let common = reader.common(root.get_ref(), matmul::TABLES);
                matmul::read(&mut reader, common, root.get_ref()).map(Config::Matmul)
            }
            Kind::Npu => {
                let common = reader.common(root.get_ref(), npu::TABLES);
                npu::read(&mut reader, common, root.get_ref()).map(Config::Npu)
            }
        };
        match (config, reader.problems.is_empty()) {
            (Some(config), true) => {
                let (name, text) = (name.to_owned(), text.to_owned());
                Ok(Document {
                    name,
                    text,
                    config,
                    spans: reader.spans,
                })
            }
            _ => Err(fail(reader.problems)),
        }
    }

    /// What the text says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Puts problems that were found later at their places in the text. A key that the text
    /// leaves out is shown at its table, or at the start.
    ///
    /// # Panics
    /// Without a problem there is no error.
    #[track_caller]
    pub fn error(&self, problems: Vec<Problem>) -> ConfigError {
        let place = |mut problem: Problem| {
            if let (None, Some(field)) = (&problem.span, problem.field) {
                let table = field.split('.').next().unwrap_or(field);
                let span = self.spans.get(field).or_else(|| self.spans.get(table));
                problem.span = Some(span.cloned().unwrap_or(0..0));
            }
            problem
        };
        let problems = problems.into_iter().map(place).collect();
        ConfigError::new(&self.name, &self.text, problems)
    }
}
