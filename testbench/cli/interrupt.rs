//! Requests to end in the midst of work: Ctrl-C reaches a process and what it started, `kill` the process alone.
#![cfg(unix)]

use crate::npy::matrix;
use crate::program::Place;
use crate::tools;
use ferrogrid::synth::tools::Tool;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a second is allowed to become on a machine that is busy; all of these once took half a minute.
const SOON: Duration = Duration::from_secs(10);

fn start(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// What it says when it is asked to end, which it does.
#[track_caller]
fn end(mut child: Child, signal: &str) -> String {
    let kill = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(kill.expect("kill").success());
    let asked = Instant::now();
    let status = child.wait().expect("it ends");
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("a pipe");
    pipe.read_to_string(&mut stderr).expect("UTF-8");
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    stderr
}

/// Waits until something is there.
fn until(there: impl Fn() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn ctrl_c_leaves_nothing() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(60_000, 256, 1));
    place.write_npy("b.npy", &matrix(256, 16, 2));
    let before: Vec<String> = place.names(".");
    for (waves, preset, signal) in [
        ("", "matmul-4x4", "-INT"),
        (" --waves waves.vcd", "matmul-4x4", "-INT"),
        // Many signals: few cycles a second.
        (" --waves waves.vcd", "matmul-16x16", "-TERM"),
    ] {
        let line = format!("matmul a.npy b.npy -o c.npy --preset {preset}{waves}");
        let child = start(&mut place.command(&line));
        // Waves are begun before the run, which takes minutes.
        until(|| waves.is_empty() || place.names(".").len() > before.len());
        std::thread::sleep(Duration::from_millis(1500));
        let stderr = end(child, signal);
        assert!(stderr.contains("interrupted"), "{stderr}");
        assert_eq!(place.names("."), before, "{line}");
    }
}

/// A pipe to which nobody writes.
#[test]
fn inputs_that_never_come_keep_nobody() {
    let place = Place::new();
    let made = Command::new("mkfifo").arg(place.path("pipe")).status();
    assert!(made.expect("mkfifo").success());
    for line in [
        "generate pipe -o core",
        "matmul pipe pipe --preset matmul-4x4",
        "run pipe --preset nano",
        "verify --config pipe",
    ] {
        let child = start(&mut place.command(line));
        std::thread::sleep(Duration::from_millis(300));
        end(child, "-TERM");
        let left = std::fs::read_dir(place.path(".")).expect("a folder");
        assert_eq!(left.count(), 1, "{line}");
    }
}

/// Compilers end with who waits for them.
#[test]
fn the_build_of_a_model_ends() {
    if !tools::present(&[Tool::Verilator, Tool::Cxx]) {
        return;
    }
    let place = Place::new();
    place.write_npy("a.npy", &matrix(4, 4, 1));
    place.write_npy("b.npy", &matrix(4, 4, 2));
    let mut command = place.command("matmul a.npy b.npy --preset matmul-64x64 --sim verilator");
    let child = start(command.env("FERROGRID_CACHE", place.path("cache")));
    let builds = || {
        let names = std::fs::read_dir(place.path("cache"))
            .into_iter()
            .flatten()
            .flatten();
        names
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".build-"))
            .count()
    };
    until(|| builds() > 0);
    std::thread::sleep(Duration::from_millis(500));
    end(child, "-TERM");
    assert_eq!(builds(), 0, "{:?}", place.names("cache"));
}

/// What an exploration has found stays, and it says so.
#[test]
fn an_exploration_that_was_ended_goes_on() {
    let place = Place::new();
    let sizes = Vec::from_iter((1..=64).map(|size| size.to_string())).join(", ");
    let space = format!("kind = \"matmul\"\n[array]\nrows = [{sizes}]\ncolumns = [{sizes}]\n");
    place.write("space.toml", space);
    let line = "explore 60000x9x9 --space space.toml --budget 4096 --search grid --confirm 0";
    let child = start(&mut place.command(line));
    let points = place.path("explore/points.jsonl");
    let lines = || std::fs::read_to_string(&points).map_or(0, |text| text.lines().count());
    until(|| lines() > 1);
    let said = end(child, "-INT");
    assert!(said.contains("what was found is in `explore`"), "{said}");
    let found = lines();
    assert!(found > 1 && found < 4097, "{found}");
    let only = format!(
        "explore 60000x9x9 --space space.toml --confirm 0 --only 0-{}",
        found - 2
    );
    place.succeed(&only);
    assert_eq!(lines(), found);
}
