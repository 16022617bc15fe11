//! Blocks, their instances, and what belongs to which module.

use super::domains::TwoClocks;
use super::{Inverter, refused, rejected};
use crate::*;

#[test]
fn equal_blocks_share_a_module() {
    let design = design("pair", |m| {
        let a = m.input("a", bit());
        let b = m
            .untyped_instance("first", &Inverter)
            .input("a", a)
            .output("y");
        m.output(
            "y",
            m.untyped_instance("second", &Inverter)
                .input("a", b)
                .output("y"),
        );
    })
    .unwrap();
    assert_eq!(design.modules.len(), 2);
    assert_eq!(design.top().instances.len(), 2);
}

#[test]
fn different_blocks_need_different_names() {
    #[derive(Debug, Clone, PartialEq)]
    struct Wide(u32);
    impl Block for Wide {
        fn module_name(&self) -> String {
            "wide".into()
        }
        crate::untyped_ports!();

        fn build(&self, m: &Module, (): ()) {
            let a = m.input("a", unsigned(self.0));
            m.output("y", !a);
        }
    }
    let text = rejected(|m| {
        let a = m.input("a", bit());
        m.output(
            "y",
            m.untyped_instance("one", &Wide(1))
                .input("a", a)
                .output("y"),
        );
        m.untyped_instance("two", &Wide(2));
    });
    assert!(
        text.starts_with(
            "two different blocks are called `wide`; their module names must tell them apart\n  \
             first:  Wide(1)\n  second: Wide(2)"
        ),
        "{text}"
    );
}

/// Two types of one name and one `Debug` text.
mod other {
    use crate::*;

    #[derive(Debug, Clone, PartialEq)]
    pub struct Inverter;

    impl Block for Inverter {
        fn module_name(&self) -> String {
            "inverter".into()
        }
        crate::untyped_ports!();

        fn build(&self, m: &Module, (): ()) {
            let a = m.input("a", unsigned(2));
            m.output("y", !a);
        }
    }
}

#[test]
fn blocks_of_two_types_are_two_blocks() {
    let text = rejected(|m| {
        let a = m.input("a", bit());
        m.output(
            "y",
            m.untyped_instance("u", &Inverter).input("a", a).output("y"),
        );
        let b = m.input("b", unsigned(2));
        let other = m.untyped_instance("v", &other::Inverter).input("a", b);
        m.output("z", other.output("y"));
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
        m.output(
            "y",
            m.untyped_instance("u", &Inverter).input("a", a).output("y"),
        );
    };
    let error = design("inverter", describe).unwrap_err();
    assert_eq!(error.to_string(), clash("the top, described by a closure"));

    #[derive(Debug, Clone, PartialEq)]
    struct Outer;
    impl Block for Outer {
        fn module_name(&self) -> String {
            "inverter".into()
        }
        crate::untyped_ports!();

        fn build(&self, m: &Module, (): ()) {
            m.untyped_instance("u", &Inverter);
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
    impl Block for Ping {
        fn module_name(&self) -> String {
            "ping".into()
        }
        crate::untyped_ports!();

        fn build(&self, m: &Module, (): ()) {
            m.untyped_instance("pong", &Pong);
        }
    }
    impl Block for Pong {
        fn module_name(&self) -> String {
            "pong".into()
        }
        crate::untyped_ports!();

        fn build(&self, m: &Module, (): ()) {
            m.untyped_instance("ping", &Ping).input("a", m.high());
        }
    }
    let text = rejected(|m| {
        m.untyped_instance("ping", &Ping);
    });
    assert_eq!(
        text,
        "module `ping` contains itself: `ping` > `pong` > `ping`\n  \
         an instance in its own block needs other parameters and another module name"
    );
}

#[test]
fn instance_ports_are_checked() {
    let message = refused(|m| {
        let a = m.input("a", unsigned(2));
        m.untyped_instance("u", &Inverter).input("a", a);
    });
    assert_eq!(message, "input `a` of instance `u` is u1, `a` is u2");
    let message = refused(|m| {
        m.untyped_instance("u", &Inverter).output("q");
    });
    assert_eq!(
        message,
        "instance `u` of `inverter` has no output `q`; it has: y"
    );
    let text = rejected(|m| {
        m.output("y", m.untyped_instance("u", &Inverter).output("y"));
    });
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
            m.untyped_instance("u", &TwoClocks)
                .clock("fast_clk", foreign);
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
