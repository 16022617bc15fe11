//! Blocks, their instances, and what belongs to which module.

use super::domains::TwoClocks;
use super::{Inverter, InverterInput, inverted, refused, rejected};
use crate::*;

#[test]
fn equal_blocks_share_a_module() {
    let design = design("pair", |m| {
        let a = m.input("a", bit());
        let b = inverted(m, "first", a);
        m.output("y", inverted(m, "second", b));
    })
    .unwrap();
    assert_eq!(design.modules.len(), 2);
    assert_eq!(design.top().instances.len(), 2);
}

/// Two blocks of one name.
#[derive(Debug, Clone, PartialEq)]
struct Wide(u32);

bundle! {
    struct WideInput(wide: &Wide) {
        a: unsigned(wide.0),
    }
}

bundle! {
    struct WideOutput(width: u32) {
        y: unsigned(width),
    }
}

#[hardware]
impl Block for Wide {
    fn module_name(&self) -> String {
        "wide".into()
    }

    fn build<'m>(&self, _: &'m Module, io: WideInput<'m>) -> WideOutput<'m> {
        WideOutput { y: !io.a }
    }
}

#[test]
fn different_blocks_need_different_names() {
    let text = rejected(|m| {
        for width in [1, 2] {
            let a = m.input(format!("a{width}"), unsigned(width));
            let wide = m.instance(&Wide(width), WideInput { a });
            m.output(format!("y{width}"), wide.y);
        }
    });
    assert_eq!(
        text,
        "two different blocks are called `wide`; their module names must tell them apart\n  \
         first:  Wide(1)\n  second: Wide(2)"
    );
}

/// Two types of one name and one `Debug` text.
mod other {
    use crate::*;

    #[derive(Debug, Clone, PartialEq)]
    pub(super) struct Inverter;

    #[hardware]
    impl Block for Inverter {
        fn module_name(&self) -> String {
            "inverter".into()
        }

        fn build<'m>(&self, m: &'m Module, (): ()) -> super::WideOutput<'m> {
            let y = m.zero(unsigned(2));
            super::WideOutput { y }
        }
    }
}

#[test]
fn blocks_of_two_types_are_two_blocks() {
    let text = rejected(|m| {
        let a = m.input("a", bit());
        m.output("y", inverted(m, "u", a));
        m.output("z", m.instance(&other::Inverter, ()).y);
    });
    assert_eq!(
        text,
        "two different blocks are called `inverter`; their module names must tell them apart\n  \
         first:  Inverter (ferrogrid_hdl::tests::Inverter)\n  \
         second: Inverter (ferrogrid_hdl::tests::blocks::other::Inverter)"
    );
}

#[test]
fn a_child_may_not_have_the_name_of_its_parent() {
    let clash = |first: &str| {
        format!(
            "two different blocks are called `inverter`; their module names must tell them apart\n  \
             first:  {first}\n  second: Inverter"
        )
    };
    let describe = |m: &Module| {
        let a = m.input("a", bit());
        m.output("y", inverted(m, "u", a));
    };
    let error = design("inverter", describe).unwrap_err();
    assert_eq!(error.to_string(), clash("the top, described by a closure"));

    #[derive(Debug, Clone, PartialEq)]
    struct Outer;
    #[hardware]
    impl Block for Outer {
        fn module_name(&self) -> String {
            "inverter".into()
        }

        fn build(&self, m: &Module, (): ()) {
            inverted(m, "u", m.high());
        }
    }
    assert_eq!(elaborate(&Outer).unwrap_err().to_string(), clash("Outer"));
}

#[test]
fn a_block_may_not_contain_itself() {
    #[derive(Debug, Clone, PartialEq)]
    struct Ping;
    #[derive(Debug, Clone, PartialEq)]
    struct Pong;
    #[hardware]
    impl Block for Ping {
        fn module_name(&self) -> String {
            "ping".into()
        }

        fn build(&self, m: &Module, (): ()) {
            m.instance(&Pong, ());
        }
    }
    #[hardware]
    impl Block for Pong {
        fn module_name(&self) -> String {
            "pong".into()
        }

        fn build(&self, m: &Module, (): ()) {
            m.instance(&Ping, ());
        }
    }
    let text = rejected(|m| m.instance(&Ping, ()));
    assert_eq!(
        text,
        "module `ping` contains itself: `ping` > `pong` > `ping`\n  \
         an instance in its own block needs other parameters and another module name"
    );
}

#[test]
fn inputs_of_an_instance_are_checked() {
    let message = refused(|m| {
        let a = m.input("a", unsigned(2));
        m.instance(&Inverter, InverterInput { a });
    });
    assert_eq!(
        message,
        "input `a` of the instance of `inverter` is u1, `a` is u2"
    );
    let text = rejected(|m| _ = m.instance_of(&Inverter).named("u"));
    assert_eq!(
        text,
        "module `test`: input `a` of instance `u` is never driven\n  made at HERE"
    );
}

#[test]
fn handles_of_another_module_are_refused() {
    let domain = "a clock domain of another module cannot be used in module `inner`: add it there \
                  with `m.add_domain(..)` and clock the instance with `.clock(..)`";
    let inner = |outer: &Module, describe: &dyn Fn(&Module, Domain)| {
        let foreign = outer.add_domain("fast_clk", Reset::ActiveHigh("fast_rst"));
        let _ = design("inner", |m| describe(m, foreign));
    };
    let register = refused(|outer| {
        inner(outer, &|m, foreign| {
            m.reg(bit()).named("r").domain(foreign);
        });
    });
    assert_eq!(register, domain);
    let instance = refused(|outer| {
        inner(outer, &|m, foreign| {
            _ = m.instance_of(&TwoClocks).clock("fast_clk", foreign);
        });
    });
    assert_eq!(instance, domain);
    let port = refused(|outer| {
        inner(outer, &|m, foreign| {
            m.input_of(foreign, "a", bit());
        });
    });
    assert_eq!(port, domain);
    let unused = refused(|outer| {
        let a = outer.input("a", bit());
        let _ = design("inner", |m| m.unused(a));
    });
    assert_eq!(
        unused,
        "`a` belongs to module `test` and cannot be used in module `inner`: pass it through a port"
    );
}
