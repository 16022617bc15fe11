//! What a core takes of an FPGA, by arithmetic on its architecture: microseconds, no hardware is built.
//!
//! A unit is made of parts as its block has them: registers, bits of sums, choices, shift registers, multipliers and
//! memories, by widths and depths. Each family makes cells of parts in its way.

mod array;
mod cells;
mod matmul;
mod npu;
mod parts;

use crate::arch::{Family, MatmulArch, NpuArch};
use cells::Cells;
use parts::Parts;
use serde::Serialize;

/// What a core takes of a chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Area {
    /// LUTs of the family's size, with those that carry, and those that are memory.
    pub lut: u64,
    /// Registers outside multipliers and memories.
    pub ff: u64,
    /// Multipliers or DSP slices.
    pub dsp: u64,
    /// Block RAMs of 18 Kibit; of 4 on iCE40, of 10 on Cyclone V.
    pub bram: u64,
    /// Large RAMs: SPRAM of iCE40, UltraRAM.
    pub large_ram: u64,
}

/// A core whose units are known by name and parts.
pub trait Core: sealed::Units {}

impl Core for MatmulArch {}
impl Core for NpuArch {}

mod sealed {
    use super::Parts;

    pub trait Units {
        #[allow(private_interfaces)]
        fn units(&self) -> Vec<(&'static str, Parts)>;
        #[allow(private_interfaces)]
        fn array(&self) -> Parts;
    }
}

#[allow(private_interfaces)]
impl sealed::Units for MatmulArch {
    fn units(&self) -> Vec<(&'static str, Parts)> {
        matmul::units(self)
    }

    fn array(&self) -> Parts {
        matmul::array(self).elements()
    }
}

#[allow(private_interfaces)]
impl sealed::Units for NpuArch {
    fn units(&self) -> Vec<(&'static str, Parts)> {
        npu::units(self)
    }

    fn array(&self) -> Parts {
        npu::array(self).elements()
    }
}

/// What a core takes of a chip of a family that has multipliers.
///
/// ```
/// use ferrogrid::arch::{self, Family};
/// use ferrogrid::model::area;
///
/// let core = arch::from_preset("matmul-8x8")?;
/// assert_eq!(area(&core, Family::Ecp5).dsp, 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn area(core: &impl Core, family: Family) -> Area {
    area_with(core, family, Multipliers::Cells)
}

/// Of what products are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multipliers {
    /// Of multipliers of the chip, where they are wide enough.
    Cells,
    /// Of LUTs: the chip has no multipliers.
    Logic,
}

/// What a core takes of a chip of a family with or without multipliers.
pub fn area_with(core: &impl Core, family: Family, multipliers: Multipliers) -> Area {
    let units = core.units();
    total(units.iter().map(|(_, parts)| parts), family, multipliers)
}

/// The same for each unit of the core.
pub fn area_by_unit(core: &impl Core, family: Family) -> Vec<(&'static str, Area)> {
    let units = core.units().into_iter();
    let area = |parts: &Parts| Cells::of(parts, family, Multipliers::Cells).area();
    units.map(|(name, parts)| (name, area(&parts))).collect()
}

/// The same for the array alone.
pub fn area_of_array(core: &impl Core, family: Family, multipliers: Multipliers) -> Area {
    total([&core.array()], family, multipliers)
}

fn total<'a>(
    parts: impl IntoIterator<Item = &'a Parts>,
    family: Family,
    multipliers: Multipliers,
) -> Area {
    let cells = parts.into_iter();
    let cells = cells.map(|parts| Cells::of(parts, family, multipliers));
    cells.fold(Cells::default(), Cells::add).area()
}

/// Registers of the array, and of all other units, before a family takes some of them in.
pub(super) fn registers(core: &impl Core) -> (f64, f64) {
    let array = core.array().registers();
    let all = core.units();
    let all: f64 = all.iter().map(|(_, parts)| parts.registers()).sum();
    (array, all - array)
}
