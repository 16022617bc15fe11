//! What construction and closing refuse, and the words they use.

mod blocks;
mod cells;
mod domains;
mod drivers;
mod interfaces;
mod loops;
mod memories;
mod names;
mod pins;
mod shapes;
mod warnings;

use super::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The panic message of a construction that must fail.
fn refused(describe: impl FnOnce(&Module)) -> String {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _ = design("test", describe);
    }));
    let panic = result.expect_err("the construction was accepted");
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| {
        panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .expect("a panic message")
    })
}

/// What closing says, with line numbers taken out.
fn rejected(describe: impl FnOnce(&Module)) -> String {
    let error = design("test", describe).expect_err("the design was accepted");
    message(&error.to_string())
}

/// A message with the places in these tests taken out.
fn message(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let place = line.find("crates/ferrogrid-hdl/src/tests");
        let line_number = place.and_then(|at| Some(at + line[at..].find(".rs:")? + 4));
        match place.zip(line_number) {
            Some((at, number)) => {
                let rest = line[number..].trim_start_matches(char::is_numeric);
                out.push_str(&format!("{}HERE{rest}\n", &line[..at]));
            }
            None => out.push_str(&format!("{line}\n")),
        }
    }
    out.trim_end().to_string()
}

/// A block whose output is its input, inverted.
#[derive(Debug, Clone, PartialEq)]
struct Inverter;

bundle! {
    struct InverterInput() {
        a: bit(),
    }
}

bundle! {
    struct InverterOutput() {
        y: bit(),
    }
}

#[hardware]
impl Block for Inverter {
    fn module_name(&self) -> String {
        "inverter".into()
    }

    fn build<'m>(&self, _: &'m Module, io: InverterInput<'m>) -> InverterOutput<'m> {
        InverterOutput { y: !io.a }
    }
}

/// An instance of it.
#[track_caller]
fn inverted<'m>(m: &'m Module, name: &str, a: Signal<'m>) -> Signal<'m> {
    let instance = m.instance_of(&Inverter).named(name);
    instance.connect(InverterInput { a }).y
}
