//! Verilog to a shared library: Verilator, the C++ compiler, the cache.

use super::shim::{PREFIX, shim};
use crate::device::error::Error;
use crate::device::process::run_tool;
use crate::device::simulation::top::Top;
use crate::synth::cache::Cache;
use crate::synth::tools::{FoundTool, Tool};
use crate::verilog::VerilogFile;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The C++ of the runtime; the first two are what a model sees of it.
const RUNTIME: [(&str, &str); 4] = [
    ("model.h", include_str!("model.h")),
    ("hooks.h", include_str!("hooks.h")),
    ("hooks.cpp", include_str!("hooks.cpp")),
    ("runtime.cpp", include_str!("runtime.cpp")),
];

/// What the time of a build is spent for. A 16 x 16 core builds in about 1.5 s with `Compile`, in
/// about 4 s with `Run`, which then simulates three times as fast.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Speed {
    /// Quick to build: for models that run thousands of cycles.
    #[default]
    Compile,
    /// Quick to run: for models that run millions of cycles.
    Run,
}

/// Above this much C++ that runs every cycle, `-O2` compiles seven times as long as `-O1` (17 s
/// against 2.5 s for a 16 x 16 core) and the model runs no faster.
const MUCH_CODE: u64 = 128 << 10;

/// Levels for quick builds, for much code and for little code.
const OPTIMISE: [&str; 3] = ["-O0", "-O1", "-O2"];

impl Speed {
    /// How to compile what runs every cycle, given its bytes.
    pub(in crate::device) fn cxx_flag(self, bytes: u64) -> &'static str {
        match self {
            Speed::Compile => OPTIMISE[0],
            Speed::Run if bytes > MUCH_CODE => OPTIMISE[1],
            Speed::Run => OPTIMISE[2],
        }
    }
}

/// Flags of every run of the C++ compiler. Without `-fno-gnu-unique` the models in a process would
/// share Verilator's static data, and could not be unloaded.
const CXX_FLAGS: [&str; 6] = [
    "-std=c++17",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-gnu-unique",
    "-fno-semantic-interposition",
    "-pthread",
];

/// Two-state, everything 0 before it is written, as in the native simulator. Assertions are plain
/// `$display` under `FERROGRID_CHECKS`. SYMRSVDWORD says that a port has a name that C++ libraries
/// use, as `interrupt`; the shim finds it under its other name.
const VERILATOR_FLAGS: [&str; 11] = [
    "--cc",
    "-Wno-SYMRSVDWORD",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-timing",
    "--noassert",
    "-DFERROGRID_CHECKS",
    "-DFERROGRID_COVER",
];

/// What determines a compiled model.
pub(super) struct Build<'a> {
    pub top: &'a Top,
    pub files: &'a [VerilogFile],
    pub speed: Speed,
    pub trace: bool,
}

struct Tools {
    verilator: FoundTool,
    cxx: FoundTool,
}

impl Build<'_> {
    /// The shared library, from the cache or built now.
    pub fn library(&self) -> Result<PathBuf, Error> {
        let tools = Tools {
            verilator: Tool::Verilator.find()?,
            cxx: Tool::Cxx.find()?,
        };
        let cache = Cache::open()?;
        let name = format!("{}.so", self.key(&tools));
        cache.get_or_make(&name, |dir| {
            let include = verilator_include(&tools.verilator)?;
            let support = self.support(&cache, &tools, &include)?;
            self.build(&tools, &include, &support, dir)
        })
    }

    fn key(&self, tools: &Tools) -> String {
        let mut key = Key::new(tools, self.trace);
        key.add(&format!("{:?} {OPTIMISE:?} {MUCH_CODE}", self.speed));
        key.add(&VERILATOR_FLAGS.join(" "));
        // Stands for the names and widths of the ports, too.
        key.add(&shim(self.top, &[], "", self.trace));
        key.add(&self.top.name);
        for file in self.files {
            key.add(&file.name);
            key.add(&file.text);
        }
        key.finish()
    }

    fn build(
        &self,
        tools: &Tools,
        include: &Path,
        support: &Path,
        dir: &Path,
    ) -> Result<PathBuf, Error> {
        let names = write_verilog(self.files, dir)?;
        let mut verilator = Command::new(&tools.verilator.path);
        verilator.current_dir(dir).args(VERILATOR_FLAGS);
        verilator.args([
            "--prefix",
            PREFIX,
            "--Mdir",
            "obj",
            "--top-module",
            &self.top.name,
        ]);
        if self.trace {
            verilator.args(["--trace", "--trace-structs"]);
        }
        verilator.args(names);
        run_tool(
            &mut verilator,
            "verilator",
            "translating the Verilog to C++",
        )?;

        let generated = Generated::read(&dir.join("obj"))?;
        for (name, text) in &RUNTIME[..2] {
            write(&dir.join(name), text)?;
        }
        // What runs once is never worth optimising; compiled apart, it takes no time.
        let (together, apart) = match self.speed {
            Speed::Compile => ([&generated.fast[..], &generated.slow[..]].concat(), None),
            Speed::Run => (generated.fast.clone(), Some(&generated.slow)),
        };
        let text = shim(self.top, &together, &generated.header, self.trace);
        write(&dir.join("shim.cpp"), &text)?;
        let mut units = vec![("shim", self.speed.cxx_flag(generated.fast_bytes))];
        if let Some(slow) = apart {
            let includes = slow.iter().map(|name| format!("#include \"{name}\"\n"));
            let text: String = std::iter::once("#include \"hooks.h\"\n".to_owned())
                .chain(includes)
                .collect();
            write(&dir.join("slow.cpp"), &text)?;
            units.push(("slow", "-O0"));
        }
        for (unit, optimise) in &units {
            let mut cxx = Command::new(&tools.cxx.path);
            cxx.current_dir(dir)
                .args(CXX_FLAGS)
                .args([optimise, "-c", "-I.", "-Iobj", "-I"]);
            cxx.arg(include)
                .arg("-I")
                .arg(include.join("vltstd"))
                .arg(format!("{unit}.cpp"))
                .args(["-o", &format!("{unit}.o")]);
            run_tool(&mut cxx, "g++", "compiling the model")?;
        }
        let mut link = Command::new(&tools.cxx.path);
        link.current_dir(dir)
            .args(CXX_FLAGS)
            .args(["-shared", "-Wl,-Bsymbolic"]);
        link.args(["-o", "model.so"])
            .args(units.iter().map(|(unit, _)| format!("{unit}.o")));
        run_tool(link.arg(support), "g++", "linking the model")?;
        Ok(dir.join("model.so"))
    }

    /// The runtime and Verilator's run-time library, compiled once for all models.
    fn support(&self, cache: &Cache, tools: &Tools, include: &Path) -> Result<PathBuf, Error> {
        let name = format!("support-{}.o", Key::new(tools, self.trace).finish());
        cache.get_or_make(&name, |dir| {
            for (name, text) in RUNTIME {
                write(&dir.join(name), text)?;
            }
            // One file: the compiler reads Verilator's headers once.
            let mut all = String::from("#include \"hooks.h\"\n");
            let library = ["verilated.cpp", "verilated_threads.cpp"];
            let tracing = self.trace.then_some("verilated_vcd_c.cpp");
            for source in library.into_iter().chain(tracing) {
                // Writing to a string cannot fail.
                let _ = writeln!(all, "#include \"{source}\"");
            }
            write(&dir.join("verilated_all.cpp"), &all)?;
            let sources = ["runtime", "hooks", "verilated_all"];
            for source in sources {
                let mut cxx = Command::new(&tools.cxx.path);
                cxx.current_dir(dir)
                    .args(CXX_FLAGS)
                    .args(["-O2", "-c", "-I."]);
                cxx.arg("-I")
                    .arg(include)
                    .arg("-I")
                    .arg(include.join("vltstd"));
                cxx.arg(format!("{source}.cpp"))
                    .args(["-o", &format!("{source}.o")]);
                run_tool(&mut cxx, "g++", "compiling the runtime")?;
            }
            let mut link = Command::new(&tools.cxx.path);
            link.current_dir(dir)
                .args(["-r", "-nostdlib", "-o", "support.o"]);
            link.args(sources.map(|source| format!("{source}.o")));
            run_tool(&mut link, "g++", "joining the runtime")?;
            Ok(dir.join("support.o"))
        })
    }
}

/// What Verilator wrote.
struct Generated {
    /// C++ files with what runs every cycle, by name.
    fast: Vec<String>,
    fast_bytes: u64,
    /// C++ files with what runs once, by name.
    slow: Vec<String>,
    /// The text of the main header.
    header: String,
}

impl Generated {
    fn read(dir: &Path) -> Result<Self, Error> {
        let header = dir.join(format!("{PREFIX}.h"));
        let header = fs::read_to_string(&header).map_err(Error::cache("read", &header))?;
        let mut generated = Self {
            fast: vec![],
            fast_bytes: 0,
            slow: vec![],
            header,
        };
        for entry in fs::read_dir(dir).map_err(Error::cache("read", dir))? {
            let entry = entry.map_err(Error::cache("read", dir))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with("__Dpi.cpp") {
                // Only about functions that a design may call in C, and it calls none.
                continue;
            }
            if name.ends_with("__Slow.cpp") || name.ends_with("__Syms.cpp") {
                generated.slow.push(name);
            } else if name.ends_with(".cpp") {
                generated.fast_bytes += entry.metadata().map_or(0, |data| data.len());
                generated.fast.push(name);
            }
        }
        generated.fast.sort();
        generated.slow.sort();
        Ok(generated)
    }
}

/// SHA-256 over everything that shapes the result, each part with its length.
struct Key(Sha256);

impl Key {
    /// Over what all models share.
    fn new(tools: &Tools, trace: bool) -> Self {
        let mut key = Self(Sha256::new());
        for (_, part) in RUNTIME {
            key.add(part);
        }
        for tool in [&tools.verilator, &tools.cxx] {
            key.add(&tool.path.to_string_lossy());
            key.add(&tool.banner);
        }
        key.add(&CXX_FLAGS.join(" "));
        key.add(if trace { "trace" } else { "" });
        key
    }

    fn add(&mut self, part: &str) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    fn finish(self) -> String {
        let mut text = String::new();
        for byte in self.0.finalize().iter().take(16) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// Where Verilator keeps its headers.
fn verilator_include(verilator: &FoundTool) -> Result<PathBuf, Error> {
    let mut command = Command::new(&verilator.path);
    command.args(["--getenv", "VERILATOR_ROOT"]);
    let output = run_tool(&mut command, "verilator", "looking for its headers")?;
    Ok(Path::new(output.trim()).join("include"))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::cache("write", path))
}

/// Writes the files into a folder and returns their names there.
fn write_verilog(files: &[VerilogFile], dir: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for (index, file) in files.iter().enumerate() {
        // Names are for messages only; the number keeps them apart whatever they are.
        let base = Path::new(&file.name)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let name = format!("{index}_{base}");
        write(&dir.join(&name), &file.text)?;
        names.push(name);
    }
    Ok(names)
}
