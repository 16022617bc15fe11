//! From a TOML tree to values: what all kinds of cores share.

use super::nearest::nearest;
use super::{Bytes, Common, Kind, Problem, Target, UnknownName, check_buffer, check_name};
use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// The keys above all tables, whatever is generated; the names of the tables follow them.
const COMMON: [&str; 3] = ["name", "kind", "target"];

/// The tables of a kind of core, each with its keys.
pub(super) type Tables = &'static [(&'static str, &'static [&'static str])];

type Value<'a> = &'a Spanned<DeValue<'a>>;

/// Collects problems and places while it walks the tree.
#[derive(Default)]
pub(super) struct Reader {
    /// The tables of the kind that is read.
    tables: Tables,
    /// Everything that is wrong so far.
    pub(super) problems: Vec<Problem>,
    /// The place of each key's value.
    pub(super) spans: BTreeMap<&'static str, Range<usize>>,
    /// Keys that are there under a misspelled name, with their table.
    misspelled: Vec<(&'static str, &'static str)>,
}

impl Reader {
    /// The kind of core.
    pub(super) fn kind(&mut self, root: &DeTable) -> Kind {
        self.choice(root, "kind").unwrap_or(Kind::Matmul)
    }

    /// What stands above the tables, which are those of a kind of core.
    pub(super) fn common(&mut self, root: &DeTable, tables: Tables) -> Common {
        self.tables = tables;
        self.unknown_keys("", root);
        Common {
            name: self.value(root, "name").and_then(|value| self.name(value)),
            target: self.choice(root, "target").unwrap_or(Target::Portable),
        }
    }

    /// The value of `field`, whose place is remembered.
    fn value<'t>(&mut self, table: &'t DeTable<'t>, field: &'static str) -> Option<Value<'t>> {
        let key = field.rsplit('.').next().unwrap_or(field);
        let value = table.get(key)?;
        self.spans.insert(field, value.span());
        Some(value)
    }

    /// The table `[array]`, which every core needs.
    pub(super) fn array<'t>(&mut self, root: &'t DeTable<'t>) -> Option<&'t DeTable<'t>> {
        let table = self.known_table(root, "array");
        if !self.has("", root, "array") {
            self.problems.push(
                Problem::new("there is no `[array]`")
                    .span(0..0)
                    .help("say at least `[array]` with `rows` and `columns`"),
            );
        }
        table
    }

    /// A table, whose keys are checked.
    pub(super) fn known_table<'t>(
        &mut self,
        root: &'t DeTable<'t>,
        field: &'static str,
    ) -> Option<&'t DeTable<'t>> {
        let table = self.table(root, field)?;
        self.unknown_keys(field, table);
        Some(table)
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

    pub(super) fn required(
        &mut self,
        table: &DeTable,
        field: &'static str,
        check: fn(&'static str, i128) -> Result<u32, Problem>,
    ) -> Option<u32> {
        let (section, key) = field.split_once('.').unwrap_or(("", field));
        if !self.has(section, table, key) {
            let span = self.spans.get(section).cloned().unwrap_or(0..0);
            self.problems.push(
                Problem::new(format!("`{field}` is missing"))
                    .span(span)
                    .help(format!("add a line `{key} = 8`")),
            );
        }
        self.integer(table, field, check)
    }

    pub(super) fn integer(
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
        let checked = check(field, number(integer)).map_err(|mut problem| {
            // A number that nobody can read is not shown as another one, nor whole.
            let text = integer.as_str();
            if text.len() > LONGEST_NUMBER {
                let start = text.chars().take(LONGEST_NUMBER).collect::<String>();
                problem.message = format!("`{field}` = {start}... is out of range");
            }
            problem
        });
        self.accept(checked, value)
    }

    pub(super) fn boolean(&mut self, table: &DeTable, field: &'static str) -> Option<bool> {
        let value = self.value(table, field)?;
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            self.wrong_type(field, value, "true or false", "");
        }
        boolean
    }

    pub(super) fn choice<T>(&mut self, table: &DeTable, field: &'static str) -> Option<T>
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

    pub(super) fn size(&mut self, table: &DeTable, field: &'static str) -> Option<Bytes> {
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

    /// Whether `section` has `key`, if only misspelled.
    fn has(&self, section: &'static str, table: &DeTable, key: &'static str) -> bool {
        table.contains_key(key) || self.misspelled.contains(&(section, key))
    }

    /// Complains about every key of `table` that `section` does not have; the outermost has no name.
    fn unknown_keys(&mut self, section: &'static str, table: &DeTable) {
        let known = self.keys_of(section);
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
            if let (true, Some(home)) = (problem.label.is_empty(), self.home_of(name)) {
                problem.label = match home {
                    "" => "belongs above all tables".to_owned(),
                    home => format!("belongs in `[{home}]`"),
                };
            }
            self.problems.push(problem);
        }
    }

    /// The keys of a table; the outermost has no name.
    fn keys_of(&self, section: &str) -> Vec<&'static str> {
        if section.is_empty() {
            let names = self.tables.iter().map(|(name, _)| *name);
            return COMMON.into_iter().chain(names).collect();
        }
        let table = self.tables.iter().find(|(name, _)| *name == section);
        table.map_or(Vec::new(), |(_, keys)| keys.to_vec())
    }

    /// The table that has this key.
    fn home_of(&self, key: &str) -> Option<&'static str> {
        let mut tables = std::iter::once("").chain(self.tables.iter().map(|(name, _)| *name));
        tables.find(|table| self.keys_of(table).contains(&key))
    }
}

/// Digits of a number that messages show.
const LONGEST_NUMBER: usize = 38;

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
