//! Finds the external tools that Ferrogrid can use.

mod error;
mod find;
#[cfg(test)]
mod tests;
mod version;

pub use error::ToolError;
pub use find::{DATED, FoundTool, fpga_environment};
pub use version::Version;

use std::fmt;

/// The oldest Verilator whose scheduling and flags the runner relies on.
pub const MINIMUM_VERILATOR: Version = Version {
    major: 5,
    minor: 6,
    digits: 3,
};

/// The oldest Yosys that the tests of netlists have run with.
const MINIMUM_YOSYS: Version = Version {
    major: 0,
    minor: 23,
    digits: 2,
};

/// An external tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Tool {
    /// Verilog to C++ compiler.
    Verilator,
    /// C++ compiler for Verilator's output.
    Cxx,
    /// Icarus Verilog compiler.
    Iverilog,
    /// Icarus Verilog run time.
    Vvp,
    /// Yosys for formal checks: that on `PATH`.
    Yosys,
    /// Yosys for synthesis: the better one of that on `PATH` and that of `scripts/setup --fpga`.
    Synthesizer,
    /// Placement and routing for Lattice ECP5.
    NextpnrEcp5,
    /// Placement and routing for Lattice iCE40.
    NextpnrIce40,
    /// Placement and routing for Lattice Nexus.
    NextpnrNexus,
    /// Placement and routing for Gowin.
    NextpnrGowin,
    /// Bitstreams for Lattice ECP5.
    Ecppack,
    /// Bitstreams for Lattice iCE40.
    Icepack,
    /// Bitstreams for Lattice Nexus.
    Prjoxide,
    /// Bitstreams for Gowin.
    GowinPack,
    /// FuseSoC, which reads the `.core` file of a generated core.
    Fusesoc,
    /// A Python that has LiteX, which reads the module of a generated core.
    Litex,
    /// A browser, in which tests look at pages.
    Chromium,
    /// OpenSTA: power and clock of gates.
    Sta,
}

impl Tool {
    /// Every tool, in the order in which `doctor` lists them.
    pub const ALL: [Tool; 18] = [
        Tool::Verilator,
        Tool::Cxx,
        Tool::Iverilog,
        Tool::Vvp,
        Tool::Yosys,
        Tool::Synthesizer,
        Tool::NextpnrEcp5,
        Tool::NextpnrIce40,
        Tool::NextpnrNexus,
        Tool::NextpnrGowin,
        Tool::Ecppack,
        Tool::Icepack,
        Tool::Prjoxide,
        Tool::GowinPack,
        Tool::Fusesoc,
        Tool::Litex,
        Tool::Chromium,
        Tool::Sta,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Litex => "litex",
            _ => self.program(),
        }
    }

    /// The name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Tool::Verilator => "verilator",
            Tool::Cxx => "g++",
            Tool::Iverilog => "iverilog",
            Tool::Vvp => "vvp",
            Tool::Yosys | Tool::Synthesizer => "yosys",
            Tool::NextpnrEcp5 => "nextpnr-ecp5",
            Tool::NextpnrIce40 => "nextpnr-ice40",
            Tool::Ecppack => "ecppack",
            Tool::Icepack => "icepack",
            Tool::NextpnrNexus => "nextpnr-nexus",
            Tool::NextpnrGowin => "nextpnr-himbaechel",
            Tool::Prjoxide => "prjoxide",
            Tool::GowinPack => "gowin_pack",
            Tool::Fusesoc => "fusesoc",
            Tool::Litex => "python3",
            Tool::Chromium => "chromium",
            Tool::Sta => "sta",
        }
    }

    /// The package of Debian and Ubuntu that has it, or that `scripts/setup --fpga` needs for it.
    pub fn package(self) -> &'static str {
        match self {
            Tool::Verilator => "verilator",
            Tool::Cxx => "g++",
            Tool::Iverilog | Tool::Vvp => "iverilog",
            Tool::Yosys => "yosys",
            Tool::NextpnrIce40 => "nextpnr-ice40",
            Tool::Icepack => "fpga-icestorm",
            Tool::Chromium => "chromium",
            Tool::Synthesizer
            | Tool::NextpnrEcp5
            | Tool::NextpnrNexus
            | Tool::NextpnrGowin
            | Tool::Ecppack
            | Tool::Prjoxide
            | Tool::GowinPack
            | Tool::Fusesoc
            | Tool::Litex => "python3-venv",
            Tool::Sta => "opensta",
        }
    }

    /// What Ferrogrid does with it.
    pub fn purpose(self) -> &'static str {
        match self {
            Tool::Verilator => "fast simulation of the generated Verilog",
            Tool::Cxx => "compiles Verilator's output",
            Tool::Iverilog => "four-state simulation: compiles",
            Tool::Vvp => "four-state simulation: runs",
            Tool::Yosys => "formal checks",
            Tool::Synthesizer => "synthesis",
            Tool::NextpnrEcp5 => "placement and routing, ECP5",
            Tool::NextpnrIce40 => "placement and routing, iCE40",
            Tool::Ecppack => "bitstreams, ECP5",
            Tool::Icepack => "bitstreams, iCE40",
            Tool::NextpnrNexus => "placement and routing, Nexus",
            Tool::NextpnrGowin => "placement and routing, Gowin",
            Tool::Prjoxide => "bitstreams, Nexus",
            Tool::GowinPack => "bitstreams, Gowin",
            Tool::Fusesoc => "takes in a core's .core file",
            Tool::Litex => "takes in a core's LiteX module",
            Tool::Chromium => "tests of pages",
            Tool::Sta => "power and clock of gates",
        }
    }

    /// `scripts/setup --fpga` installs it.
    pub fn is_of_fpga_flow(self) -> bool {
        !matches!(
            self,
            Tool::Verilator | Tool::Cxx | Tool::Iverilog | Tool::Vvp | Tool::Yosys
        )
    }

    /// The oldest version that works, where there is one that does not.
    fn minimum(self) -> Option<Version> {
        match self {
            Tool::Verilator => Some(MINIMUM_VERILATOR),
            Tool::Synthesizer => Some(MINIMUM_YOSYS),
            _ => None,
        }
    }

    /// How to get it.
    fn installation(self) -> String {
        if matches!(self, Tool::Fusesoc | Tool::Litex) {
            return "run `scripts/setup --fpga`; docs/flows.md has the commands for an environment \
                    of their own"
                .into();
        }
        if self == Tool::Chromium {
            return "run `scripts/setup --fpga`, or install Chromium from the system's packages"
                .into();
        }
        if self == Tool::Sta {
            return "run `scripts/setup --fpga`, or install the packages `opensta` and `qflow-tech-osu018` of Debian"
                .into();
        }
        if self.is_of_fpga_flow() {
            return "run `scripts/setup --fpga`, or put an OSS CAD Suite first on PATH \
                    (https://github.com/YosysHQ/oss-cad-suite-build)"
                .into();
        }
        format!(
            "run `scripts/setup`, or install the package `{package}` of Debian and Ubuntu: \
             apt-get install {package}",
            package = self.package()
        )
    }

    /// How to get a newer one.
    fn newer(self) -> String {
        if self.is_of_fpga_flow() {
            return self.installation();
        }
        format!(
            "Debian 12 and Ubuntu 23.04 have a new enough `{}`; on older systems build it from \
             source, or put a newer one first on PATH",
            self.package()
        )
    }

    /// Where it is looked for beside `PATH`, as part of a sentence.
    fn elsewhere(self) -> &'static str {
        match self.is_of_fpga_flow() {
            true => " or in the environment of `scripts/setup --fpga`",
            false => "",
        }
    }

    /// The arguments that make it tell its version.
    fn question(self) -> &'static [&'static str] {
        match self {
            Tool::Iverilog | Tool::Vvp | Tool::Yosys | Tool::Synthesizer => &["-V"],
            // They tell no version, and this makes them do nothing.
            Tool::Icepack | Tool::GowinPack => &["-h"],
            Tool::Sta => &["-version"],
            Tool::Litex => &[
                "-c",
                "import importlib.metadata as m; print('LiteX', m.version('litex'))",
            ],
            _ => &["--version"],
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
