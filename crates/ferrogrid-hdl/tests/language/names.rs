//! Names from `let` bindings.

use super::{error, text};
use ferrogrid_hdl::{Module, Signal, bit, hardware, unsigned};

fn names(describe: fn(&Module)) -> Vec<String> {
    let design = ferrogrid_hdl::design("top", describe).unwrap_or_else(|error| panic!("{error}"));
    let nodes = design.top().nodes.iter();
    nodes.filter_map(|node| node.name.clone()).collect()
}

#[test]
fn bindings_name_state_and_values() {
    #[hardware]
    fn sums(m: &Module) {
        let (a, b) = (m.input("a", unsigned(4)), m.input("b", unsigned(4)));
        let same = a.eq(b);
        let sum = a + b;
        let total = m.reg(unsigned(4)).reset(0).enable(same);
        let next = total ^ sum;
        total.next(next);
        let low = sum.truncate(2);
        m.output("total_out", total);
        m.output("low_out", low);
        m.output("same_out", same | sum.any());
    }
    let names = names(sums);
    for name in ["same", "sum", "total"] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
    // Wiring, and what only feeds a register.
    for name in ["low", "next"] {
        assert!(!names.iter().any(|n| n == name), "{name}: {names:?}");
    }
    let text = text("sums", sums);
    assert!(!text.contains("_term"), "{text}");
}

/// Names its own parts, and the caller names what it gives.
#[hardware]
fn twice<'m>(m: &'m Module, value: Signal<'m>) -> Signal<'m> {
    let once = m.delay(value);
    let twice = m.delay(once);
    twice
}

#[test]
fn the_caller_names_what_a_function_gives() {
    #[hardware]
    fn top(m: &Module) {
        let a = m.input("a", bit());
        let late = twice(m, a);
        m.output("late_out", late);
    }
    assert_eq!(names(top), ["a", "once", "late", "late_out"]);
}

#[test]
fn names_that_stand_several_times_are_numbered() {
    #[hardware]
    fn top(m: &Module) {
        let mut all = vec![m.input("a", bit())];
        for _ in 0..3 {
            let stage = m.delay(all[all.len() - 1]);
            all.push(stage);
        }
        let lines: Vec<Signal> = all.iter().map(|line| m.delay(*line)).collect();
        m.output(
            "any",
            lines.into_iter().reduce(|any, line| any | line).unwrap(),
        );
    }
    let names = names(top);
    for name in ["stage_0", "stage_1", "stage_2", "lines_0", "lines_3"] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

#[test]
fn a_name_that_is_given_counts_for_more() {
    #[hardware]
    fn top(m: &Module) {
        let a = m.input("a", bit());
        let late = m.delay(a).named("a_1");
        let mem = m.memory(4, 4).named("words");
        let word = mem.read(m.zero(unsigned(2)));
        mem.write(late, m.zero(unsigned(2)), word);
        m.output("word_out", word);
    }
    let names = names(top);
    assert!(
        names.iter().any(|n| n == "a_1") && !names.iter().any(|n| n == "late"),
        "{names:?}"
    );
    assert!(
        text("top", top).contains("reg [3:0] words [0:3]"),
        "{}",
        text("top", top)
    );
}

#[test]
fn state_without_a_name_is_an_error_with_its_line() {
    let error = error(|m| {
        let a = m.input("a", bit());
        let count = m.reg(bit());
        count.next(count ^ a);
        m.output("value", count & a);
    });
    let text = error.to_string();
    assert!(
        text.contains("a register has no name") && text.contains("names.rs:"),
        "{text}"
    );
}
