//! A multiplier made of a chip's cell beside the portable one.

use ferrogrid::arch::{ElementType, MatmulArch, Target};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::blocks::pe::{MultiplierInputs, PeFormat, RegisteredMultiplier};
use ferrogrid::config::MatmulConfig;
use ferrogrid::hdl::{Block, Module, Shape, Signal, bit, bundle, hardware, signed, unsigned};

/// The formats of PEs with these elements of A, for these chips.
pub fn format(element: ElementType, product_register: bool, target: Target) -> PeFormat {
    let mut config = MatmulConfig::new(2, 2);
    config.array.activation = element;
    config.array.product_register = product_register;
    config.common.target = target;
    let arch = MatmulArch::new(&config).expect("a legal architecture");
    PeFormat {
        sum: signed(32),
        ..MatmulCore::array_params(&arch).format
    }
}

bundle! {
    /// How a duel ends.
    pub struct Verdict {
        /// Cycles in which the two differed.
        mismatches: unsigned(32),
        /// Everything has been compared.
        done: bit(),
    }
}

/// Gives every pair of operands to both multipliers, twice, and counts the cycles in which their
/// products differ.
///
/// At first every weight is taken; then only some, so that most products are of a weight that
/// was taken earlier. `done` says that all pairs have come out.
#[derive(Debug, Clone, PartialEq)]
pub struct Duel {
    /// Formats, with the chips of the one multiplier.
    pub format: PeFormat,
}

impl Duel {
    /// Cycles until `done`, and a few more.
    pub fn cycles(&self) -> u64 {
        (2 << (2 * self.format.activation.width)) + 8
    }

    fn multipliers(&self) -> [RegisteredMultiplier; 2] {
        [Target::Portable, self.format.target].map(|target| RegisteredMultiplier {
            name: format!("{target}_multiplier"),
            format: PeFormat {
                target,
                ..self.format
            },
        })
    }
}

fn cast(bits: Signal<'_>, shape: Shape) -> Signal<'_> {
    if shape.signed { bits.as_signed() } else { bits }
}

#[hardware]
impl Block for Duel {
    fn module_name(&self) -> String {
        "duel".into()
    }

    fn build<'m>(&self, m: &'m Module, (): ()) -> Verdict<'m> {
        let PeFormat {
            activation, weight, ..
        } = self.format;
        assert_eq!(activation.width, weight.width);
        let width = activation.width;
        let count = m.reg(unsigned(2 * width + 1)).reset(0);
        let done = m.reg(bit()).reset(0);
        count.next(count + 1);
        m.when((!*count).eq(0), || done.set(true));
        let (low, high) = (count.slice(0, width), count.slice(width, width));
        let second = count.msb();
        let some = count.bit(0) ^ count.bit(2) ^ count.bit(width);
        let inputs = MultiplierInputs {
            activation_in: cast(second.mux(high, low), activation),
            weight_in: cast(second.mux(low, high), weight),
            weight_enable: !second | some,
        };
        let [portable, of_chip] = self.multipliers();
        let portable = m.instance(&portable, inputs);
        let of_chip = m.instance(&of_chip, inputs);
        // Before, no operand has come through.
        let settled = m.reg(bit()).reset(0);
        m.when(count.eq(4), || settled.set(true));
        let differ = settled & portable.product_out.ne(of_chip.product_out);
        let mismatches = m.reg(unsigned(32)).reset(0);
        // A sum, so that an unknown product makes the count unknown: a condition would hide it.
        mismatches.next(mismatches + differ.zero_extend(32));
        Verdict {
            mismatches: *mismatches,
            done: *done,
        }
    }
}
