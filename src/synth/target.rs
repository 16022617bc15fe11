//! The chips that synthesis knows.

use super::tools::Tool;

/// What Yosys calls the cells of a family, and with which pass it maps to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Lattice ECP5.
    Ecp5,
    /// Lattice iCE40.
    Ice40,
    /// Lattice Nexus.
    Nexus,
    /// Gowin GW2A.
    Gowin,
    /// Xilinx 7-series.
    Xilinx7,
    /// Xilinx UltraScale+.
    UltraScalePlus,
    /// Intel Cyclone V.
    CycloneV,
}

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
    /// Multipliers of at least 8 x 8 bits.
    pub multipliers: u32,
    /// Bits of block RAM.
    pub memory_bits: u64,
    /// The board whose pins a [harness](super::harness) gets where none is asked for; only for
    /// routers that place no port without a pin.
    pub pins_of: Option<&'static str>,
    /// Where its multipliers are, if the router can be told places.
    pub dsp_sites: Option<DspSites>,
}

/// Where the MULT18X18D of an ECP5 are: rows of blocks across the chip, four multipliers a block,
/// in the coordinates of nextpnr.
#[derive(Debug, PartialEq, Eq)]
pub struct DspSites {
    /// Y of the rows.
    pub rows: &'static [u32],
    /// X of the blocks in each row, from left to right.
    pub blocks: &'static [u32],
}

impl DspSites {
    /// The multipliers of a row from left to right: X, and the number in the block.
    pub fn row(&self) -> Vec<(u32, u32)> {
        let in_block = [(0, 0), (1, 1), (4, 4), (5, 5)];
        let sites = |block: &u32| in_block.map(|(x, number)| (block + x, number));
        self.blocks.iter().flat_map(sites).collect()
    }
}

const SITES_25K: DspSites = DspSites {
    rows: &[13],
    blocks: &[4, 13, 22, 33, 42, 51, 60],
};
const SITES_45K: DspSites = DspSites {
    rows: &[22, 46],
    blocks: &[4, 13, 22, 31, 42, 51, 60, 69, 78],
};
const SITES_85K: DspSites = DspSites {
    rows: &[10, 34, 58],
    blocks: &[4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114],
};

const fn ecp5(
    device: &'static str,
    multipliers: u32,
    block_rams: u64,
    dsp_sites: DspSites,
) -> Option<Chip> {
    Some(Chip {
        router: Tool::NextpnrEcp5,
        packer: Tool::Ecppack,
        device,
        package: "CABGA381",
        speeds: &[6, 7, 8],
        multipliers,
        memory_bits: block_rams * 18 * 1024,
        pins_of: None,
        dsp_sites: Some(dsp_sites),
    })
}

const fn ice40(
    device: &'static str,
    package: &'static str,
    multipliers: u32,
    block_rams: u64,
) -> Option<Chip> {
    Some(Chip {
        router: Tool::NextpnrIce40,
        packer: Tool::Icepack,
        device,
        package,
        speeds: &[],
        multipliers,
        memory_bits: block_rams * 4 * 1024,
        pins_of: None,
        dsp_sites: None,
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
        ecp5("--25k", 28, 56, SITES_25K),
    ),
    target(
        "ecp5-45k",
        "Lattice ECP5 LFE5U-45F",
        Family::Ecp5,
        ecp5("--45k", 72, 108, SITES_45K),
    ),
    target(
        "ecp5-85k",
        "Lattice ECP5 LFE5U-85F",
        Family::Ecp5,
        ecp5("--85k", 156, 208, SITES_85K),
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
            multipliers: 156,
            memory_bits: 208 * 18 * 1024,
            pins_of: None,
            dsp_sites: Some(SITES_85K),
        }),
    ),
    target(
        "ice40-up5k",
        "Lattice iCE40 UltraPlus UP5K",
        Family::Ice40,
        ice40("--up5k", "sg48", 8, 30),
    ),
    target(
        "ice40-hx8k",
        "Lattice iCE40 HX8K",
        Family::Ice40,
        ice40("--hx8k", "ct256", 0, 32),
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
            multipliers: 56,
            memory_bits: 84 * 18 * 1024,
            pins_of: Some("crosslink-nx-evn"),
            dsp_sites: None,
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
            multipliers: 48,
            memory_bits: 46 * 18 * 1024,
            pins_of: None,
            dsp_sites: None,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_by_name() {
        for target in &TARGETS {
            assert_eq!(Target::named(target.name), Some(target));
        }
        assert_eq!(Target::named("ecp5"), None);
    }
}
