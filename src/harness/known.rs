//! Unknown bits of four-state simulators.

use crate::hdl::binding::suggest_bundle;
use crate::hdl::ir::Design;
use crate::hdl::{Block, Module, Shapes, Signal, VendorCell, bit, bundle, unsigned};

bundle! {
    /// A value of the design.
    pub struct Raw(width: u32) {
        /// With unknown bits, perhaps.
        value: unsigned(width),
    }
}

bundle! {
    /// A value for the bench.
    pub struct Clean(width: u32) {
        /// The value with unknown bits as 0.
        known: unsigned(width),
        /// There were unknown bits.
        unknown: bit(),
    }
}

/// Passes a value on with unknown bits as 0, and says whether there were any.
///
/// In Verilog it is the module of [`Known::verilog`]; where bits have two states it is a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Width of the value.
    pub width: u32,
}

impl Known {
    /// Passes on the design's port `name`; unknown bits in it are a failure where `check` is 1.
    #[track_caller]
    pub fn insert<'m>(
        m: &'m Module,
        name: &str,
        value: Signal<'m>,
        check: Signal<'m>,
    ) -> Signal<'m> {
        let clean = Known::part_of(m, name, value);
        let message = format!("{name} is unknown (X)");
        m.assert(&format!("{name}_known"), !(clean.unknown & check), &message);
        clean.known
    }

    /// As [`insert`](Known::insert), where unknown bits are no failure.
    #[track_caller]
    pub fn part_of<'m>(m: &'m Module, name: &str, value: Signal<'m>) -> Clean<'m> {
        let width = value.width();
        let clean = m.instance(&Known { width }, Raw { value });
        suggest_bundle(&clean, &format!("known_{name}"));
        clean
    }

    /// The module that the instances in a design are in Verilog, for each width.
    pub fn verilog(design: &Design) -> String {
        let cells = design
            .modules
            .iter()
            .filter_map(|module| module.cell.as_ref());
        let widths = cells.filter_map(|cell| cell.name().strip_prefix("ferrogrid_known_"));
        let modules = widths.map(|width| include_str!("known.v").replace("@WIDTH@", width));
        modules.collect()
    }
}

impl Block for Known {
    type Inputs<'m> = Raw<'m>;
    type Outputs<'m> = Clean<'m>;

    fn module_name(&self) -> String {
        format!("known_model_{}", self.width)
    }

    fn inputs(&self) -> Shapes<Raw<'static>> {
        Raw::of(self.width)
    }

    fn build<'m>(&self, m: &'m Module, io: Raw<'m>) -> Clean<'m> {
        Clean {
            known: io.value,
            unknown: m.low(),
        }
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        Some(VendorCell::new(&format!("ferrogrid_known_{}", self.width)))
    }
}
