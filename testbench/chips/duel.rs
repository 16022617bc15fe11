//! A multiplier made of a chip's cell beside the portable one.

use ferrogrid::arch::{ElementType, IntType, MatmulArch, Target};
use ferrogrid::blocks::pe::{PeFormat, RegisteredMultiplier};
use ferrogrid::config::MatmulConfig;
use ferrogrid::hdl::{Block, Module, Shape, Signal, unsigned};

/// The formats of PEs with these elements of A, for these chips.
pub fn format(element: ElementType, product_register: bool, target: Target) -> PeFormat {
    let mut config = MatmulConfig::new(2, 2);
    config.array.activation = element;
    config.array.product_register = product_register;
    config.common.target = target;
    let arch = MatmulArch::new(&config).expect("a legal architecture");
    PeFormat::new(&arch, IntType::signed(32))
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

impl Block for Duel {
    fn module_name(&self) -> String {
        "duel".into()
    }

    ferrogrid::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let PeFormat {
            activation, weight, ..
        } = self.format;
        assert_eq!(activation.width, weight.width);
        let width = activation.width;
        let count = m.reg(unsigned(2 * width + 1)).named("count").reset(0);
        let done = m.reg(ferrogrid::hdl::bit()).named("done").reset(0);
        count.next(count + 1);
        let last = (!*count).eq(0);
        done.next(*done | last);
        let (low, high) = (count.slice(0, width), count.slice(width, width));
        let second = count.msb();
        let a = cast(second.mux(high, low), activation);
        let b = cast(second.mux(low, high), weight);
        let some = count.bit(0) ^ count.bit(2) ^ count.bit(width);
        let products = self.multipliers().map(|multiplier| {
            m.untyped_instance(multiplier.name.clone(), &multiplier)
                .input("activation_in", a)
                .input("weight_in", b)
                .input("weight_enable", !second | some)
                .output("product_out")
        });
        // Before, no operand has come through.
        let settled = m.reg(ferrogrid::hdl::bit()).named("settled").reset(0);
        settled.next(*settled | count.eq(4));
        let differ = (*settled & products[0].ne(products[1])).named("differ");
        let mismatches = m.reg(unsigned(32)).named("mismatches").reset(0);
        // A sum, so that an unknown product makes the count unknown: a condition would hide it.
        mismatches.next(*mismatches + differ.zero_extend(32));
        m.output("mismatches", mismatches);
        m.output("done", done);
    }
}
