//! The chips that synthesis knows.

use super::tools::Tool;
use crate::arch;
pub use crate::arch::Family;

/// A chip, or a family where nothing is placed.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// The name on the command line.
    pub name: &'static str,
    /// The name in reports.
    pub title: &'static str,
    /// The family.
    pub family: Family,
    /// How it is placed and routed; absent where only resources are counted.
    pub chip: Option<Chip>,
}

/// A chip that can be placed and routed.
#[derive(Debug, PartialEq, Eq)]
pub struct Chip {
    /// Places and routes.
    pub router: Tool,
    /// Makes the bitstream.
    pub packer: Tool,
    /// What the router calls the chip: an option of its own, or a device.
    pub device: &'static str,
    /// The package, where no board asks for another.
    pub package: &'static str,
    /// Speed grades, the default first; none if the chip has one only.
    pub speeds: &'static [u8],
    /// What it has.
    pub room: Room,
    /// The board whose pins a [harness](super::harness) gets where none is asked for; only for
    /// routers that place no port without a pin.
    pub pins_of: Option<&'static str>,
    /// Where its multipliers and block RAMs are, if the router can be told places.
    pub sites: Option<Sites>,
}

/// What a chip has, in the cells that routers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Four-input LUTs.
    pub luts: u64,
    /// Registers.
    pub registers: u64,
    /// A LUT and a register are one cell: where they do not belong together they take two.
    pub shared: bool,
    /// Multipliers of 18 x 18 bits; on iCE40 of 16 x 16 bits.
    pub multipliers: u64,
    /// Block RAMs of 18 Kibit; on iCE40 of 4 Kibit.
    pub block_rams: u64,
    /// Single-port RAMs of iCE40 UltraPlus, of 256 Kibit.
    pub large_rams: u64,
}

impl Room {
    const fn new(luts: u64, registers: u64, multipliers: u64, block_rams: u64) -> Room {
        Room {
            luts,
            registers,
            shared: false,
            multipliers,
            block_rams,
            large_rams: 0,
        }
    }

    const fn ice40(cells: u64, multipliers: u64, block_rams: u64, large_rams: u64) -> Room {
        Room {
            shared: true,
            large_rams,
            ..Room::new(cells, cells, multipliers, block_rams)
        }
    }
}

const ECP5_25K: Room = Room::new(24_288, 24_288, 28, 56);
const ECP5_45K: Room = Room::new(43_848, 43_848, 72, 108);
const ECP5_85K: Room = Room::new(83_640, 83_640, 156, 208);

/// Where an ECP5 has MULT18X18D and DP16KD, in the coordinates of nextpnr: in rows across the chip,
/// in blocks of four, at the same X in all of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Sites {
    /// Y of the rows of multipliers.
    pub multiplier_rows: &'static [u32],
    /// Y of the row of block RAMs that is in use: between the rows of multipliers, or above where
    /// there is one only.
    pub block_ram_row: u32,
    /// X of the blocks in each row, from left to right.
    pub blocks: &'static [u32],
}

impl Sites {
    /// The multipliers of a row from left to right: X, and the number in the block.
    pub fn multipliers(&self) -> Vec<(u32, u32)> {
        self.row([(0, 0), (1, 1), (4, 4), (5, 5)])
    }

    /// The block RAMs of the row from left to right: X, and the number in the block.
    pub fn block_rams(&self) -> Vec<(u32, u32)> {
        self.row([(0, 0), (2, 1), (4, 2), (6, 3)])
    }

    fn row(&self, in_block: [(u32, u32); 4]) -> Vec<(u32, u32)> {
        let sites = |block: &u32| in_block.map(|(x, number)| (block + x, number));
        self.blocks.iter().flat_map(sites).collect()
    }
}

const SITES_25K: Sites = Sites {
    multiplier_rows: &[13],
    block_ram_row: 25,
    blocks: &[4, 13, 22, 33, 42, 51, 60],
};
const SITES_45K: Sites = Sites {
    multiplier_rows: &[22, 46],
    block_ram_row: 34,
    blocks: &[4, 13, 22, 31, 42, 51, 60, 69, 78],
};
const SITES_85K: Sites = Sites {
    multiplier_rows: &[10, 34, 58],
    block_ram_row: 22,
    blocks: &[4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114],
};

const fn ecp5(device: &'static str, room: Room, sites: Sites) -> Option<Chip> {
    Some(Chip {
        router: Tool::NextpnrEcp5,
        packer: Tool::Ecppack,
        device,
        package: "CABGA381",
        speeds: &[6, 7, 8],
        room,
        pins_of: None,
        sites: Some(sites),
    })
}

const fn ice40(device: &'static str, package: &'static str, room: Room) -> Option<Chip> {
    Some(Chip {
        router: Tool::NextpnrIce40,
        packer: Tool::Icepack,
        device,
        package,
        speeds: &[],
        room,
        pins_of: None,
        sites: None,
    })
}

const fn target(
    name: &'static str,
    title: &'static str,
    family: Family,
    chip: Option<Chip>,
) -> Target {
    Target {
        name,
        title,
        family,
        chip,
    }
}

/// Every target.
pub static TARGETS: [Target; 11] = [
    target(
        "ecp5-25k",
        "Lattice ECP5 LFE5U-25F",
        Family::Ecp5,
        ecp5("--25k", ECP5_25K, SITES_25K),
    ),
    target(
        "ecp5-45k",
        "Lattice ECP5 LFE5U-45F",
        Family::Ecp5,
        ecp5("--45k", ECP5_45K, SITES_45K),
    ),
    target(
        "ecp5-85k",
        "Lattice ECP5 LFE5U-85F",
        Family::Ecp5,
        ecp5("--85k", ECP5_85K, SITES_85K),
    ),
    target(
        "ecp5-5g-85k",
        "Lattice ECP5-5G LFE5UM5G-85F",
        Family::Ecp5,
        Some(Chip {
            router: Tool::NextpnrEcp5,
            packer: Tool::Ecppack,
            device: "--um5g-85k",
            package: "CABGA756",
            speeds: &[8],
            room: ECP5_85K,
            pins_of: None,
            sites: Some(SITES_85K),
        }),
    ),
    target(
        "ice40-up5k",
        "Lattice iCE40 UltraPlus UP5K",
        Family::Ice40,
        ice40("--up5k", "sg48", Room::ice40(5280, 8, 30, 4)),
    ),
    target(
        "ice40-hx8k",
        "Lattice iCE40 HX8K",
        Family::Ice40,
        ice40("--hx8k", "ct256", Room::ice40(7680, 0, 32, 0)),
    ),
    target(
        "nexus-40",
        "Lattice CrossLink-NX LIFCL-40",
        Family::Nexus,
        Some(Chip {
            router: Tool::NextpnrNexus,
            packer: Tool::Prjoxide,
            device: "LIFCL-40",
            package: "BG400",
            speeds: &[7, 8, 9],
            room: Room::new(32_256, 32_256, 56, 84),
            pins_of: Some("crosslink-nx-evn"),
            sites: None,
        }),
    ),
    target(
        "gowin-18",
        "Gowin GW2AR-18",
        Family::Gowin,
        Some(Chip {
            router: Tool::NextpnrGowin,
            packer: Tool::GowinPack,
            device: "GW2AR-LV18QN88C8/I7",
            package: "QN88",
            speeds: &[],
            room: Room::new(20_736, 15_552, 48, 46),
            pins_of: Some("tang-nano-20k"),
            sites: None,
        }),
    ),
    target("xilinx-7", "Xilinx 7-series", Family::Xilinx7, None),
    target(
        "xilinx-usp",
        "Xilinx UltraScale+",
        Family::UltraScalePlus,
        None,
    ),
    target("cyclone-v", "Intel Cyclone V", Family::CycloneV, None),
];

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Whether it has the cells of a core that is made for `target`.
    pub fn takes(&self, target: arch::Target) -> bool {
        // SB_MAC16 and SPRAM are in UltraPlus only.
        let missing = target == arch::Target::Ice40 && !self.has_multipliers();
        self.family.takes(target) && !missing
    }

    /// Whether there are multipliers; nothing is known of the chips of families.
    pub fn has_multipliers(&self) -> bool {
        let chip = self.chip.as_ref();
        chip.is_none_or(|chip| chip.room.multipliers > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::board::Board;
    use super::*;

    /// nextpnr-ecp5 and nextpnr-ice40 choose pins themselves when told that they may.
    #[test]
    fn routers_that_want_pins_get_those_of_a_board_with_the_chip() {
        for target in &TARGETS {
            let Some(chip) = &target.chip else { continue };
            let chooses = matches!(chip.router, Tool::NextpnrEcp5 | Tool::NextpnrIce40);
            assert_eq!(chip.pins_of.is_none(), chooses, "{}", target.name);
            if let Some(name) = chip.pins_of {
                let board = Board::named(name).expect(name);
                let of_board = (board.target, board.package);
                assert_eq!(of_board, (target.name, chip.package));
            }
        }
    }

    #[test]
    fn targets_are_found_by_name() {
        for target in &TARGETS {
            assert_eq!(Target::named(target.name), Some(target));
        }
        assert_eq!(Target::named("ecp5"), None);
    }
}
