//! Choices that have a name in the TOML.

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A name that is none of the choices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is none of: {}", .choices.join(", "))]
pub struct UnknownName {
    /// What was written.
    pub found: String,
    /// What could have been.
    pub choices: &'static [&'static str],
}

/// An enum with one name per variant, used in TOML, on the command line and in reports.
macro_rules! named {
    (
        $(#[$doc:meta])* $type:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $type {
            /// Every choice, in the order of the documentation.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];
            /// The names of [`Self::ALL`].
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The name as it stands in the TOML.
            pub const fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text {
                    $($name => Ok($type::$variant),)+
                    _ => Err(UnknownName { found: text.into(), choices: Self::NAMES }),
                }
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

named!(
    /// What is generated.
    Kind {
        /// A matrix-multiply core with stream interfaces.
        Matmul = "matmul",
        /// A core that runs networks, with a bus to DRAM.
        Npu = "npu",
    }
);

named!(
    /// The chips for which a core is made.
    Target {
        /// Every chip: Verilog without a vendor's cells and attributes.
        Portable = "portable",
        /// Lattice ECP5: multipliers with registers inside.
        Ecp5 = "ecp5",
        /// Xilinx 7-series: its DSP slices, and block RAM.
        Xilinx = "xilinx",
        /// Xilinx UltraScale+: its DSP slices, and UltraRAM for the large memories.
        UltraScalePlus = "ultrascale_plus",
        /// Lattice iCE40 UltraPlus: its multipliers, and its large memories where one port will do.
        Ice40 = "ice40",
    }
);

impl Target {
    /// What default names of cores end with: nothing for those that are portable.
    pub(crate) fn suffix(self) -> String {
        match self {
            Target::Portable => String::new(),
            target => format!("-{target}").replace('_', "-"),
        }
    }
}

named!(
    /// Which operand stays in the array while the others move.
    Dataflow {
        /// A tile of B stays in the processing elements, partial sums move down.
        WeightStationary = "weight_stationary",
        /// Sums stay in the processing elements, both operands move.
        OutputStationary = "output_stationary",
    }
);

named!(
    /// Type of an operand's elements.
    ElementType {
        /// Two's complement, 4 bits.
        Int4 = "int4",
        /// Two's complement, 8 bits.
        Int8 = "int8",
        /// Two's complement, 16 bits.
        Int16 = "int16",
        /// Unsigned, 8 bits.
        Uint8 = "uint8",
    }
);

named!(
    /// How sums become bytes.
    Requantization {
        /// Fixed-point multipliers alone.
        Fixed = "fixed",
        /// fp32 scales alone.
        Float = "float",
        /// Each instruction chooses.
        Both = "both",
    }
);
named! {
    /// Whether the units of a core that runs networks work at the same time.
    ControlOrder {
        /// Each unit has a queue of its own; semaphores order what must be.
        Distributed = "distributed",
        /// An instruction begins when all before it have ended.
        Central = "central",
    }
}
