//! Configurations to choose from: a text in which values may be lists.

use super::{ConfigError, Document, Problem};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A key that has several values to choose from.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The key, as `array.rows`.
    pub key: String,
    /// Its values as they stand in the text.
    values: Vec<String>,
    /// The list in the text, in bytes.
    span: Range<usize>,
}

impl Choice {
    /// How many values there are.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// A value as people read it: without quotation marks.
    pub fn value(&self, place: usize) -> &str {
        self.values[place].trim_matches(['"', '\''])
    }
}

/// Configurations to choose from: each is the text with one value in the place of each list.
///
/// Points are numbered from 0; the last list of the text changes fastest. A place says which value of each list a point
/// has.
///
/// ```
/// use ferrogrid::config::Space;
///
/// let text = "kind = 'npu'\n[array]\nrows = [4, 8]\ncolumns = [4, 8, 16]\n";
/// let space = Space::parse("space.toml", text)?;
/// assert_eq!((space.points(), space.place(4)), (6, vec![1, 1]));
/// assert_eq!(space.text(&[1, 1]), "kind = 'npu'\n[array]\nrows = 8\ncolumns = 8\n");
/// # Ok::<(), ferrogrid::config::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Space {
    name: String,
    text: String,
    choices: Vec<Choice>,
}

impl Space {
    /// Reads `text`, called `name` in messages.
    ///
    /// # Errors
    /// What is wrong with the text, or with any value of a list.
    pub fn parse(name: &str, text: &str) -> Result<Space, ConfigError> {
        let mut choices = Vec::new();
        let mut problems = Vec::new();
        // What is no TOML is told as of any configuration.
        if let Ok(root) = DeTable::parse(text) {
            collect(root.get_ref(), "", text, &mut choices, &mut problems);
        }
        let points = choices.iter().map(|choice| choice.count() as u64);
        let points = points.into_iter().try_fold(1, u64::checked_mul);
        if points.is_none() {
            problems.push(Problem::new("there are more than 2^64 configurations"));
        }
        if !problems.is_empty() {
            return Err(ConfigError::new(name, text, problems));
        }
        choices.sort_by_key(|choice| choice.span.start);
        let space = Space {
            name: name.to_owned(),
            text: text.to_owned(),
            choices,
        };
        let first = vec![0; space.choices.len()];
        space.document(&first)?;
        for (number, choice) in space.choices.iter().enumerate() {
            for value in 1..choice.count() {
                let mut place = first.clone();
                place[number] = value;
                space.document(&place)?;
            }
        }
        Ok(space)
    }

    /// The text that it was read from.
    pub fn source(&self) -> &str {
        &self.text
    }

    /// The lists, in the order of the text.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// How many configurations there are.
    pub fn points(&self) -> u64 {
        self.choices.iter().map(|of| of.count() as u64).product()
    }

    /// Where a point is: for each list the number of its value.
    ///
    /// # Panics
    /// When there are not so many points.
    pub fn place(&self, point: u64) -> Vec<usize> {
        assert!(point < self.points(), "no point {point}");
        let mut left = point;
        let mut place = Vec::with_capacity(self.choices.len());
        for choice in self.choices.iter().rev() {
            let count = choice.count() as u64;
            place.push((left % count) as usize);
            left /= count;
        }
        place.reverse();
        place
    }

    /// The point at a place.
    pub fn point(&self, place: &[usize]) -> u64 {
        let pairs = self.choices.iter().zip(place);
        pairs.fold(0, |point, (choice, place)| {
            point * choice.count() as u64 + *place as u64
        })
    }

    /// The values at a place, as people read them.
    pub fn values(&self, place: &[usize]) -> Vec<&str> {
        let pairs = self.choices.iter().zip(place);
        pairs.map(|(choice, place)| choice.value(*place)).collect()
    }

    /// The text of the configuration at a place.
    pub fn text(&self, place: &[usize]) -> String {
        let mut text = self.text.clone();
        for (choice, place) in self.choices.iter().zip(place).rev() {
            text.replace_range(choice.span.clone(), &choice.values[*place]);
        }
        text
    }

    /// The configuration at a place.
    ///
    /// # Errors
    /// What is wrong with it, which [`parse`](Space::parse) has not seen, is that values do not go together.
    pub fn document(&self, place: &[usize]) -> Result<Document, ConfigError> {
        Document::parse(&self.name, &self.text(place))
    }
}

/// The lists of a table.
fn collect(
    table: &DeTable,
    prefix: &str,
    text: &str,
    choices: &mut Vec<Choice>,
    problems: &mut Vec<Problem>,
) {
    for (key, value) in table {
        let key = format!("{prefix}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(table) => collect(table, &format!("{key}."), text, choices, problems),
            DeValue::Array(list) => {
                let values = list.iter().map(|value| text[value.span()].to_owned());
                let values: Vec<String> = values.collect();
                let twice =
                    (1..values.len()).find(|place| values[..*place].contains(&values[*place]));
                if let Some(place) = twice {
                    let problem = Problem::new(format!("`{key}` has a value twice"));
                    let problem = problem.label("the second time");
                    problems.push(problem.span(list[place].span()));
                }
                if values.is_empty() {
                    let problem = Problem::new(format!("`{key}` has nothing to choose from"));
                    problems.push(problem.label("an empty list").span(value.span()));
                }
                choices.push(Choice {
                    key,
                    values,
                    span: value.span(),
                });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "kind = \"npu\" # all of them\n[array]\nrows = [4, 8]\ncolumns = 8\n\
                        [memory]\nscratchpad = [\"32 KiB\",\n  \"64 KiB\", '128 KiB']\n";

    #[test]
    fn every_point_is_at_its_place() {
        let space = Space::parse("space.toml", TEXT).unwrap();
        assert_eq!(space.points(), 6);
        let texts = (0..6).map(|point| {
            let place = space.place(point);
            assert_eq!(space.point(&place), point);
            space.document(&place).unwrap();
            space.text(&place)
        });
        let texts = Vec::from_iter(texts);
        assert!(texts[5].contains("# all of them\n[array]\nrows = 8\n"));
        assert!(
            texts[5].ends_with("scratchpad = '128 KiB'\n"),
            "{}",
            texts[5]
        );
        assert_eq!(space.values(&[1, 2]), ["8", "128 KiB"]);
        assert_eq!(space.choices()[1].key, "memory.scratchpad");
        let mut unique = texts.clone();
        unique.dedup();
        assert_eq!(unique.len(), 6);
    }

    #[test]
    fn each_value_is_judged() {
        let error = |from: &str, to: &str| {
            let error = Space::parse("space.toml", &TEXT.replace(from, to)).unwrap_err();
            error.to_string()
        };
        assert!(error("[4, 8]", "[4, 4]").contains("twice"));
        assert!(error("[4, 8]", "[]").contains("nothing to choose from"));
        assert!(error("'128 KiB'", "'128 parsecs'").contains("parsecs"));
        assert!(error("scratchpad", "scratchpat").contains("scratchpat"));
        assert!(error("[array]", "[array").contains("not valid TOML"));
    }
}
