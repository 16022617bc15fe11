//! What cells of each family amount to.

use super::target::Family;
use serde::Serialize;
use std::ops::{Add, Mul};

/// What a design takes of a chip, in the terms of its vendor's cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// Look-up tables, of whichever size the family has; carries and RAM in LUTs not included.
    pub luts: u64,
    /// Carry cells: CCU2C and CCU2 (two bits), SB_CARRY and ALU (one), CARRY4 (four), CARRY8
    /// (eight), arithmetic ALUTs (one).
    pub carries: u64,
    /// LUTs used as memory: those of a RAM cell together.
    pub ram_luts: u64,
    /// Registers.
    pub registers: u64,
    /// Multipliers or DSP slices.
    pub multipliers: u64,
    /// Block RAMs: DP16KD, SB_RAM40_4K, DP16K of Nexus, BSRAM of Gowin, halves of a RAMB36, M10K.
    pub block_rams: u64,
    /// Large RAMs: SB_SPRAM256KA, URAM288.
    pub large_rams: u64,
    /// Logic that the above comes to: on ECP5 and Nexus LUT4 + 2 carries + RAM, on Gowin and
    /// Cyclone V LUTs and carries; on iCE40 and Xilinx the LUTs, whose cells have the carries.
    pub logic: u64,
}

/// What a cell is; the numbers are how many it counts for.
#[derive(Clone, Copy)]
enum Kind {
    Lut(u64),
    /// A carry cell, and the logic cells that it takes the place of.
    Carry(u64),
    RamLut(u64),
    Register,
    Multiplier(u64),
    BlockRam(u64),
    LargeRam,
}

/// What a cell of a family is; nothing for cells that take no logic.
fn kind(family: Family, cell: &str) -> Option<Kind> {
    use Kind::*;
    let begins = |with: &str| cell.starts_with(with);
    Some(match family {
        Family::Ecp5 => match cell {
            "LUT4" => Lut(1),
            "CCU2C" => Carry(2),
            // Four LUTs hold the bits; the slice of their write port is not counted.
            "TRELLIS_DPR16X4" => RamLut(4),
            "TRELLIS_FF" => Register,
            "MULT18X18D" => Multiplier(1),
            "DP16KD" | "PDPW16KD" => BlockRam(1),
            _ => return None,
        },
        Family::Ice40 => match cell {
            "SB_LUT4" => Lut(1),
            // A carry shares its logic cell with a LUT nearly always.
            "SB_CARRY" => Carry(0),
            "SB_MAC16" => Multiplier(1),
            _ if begins("SB_DFF") => Register,
            _ if begins("SB_RAM40_4K") => BlockRam(1),
            "SB_SPRAM256KA" => LargeRam,
            _ => return None,
        },
        Family::Nexus => match cell {
            "LUT4" | "INV" => Lut(1),
            // Two LUTs and a multiplexer.
            "WIDEFN9" => Lut(2),
            "CCU2" => Carry(2),
            "DPR16X4" => RamLut(4),
            "MULT18X36" => Multiplier(2),
            "MULT36X36" => Multiplier(4),
            _ if begins("FD1P3") => Register,
            _ if begins("MULT") => Multiplier(1),
            _ if begins("DP16K") || begins("PDP16K") || begins("PDPSC16K") => BlockRam(1),
            _ => return None,
        },
        Family::Gowin => match cell {
            "LUT1" | "LUT2" | "LUT3" | "LUT4" | "INV" => Lut(1),
            "ALU" => Carry(1),
            _ if begins("RAM16S") => RamLut(4),
            _ if begins("DFF") => Register,
            "MULT36X36" => Multiplier(4),
            _ if begins("MULT") => Multiplier(1),
            "DPB" | "DPX9B" | "SDPB" | "SDPX9B" | "SP" | "SPX9" => BlockRam(1),
            _ => return None,
        },
        Family::Xilinx7 | Family::UltraScalePlus => match cell {
            "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" => Lut(1),
            "CARRY4" | "CARRY8" => Carry(0),
            "RAM32M" | "RAM64M" => RamLut(4),
            "RAM32M16" | "RAM64M8" => RamLut(8),
            "SRL16E" | "SRLC32E" | "RAM32X1S" | "RAM64X1S" => RamLut(1),
            "RAM32X1D" | "RAM64X1D" => RamLut(2),
            "FDRE" | "FDSE" | "FDCE" | "FDPE" => Register,
            "DSP48E1" | "DSP48E2" => Multiplier(1),
            "RAMB36E1" | "RAMB36E2" => BlockRam(2),
            "RAMB18E1" | "RAMB18E2" => BlockRam(1),
            "URAM288" => LargeRam,
            _ => return None,
        },
        Family::CycloneV => match cell {
            "MISTRAL_ALUT_ARITH" => Carry(1),
            "MISTRAL_FF" => Register,
            "MISTRAL_MLAB" => RamLut(1),
            "MISTRAL_M10K" => BlockRam(1),
            _ if begins("MISTRAL_MUL") => Multiplier(1),
            _ if begins("MISTRAL_ALUT") => Lut(1),
            _ => return None,
        },
    })
}

/// Bits that a cell holds as a block RAM; nothing for other cells. The large memories of a family
/// are block RAM too.
pub(super) fn block_ram_bits(family: Family, cell: &str) -> Option<u64> {
    let each = match family {
        Family::Ecp5 | Family::Nexus | Family::Gowin => 18,
        Family::Xilinx7 | Family::UltraScalePlus => 18,
        Family::Ice40 => 4,
        Family::CycloneV => 10,
    };
    let large = if family == Family::Ice40 { 256 } else { 288 };
    match kind(family, cell)? {
        Kind::BlockRam(count) => Some(count * each * 1024),
        Kind::LargeRam => Some(large * 1024),
        _ => None,
    }
}

/// Whether a cell holds bits: a register, or memory of any kind.
pub(super) fn holds_bits(family: Family, cell: &str) -> bool {
    matches!(kind(family, cell), Some(Kind::Register)) || is_memory(family, cell)
}

/// Whether a cell is memory: of LUTs, block RAM, or a larger one.
pub(super) fn is_memory(family: Family, cell: &str) -> bool {
    use Kind::{BlockRam, LargeRam, RamLut};
    matches!(kind(family, cell), Some(RamLut(_) | BlockRam(_) | LargeRam))
}

impl Resources {
    /// `count` cells of a type.
    pub(super) fn cells(family: Family, cell: &str, count: u64) -> Resources {
        let mut each = Resources::default();
        match kind(family, cell) {
            Some(Kind::Lut(luts)) => {
                each.luts = luts;
                each.logic = luts;
            }
            Some(Kind::Carry(logic)) => {
                each.carries = 1;
                each.logic = logic;
            }
            Some(Kind::RamLut(luts)) => {
                each.ram_luts = luts;
                each.logic = luts;
            }
            Some(Kind::Register) => each.registers = 1,
            Some(Kind::Multiplier(count)) => each.multipliers = count,
            Some(Kind::BlockRam(count)) => each.block_rams = count,
            Some(Kind::LargeRam) => each.large_rams = 1,
            None => {}
        }
        each * count
    }
}

impl Add for Resources {
    type Output = Resources;

    fn add(self, other: Resources) -> Resources {
        Resources {
            luts: self.luts + other.luts,
            carries: self.carries + other.carries,
            ram_luts: self.ram_luts + other.ram_luts,
            registers: self.registers + other.registers,
            multipliers: self.multipliers + other.multipliers,
            block_rams: self.block_rams + other.block_rams,
            large_rams: self.large_rams + other.large_rams,
            logic: self.logic + other.logic,
        }
    }
}

impl Mul<u64> for Resources {
    type Output = Resources;

    fn mul(self, times: u64) -> Resources {
        Resources {
            luts: self.luts * times,
            carries: self.carries * times,
            ram_luts: self.ram_luts * times,
            registers: self.registers * times,
            multipliers: self.multipliers * times,
            block_rams: self.block_rams * times,
            large_rams: self.large_rams * times,
            logic: self.logic * times,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_memories_are_counted_apart() {
        for (family, cell) in [
            (Family::Ice40, "SB_SPRAM256KA"),
            (Family::UltraScalePlus, "URAM288"),
        ] {
            let counted = Resources::cells(family, cell, 3);
            let expected = Resources {
                large_rams: 3,
                ..Resources::default()
            };
            assert_eq!(counted, expected, "{cell}");
        }
    }

    #[test]
    fn families_name_their_cells_differently() {
        let counted = |family, cell| {
            let r = Resources::cells(family, cell, 3);
            [
                r.luts,
                r.carries,
                r.ram_luts,
                r.registers,
                r.multipliers,
                r.block_rams,
                r.logic,
            ]
        };
        use Family::*;
        let rows = [
            (Ecp5, "TRELLIS_DPR16X4", [0, 0, 12, 0, 0, 0, 12]),
            (Ecp5, "DP16KD", [0, 0, 0, 0, 0, 3, 0]),
            (Ecp5, "CCU2C", [0, 3, 0, 0, 0, 0, 6]),
            (Ecp5, "L6MUX21", [0; 7]),
            (Ice40, "SB_DFFESR", [0, 0, 0, 3, 0, 0, 0]),
            (Ice40, "SB_CARRY", [0, 3, 0, 0, 0, 0, 0]),
            (Ice40, "SB_RAM40_4K", [0, 0, 0, 0, 0, 3, 0]),
            (Nexus, "LUT4", [3, 0, 0, 0, 0, 0, 3]),
            (Nexus, "CCU2", [0, 3, 0, 0, 0, 0, 6]),
            (Nexus, "WIDEFN9", [6, 0, 0, 0, 0, 0, 6]),
            (Nexus, "FD1P3IX", [0, 0, 0, 3, 0, 0, 0]),
            (Nexus, "MULT18X18", [0, 0, 0, 0, 3, 0, 0]),
            (Nexus, "PDPSC16K", [0, 0, 0, 0, 0, 3, 0]),
            (Gowin, "LUT3", [3, 0, 0, 0, 0, 0, 3]),
            (Gowin, "MUX2_LUT5", [0; 7]),
            (Gowin, "ALU", [0, 3, 0, 0, 0, 0, 3]),
            (Gowin, "DFFRE", [0, 0, 0, 3, 0, 0, 0]),
            (Gowin, "MULT9X9", [0, 0, 0, 0, 3, 0, 0]),
            (Gowin, "SDPX9B", [0, 0, 0, 0, 0, 3, 0]),
            (Xilinx7, "LUT6", [3, 0, 0, 0, 0, 0, 3]),
            (Xilinx7, "RAMB36E1", [0, 0, 0, 0, 0, 6, 0]),
            (UltraScalePlus, "DSP48E2", [0, 0, 0, 0, 3, 0, 0]),
            (UltraScalePlus, "RAMB18E2", [0, 0, 0, 0, 0, 3, 0]),
            (UltraScalePlus, "CARRY8", [0, 3, 0, 0, 0, 0, 0]),
            (CycloneV, "MISTRAL_MUL9X9", [0, 0, 0, 0, 3, 0, 0]),
            (CycloneV, "MISTRAL_ALUT_ARITH", [0, 3, 0, 0, 0, 0, 3]),
            (CycloneV, "MISTRAL_ALUT5", [3, 0, 0, 0, 0, 0, 3]),
        ];
        for (family, cell, expected) in rows {
            assert_eq!(counted(family, cell), expected, "{cell}");
        }
    }
}
