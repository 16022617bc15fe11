//! The chips that synthesis knows.

use super::tools::Tool;

/// What Yosys calls the cells of a family, and with which pass it maps to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Lattice ECP5.
    Ecp5,
    /// Lattice iCE40.
    Ice40,
    /// Xilinx 7-series.
    Xilinx7,
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
    /// The option of the router that selects the chip.
    pub option: &'static str,
    /// The package, where no board asks for another.
    pub package: &'static str,
    /// Speed grades, the default first; none if the chip has one only.
    pub speeds: &'static [u8],
    /// Multipliers of at least 8 x 8 bits.
    pub multipliers: u32,
    /// Bits of block RAM.
    pub memory_bits: u64,
}

const fn ecp5(option: &'static str, multipliers: u32, block_rams: u64) -> Option<Chip> {
    Some(Chip {
        router: Tool::NextpnrEcp5,
        packer: Tool::Ecppack,
        option,
        package: "CABGA381",
        speeds: &[6, 7, 8],
        multipliers,
        memory_bits: block_rams * 18 * 1024,
    })
}

const fn ice40(
    option: &'static str,
    package: &'static str,
    multipliers: u32,
    block_rams: u64,
) -> Option<Chip> {
    Some(Chip {
        router: Tool::NextpnrIce40,
        packer: Tool::Icepack,
        option,
        package,
        speeds: &[],
        multipliers,
        memory_bits: block_rams * 4 * 1024,
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
pub static TARGETS: [Target; 8] = [
    target(
        "ecp5-25k",
        "Lattice ECP5 LFE5U-25F",
        Family::Ecp5,
        ecp5("--25k", 28, 56),
    ),
    target(
        "ecp5-45k",
        "Lattice ECP5 LFE5U-45F",
        Family::Ecp5,
        ecp5("--45k", 72, 108),
    ),
    target(
        "ecp5-85k",
        "Lattice ECP5 LFE5U-85F",
        Family::Ecp5,
        ecp5("--85k", 156, 208),
    ),
    target(
        "ecp5-5g-85k",
        "Lattice ECP5-5G LFE5UM5G-85F",
        Family::Ecp5,
        Some(Chip {
            router: Tool::NextpnrEcp5,
            packer: Tool::Ecppack,
            option: "--um5g-85k",
            package: "CABGA756",
            speeds: &[8],
            multipliers: 156,
            memory_bits: 208 * 18 * 1024,
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
    target("xilinx-7", "Xilinx 7-series", Family::Xilinx7, None),
    target("cyclone-v", "Intel Cyclone V", Family::CycloneV, None),
];

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.name == name)
    }
}

/// A board: a chip in its package, and pins for [harnessed](super::harness) designs.
#[derive(Debug, PartialEq, Eq)]
pub struct Board {
    /// The name on the command line.
    pub name: &'static str,
    /// The name in reports.
    pub title: &'static str,
    /// The name of its chip's target; boards that come with several chips list the common one.
    pub target: &'static str,
    /// The package.
    pub package: &'static str,
    /// The speed grade; 0 if the chip has one only.
    pub speed: u8,
    /// Frequency of the oscillator in MHz.
    pub oscillator: u32,
    /// The pin of the oscillator.
    pub clock: &'static str,
    /// The pin of a button.
    pub button: Pin,
    /// The pin of an LED.
    pub led: Pin,
}

/// A pin and its I/O standard, where the chip wants one.
#[derive(Debug, PartialEq, Eq)]
pub struct Pin(pub &'static str, pub &'static str);

/// Every board.
pub static BOARDS: [Board; 4] = [
    Board {
        name: "ulx3s",
        title: "ULX3S",
        target: "ecp5-85k",
        package: "CABGA381",
        speed: 6,
        oscillator: 25,
        clock: "G2",
        button: Pin("R1", "LVCMOS33"),
        led: Pin("B2", "LVCMOS33"),
    },
    Board {
        name: "ecpix5",
        title: "ECPIX-5",
        target: "ecp5-5g-85k",
        package: "CABGA554",
        speed: 8,
        oscillator: 100,
        clock: "K23",
        button: Pin("N5", "LVCMOS33"),
        led: Pin("P21", "LVCMOS33"),
    },
    Board {
        name: "orangecrab",
        title: "OrangeCrab r0.2",
        target: "ecp5-25k",
        package: "CSFBGA285",
        speed: 8,
        oscillator: 48,
        clock: "A9",
        button: Pin("J17", "SSTL135_I"),
        led: Pin("K4", "LVCMOS33"),
    },
    Board {
        name: "icebreaker",
        title: "iCEBreaker",
        target: "ice40-up5k",
        package: "sg48",
        speed: 0,
        oscillator: 12,
        clock: "35",
        button: Pin("10", ""),
        led: Pin("11", ""),
    },
];

impl Board {
    /// The board of this name.
    pub fn named(name: &str) -> Option<&'static Board> {
        BOARDS.iter().find(|board| board.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_have_chips_in_speeds_that_are_made() {
        for board in &BOARDS {
            let target = Target::named(board.target).expect(board.name);
            let chip = target.chip.as_ref().expect(board.name);
            let known = chip.speeds.contains(&board.speed);
            assert!(known || chip.speeds.is_empty(), "{}", board.name);
            assert_eq!(Board::named(board.name), Some(board));
        }
        assert_eq!(Target::named("ecp5"), None);
    }
}
