//! The figures that can be asked for.

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A group of measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Seconds and lines of Verilog.
    Generation,
    /// Part of the multipliers' time that does useful work.
    Utilization,
    /// Native simulation of a whole core.
    CoreSpeed,
    /// The native simulator beside Verilator.
    Simulators,
    /// Verilator: the generated array against a hand-written one.
    ArraySpeed,
    /// Cycles of networks on an NPU, and its simulation.
    Networks,
    /// Cycles as the model has them, beside those that cores take.
    Model,
    /// Look-up tables, flip-flops and multipliers on ECP5.
    Area,
    /// Area and clock of a placed and routed core.
    Routed,
}

impl Figure {
    /// Every figure, in the order of the report.
    pub const ALL: [Figure; 9] = [
        Figure::Generation,
        Figure::Utilization,
        Figure::CoreSpeed,
        Figure::Simulators,
        Figure::ArraySpeed,
        Figure::Networks,
        Figure::Model,
        Figure::Area,
        Figure::Routed,
    ];

    /// Those that are measured where none is asked for: all that take minutes at most.
    pub const DEFAULT: [Figure; 8] = [
        Figure::Generation,
        Figure::Utilization,
        Figure::CoreSpeed,
        Figure::Simulators,
        Figure::ArraySpeed,
        Figure::Networks,
        Figure::Model,
        Figure::Area,
    ];

    /// The name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Figure::Generation => "generation",
            Figure::Utilization => "utilization",
            Figure::CoreSpeed => "core-speed",
            Figure::Simulators => "simulators",
            Figure::ArraySpeed => "array-speed",
            Figure::Networks => "networks",
            Figure::Model => "model",
            Figure::Area => "area",
            Figure::Routed => "routed",
        }
    }

    /// A heading.
    pub fn title(self) -> &'static str {
        match self {
            Figure::Generation => "generating cores",
            Figure::Utilization => "utilization of a 16x16 core",
            Figure::CoreSpeed => "native simulation of a 16x16 core",
            Figure::Simulators => "the native simulator beside Verilator",
            Figure::ArraySpeed => "a generated 16x16 array and a hand-written one under Verilator",
            Figure::Networks => "networks and int8 products on an NPU",
            Figure::Model => "cycles as the model has them",
            Figure::Area => "synthesis of an 8x8 array for ECP5",
            Figure::Routed => "placing and routing an 8x8 core on ECP5",
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A name that is no figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no figure; there are: {names}", names = Figure::ALL.map(Figure::name).join(", "))]
pub struct UnknownFigure(pub String);

impl FromStr for Figure {
    type Err = UnknownFigure;

    fn from_str(name: &str) -> Result<Figure, UnknownFigure> {
        let found = Figure::ALL.into_iter().find(|figure| figure.name() == name);
        found.ok_or_else(|| UnknownFigure(name.escape_debug().to_string()))
    }
}
