//! The language as a user writes it: typed ports, conditional description, names.

mod arbiter;
mod names;
mod ports;
mod read_dma;
mod requantizer;
mod when;

use ferrogrid_hdl::Module;
use ferrogrid_hdl::{self as hdl, DesignError, verilog};

/// The Verilog of a design.
fn text(name: &str, describe: impl FnOnce(&Module)) -> String {
    verilog::concat(&hdl::design(name, describe).unwrap_or_else(|error| panic!("{error}")))
}

/// What is wrong with a design.
fn error(describe: impl FnOnce(&Module)) -> DesignError {
    hdl::design("top", describe).expect_err("the design is wrong")
}

/// The message of a panic.
fn panic_of(describe: impl FnOnce(&Module) + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(|| hdl::design("top", describe).map(|_| ()))
        .expect_err("the description panics");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| text.to_string()))
        .expect("a message")
}

/// The page shows the blocks that are tested here, to the letter.
#[test]
fn the_page_shows_these_blocks() {
    let page = include_str!("../../hdl.md");
    for file in [
        include_str!("arbiter.rs"),
        include_str!("read_dma.rs"),
        include_str!("requantizer.rs"),
    ] {
        let (_, from) = file.split_once("// In docs/hdl.md:\n").expect("a start");
        let (excerpt, _) = from.split_once("// The end of").expect("an end");
        assert!(page.contains(excerpt.trim()), "{excerpt}");
    }
}
