//! Stand-ins for Yosys, nextpnr and ecppack, which count their runs and do what a test wants.

use crate::program::{Place, Run};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

/// Writes what `ferrogrid synth` reads of Yosys.
pub const YOSYS: &str = r#"
echo '{"modules": {"matmul_2x2": {"num_cells_by_type": {"LUT4": 40, "TRELLIS_FF": 30}}}}' >whole.json
echo '{"modules": {}}' | tee hierarchy.json >netlist.json
echo End of script.
"#;

/// Writes what `ferrogrid synth` reads of nextpnr.
pub const ROUTER: &str = r#"
echo '{"critical_paths": [], "fmax": {"clk": {"achieved": 123.4}}, "utilization": {}}' >timing.json
echo configuration >chip.config
"#;

/// Makes a bitstream.
pub const PACKER: &str = "cp chip.config harness.bit";

/// Writes into `beat` as long as a process lives that the tool started, and does not end before the
/// folder is gone.
pub const HANGING: &str = r#"
echo Info: begins
(while date +%s%N >"$STAND_INS/beat"; do sleep 0.05; done) &
wait
"#;

/// A place with a small core, an empty cache and stand-ins that work.
pub struct Tools {
    pub place: Place,
}

impl Tools {
    pub fn new() -> Tools {
        let place = Place::new();
        place.write("core.toml", "[array]\nrows = 2\ncolumns = 2\n");
        let tool = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/testbench/cli/stand_ins/tool.sh"
        );
        for (name, script) in [
            ("yosys", YOSYS),
            ("nextpnr-ecp5", ROUTER),
            ("nextpnr-ice40", ROUTER),
            ("ecppack", PACKER),
            ("icepack", PACKER),
        ] {
            place.write(&format!("tools/{name}.sh"), script);
            fs::create_dir_all(place.path("bin")).expect("a folder");
            // Links: a program that was just written might still be open for writing elsewhere.
            symlink(tool, place.path(&format!("bin/{name}"))).expect("a link");
        }
        Tools { place }
    }

    /// From now on the tool does this.
    pub fn does(&self, tool: &str, script: &str) {
        self.place.write(&format!("tools/{tool}.sh"), script);
    }

    /// How often the tool was run.
    pub fn runs(&self, tool: &str) -> usize {
        let runs = fs::read_to_string(self.place.path(&format!("tools/{tool}.runs")));
        runs.map_or(0, |runs| runs.lines().count())
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = self.place.command(line);
        let path = format!("{}:/usr/bin:/bin", self.place.path("bin").display());
        command
            .env("PATH", path)
            .env("FERROGRID_VENV", self.place.path("no-environment"))
            .env("FERROGRID_CACHE", self.place.path("cache"))
            .env("STAND_INS", self.place.path("tools"));
        command
    }

    /// What a run prints that works. On standard error there is nothing but its stages.
    #[track_caller]
    pub fn succeed(&self, line: &str) -> String {
        let run = Run::of(&mut self.command(line));
        assert_eq!(run.code, Some(0), "{line}\n{}", run.stderr);
        let is_stage = |said: &str| said.ends_with(": synthesis") || said.contains(": placing and");
        let shown = !line.contains("--json");
        assert!(
            run.stderr.lines().all(|said| shown && is_stage(said)),
            "{line}\n{}",
            run.stderr
        );
        run.stdout
    }

    /// What a run says that fails. It must leave nothing but logs.
    #[track_caller]
    pub fn fail(&self, line: &str) -> String {
        let run = Run::of(&mut self.command(&format!("{line} -o out")));
        assert_eq!(run.code, Some(1), "{run:?}");
        assert_eq!(run.stdout, "", "{line}");
        self.assert_nothing_is_half_written();
        // The cache is somewhere else in every run, and keys change with the text of the core.
        let cache = self.place.path("cache").display().to_string();
        let mut said = run.stderr.replace(&cache, "CACHE");
        for log in self.logs() {
            let (tool, _) = log.rsplit_once('-').expect("a key");
            said = said.replace(&log, &format!("{tool}-KEY.log"));
        }
        format!("$ ferrogrid {line}\n{said}")
    }

    /// The names of the logs of failed runs that are kept.
    pub fn logs(&self) -> Vec<String> {
        let names = self.place.names("cache").into_iter();
        names.filter(|name| name.starts_with("failed-")).collect()
    }

    #[track_caller]
    pub fn assert_nothing_is_half_written(&self) {
        assert!(!self.place.path("out").exists());
        let entries = fs::read_dir(self.place.path("cache")).expect("the cache");
        for entry in entries {
            let name = entry.expect("an entry").file_name();
            let name = name.to_string_lossy();
            assert!(!name.starts_with(".build-"), "{name}");
        }
    }

    /// Waits until a [`HANGING`] tool is at work.
    #[track_caller]
    pub fn wait_for_beat(&self) {
        let begun = Instant::now();
        while !self.place.path("tools/beat").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no tool runs");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What a [`HANGING`] tool started must have ended.
    #[track_caller]
    pub fn assert_no_beat(&self) {
        self.wait_for_beat();
        let beat = || fs::read(self.place.path("tools/beat")).expect("a beat");
        let last = beat();
        std::thread::sleep(Duration::from_millis(1000));
        assert_eq!(beat(), last, "what the tool started is still there");
    }
}
