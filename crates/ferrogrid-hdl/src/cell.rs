//! Cells of a chip's vendor.

use super::names::{is_identifier, is_reserved};
use super::{Issue, ir::ModuleIr, ir::Port};
use num_bigint::{BigInt, BigUint};
use std::collections::BTreeMap;

/// A cell of a chip's vendor, as `MULT18X18D` of Lattice, with the parameters of its instances.
///
/// A [`Block`](super::Block) that says with [`vendor_cell`](super::Block::vendor_cell) that it is
/// such a cell is the cell's simulation model. Its ports are called exactly as the vendor's; it may
/// leave out those that may stay unconnected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorCell {
    name: String,
    parameters: Vec<(String, ParameterValue)>,
}

/// The value of a cell's parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterValue {
    /// A string, as `"CLK0"`.
    Text(String),
    /// A number without a width, as `3`.
    Integer(i32),
    /// A number of so many bits, as `2'd3`.
    Bits(u32, BigUint),
}

impl VendorCell {
    /// The cell of this name, without parameters yet: each then has the vendor's default.
    ///
    /// # Panics
    /// When Verilog does not accept the name.
    #[track_caller]
    pub fn new(name: &str) -> VendorCell {
        assert_name(name);
        VendorCell {
            name: name.to_owned(),
            parameters: Vec::new(),
        }
    }

    /// Sets a parameter to a string.
    ///
    /// # Panics
    /// When Verilog does not accept the name, the parameter is set already, or the text has
    /// anything but printable ASCII characters without `"` and `\`.
    #[track_caller]
    pub fn text(self, name: &str, value: &str) -> VendorCell {
        let plain = |c: char| (c == ' ' || c.is_ascii_graphic()) && c != '"' && c != '\\';
        assert!(
            !value.is_empty() && value.chars().all(plain),
            "parameter `{name}` of `{}` cannot be {value:?}",
            self.name
        );
        self.with(name, ParameterValue::Text(value.to_owned()))
    }

    /// Sets a parameter to a number without a width.
    ///
    /// # Panics
    /// When Verilog does not accept the name, or the parameter is set already.
    #[track_caller]
    pub fn integer(self, name: &str, value: i32) -> VendorCell {
        self.with(name, ParameterValue::Integer(value))
    }

    /// Sets a parameter to a number of `width` bits.
    ///
    /// # Panics
    /// When Verilog does not accept the name, the parameter is set already, or the value does not
    /// fit.
    #[track_caller]
    pub fn bits(self, name: &str, width: u32, value: impl Into<BigInt>) -> VendorCell {
        let (value, shape) = (value.into(), super::unsigned(width));
        assert!(
            shape.contains(&value),
            "parameter `{name}` of `{}` has {width} bits, which {value} does not fit",
            self.name
        );
        self.with(name, ParameterValue::Bits(width, shape.to_bits(&value)))
    }

    #[track_caller]
    fn with(mut self, name: &str, value: ParameterValue) -> VendorCell {
        assert_name(name);
        assert!(
            self.parameters.iter().all(|(known, _)| known != name),
            "parameter `{name}` of `{}` is set twice",
            self.name
        );
        self.parameters.push((name.to_owned(), value));
        self
    }

    /// The vendor's name of the cell.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parameters, in the order in which they were set.
    pub fn parameters(&self) -> &[(String, ParameterValue)] {
        &self.parameters
    }
}

#[track_caller]
fn assert_name(name: &str) {
    assert!(
        is_identifier(name) && !is_reserved(name),
        "`{name}` cannot be the name of a cell or its parameter in Verilog"
    );
}

/// Finds cells whose models do not go together: Verilog knows a cell by its name alone.
pub(super) fn check(modules: &[ModuleIr], issues: &mut Vec<Issue>) {
    let cells = || {
        modules
            .iter()
            .filter_map(|module| Some((module, module.cell.as_ref()?)))
    };
    let mut first_of: BTreeMap<&str, (&ModuleIr, &VendorCell)> = BTreeMap::new();
    for (module, cell) in cells() {
        let mut clash = |other: &ModuleIr, reason: &str| {
            issues.push(Issue::CellClash {
                cell: cell.name.clone(),
                first: other.name.clone(),
                second: module.name.clone(),
                reason: reason.to_owned(),
            });
        };
        if let Some(other) = modules.iter().find(|other| other.name == cell.name) {
            clash(other, "a module must not have the name of a vendor's cell");
        }
        let (first, known) = *first_of.entry(&cell.name).or_insert((module, cell));
        if std::ptr::eq(first, module) {
            continue;
        }
        if ports(first) != ports(module) {
            clash(first, "the models of a cell must have the same ports");
        } else if names(known) != names(cell) {
            clash(
                first,
                "the models of a cell must set the same parameters, defaults included",
            );
        }
        let same = cells().find(|(other, twin)| *twin == cell && !std::ptr::eq(*other, module));
        if let Some((other, _)) = same {
            clash(
                other,
                "a cell has one model for each choice of its parameters",
            );
        }
    }
}

/// Everything about a module's ports that its instances see.
fn ports(module: &ModuleIr) -> Vec<String> {
    let port = |port: &Port| format!("{:?} {} {}", port.direction, port.name, port.shape);
    let domains = module.domains.iter().flat_map(|domain| {
        let used = [
            (domain.uses_clock, &domain.clock),
            (domain.uses_reset, &domain.reset),
        ];
        used.into_iter()
            .filter(|(used, _)| *used)
            .map(|(_, name)| name.clone())
    });
    domains.chain(module.ports.iter().map(port)).collect()
}

fn names(cell: &VendorCell) -> Vec<&str> {
    cell.parameters
        .iter()
        .map(|(name, _)| name.as_str())
        .collect()
}
