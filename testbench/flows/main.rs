//! The files that other flows read, in the tools that are here: `ferrogrid generate` is run, and
//! its test bench, FuseSoC core, LiteX module and Tcl scripts are used as `docs/flows.md` says.

mod bench;
mod cells;
mod cocotb;
mod files;
mod fusesoc;
mod ip_xact;
mod litex;
mod page;
mod projects;
mod snakemake;
#[path = "../tools.rs"]
mod tools;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const TOP: &str = "matmul_4x4";

/// What a command printed, and whether it succeeded.
struct Run {
    success: bool,
    text: String,
}

/// The targets whose cores are instances of cells.
const WITH_CELLS: [&str; 4] = ["ecp5", "ice40", "xilinx", "ultrascale_plus"];

/// A core in a folder of its own.
struct Core {
    folder: TempDir,
    top: String,
}

impl Core {
    fn new() -> Core {
        Core::of("matmul-4x4")
    }

    fn of(preset: &str) -> Core {
        Core::generate(&["--preset", preset], preset)
    }

    /// A 3 x 2 core with small buffers.
    fn for_target(target: &str) -> Core {
        let name = format!("small-{}", target.replace('_', "-"));
        Core::small(&name, target, "", "")
    }

    /// Such a core with more lines in the configuration of its array and of its buffers.
    fn small(name: &str, target: &str, array: &str, buffers: &str) -> Core {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = format!(
            "name = \"{name}\"\ntarget = \"{target}\"\n[array]\nrows = 3\ncolumns = 2\n{array}\n\
             [buffers]\na = 192\nb = 128\naccumulators = 128\n{buffers}\n"
        );
        fs::write(file.path(), text).expect("a written file");
        let path = file.path().to_str().expect("a plain path");
        Core::generate(&[path], name)
    }

    fn generate(arguments: &[&str], name: &str) -> Core {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = run(Command::new(env!("CARGO_BIN_EXE_ferrogrid"))
            .arg("generate")
            .args(arguments)
            .arg("-o")
            .arg(folder.path().join("core")));
        assert!(run.success, "{}", run.text);
        let top = name.replace('-', "_");
        Core { folder, top }
    }

    /// As FuseSoC calls it.
    fn name(&self) -> String {
        self.top.replace('_', "-")
    }

    /// Where the models of its cells would be.
    fn models(&self) -> String {
        format!("sim/{}_cells.v", self.top)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("core").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A command line in the core's folder.
    fn run(&self, line: &str) -> Run {
        let mut words = line.split_whitespace();
        let program = words.next().expect("a program");
        let path = self.path(program);
        let program = if path.is_file() { path } else { program.into() };
        run(Command::new(program).args(words).current_dir(self.path("")))
    }

    #[track_caller]
    fn succeed(&self, line: &str) -> String {
        let run = self.run(line);
        assert!(run.success, "{line}\n{}", run.text);
        run.text
    }

    /// Puts other text in the place of what stands once in a file.
    fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(old).count(), 1, "`{old}` in {name}");
        fs::write(self.path(name), text.replace(old, new)).expect("a written file");
    }

    /// Changes a digit of the first expected beat.
    fn expect_something_else(&self) {
        let bench = format!("sim/tb_{}.v", self.top);
        let text = self.read(&bench);
        let (before, beat) = text.split_once("c_beats[0] = 64'h").expect("the beat");
        let digit = if beat.starts_with('5') { '6' } else { '5' };
        let changed = format!("{before}c_beats[0] = 64'h{digit}{}", &beat[1..]);
        fs::write(self.path(&bench), changed).expect("a written file");
    }
}

#[track_caller]
fn run(command: &mut Command) -> Run {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
    let text = [output.stdout, output.stderr].concat();
    Run {
        success: output.status.success(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

fn has_passed(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("PASS: "))
        && !text.lines().any(|line| line.starts_with("FAIL"))
}

fn has_failed(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("FAIL: beat 0 of packet 0 of C is "))
}
