//! Combinational loops, bit by bit.

use super::{inverted, message, rejected};
use crate::*;

#[test]
fn a_combinational_loop_is_printed_hop_by_hop() {
    let text = rejected(|m| {
        let a = m.input("a", unsigned(4));
        let first = m.wire(unsigned(4)).named("first");
        let second = (first + a).named("second");
        first.drive(second ^ 1);
        m.output("y", second);
    });
    assert_eq!(
        text,
        "module `test`: combinational loop through 4 signals\n  \
         HERE: bit 0 of the result of `+`\n  \
         HERE: bit 0 of `second`\n  \
         HERE: bit 0 of the result of `^`\n  \
         HERE: bit 0 of `first`\n  \
         and back to bit 0 of the result of `+`; put a register into the path"
    );
}

#[test]
fn a_loop_through_instances_is_found() {
    let text = rejected(|m| {
        let back = m.wire(bit()).named("back");
        let once = inverted(m, "once", back);
        back.drive(inverted(m, "twice", once));
        m.output("y", back);
    });
    assert!(
        text.contains("combinational loop through 3 signals"),
        "{text}"
    );
    assert!(
        text.contains("HERE: output `y` of instance `once`"),
        "{text}"
    );
}

#[test]
fn a_loop_of_one_bit_of_a_bus_is_found() {
    let text = rejected(|m| {
        let a = m.input("a", unsigned(4));
        let bus = m.wire(unsigned(4)).named("bus");
        let high = bus.slice(2, 2) & a.slice(2, 2);
        bus.drive(join(&[a.slice(0, 2), high]));
        m.output("y", bus);
    });
    assert_eq!(
        text,
        "module `test`: combinational loop through 4 signals\n  \
         HERE: bit 0 of a slice\n  \
         HERE: bit 0 of the result of `&`\n  \
         HERE: bit 2 of a concatenation\n  \
         HERE: bit 2 of `bus`\n  \
         and back to bit 0 of a slice; put a register into the path"
    );
}

/// Two bits, of which each follows its own input bit alone.
#[derive(Debug, Clone, PartialEq)]
struct Pair;

bundle! {
    struct Bits() {
        a: unsigned(2),
    }
}

bundle! {
    struct Inverted() {
        y: unsigned(2),
    }
}

#[hardware]
impl Block for Pair {
    fn module_name(&self) -> String {
        "pair".into()
    }

    fn build<'m>(&self, _: &'m Module, io: Bits<'m>) -> Inverted<'m> {
        Inverted { y: !io.a }
    }
}

#[hardware]
fn describe_pair(m: &Module, crossed: bool) {
    let c = m.input("c", bit());
    let back = m.wire(unsigned(2));
    let pair = m.instance(&Pair, Bits { a: back });
    back.drive(join(&[c, pair.y.bit(u32::from(crossed))]));
    m.output("y", pair.y);
}

#[test]
fn bits_are_followed_through_instances() {
    let text = rejected(|m| describe_pair(m, true));
    assert!(
        text.starts_with("module `test`: combinational loop through"),
        "{text}"
    );
    assert!(
        text.contains("HERE: bit 1 of output `y` of instance `pair`\n"),
        "{text}"
    );
}

#[test]
fn ports_that_run_in_a_circle_as_a_whole_are_no_loop() {
    let design = design("test", |m| describe_pair(m, false)).unwrap();
    assert_eq!(
        message(&design.warnings[0].to_string()),
        "module `test`: as a whole, although no bit does, an instance follows itself\n  \
         HERE: output `y` of instance `pair`\n  \
         Verilator warns of such ports (UNOPTFLAT): give bits that follow each other ports of their own"
    );
    let mut sim = sim::Simulator::new(&design);
    assert_eq!(sim.peek("y"), 0b01.into());
    sim.poke("c", 1);
    assert_eq!(sim.peek("y"), 0b10.into());
}
