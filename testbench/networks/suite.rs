//! Small networks, each with one trap, whole ones and malformed files: from the file through the golden model and the
//! compiler to the hardware, against the runtimes.

mod outcomes;

use crate::case::{channels_last, difference, rows, values};
use crate::models::{Arrays, suite};
use ferrogrid::arch::{NpuArch, npu_from_preset};
use ferrogrid::compiler::Rounding;
use ferrogrid::device::{Accelerator, Executable};
use ferrogrid::graph::{Family, Graph, TensorId, Values};
use ferrogrid::import;
use ferrogrid::reference::graph::{Mode, initial, run, run_after};
use outcomes::REFUSED;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The core that cases run on.
const PRESET: &str = "small";
/// How many rows of a case run on the hardware; all of them in the golden model.
const SIMULATED: usize = 1;
/// A network of more multiplications than this does not run on the hardware here, and of more than ten times as many one
/// row runs in the golden model.
const LARGE: u64 = 2_000_000;
const VERY_LARGE: u64 = 10 * LARGE;

/// A case in the arithmetic of a runtime.
#[derive(Clone)]
struct Case {
    file: String,
    path: PathBuf,
    mode: Mode,
    /// `tflm` and `litert`, or `ort`.
    runtime: &'static str,
}

/// The files of the suite, by the kinds of their index; none, and a line that says so, without the folder.
fn files(kinds: &[&str]) -> Option<Vec<String>> {
    let index = std::fs::read_to_string(suite("index.json")?).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let cases = index.as_array().unwrap().iter();
    let cases = cases.filter(|case| kinds.contains(&case["kind"].as_str().unwrap()));
    Some(
        cases
            .map(|case| case["file"].as_str().unwrap().into())
            .collect(),
    )
}

/// The modes of a file of which its golden arrays have a runtime; both where they have none.
fn cases(file: String, path: PathBuf) -> Vec<Case> {
    let case = |mode, runtime| Case {
        file: file.clone(),
        path: path.clone(),
        mode,
        runtime,
    };
    if file.ends_with(".onnx") {
        return vec![case(Mode::Float, "ort")];
    }
    let golden = path.with_extension("golden.npz");
    let names = Arrays::at(golden).names();
    let all = [(Mode::FixedPoint, "tflm"), (Mode::Float, "litert")];
    let has = |runtime: &str| names.iter().any(|name| *name == format!("y0_{runtime}"));
    let mut cases = Vec::from_iter(
        all.into_iter()
            .filter(|(_, runtime)| has(runtime) || names.is_empty())
            .map(|(mode, runtime)| case(mode, runtime)),
    );
    cases.dedup_by_key(|case| case.runtime);
    cases
}

/// The array of a tensor: colons of names are underscores there, and the only input may be `x`.
fn array(arrays: &mut Arrays, name: &str) -> String {
    let names = arrays.names();
    let candidates = [name.to_owned(), name.replace(':', "_"), "x".to_owned()];
    let found = candidates.iter().find(|name| names.contains(name));
    found.unwrap_or(&candidates[0]).clone()
}

/// The rows of a tensor in an array, in the order of the graph.
fn rows_of(graph: &Graph, id: TensorId, arrays: &mut Arrays, name: &str) -> Vec<Values> {
    let tensor = &graph[id];
    let all = values(arrays, name, tensor.element);
    let of_row = |row: Values| match graph.family {
        Family::Onnx => channels_last(&row, &tensor.shape),
        Family::TfLite => row,
    };
    rows(&all, tensor.len()).into_iter().map(of_row).collect()
}

/// Runs a case; an error says at which stage it ended and how.
fn run_case(case: &Case, arch: &NpuArch, core: &mut Accelerator) -> Result<(), String> {
    let path = &case.path;
    let folder = path.parent().unwrap();
    let mut file = |name: &str| std::fs::read(folder.join(name)).map_err(|error| error.to_string());
    let graph = import::read_with(&std::fs::read(path).unwrap(), &mut file);
    let graph = graph.map_err(|error| error.to_string())?;
    let arrays = |kind: &str| Arrays::at(path.with_extension(format!("{kind}.npz")));
    let mut given = arrays("x");
    // Where ONNX Runtime leaves convolutions in floating point, the exact integers count.
    let exact = path.with_extension("integer_mode_a.npz").is_file();
    let mut golden = arrays(if exact { "integer_mode_a" } else { "golden" });
    let onnx = graph.family == Family::Onnx;
    let mut inputs: Vec<Vec<Values>> = Vec::new();
    for (place, id) in graph.inputs.iter().enumerate() {
        let name = match onnx {
            true => array(&mut given, &graph[*id].name),
            false => format!("x{place}"),
        };
        for (row, values) in rows_of(&graph, *id, &mut given, &name)
            .into_iter()
            .enumerate()
        {
            inputs.resize(inputs.len().max(row + 1), Vec::new());
            inputs[row].push(values);
        }
    }
    let mut expected: Vec<Vec<Values>> = vec![Vec::new(); inputs.len()];
    for (place, id) in graph.outputs.iter().enumerate() {
        let name = match onnx {
            true => array(&mut golden, &graph[*id].name),
            false => format!("y{place}_{}", case.runtime),
        };
        if !golden.names().contains(&name) {
            return Err(format!("no runtime gives `{name}`"));
        }
        let all = rows_of(&graph, *id, &mut golden, &name);
        for (row, values) in expected.iter_mut().zip(all) {
            row.push(values);
        }
    }
    let check = |stage: &str, row: usize, found: &[Values]| {
        let pairs = found.iter().zip(&expected[row]).zip(&graph.outputs);
        for ((found, expected), id) in pairs {
            if let Some(how) = difference(found, expected) {
                return Err(format!("{stage}: `{}`, row {row}: {how}", graph[*id].name));
            }
        }
        Ok(())
    };
    let rounding = match case.mode {
        Mode::Float => Rounding::Float,
        Mode::FixedPoint => Rounding::Fixed,
    };
    let network = Executable::compile(&graph, arch, rounding);
    let network = network.map_err(|error| format!("compiler: {error}"))?;
    let products = network.layers().map(|layer| layer.multiplications);
    let (rows, simulated) = match products.sum::<u64>() {
        VERY_LARGE.. => (1, 0),
        LARGE.. => (inputs.len(), 0),
        _ if !graph.variables.is_empty() => (inputs.len(), inputs.len()),
        _ => (inputs.len(), SIMULATED),
    };
    inputs.truncate(rows);
    // Rows of a network with variables are successive runs.
    let mut variables = initial(&graph);
    let results = match variables.is_empty() {
        true => (inputs.par_iter())
            .map(|row| run(&graph, row, case.mode))
            .collect::<Vec<_>>(),
        false => (inputs.iter())
            .map(|row| run_after(&graph, &mut variables, row, case.mode))
            .collect(),
    };
    for (row, result) in results.into_iter().enumerate() {
        let result = result.map_err(|error| format!("golden model: {error}"))?;
        let outputs = graph.outputs.iter().map(|id| result[id].clone());
        check("golden model", row, &Vec::from_iter(outputs))?;
    }
    let mut loaded = core.load(&network).map_err(|error| error.to_string())?;
    for (row, inputs) in inputs.iter().enumerate().take(simulated) {
        let inference = loaded.infer(inputs);
        let inference = inference.map_err(|error| format!("core: {error}"))?;
        check("core", row, &inference.outputs)?;
    }
    Ok(())
}

/// What of a panic can be read.
fn caught<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(format!("PANIC: {}", text.unwrap_or_default()))
    })
}

/// Every case runs, but for those of a table, which end as it says.
#[test]
fn cases_run_as_in_the_runtimes() {
    let Some(files) = files(&["onnx", "tflite", "networks"]) else {
        return;
    };
    let in_suite = |file: String| {
        let path = suite(&file).unwrap();
        cases(file, path)
    };
    check(Vec::from_iter(files.into_iter().flat_map(in_suite)));
}

/// Batch normalizations, made by scripts/onnx_batch_cases.py.
#[test]
fn cases_of_the_project_run_as_in_onnx_runtime() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testbench/networks/cases");
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let models = paths.filter(|path| path.extension().is_some_and(|end| end == "onnx"));
    let all =
        models.flat_map(|path| cases(path.file_name().unwrap().to_string_lossy().into(), path));
    let all = Vec::from_iter(all);
    assert!(all.len() >= 15, "{} cases", all.len());
    check(all);
}

fn check(cases: Vec<Case>) {
    let arch = npu_from_preset(PRESET).unwrap();
    let outcomes: Vec<_> = cases
        .par_iter()
        .map_init(
            || Accelerator::native(&arch).unwrap(),
            |core, case| caught(|| run_case(case, &arch, core)),
        )
        .collect();
    let run = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    println!("{run} of {} cases run to the bit", cases.len());
    let mut wrong = Vec::new();
    for (case, outcome) in cases.iter().zip(&outcomes) {
        let Case { file, runtime, .. } = case;
        let mut listed = REFUSED
            .iter()
            .filter(|(of, by, _)| of == file && (by.is_empty() || by == runtime));
        match (outcome, listed.next()) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => wrong.push(format!("{file}, {runtime}: runs, and is listed")),
            (Err(found), Some((_, _, part))) if found.contains(part) => {}
            (Err(found), _) => wrong.push(format!("{file}, {runtime}: {found}")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Malformed files: an error that says what is wrong.
#[test]
fn malformed_files_are_errors() {
    let Some(files) = files(&["bad"]) else {
        return;
    };
    let mut wrong = Vec::new();
    for file in files {
        let bytes = std::fs::read(suite(&file).unwrap()).unwrap();
        let read = || import::read(&bytes).map_err(|error| error.to_string());
        match caught(read) {
            Err(message) if !message.starts_with("PANIC") => println!("{file}: {message}"),
            // Some of its bytes may mean nothing.
            Ok(_) if file.contains("bit_rot") => println!("{file} is read"),
            found => wrong.push(format!("{file}: {found:?}")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
