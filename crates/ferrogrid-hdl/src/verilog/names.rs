//! Identifiers: legal, not reserved, free of collisions, and the same on every run.

use crate::is_reserved;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The names taken in one module.
#[derive(Default)]
pub struct Names {
    taken: HashSet<Rc<str>>,
    /// The next number to try after a name, so that a thousand products do not count from 2.
    next: HashMap<String, u32>,
}

impl Names {
    /// Takes a name that must be used exactly, such as a port's.
    pub fn exact(&mut self, name: &str) -> Rc<str> {
        let name: Rc<str> = name.into();
        self.taken.insert(name.clone());
        name
    }

    /// True when the name is neither taken nor reserved.
    pub fn is_free(&self, name: &str) -> bool {
        !is_reserved(name) && !self.taken.contains(name)
    }

    /// Takes `wanted` or the nearest legal name that is free: `wanted_2`, `wanted_3` ...
    pub fn fresh(&mut self, wanted: &str) -> Rc<str> {
        let mut base: String = wanted
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '_' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        if !base.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            base.insert(0, '_');
        }
        if self.is_free(&base) {
            return self.exact(&base);
        }
        if is_reserved(&base) && self.is_free(&format!("{base}_")) {
            return self.exact(&format!("{base}_"));
        }
        let mut number = self.next.get(&base).copied().unwrap_or(2);
        let name = loop {
            let name = format!("{base}_{number}");
            number += 1;
            if self.is_free(&name) {
                break name;
            }
        };
        self.next.insert(base, number);
        self.exact(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_names_are_legal_and_distinct() {
        let mut names = Names::default();
        assert_eq!(&*names.exact("sum"), "sum");
        assert_eq!(&*names.fresh("sum"), "sum_2");
        assert_eq!(&*names.fresh("sum"), "sum_3");
        assert_eq!(&*names.fresh("wire"), "wire_");
        assert_eq!(&*names.fresh("wire"), "wire_2");
        assert_eq!(&*names.fresh("0 to 1"), "_0_to_1");
    }
}
