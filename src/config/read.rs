//! From TOML text to [`Config`].

use super::{
    Array, Buffers, Bytes, Config, ConfigError, Dataflow, ElementType, Kind, Problem, Streams,
    UnknownName, check_array_size, check_buffer, check_name, check_stream_width,
};
use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys of each table; the outermost has no name.
const TABLES: [(&str, &[&str]); 4] = [
    ("", &["name", "kind", "array", "streams", "buffers"]),
    (
        "array",
        &[
            "rows",
            "columns",
            "dataflow",
            "activation",
            "weight",
            "product_register",
        ],
    ),
    ("streams", &["a", "b", "c"]),
    ("buffers", &["a", "b", "accumulators"]),
];

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
        let mut reader = Reader {
            problems: Vec::new(),
            spans: BTreeMap::new(),
        };
        match (reader.config(root.get_ref()), reader.problems.is_empty()) {
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

type Value<'a> = &'a Spanned<DeValue<'a>>;

struct Reader {
    problems: Vec<Problem>,
    spans: BTreeMap<&'static str, Range<usize>>,
}

impl Reader {
    /// The configuration, or `None` when a problem leaves nothing to build it from.
    fn config(&mut self, root: &DeTable) -> Option<Config> {
        self.unknown_keys("", root);
        let name = self.value(root, "name").and_then(|value| self.name(value));
        let kind = self.choice(root, "kind").unwrap_or(Kind::Matmul);

        let array = self.table(root, "array");
        if !root.contains_key("array") {
            self.problems.push(
                Problem::new("there is no `[array]`")
                    .span(0..0)
                    .help("say at least `[array]` with `rows` and `columns`"),
            );
        }
        let array = array.and_then(|table| {
            self.unknown_keys("array", table);
            let rows = self.required(table, "array.rows", check_array_size);
            let columns = self.required(table, "array.columns", check_array_size);
            let dataflow = self.choice(table, "array.dataflow");
            let activation = self.choice(table, "array.activation");
            let weight = self.choice(table, "array.weight");
            let product_register = self.boolean(table, "array.product_register");
            Some(Array {
                rows: rows?,
                columns: columns?,
                dataflow: dataflow.unwrap_or(Dataflow::WeightStationary),
                activation: activation.unwrap_or(ElementType::Int8),
                weight,
                product_register: product_register.unwrap_or(true),
            })
        });

        let mut streams = Streams::default();
        if let Some(table) = self.table(root, "streams") {
            self.unknown_keys("streams", table);
            streams.a = self.integer(table, "streams.a", check_stream_width);
            streams.b = self.integer(table, "streams.b", check_stream_width);
            streams.c = self.integer(table, "streams.c", check_stream_width);
        }
        let mut buffers = Buffers::default();
        if let Some(table) = self.table(root, "buffers") {
            self.unknown_keys("buffers", table);
            buffers.a = self.size(table, "buffers.a");
            buffers.b = self.size(table, "buffers.b");
            buffers.accumulators = self.size(table, "buffers.accumulators");
        }
        Some(Config {
            name,
            kind,
            array: array?,
            streams,
            buffers,
        })
    }

    /// The value of `field`, whose place is remembered.
    fn value<'t>(&mut self, table: &'t DeTable<'t>, field: &'static str) -> Option<Value<'t>> {
        let key = field.rsplit('.').next().unwrap_or(field);
        let value = table.get(key)?;
        self.spans.insert(field, value.span());
        Some(value)
    }

    fn table<'t>(&mut self, root: &'t DeTable<'t>, field: &'static str) -> Option<&'t DeTable<'t>> {
        let value = self.value(root, field)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(table);
        }
        self.wrong_type(
            field,
            value,
            "a table",
            &format!("write `[{field}]` on a line of its own"),
        );
        None
    }

    fn required(
        &mut self,
        table: &DeTable,
        field: &'static str,
        check: fn(&'static str, i64) -> Result<u32, Problem>,
    ) -> Option<u32> {
        let (section, key) = field.split_once('.').unwrap_or(("", field));
        if !table.contains_key(key) {
            let span = self.spans.get(section).cloned().unwrap_or(0..0);
            self.problems.push(
                Problem::new(format!("`{field}` is missing"))
                    .span(span)
                    .help(format!("add a line `{key} = 8`")),
            );
        }
        self.integer(table, field, check)
    }

    fn integer(
        &mut self,
        table: &DeTable,
        field: &'static str,
        check: fn(&'static str, i64) -> Result<u32, Problem>,
    ) -> Option<u32> {
        let value = self.value(table, field)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(field, value, "a whole number", "");
            return None;
        };
        // What does not fit 64 bits is out of every range, on the side of its sign.
        let extreme = if integer.as_str().starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(extreme);
        self.accept(check(field, number), value)
    }

    fn boolean(&mut self, table: &DeTable, field: &'static str) -> Option<bool> {
        let value = self.value(table, field)?;
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            self.wrong_type(field, value, "true or false", "");
        }
        boolean
    }

    fn choice<T>(&mut self, table: &DeTable, field: &'static str) -> Option<T>
    where
        T: FromStr<Err = UnknownName>,
    {
        let value = self.value(table, field)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(field, value, "a string", "");
            return None;
        };
        let parsed = text.parse().map_err(|UnknownName { found, choices }| {
            let problem = Problem::at(field, format!("unknown `{field}`: `{found}`"))
                .help(format!("`{field}` is one of: {}", choices.join(", ")));
            with_nearest(problem, &found, choices)
        });
        self.accept(parsed, value)
    }

    fn size(&mut self, table: &DeTable, field: &'static str) -> Option<Bytes> {
        let value = self.value(table, field)?;
        const FORMS: &str =
            "write `\"16 KiB\"`, or a number of bytes; the units are B, KiB and MiB";
        let parsed = match value.get_ref() {
            DeValue::Integer(integer) => {
                let number = i64::from_str_radix(integer.as_str(), integer.radix());
                u64::try_from(number.unwrap_or(i64::MAX))
                    .map(Bytes)
                    .map_err(|_| ())
            }
            DeValue::String(text) => text.parse::<Bytes>().map_err(|_| ()),
            _ => {
                self.wrong_type(field, value, "a size", FORMS);
                return None;
            }
        };
        let checked = match parsed {
            Ok(bytes) => check_buffer(field, bytes),
            Err(()) => Err(Problem::at(field, format!("`{field}` is not a size")).help(FORMS)),
        };
        self.accept(checked, value)
    }

    fn name(&mut self, value: Value) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type("name", value, "a string", "");
            return None;
        };
        self.accept(check_name(text).map(|()| text.to_owned()), value)
    }

    fn accept<T>(&mut self, result: Result<T, Problem>, value: Value) -> Option<T> {
        result
            .map_err(|problem| self.problems.push(problem.span(value.span())))
            .ok()
    }

    fn wrong_type(&mut self, field: &'static str, value: Value, wanted: &str, help: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a fractional number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        let problem = Problem::at(field, format!("`{field}` must be {wanted}, not {found}"))
            .label(format!("this is {found}"))
            .help(help);
        self.problems.push(problem.span(value.span()));
    }

    /// Complains about every key of `table` that `section` does not have.
    fn unknown_keys(&mut self, section: &'static str, table: &DeTable) {
        let known = keys_of(section);
        for key in table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let (place, all) = match section {
                "" => ("at the top".to_owned(), "known there"),
                _ => (format!("in `[{section}]`"), "it has"),
            };
            let mut problem =
                Problem::new(format!("unknown key `{}` {place}", name.escape_debug()))
                    .span(key.span())
                    .help(format!("{all}: {}", known.join(", ")));
            problem = with_nearest(problem, name, known);
            let home = TABLES
                .iter()
                .find(|(home, keys)| *home != section && keys.contains(&name));
            if let (true, Some((home, _))) = (problem.label.is_empty(), home) {
                problem.label = match *home {
                    "" => "belongs above all tables".to_owned(),
                    home => format!("belongs in `[{home}]`"),
                };
            }
            self.problems.push(problem);
        }
    }
}

fn keys_of(section: &str) -> &'static [&'static str] {
    TABLES
        .iter()
        .find(|(name, _)| *name == section)
        .map_or(&[], |(_, keys)| keys)
}

/// Names the nearest of `choices` in the label, if one is near enough to have been meant.
fn with_nearest(problem: Problem, found: &str, choices: &[&str]) -> Problem {
    match nearest(found, choices.iter().copied()) {
        Some(choice) => problem.label(format!("did you mean `{choice}`?")),
        None => problem,
    }
}

/// The choice that `found` was probably meant to be.
pub(super) fn nearest<'c>(
    found: &str,
    choices: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', ' '], "_");
    let found = plain(found);
    choices
        .into_iter()
        .map(|choice| {
            let choice_plain = plain(choice);
            let mut score = strsim::jaro_winkler(&found, &choice_plain);
            // `os` and `stationary` are far from a long name by edits, yet plainly meant.
            if found.len() >= 3 && choice_plain.contains(&found) {
                score = score.max(0.9);
            }
            (choice, score)
        })
        .filter(|(_, score)| *score >= 0.75)
        .max_by(|left, right| left.1.total_cmp(&right.1).then(right.0.cmp(left.0)))
        .map(|(choice, _)| choice)
}
