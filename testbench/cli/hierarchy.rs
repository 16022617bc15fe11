//! The netlist of a core block by block, to hold a report to it.

use crate::program::Place;
use serde_json::Value;

/// A netlist that keeps the hierarchy, as Yosys wrote it, and the Verilog that it was made from.
pub struct Hierarchy {
    modules: Value,
    verilog: String,
}

impl Hierarchy {
    /// That of a core called `core`, which a run left in the folder `out`.
    pub fn of(place: &Place) -> Hierarchy {
        let netlist = place.read("out/hierarchy.json");
        let mut netlist: Value = serde_json::from_str(&netlist).expect("JSON");
        Hierarchy {
            modules: netlist["modules"].take(),
            verilog: place.read("out/design.v"),
        }
    }

    /// Names and types of the cells of a module.
    fn cells<'s>(&'s self, module: &str) -> impl Iterator<Item = (&'s str, &'s str)> + use<'s> {
        let cells = self.modules[module]["cells"].as_object();
        let cells = cells.into_iter().flatten();
        cells.map(|(name, cell)| (name.as_str(), cell["type"].as_str().expect("a type")))
    }

    /// Cells of these kinds in a module, and in all modules of the core inside it.
    pub fn count(&self, module: &str, kinds: &dyn Fn(&str) -> bool) -> u64 {
        let cells = self.cells(module);
        let counts = cells.map(|(_, kind)| {
            let inside = match kind.starts_with("core_") {
                true => self.count(kind, kinds),
                false => 0,
            };
            u64::from(kinds(kind)) + inside
        });
        counts.sum()
    }

    /// The module that the instances of a path lead to, and what is left of the path.
    pub fn follow<'a>(&self, path: &'a str) -> (&str, &'a str) {
        let (mut module, mut rest) = ("core", path);
        loop {
            let (first, more) = rest.split_once('.').unwrap_or((rest, ""));
            let mut cells = self.cells(module);
            let inside = cells.find(|(name, kind)| *name == first && kind.starts_with("core_"));
            match inside {
                Some((_, inside)) => (module, rest) = (inside, more),
                None => return (module, rest),
            }
        }
    }

    /// Whether the text of a module has this word.
    fn says(&self, module: &str, word: &str) -> bool {
        let start = self.verilog.find(&format!("\nmodule {module} "));
        let text = &self.verilog[start.expect("the module")..];
        let text = &text[..text.find("\nendmodule").expect("its end")];
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .any(|name| name == word)
    }

    /// Whether a path is that of a register or memory of the core.
    pub fn has_register(&self, path: &str) -> bool {
        let (module, name) = self.follow(path);
        let name = name.split(['.', '[']).next().expect("at least a part");
        self.says(module, name)
    }
}
