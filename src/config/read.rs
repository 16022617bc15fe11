//! From a TOML tree to [`Config`].

use super::nearest::nearest;
use super::{
    Array, Buffers, Bytes, Config, Dataflow, ElementType, Kind, Problem, Streams, Target,
    UnknownName, check_array_size, check_buffer, check_name, check_stream_width,
};
use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// The keys of each table; the outermost has no name.
const TABLES: [(&str, &[&str]); 4] = [
    (
        "",
        &["name", "kind", "target", "array", "streams", "buffers"],
    ),
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
    ("buffers", &["a", "b", "accumulators", "output_register"]),
];

type Value<'a> = &'a Spanned<DeValue<'a>>;

/// Collects problems and places while it walks the tree.
#[derive(Default)]
pub(super) struct Reader {
    /// Everything that is wrong so far.
    pub(super) problems: Vec<Problem>,
    /// The place of each key's value.
    pub(super) spans: BTreeMap<&'static str, Range<usize>>,
    /// Keys that are there under a misspelled name, with their table.
    misspelled: Vec<(&'static str, &'static str)>,
}

impl Reader {
    /// The configuration, or `None` when a problem leaves nothing to build it from.
    pub(super) fn config(&mut self, root: &DeTable) -> Option<Config> {
        self.unknown_keys("", root);
        let name = self.value(root, "name").and_then(|value| self.name(value));
        let kind = self.choice(root, "kind").unwrap_or(Kind::Matmul);
        let target = self.choice(root, "target").unwrap_or(Target::Portable);

        let array = self.table(root, "array");
        if !root.contains_key("array") && !self.misspelled.contains(&("", "array")) {
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
            let output_register = self.boolean(table, "buffers.output_register");
            buffers.output_register = output_register.unwrap_or(false);
        }
        Some(Config {
            name,
            kind,
            target,
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
        check: fn(&'static str, i128) -> Result<u32, Problem>,
    ) -> Option<u32> {
        let (section, key) = field.split_once('.').unwrap_or(("", field));
        if !table.contains_key(key) && !self.misspelled.contains(&(section, key)) {
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
        check: fn(&'static str, i128) -> Result<u32, Problem>,
    ) -> Option<u32> {
        let value = self.value(table, field)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(field, value, "a whole number", "");
            return None;
        };
        self.accept(check(field, number(integer)), value)
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
            let mut help = format!("`{field}` is one of: {}", choices.join(", "));
            if field == "target" {
                help += "; a single chip is an option of `ferrogrid synth`: `--target`";
            }
            let problem = Problem::at(field, format!("unknown `{field}`: `{found}`")).help(help);
            let meant = match (field, found.as_str()) {
                // A chip of `ferrogrid synth`, and families by names of their own.
                ("target", "xilinx-usp" | "usp") => Some(Target::UltraScalePlus.name()),
                ("target", "artix7" | "kintex7" | "spartan7" | "virtex7" | "zynq") => {
                    Some(Target::Xilinx.name())
                }
                _ => nearest(&found, choices.iter().copied()),
            };
            match meant {
                Some(meant) => problem.label(format!("did you mean `{meant}`?")),
                None => problem,
            }
        });
        self.accept(parsed, value)
    }

    fn size(&mut self, table: &DeTable, field: &'static str) -> Option<Bytes> {
        let value = self.value(table, field)?;
        const FORMS: &str =
            "write `\"16 KiB\"`, or a number of bytes; the units are B, KiB and MiB";
        let parsed = match value.get_ref() {
            DeValue::Integer(integer) => u64::try_from(number(integer))
                .map(Bytes)
                .map_err(|_| integer.as_str().to_owned()),
            DeValue::String(text) => text.parse::<Bytes>().map_err(|_| format!("{text:?}")),
            _ => {
                self.wrong_type(field, value, "a size", FORMS);
                return None;
            }
        };
        let checked = match parsed {
            Ok(bytes) => check_buffer(field, bytes),
            Err(found) => {
                let message = format!("`{field}` = {found} is not a size");
                Err(Problem::at(field, message).help(FORMS))
            }
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
                "" => ("at the top".to_owned(), "at the top are".to_owned()),
                _ => (format!("in `[{section}]`"), format!("`[{section}]` has")),
            };
            let mut problem =
                Problem::new(format!("unknown key `{}` {place}", name.escape_debug()))
                    .span(key.span())
                    .help(format!("{all}: {}", known.join(", ")));
            if let Some(meant) = nearest(name, known.iter().copied()) {
                problem.label = format!("did you mean `{meant}`?");
                self.misspelled.push((section, meant));
            }
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

/// The integer; what 128 bits cannot hold becomes the extreme on its side.
fn number(integer: &DeInteger) -> i128 {
    let text = integer.as_str();
    let extreme = if text.starts_with('-') {
        i128::MIN
    } else {
        i128::MAX
    };
    i128::from_str_radix(text, integer.radix()).unwrap_or(extreme)
}

fn keys_of(section: &str) -> &'static [&'static str] {
    TABLES
        .iter()
        .find(|(name, _)| *name == section)
        .map_or(&[], |(_, keys)| keys)
}
