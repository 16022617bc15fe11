//! What `docs/flows.md` shows, run as it is there, in one folder from top to bottom.

use super::{TempDir, has_passed, run, tools};
use ferrogrid::synth::tools::Tool;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The commands of the page in their order.
fn commands(page: &str) -> Vec<&str> {
    let lines = page.lines().filter_map(|line| line.strip_prefix("    "));
    lines.filter(|line| !line.starts_with(' ')).collect()
}

/// The block of the page that begins with `start`.
fn block<'a>(page: &'a str, start: &str) -> &'a str {
    let (_, rest) = page.split_once(start).expect("a block");
    rest.split_once("```").expect("the end of the block").0
}

/// A program at a place where the page has it.
fn install(place: &Path, name: &str, program: &Path) {
    let path = place.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let text = format!("#!/bin/sh\nexec '{}' \"$@\"\n", program.display());
    fs::write(&path, text).expect("a written file");
    let made = Command::new("chmod").arg("+x").arg(&path).status();
    assert!(made.expect("chmod").success());
}

/// The commands that take long run in the other tests, on a smaller core: Verilator's models and
/// synthesis.
#[test]
fn the_page_can_be_followed_from_top_to_bottom() {
    let needed = [Tool::Iverilog, Tool::Vvp, Tool::Verilator];
    if !tools::present(&needed) {
        return;
    }
    let (Some(fusesoc), Some(python)) = (tools::program("fusesoc"), tools::python("litex, migen"))
    else {
        return;
    };
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/flows.md"));
    let page = page.expect("the page");
    let folder = TempDir::new().expect("a temporary folder");
    let ferrogrid = Path::new(env!("CARGO_BIN_EXE_ferrogrid"));
    install(folder.path(), "bin/ferrogrid", ferrogrid);
    install(folder.path(), "build/fusesoc-env/bin/fusesoc", &fusesoc);
    install(folder.path(), "build/litex-env/bin/python", &python);
    let script = block(&page, "```python\nimport sys\n");
    let script = format!("import sys\n{script}");
    fs::write(folder.path().join("build/soc.py"), script).expect("a written file");

    let shell = |line: &str| {
        let done = run(Command::new("sh")
            .args(["-c", &format!("PATH=\"$PWD/bin:$PATH\"; {line}")])
            .current_dir(folder.path()));
        assert!(done.success, "{line}\n{}", done.text);
        done.text
    };
    let (mut ran, mut simulated) = (0, 0);
    for line in commands(&page) {
        let here = ["ferrogrid", "(cd", "vvp", "build/", "verilator --lint-only"];
        let elsewhere = [
            "pip install",
            "verilator --cc",
            "Vtb_",
            "_verilator",
            "synth",
        ];
        let starts = here.iter().any(|start| line.starts_with(start));
        if !starts || elsewhere.iter().any(|word| line.contains(word)) {
            continue;
        }
        let text = shell(line);
        ran += 1;
        if line.starts_with("vvp") || line.contains("--target sim") {
            assert!(has_passed(&text), "{line}\n{text}");
            simulated += 1;
        }
    }
    assert!(
        ran >= 10 && simulated == 3,
        "{ran} and {simulated} commands"
    );

    // Nothing that the page does stands in the way of writing the cores again.
    for line in commands(&page) {
        if line.starts_with("ferrogrid generate") {
            shell(line);
        }
    }
}
