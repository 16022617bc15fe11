//! Bundles whose members are named at run time, and instances of a second clock.

use super::{refused, rejected};
use crate::*;

/// A word that one clock writes and the other reads.
#[derive(Debug, Clone, PartialEq)]
struct Mailbox {
    words: u32,
}

bundle! {
    struct Letters(words: u32) {
        write: bit(),
        flat words: Pins(Pins::numbered("W", words)),
        flat others: Pins([("SPARE", unsigned(3))]),
        take: bit(),
    }
}

bundle! {
    struct Taken() {
        back flat hold: Pins([("HOLD", bit())]),
        taken: unsigned(3),
    }
}

#[hardware]
impl Block for Mailbox {
    type Inputs<'m> = Letters<'m>;
    type Outputs<'m> = Taken<'m>;

    fn module_name(&self) -> String {
        "letter_box".into()
    }

    fn inputs(&self) -> Shapes<Letters<'static>> {
        Letters::of(self.words)
    }

    fn build<'m>(&self, m: &'m Module, io: Letters<'m>) -> Taken<'m> {
        let reader = m.add_domain("CLKB", Reset::ActiveHigh("RSTB"));
        m.inputs_of(reader, &io.take);
        m.unused(io.others["SPARE"]);
        let hold = m.wires(Pins::of([("HOLD", bit())]));
        let written = m.capture(
            io.write & !hold["HOLD"],
            join(&io.words.bits("W", self.words)),
        );
        let taken = m.reg(unsigned(self.words)).domain(reader).synchronizer();
        let takes = m.reg(bit()).domain(reader).next(io.take);
        let taken = taken.enable(takes).next(written);
        Taken { hold, taken }
    }
}

fn letters<'m>(m: &'m Module, words: Pins<'m>) -> Letters<'m> {
    Letters {
        write: m.input("write", bit()),
        words,
        others: Pins::default().tie_off(m, &Pins::of([("SPARE", unsigned(3))])),
        take: m.input("take", bit()),
    }
}

#[test]
fn pins_have_names_of_run_time_and_stand_in_any_order() {
    let mailbox = Mailbox { words: 3 };
    let design = design("top", |m| {
        let word = m.input("word", unsigned(2));
        let words = Pins::new([("W2", m.high())]).with_bits("W", word);
        let instance = m.instance_of(&mailbox).named("box").comment("Of letters.");
        let instance = instance.clock("CLKB", m.default_domain());
        let taken = instance.connect(letters(m, words));
        taken.hold["HOLD"].drive(m.input("hold", bit()));
        m.output("taken", taken.taken);
    })
    .unwrap();
    let ports = &design.modules[0].ports;
    let names: Vec<_> = ports.iter().map(|port| port.name.as_str()).collect();
    assert_eq!(
        names,
        ["write", "W0", "W1", "W2", "SPARE", "take", "HOLD", "taken"]
    );
    let instance = &design.top().instances[0];
    assert_eq!(
        (&*instance.name, &*instance.comment),
        ("box", "Of letters.")
    );

    let mut sim = sim::Simulator::new(&design);
    for input in ["word", "write", "take"] {
        sim.poke(input, 1);
    }
    sim.run(3);
    assert_eq!(sim.peek("taken"), 0b101.into());
    sim.poke("hold", 1);
    sim.poke("word", 2);
    sim.run(3);
    assert_eq!(sim.peek("taken"), 0b101.into());
}

#[test]
fn wrong_pins_are_named() {
    let text = refused(|m| _ = Pins::new([("A", m.high()), ("CE", m.high())])["B"]);
    assert_eq!(text, "there is no pin `B`; there are: A, CE");
    let text = refused(|m| {
        let words = Pins::new([("W0", m.high()), ("V1", m.high())]);
        m.instance(&Mailbox { words: 2 }, letters(m, words));
    });
    assert_eq!(
        text,
        "the instance of `letter_box` has the inputs write, W0, W1, SPARE, take, and is given write, \
         W0, V1, SPARE, take"
    );
    let text = refused(|m| m.inputs_of(m.default_domain(), &m.wire(bit()).named("wire")));
    assert_eq!(text, "`wire` is not an input port");
}

#[test]
fn inputs_of_a_further_clock_are_sampled_by_it() {
    let text = rejected(|m| {
        m.add_domain("CLKB", Reset::ActiveHigh("RSTB"));
        let words = Pins::new([("W0", m.high())]);
        let inputs = letters(m, words);
        let take = m.delay(inputs.take).named("late");
        let taken = m.instance(&Mailbox { words: 1 }, Letters { take, ..inputs });
        taken.hold["HOLD"].drive(m.low());
        m.output("taken", taken.taken);
    });
    assert_eq!(
        text,
        "module `test`: instance `letter_box_i` is clocked by `CLKB` but samples register `late` of `clk`\n  \
         made at HERE\n  use a register marked `.synchronizer()`"
    );
}

#[test]
fn blocks_have_no_other_ports_than_their_bundles() {
    #[derive(Debug, Clone, PartialEq)]
    struct Mixed;
    impl Block for Mixed {
        type Inputs<'m> = ();
        type Outputs<'m> = Signal<'m>;

        fn module_name(&self) -> String {
            "mixed".into()
        }

        fn inputs(&self) -> Shapes<()> {
            Shapes::none()
        }

        fn build<'m>(&self, m: &'m Module, (): ()) -> Signal<'m> {
            m.input("a", bit())
        }
    }
    let text = refused(|m| _ = m.instance(&Mixed, ()));
    assert_eq!(
        text,
        "port `a` of `mixed` must be a member of the block's inputs or outputs"
    );

    /// A block without bundles is one too.
    #[derive(Debug, Clone, PartialEq)]
    struct Alone;
    #[hardware]
    impl Block for Alone {
        fn module_name(&self) -> String {
            "alone".into()
        }

        fn build(&self, m: &Module, (): ()) {
            m.output("y", m.high());
        }
    }
    let expected = "port `y` of `alone` must be a member of the block's inputs or outputs";
    assert_eq!(refused(|m| m.instance(&Alone, ())), expected);
    assert_eq!(refused(|_| _ = elaborate(&Alone)), expected);
}
