//! What needs a process of its own: an environment, or a second builder of the same model.
//!
//! The tests start this test program again with [`ROLE`] set; the child then runs only `child`.

use crate::tools;
use crate::toy::{Fault, toy};
use ferrogrid::device::{Backend, Error, Icarus, Scenario, Speed, Verilator, WaveFile, unwatched};
use ferrogrid::synth::tools::{Tool, ToolError};
use miette::Diagnostic;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};

const ROLE: &str = "FERROGRID_TEST_ROLE";

/// A scenario without anything to do but to let cycles pass.
fn idle(max_cycles: u64) -> Scenario {
    use ferrogrid::device::Operation::Idle;
    Scenario {
        max_cycles,
        operations: vec![Idle(u32::MAX)],
        ..Scenario::default()
    }
}

#[test]
fn child() {
    match std::env::var(ROLE).as_deref() {
        Ok("build") => {
            let mut model = Verilator::new(&toy(Fault::None), Speed::Compile).expect("a model");
            let outcome = model.run(&idle(50), &mut unwatched).expect("a run");
            assert_eq!(outcome.cycles, 50);
        }
        Ok("describe") => {
            let results = [
                Verilator::new(&toy(Fault::None), Speed::Compile).err(),
                Icarus::new(&toy(Fault::None)).err(),
            ];
            for error in results.into_iter().flatten() {
                let help = error.help().map(|help| help.to_string());
                println!("ERROR: {error} HELP: {}", help.unwrap_or_default());
            }
        }
        _ => {} // An ordinary run of all tests.
    }
}

fn again(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "processes::child", "--nocapture"])
        .env(ROLE, role);
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// Says so and returns true when the tools for Verilator are missing.
fn no_verilator() -> bool {
    !tools::present(&[Tool::Verilator, Tool::Cxx])
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect()
}

#[test]
fn processes_that_build_the_same_model_share_one_build() {
    if no_verilator() {
        return;
    }
    let cache = tempfile::tempdir().expect("a folder");
    let children: Vec<_> = (0..3)
        .map(|_| {
            let mut command = again("build");
            command.env("FERROGRID_CACHE", cache.path());
            std::thread::spawn(move || command.output().expect("a child"))
        })
        .collect();
    for child in children {
        let output = child.join().expect("a thread");
        assert!(output.status.success(), "{}", text(&output));
    }
    let names = names(cache.path());
    let models = names.iter().filter(|name| name.ends_with(".so")).count();
    let support = names.iter().filter(|name| name.ends_with(".o")).count();
    let locks = names.iter().filter(|name| name.ends_with(".lock")).count();
    assert_eq!((models, support), (1, 1), "{names:?}");
    assert_eq!(
        names.len(),
        models + support + locks,
        "something was left behind: {names:?}"
    );
}

#[test]
fn missing_tools_are_named_with_what_to_install() {
    let output = again("describe")
        .env("PATH", "/nonexistent")
        .output()
        .expect("a child");
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("ERROR: "))
        .map(|(_, line)| line)
        .collect();
    assert_eq!(
        lines,
        [
            "`verilator` was not found on PATH (fast simulation of the generated Verilog) \
             HELP: run `scripts/setup`, or install the package `verilator` of Debian and Ubuntu: \
             apt-get install verilator",
            "`iverilog` was not found on PATH (four-state simulation: compiles) \
             HELP: run `scripts/setup`, or install the package `iverilog` of Debian and Ubuntu: \
             apt-get install iverilog",
        ]
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_an_error_with_a_way_out() {
    if no_verilator() {
        return;
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    let cache = file.path().join("cache");
    let output = again("describe")
        .env("FERROGRID_CACHE", &cache)
        .output()
        .expect("a child");
    let text = text(&output);
    let expected = format!(
        "cannot create `{}` in the build cache HELP: set FERROGRID_CACHE to a folder that can be \
         written and has some space left",
        cache.display()
    );
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn refused_verilog_is_quoted() {
    let file = ferrogrid::verilog::VerilogFile {
        name: "toy.v".to_owned(),
        text: "module toy; wire = 1; endmodule\n".to_owned(),
    };
    let interface = ferrogrid::device::Interface::of(&toy(Fault::None));
    if !no_verilator() {
        let error = Verilator::from_verilog(interface.clone(), vec![file.clone()], Speed::Compile);
        let error = error.err().expect("an error");
        assert!(
            matches!(
                error,
                Error::ToolFailed {
                    tool: "verilator",
                    ..
                }
            ),
            "{error}"
        );
        assert!(error.to_string().contains("syntax error"), "{error}");
    }
    match Icarus::from_verilog(interface, vec![file]) {
        Err(Error::Tool(error @ ToolError::Missing(_))) => println!("SKIPPED: {error}"),
        model => {
            let error = model.err().expect("an error");
            assert!(
                matches!(
                    error,
                    Error::ToolFailed {
                        tool: "iverilog",
                        ..
                    }
                ),
                "{error}"
            );
            assert!(error.to_string().contains("syntax error"), "{error}");
        }
    }
}

#[test]
fn a_watched_run_can_be_cancelled() {
    for mut backend in crate::agreement::backends(&toy(Fault::None)) {
        let mut calls = 0;
        let result = backend.run(&idle(u64::MAX), &mut |_| {
            calls += 1;
            if calls < 2 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        assert!(
            matches!(result, Err(Error::Cancelled { .. })),
            "{}",
            backend.name()
        );
        assert_eq!(calls, 2);
    }
}

#[test]
fn waves_are_written_and_change_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    for mut backend in crate::agreement::backends(&toy(Fault::None)) {
        let without = backend.run(&idle(40), &mut unwatched).expect("a run");
        let path = dir.path().join(backend.name()).with_extension("vcd");
        backend
            .trace(Some(WaveFile::all(&path)))
            .expect("a traced model");
        let with = backend
            .run(&idle(40), &mut unwatched)
            .expect("a traced run");
        assert_eq!(with, without);
        let waves = fs::read_to_string(&path).expect("waves");
        assert!(waves.contains("$enddefinitions"), "{}", backend.name());
        assert!(waves.contains("m_axis_c_tdata"), "{}", backend.name());
        fs::remove_file(&path).expect("removed");
        backend.trace(None).expect("an untraced model");
        backend.run(&idle(40), &mut unwatched).expect("a run");
        assert!(!path.exists());
    }
}
