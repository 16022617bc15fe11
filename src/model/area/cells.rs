//! What the parts of a unit come to in the cells of a family.

use super::parts::{Memories, MemoryKind, Multipliers, Parts};
use super::{Area, Multipliers as Made};
use crate::arch::{BlockRams, Family};

/// What a family makes of parts. The factors come of comparing whole cores with what Yosys made of them
/// (`ferrogrid bench --figure area`): it sees what is computed twice and what is never used, and joins operators.
struct Fabric {
    /// LUTs for each bit of a sum.
    adder: f64,
    /// LUTs for each LUT of other logic.
    logic: f64,
    /// Registers that are left of a hundred.
    registers: f64,
    /// LUTs that take lines of three cycles and more: bits of each.
    line_lut: Option<u32>,
    /// Products whose factors have fewer bits together are made of LUTs.
    narrowest_product: u32,
    /// What multipliers take in of what stands beside them.
    inside: Inside,
}

/// What multipliers take in.
enum Inside {
    Nothing,
    /// Registers of products, and of operands where no sum stands behind.
    Products,
    /// Registers of operands and products.
    Operands,
    /// Those, and sums with their registers.
    Sums,
}

fn fabric(family: Family) -> Fabric {
    let lattice = Fabric {
        adder: 1.0,
        logic: 0.79,
        registers: 0.95,
        line_lut: None,
        narrowest_product: 0,
        inside: Inside::Nothing,
    };
    match family {
        Family::Ecp5 => lattice,
        Family::Nexus => Fabric {
            inside: Inside::Operands,
            ..lattice
        },
        Family::Gowin => Fabric {
            logic: 0.78,
            ..lattice
        },
        Family::Ice40 => Fabric {
            logic: 0.7,
            inside: Inside::Operands,
            narrowest_product: 11,
            ..lattice
        },
        Family::Xilinx7 => Fabric {
            logic: 0.40,
            line_lut: Some(32),
            inside: Inside::Sums,
            ..lattice
        },
        Family::UltraScalePlus => Fabric {
            logic: 0.40,
            line_lut: Some(32),
            inside: Inside::Products,
            ..lattice
        },
        Family::CycloneV => Fabric {
            logic: 0.6,
            ..lattice
        },
    }
}

/// The cells of parts, not yet whole.
#[derive(Clone, Copy, Default)]
pub(super) struct Cells {
    lut: f64,
    ff: f64,
    dsp: u64,
    bram: u64,
    large: u64,
}

impl Cells {
    pub fn of(parts: &Parts, family: Family, made_of: Made) -> Cells {
        let fabric = fabric(family);
        let mut cells = Cells {
            lut: fabric.adder * parts.adders + fabric.logic * parts.logic,
            ff: fabric.registers * parts.registers,
            ..Cells::default()
        };
        for line in &parts.lines {
            match fabric.line_lut {
                Some(most) if line.cycles > 2 => {
                    cells.lut += f64::from(line.bits * line.cycles.div_ceil(most));
                }
                _ => cells.ff += f64::from(line.bits * line.cycles),
            }
        }
        for product in &parts.multipliers {
            cells.multiply(product, &fabric, made_of);
        }
        for memory in &parts.memories {
            cells.store(memory, family);
        }
        cells
    }

    fn multiply(&mut self, product: &Multipliers, fabric: &Fabric, made_of: Made) {
        let Multipliers {
            count,
            bits: [a, b],
            registers,
            adders,
            cells,
        } = *product;
        let each = f64::from(count);
        if cells || made_of == Made::Cells && a + b >= fabric.narrowest_product {
            self.dsp += u64::from(count);

            let inside = match fabric.inside {
                Inside::Sums => return,
                Inside::Operands => registers - adders,
                Inside::Products if adders == 0 => registers,
                Inside::Products => (registers - adders).saturating_sub(a + b),
                Inside::Nothing => 0,
            };
            self.ff -= each * f64::from(inside);
        } else {
            self.lut += each * 2.1 * f64::from(a * b);
        }
        self.ff += each * f64::from(registers);
        self.lut += each * fabric.adder * f64::from(adders);
    }

    fn store(&mut self, memory: &Memories, family: Family) {
        let Memories {
            count,
            width,
            depth,
            kind,
        } = *memory;
        let count = u64::from(count);
        match (kind, luts_of(family, width, depth)) {
            (MemoryKind::Large, _) => {
                self.large += count * u64::from(width.div_ceil(16) * depth.div_ceil(16 * 1024));
            }
            (MemoryKind::Ultra, _) => {
                self.large += count * u64::from(width.div_ceil(72) * depth.div_ceil(4096));
            }
            (MemoryKind::Words, luts) => match luts {
                Some(luts) => self.lut += (count * luts) as f64,
                None => {
                    self.ff += (count * u64::from(width * depth)) as f64;
                    self.lut += (count * u64::from(width * depth)) as f64;
                }
            },
            (MemoryKind::Clocked | MemoryKind::Masked, Some(luts))
                if luts <= 64 * rams_of(family, width, depth).0 =>
            {
                self.lut += (count * luts) as f64;
                // The register of the read stands outside.
                self.ff += (count * u64::from(width)) as f64;
            }
            _ => {
                let (rams, rows) = match kind {
                    MemoryKind::Registered => {
                        let cut = BlockRams::of(width, depth);
                        (cut.count(), u64::from(cut.rows))
                    }
                    // Yosys gives each bit a block RAM where parts of a word are written.
                    MemoryKind::Masked if family == Family::CycloneV => (u64::from(width), 1),
                    _ => rams_of(family, width, depth),
                };
                self.bram += count * rams;
                // What chooses between rows of them.
                let each = match family {
                    Family::Xilinx7 | Family::UltraScalePlus | Family::CycloneV => 0.33,
                    _ => 0.66,
                };
                self.lut += (count * (rows - 1) * u64::from(width)) as f64 * each;
            }
        }
    }

    pub fn add(self, other: Cells) -> Cells {
        Cells {
            lut: self.lut + other.lut,
            ff: self.ff + other.ff,
            dsp: self.dsp + other.dsp,
            bram: self.bram + other.bram,
            large: self.large + other.large,
        }
    }

    pub fn area(self) -> Area {
        Area {
            lut: self.lut.round() as u64,
            ff: self.ff.round() as u64,
            dsp: self.dsp,
            bram: self.bram,
            large_ram: self.large,
        }
    }
}

/// LUTs that hold words; none where the family has no RAM in LUTs.
fn luts_of(family: Family, width: u32, depth: u32) -> Option<u64> {
    let [wide, deep, luts] = match family {
        Family::Ecp5 | Family::Nexus | Family::Gowin => [4, 16, 4],
        Family::Xilinx7 if depth > 32 => [3, 64, 4],
        Family::Xilinx7 => [6, 32, 4],
        Family::UltraScalePlus if depth > 32 => [7, 64, 8],
        Family::UltraScalePlus => [14, 32, 8],
        Family::CycloneV => [1, 32, 1],
        Family::Ice40 => return None,
    };
    Some(u64::from(luts * width.div_ceil(wide)) * u64::from(depth.div_ceil(deep)))
}

/// Widths and depths of a block RAM of 18 Kibit.
const RAM18: [[u32; 2]; 6] = [
    [36, 512],
    [18, 1024],
    [9, 2048],
    [4, 4096],
    [2, 8192],
    [1, 16384],
];

/// Block RAMs that a memory is cut into at the least cost, and in how many rows they stand.
fn rams_of(family: Family, width: u32, depth: u32) -> (u64, u64) {
    let least = |shapes: &[[u32; 2]], each: u64| {
        let cut = |[wide, deep]: &[u32; 2]| {
            let rows = u64::from(depth.div_ceil(*deep));
            (each * u64::from(width.div_ceil(*wide)) * rows, rows)
        };
        shapes.iter().map(cut).min().unwrap_or((0, 1))
    };
    match family {
        Family::Ecp5 | Family::Nexus | Family::Gowin => {
            // Yosys rates what chooses between rows at half a LUT, and a block RAM at 64.
            let cut = |[wide, deep]: [u32; 2]| {
                let rows = u64::from(depth.div_ceil(deep));
                (u64::from(width.div_ceil(wide)) * rows, rows)
            };
            let cost = |(count, rows): &(u64, u64)| 128 * count + (rows - 1) * u64::from(width);
            RAM18
                .map(cut)
                .into_iter()
                .min_by_key(cost)
                .unwrap_or((0, 1))
        }
        Family::Ice40 => least(&[[16, 256], [8, 512], [4, 1024], [2, 2048]], 1),
        Family::CycloneV => {
            let shapes = [
                [40, 256],
                [20, 512],
                [10, 1024],
                [5, 2048],
                [2, 4096],
                [1, 8192],
            ];
            // Yosys takes those of which least is left empty.
            let bits = |[wide, deep]: &[u32; 2]| {
                width.next_multiple_of(*wide) * depth.next_multiple_of(*deep)
            };
            let fullest = shapes.iter().min_by_key(|shape| bits(shape));
            fullest.map_or((0, 1), |shape| least(&[*shape], 1))
        }
        Family::Xilinx7 | Family::UltraScalePlus => {
            let whole = [
                [72, 512],
                [36, 1024],
                [18, 2048],
                [9, 4096],
                [4, 8192],
                [2, 16384],
                [1, 32768],
            ];
            least(&RAM18, 1).min(least(&whole, 2))
        }
    }
}
