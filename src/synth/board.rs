//! The boards that synthesis knows. Pins are those that the public board files of LiteX or Amaranth
//! name, and for the UPduino its public pinout.

use super::resources::Resources;

/// A pin, its I/O standard in the words of the chip's vendor, and what is at it.
#[derive(Debug, PartialEq, Eq)]
pub struct Pin {
    /// The package's name of the pin.
    pub site: &'static str,
    /// The I/O standard; empty where the constraints of the family have none.
    pub standard: &'static str,
    /// What the board has there.
    pub what: &'static str,
}

/// A chip for which nothing is placed. Of LUTs and registers nothing is said: the tools of its
/// vendor may take fewer than Yosys counts.
#[derive(Debug, PartialEq, Eq)]
pub struct CountedPart {
    /// Its name.
    pub name: &'static str,
    /// Multipliers or DSP slices, and what the vendor calls them.
    pub multipliers: (u64, &'static str),
    /// Block RAMs as [`Resources`](super::Resources) counts them, and what the vendor calls them.
    pub block_rams: (u64, &'static str),
}

impl CountedPart {
    /// What `counted` takes more of than there is; nothing if there is enough of all.
    pub fn lacks(&self, counted: &Resources) -> Option<String> {
        let lacking: Vec<String> = [
            (counted.multipliers, self.multipliers),
            (counted.block_rams, self.block_rams),
        ]
        .into_iter()
        .filter(|(taken, (there, _))| taken > there)
        .map(|(taken, (there, kind))| format!("{taken} {kind} (it has {there})"))
        .collect();
        (!lacking.is_empty()).then(|| lacking.join(", "))
    }
}

/// A board: a chip in its package, and pins for [harnessed](super::harness) designs.
#[derive(Debug, PartialEq, Eq)]
pub struct Board {
    /// The name on the command line, and of its files in `constraints/`.
    pub name: &'static str,
    /// The name in reports.
    pub title: &'static str,
    /// The name of its chip's target; boards that come with several chips list the common one.
    pub target: &'static str,
    /// The package.
    pub package: &'static str,
    /// The speed grade; 0 if the chip has one only.
    pub speed: u8,
    /// Its chip, where its target is a family and the numbers are known.
    pub part: Option<CountedPart>,
    /// Frequency of the oscillator in MHz.
    pub oscillator: u32,
    /// The pin of the oscillator.
    pub clock: Pin,
    /// A button, or a pin of a header: the harness's input; a reset in a design of one's own.
    pub input: Pin,
    /// An LED, or a pin of a header.
    pub output: Pin,
}

const fn pin(site: &'static str, standard: &'static str, what: &'static str) -> Pin {
    Pin {
        site,
        standard,
        what,
    }
}

/// Every board.
pub static BOARDS: [Board; 10] = [
    Board {
        name: "ulx3s",
        title: "ULX3S",
        target: "ecp5-85k",
        package: "CABGA381",
        speed: 6,
        part: None,
        oscillator: 25,
        clock: pin("G2", "LVCMOS33", "oscillator"),
        input: pin("R1", "LVCMOS33", "button FIRE1, high when pressed"),
        output: pin("B2", "LVCMOS33", "LED D0, on when high"),
    },
    Board {
        name: "ecpix5",
        title: "ECPIX-5",
        target: "ecp5-5g-85k",
        package: "CABGA554",
        speed: 8,
        part: None,
        oscillator: 100,
        clock: pin("K23", "LVCMOS33", "oscillator"),
        input: pin("T25", "LVCMOS33", "PMOD 0, pin 1"),
        output: pin("P21", "LVCMOS33", "a red LED, on when low"),
    },
    Board {
        name: "orangecrab",
        title: "OrangeCrab r0.2",
        target: "ecp5-25k",
        package: "CSFBGA285",
        speed: 8,
        part: None,
        oscillator: 48,
        clock: pin("A9", "LVCMOS33", "oscillator"),
        input: pin("J17", "SSTL135_I", "button, low when pressed"),
        output: pin("K4", "LVCMOS33", "red LED, on when low"),
    },
    Board {
        name: "icebreaker",
        title: "iCEBreaker",
        target: "ice40-up5k",
        package: "sg48",
        speed: 0,
        part: None,
        oscillator: 12,
        clock: pin("35", "", "oscillator"),
        input: pin("10", "", "user button, low when pressed"),
        output: pin("11", "", "red LED, on when low"),
    },
    Board {
        name: "upduino",
        title: "UPduino 3",
        target: "ice40-up5k",
        package: "sg48",
        speed: 0,
        part: None,
        oscillator: 12,
        clock: pin("20", "", "oscillator, through the jumper OSC"),
        input: pin("25", "", "header pin gpio_25"),
        output: pin("23", "", "header pin gpio_23"),
    },
    Board {
        name: "hx8k-breakout",
        title: "iCE40-HX8K Breakout Board",
        target: "ice40-hx8k",
        package: "ct256",
        speed: 0,
        part: None,
        oscillator: 12,
        clock: pin("J3", "", "oscillator"),
        input: pin("R15", "", "header J2, pin 4"),
        output: pin("B5", "", "an LED, on when high"),
    },
    Board {
        name: "crosslink-nx-evn",
        title: "CrossLink-NX Evaluation Board",
        target: "nexus-40",
        package: "BG400",
        speed: 9,
        part: None,
        oscillator: 12,
        clock: pin("L13", "LVCMOS33", "oscillator, with JP2 closed"),
        input: pin("G14", "LVCMOS33", "button SW2, low when pressed"),
        output: pin("E17", "LVCMOS33", "an LED, on when low"),
    },
    Board {
        name: "tang-nano-20k",
        title: "Tang Nano 20K",
        target: "gowin-18",
        package: "QN88",
        speed: 0,
        part: None,
        oscillator: 27,
        clock: pin("4", "LVCMOS33", "oscillator"),
        input: pin("88", "LVCMOS33", "button S1, high when pressed"),
        output: pin("15", "LVCMOS33", "LED 0, on when low"),
    },
    Board {
        name: "arty-a7",
        title: "Arty A7-100T",
        target: "xilinx-7",
        package: "csg324",
        speed: 0,
        part: Some(CountedPart {
            name: "XC7A100T",
            multipliers: (240, "DSP48E1"),
            block_rams: (270, "halves of a RAMB36E1"),
        }),
        oscillator: 100,
        clock: pin("E3", "LVCMOS33", "oscillator"),
        input: pin("C2", "LVCMOS33", "button RESET, low when pressed"),
        output: pin("H5", "LVCMOS33", "LED LD4, on when high"),
    },
    Board {
        name: "de10-nano",
        title: "DE10-Nano",
        target: "cyclone-v",
        package: "U23",
        speed: 0,
        part: None,
        oscillator: 50,
        clock: pin("V11", "3.3-V LVTTL", "FPGA_CLK1_50"),
        input: pin("AH17", "3.3-V LVTTL", "button KEY0, low when pressed"),
        output: pin("W15", "3.3-V LVTTL", "LED0, on when high"),
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
    use super::super::target::Target;
    use super::*;

    #[test]
    fn boards_have_chips_in_speeds_that_are_made() {
        for board in &BOARDS {
            let target = Target::named(board.target).expect(board.name);
            let speeds = target.chip.as_ref().map_or(&[][..], |chip| chip.speeds);
            let known = speeds.contains(&board.speed);
            assert!(known || speeds.is_empty(), "{}", board.name);
            assert_eq!(Board::named(board.name), Some(board));
        }
    }

    /// What routers place tells of itself what a chip has too little of.
    #[test]
    fn parts_are_of_boards_where_cells_are_counted() {
        for board in &BOARDS {
            let target = Target::named(board.target).expect(board.name);
            assert!(board.part.is_none() || target.chip.is_none());
        }
    }

    /// Whoever takes the files for a design must know what a 1 is.
    #[test]
    fn buttons_and_leds_say_at_which_level() {
        for board in &BOARDS {
            let (input, output) = (board.input.what, board.output.what);
            if input.contains("button") {
                assert!(input.ends_with(" when pressed"), "{}", board.name);
            }
            if output.contains("LED") {
                assert!(output.contains(", on when "), "{}", board.name);
            }
        }
    }

    #[test]
    fn a_board_has_three_different_pins() {
        for board in &BOARDS {
            let sites = [&board.clock, &board.input, &board.output].map(|pin| pin.site);
            let distinct: std::collections::BTreeSet<_> = sites.iter().collect();
            assert_eq!(distinct.len(), 3, "{}", board.name);
        }
    }
}
