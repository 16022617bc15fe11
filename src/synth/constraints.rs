//! Constraints in the formats of the vendors and of nextpnr: the clock of a core, and the pins of
//! a board.

use super::board::{BOARDS, Board, Pin};
use super::target::{Family, Target};
use std::fmt::Write;

/// A format of constraint files; its name is the ending of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// nextpnr-ecp5, Diamond.
    Lpf,
    /// nextpnr-ice40.
    Pcf,
    /// nextpnr-nexus, Radiant.
    Pdc,
    /// nextpnr-himbaechel, Gowin.
    Cst,
    /// Vivado.
    Xdc,
    /// Quartus, OpenSTA and others; timing alone.
    Sdc,
    /// Quartus; pins alone.
    Qsf,
}

impl Format {
    /// The format with the pins of boards of a family.
    pub fn of_pins(family: Family) -> Format {
        match family {
            Family::Ecp5 => Format::Lpf,
            Family::Ice40 => Format::Pcf,
            Family::Nexus => Format::Pdc,
            Family::Gowin => Format::Cst,
            Family::Xilinx7 | Family::UltraScalePlus => Format::Xdc,
            Family::CycloneV => Format::Qsf,
        }
    }

    /// The ending of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Lpf => "lpf",
            Format::Pcf => "pcf",
            Format::Pdc => "pdc",
            Format::Cst => "cst",
            Format::Xdc => "xdc",
            Format::Sdc => "sdc",
            Format::Qsf => "qsf",
        }
    }

    /// What begins a comment.
    fn comment(self) -> &'static str {
        match self {
            Format::Cst => "//",
            _ => "#",
        }
    }

    /// That a port carries a clock of this frequency; nothing where the format has only pins.
    pub fn clock(self, port: &str, mhz: f64) -> Option<String> {
        let period = 1000.0 / mhz;
        Some(match self {
            Format::Lpf => format!("FREQUENCY PORT \"{port}\" {mhz:.1} MHz;"),
            Format::Pcf => format!("set_frequency {port} {mhz:.1}"),
            Format::Pdc | Format::Xdc | Format::Sdc => {
                format!("create_clock -name {port} -period {period:.3} [get_ports {port}]")
            }
            Format::Cst | Format::Qsf => return None,
        })
    }

    /// How I/O delays are given to the ports of a core.
    fn io_delays(self, clock: &str) -> String {
        match self {
            Format::Lpf => format!(
                "nextpnr knows no I/O delays; Diamond does:\n    \
                 INPUT_SETUP PORT \"s_axis_a_tvalid\" 3.0 ns CLKPORT \"{clock}\";"
            ),
            Format::Pcf => "nextpnr-ice40 knows no I/O delays.".to_owned(),
            _ => format!(
                "I/O delays say how much of the period the outside takes (and -min, for hold):\n    \
                 set_input_delay -clock {clock} -max 3.0 [get_ports s_axis_a_tvalid]\n    \
                 set_output_delay -clock {clock} -max 3.0 [get_ports s_axis_a_tready]"
            ),
        }
    }

    /// That a port is at a pin, a line or two; nothing where the format has only timing.
    fn pin(self, port: &str, pin: &Pin) -> String {
        let Pin { site, standard, .. } = pin;
        match self {
            Format::Lpf => format!(
                "LOCATE COMP \"{port}\" SITE \"{site}\";\nIOBUF PORT \"{port}\" IO_TYPE={standard};"
            ),
            Format::Pcf => format!("set_io {port} {site}"),
            Format::Pdc => format!(
                "ldc_set_location -site {{{site}}} [get_ports {port}]\n\
                 ldc_set_port -iobuf {{IO_TYPE={standard}}} [get_ports {port}]"
            ),
            Format::Cst => {
                format!("IO_LOC \"{port}\" {site};\nIO_PORT \"{port}\" IO_TYPE={standard};")
            }
            Format::Xdc => format!(
                "set_property -dict {{PACKAGE_PIN {site} IOSTANDARD {standard}}} [get_ports {port}]"
            ),
            Format::Qsf => format!(
                "set_location_assignment PIN_{site} -to {port}\n\
                 set_instance_assignment -name IO_STANDARD \"{standard}\" -to {port}"
            ),
            Format::Sdc => String::new(),
        }
    }
}

/// Pins of the [harness](super::harness) on a board, and its clock where the format has clocks.
pub fn pins(board: &Board, format: Format, clock_mhz: u32) -> String {
    let mark = format.comment();
    let mut text = format!(
        "{mark} {}, package {}: pins of ferrogrid_harness, the top that `ferrogrid synth --board {}` makes.\n",
        board.title, board.package, board.name
    );
    let clock = match format {
        Format::Cst => format!(
            "The format has no clocks: tell nextpnr `--freq {clock_mhz}`, or Gowin's tools, in a .sdc,\n\
             `{}`.",
            Format::Sdc
                .clock("clk", clock_mhz.into())
                .unwrap_or_default()
        ),
        Format::Qsf => format!("The clock is in {}.sdc.", board.name),
        _ => format!("The clock of {clock_mhz} MHz holds from register to register."),
    };
    let notes = format!(
        "Here are three pins. {clock}\n\
         There are no I/O delays: what comes in at serial_in belongs to no clock, and serial_out is slow.\n\
         For a design of your own name its ports, add its other pins, give I/O delays to those that\n\
         meet a clock outside the chip, and put two registers behind a button."
    );
    for line in notes.lines() {
        writeln!(text, "{mark} {line}").expect("a String takes everything");
    }
    let ports = [
        ("clk", &board.clock),
        ("serial_in", &board.input),
        ("serial_out", &board.output),
    ];
    for (port, pin) in ports {
        let lines = format.pin(port, pin);
        writeln!(text, "\n{mark} {}\n{lines}", pin.what).expect("a String takes everything");
        let clock = format.clock(port, clock_mhz.into());
        if let Some(line) = clock.filter(|_| port == "clk") {
            writeln!(text, "{line}").expect("a String takes everything");
        }
    }
    text
}

/// The clock of a core as a top of its own, and what is left to the design around it. All ports
/// are synchronous to the one clock, so that there is no path to exempt.
pub fn core_clock(format: Format, top: &str, clock: &str, mhz: f64) -> String {
    let mark = format.comment();
    let line = format.clock(clock, mhz).unwrap_or_default();
    let mut text = format!(
        "{mark} The clock of {top} as a top of its own: {mhz} MHz, to be set to what the design needs.\n"
    );
    let notes = format!(
        "It holds from register to register. There are no pins and no I/O delays: a core is made to\n\
         stand inside a design, and its ports are no pins. Those that are want a place and a standard.\n\
         {}\n\
         Every port is synchronous to {clock}, aresetn too.",
        format.io_delays(clock)
    );
    for note in notes.lines() {
        writeln!(text, "{mark} {note}").expect("a String takes everything");
    }
    text + &line + "\n"
}

/// The frequency that the constraints of cores ask for, in MHz. A starting point, no claim.
pub const CORE_CLOCK_MHZ: f64 = 100.0;

/// Every file of the folder `constraints/`, by name: the clock of the cores in each format that
/// has clocks, and the pins of every board with its oscillator's frequency.
pub fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for format in [Format::Xdc, Format::Sdc, Format::Lpf, Format::Pcf] {
        let text = core_clock(format, "a matmul core", "aclk", CORE_CLOCK_MHZ);
        files.push((format!("matmul.{}", format.extension()), text));
    }
    for board in &BOARDS {
        let Some(target) = Target::named(board.target) else {
            continue;
        };
        let format = Format::of_pins(target.family);
        let mut add = |format: Format, text| {
            files.push((format!("{}.{}", board.name, format.extension()), text));
        };
        add(format, pins(board, format, board.oscillator));
        if format == Format::Qsf {
            let line = Format::Sdc.clock("clk", board.oscillator.into());
            let title = board.title;
            let text = format!(
                "# {title}: the oscillator, which holds from register to register. Pins are in {}.qsf.\n\
                 # There are no I/O delays: give them to ports that meet a clock outside the chip.\n{}\n",
                board.name,
                line.unwrap_or_default()
            );
            add(Format::Sdc, text);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_in_every_format() {
        let text = |name| {
            let board = Board::named(name).unwrap();
            let format = Format::of_pins(Target::named(board.target).unwrap().family);
            let text = pins(board, format, board.oscillator);
            format!("==> {name}.{}\n{text}\n", format.extension())
        };
        let boards = [
            "ulx3s",
            "icebreaker",
            "crosslink-nx-evn",
            "tang-nano-20k",
            "arty-a7",
            "de10-nano",
        ];
        insta::assert_snapshot!(boards.map(text).concat());
    }

    #[test]
    fn every_file_says_what_it_leaves_open_and_where_its_clock_is() {
        for (name, text) in files() {
            assert!(text.contains("I/O delays"), "{name}: {text}");
            let clock = ["FREQUENCY", "set_frequency", "create_clock", ".sdc"];
            assert!(clock.iter().any(|word| text.contains(word)), "{name}");
            let mark = if name.ends_with(".cst") { "//" } else { "#" };
            let is_note = |line: &&str| line.starts_with(mark);
            assert!(text.lines().take_while(is_note).count() >= 2, "{name}");
        }
    }

    #[test]
    fn a_core_says_how_delays_are_written() {
        let formats = [Format::Xdc, Format::Lpf, Format::Pcf];
        let text = formats.map(|format| core_clock(format, "core", "aclk", 100.0));
        insta::assert_snapshot!(text.join("\n"));
    }

    #[test]
    fn the_files_have_different_names() {
        let names: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        for board in &BOARDS {
            assert!(names.iter().any(|name| name.starts_with(board.name)));
        }
    }
}
