//! Families of FPGAs.

use super::Target;

/// What Yosys calls the cells of a family, and with which pass it maps to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

impl Family {
    /// All of them.
    pub const ALL: [Family; 7] = [
        Family::Ecp5,
        Family::Ice40,
        Family::Nexus,
        Family::Gowin,
        Family::Xilinx7,
        Family::UltraScalePlus,
        Family::CycloneV,
    ];

    /// The family for which a core is made, or ECP5 for a portable one.
    pub fn of(target: Target) -> Family {
        match target {
            Target::Portable | Target::Ecp5 => Family::Ecp5,
            Target::Ice40 => Family::Ice40,
            Target::Xilinx => Family::Xilinx7,
            Target::UltraScalePlus => Family::UltraScalePlus,
        }
    }

    /// The name in reports.
    pub fn title(self) -> &'static str {
        match self {
            Family::Ecp5 => "Lattice ECP5",
            Family::Ice40 => "Lattice iCE40",
            Family::Nexus => "Lattice Nexus",
            Family::Gowin => "Gowin GW2A",
            Family::Xilinx7 => "Xilinx 7-series",
            Family::UltraScalePlus => "Xilinx UltraScale+",
            Family::CycloneV => "Intel Cyclone V",
        }
    }

    /// Whether chips of the family have the cells of a core that is made for `target`.
    pub fn takes(self, target: Target) -> bool {
        match target {
            Target::Portable => true,
            Target::Ecp5 => self == Family::Ecp5,
            Target::Ice40 => self == Family::Ice40,
            Target::Xilinx => self == Family::Xilinx7,
            Target::UltraScalePlus => self == Family::UltraScalePlus,
        }
    }
}
