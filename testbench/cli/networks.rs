//! `ferrogrid inspect`, `compile`, `run`, `asm`, `disasm` and `run-program`.

use crate::golden;
use crate::models::{self, Arrays};
use crate::onnx::{FLOAT, INT8, Model, constant_channel, small};
use crate::program::{Place, Run};
use ferrogrid::arch::npu_from_preset;
use ferrogrid::compiler::Rounding;
use ferrogrid::device::npy::read_array;
use ferrogrid::device::{Executable, ExecutableError};
use ferrogrid::graph::Values;
use ferrogrid::reference::graph::{Mode, run};
use ferrogrid::synth::tools::Tool;
use ndarray::{Array, Array2, Array4, ArrayD};
use ndarray_npy::{ReadNpyExt, ReadableElement, WritableElement};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;

/// Images `[row][channel][y][x]`, as ONNX Runtime takes them.
fn images() -> Array4<f32> {
    Array::from_shape_fn((3, 2, 4, 5), |(n, c, y, x)| {
        (n * 31 + c * 17 + y * 5 + x * 3) as f32 % 7.0 - 3.0
    })
}

/// A folder with the small network and images.
fn small_network() -> Place {
    let place = Place::new();
    place.write("small.onnx", small());
    place.write_npy("images.npy", &images());
    place
}

/// What the golden model gives for the images.
fn expected(mode: Mode) -> Array2<f32> {
    let graph = ferrogrid::import::read(&small()).expect("a network");
    let mut all = Vec::new();
    for image in images().outer_iter() {
        let channels_last = image.permuted_axes([1, 2, 0]);
        let input = Values::Float32(channels_last.iter().copied().collect());
        let values = run(&graph, &[input], mode).expect("values");
        all.extend(values[&graph.outputs[0]].floats().expect("floats"));
    }
    Array2::from_shape_vec((3, 4), all).expect("three rows")
}

#[track_caller]
fn floats(place: &Place, name: &str) -> Array2<f32> {
    let bytes = fs::read(place.path(name)).expect("a file");
    Array2::read_npy(&bytes[..]).expect("a matrix of float32")
}

#[track_caller]
fn json(place: &Place, line: &str) -> Value {
    let run = place.succeed(&format!("{line} --json"));
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}", run.stdout))
}

/// The figures left out: they change with the hardware, the form does not.
fn form(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = line.split_whitespace().map(|word| {
            match word.starts_with(|c: char| c.is_ascii_digit()) {
                true if !word.contains('x') => "#",
                _ => word,
            }
        });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn inspect_says_what_runs_where() {
    let place = small_network();
    golden!(place.succeed("inspect small.onnx").stdout);
    let report = json(&place, "inspect small.onnx");
    let macs = 4 * 5 * 3 * 2 * 9 + 3 * 4;
    let nodes = report["nodes"].as_array().expect("a list");
    let sum: u64 = nodes
        .iter()
        .map(|node| node["macs"].as_u64().expect("a number"))
        .sum();
    assert_eq!(sum, macs);
}

#[test]
fn a_run_gives_what_the_golden_model_gives() {
    let place = small_network();
    for (mode, golden) in [("onnx", Mode::Float), ("tflm", Mode::FixedPoint)] {
        let name = format!("{mode}.npy");
        place.write_npy(&name, &expected(golden));
        let line = format!("run small.onnx --preset nano --input images.npy --mode {mode}");
        let report = json(&place, &format!("{line} --expect {name} -o y-{mode}.npy"));
        assert_eq!(report["inferences"], 3);
        assert_eq!(report["macs"], 4 * 5 * 3 * 2 * 9 + 3 * 4);
        assert_eq!(floats(&place, &format!("y-{mode}.npy")), expected(golden));
    }
    let run = place.succeed("run small.onnx --preset nano --input images.npy --expect onnx.npy");
    golden!(form(&run.stdout));
    place.succeed("run small.onnx --preset small --seed 7 --clock 1.5GHz");
    // Nothing is read that was never written.
    place.succeed("run small.onnx --preset nano --seed 3 --init random");
}

#[test]
fn a_difference_is_located() {
    let place = small_network();
    let mut wrong = expected(Mode::Float);
    wrong[[1, 2]] += 1.0;
    wrong[[1, 3]] += 1.0;
    place.write_npy("wrong.npy", &wrong);
    let run =
        place.run("run small.onnx --preset nano --input images.npy --expect wrong.npy -o y.npy");
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    let text = run.stderr;
    assert!(text.contains("2 of 4 elements of"), "{text}");
    assert!(
        text.contains("in row 1 differ from `wrong.npy`, the first at (2,)"),
        "{text}"
    );
    // What was computed is there to be looked at.
    assert_eq!(floats(&place, "y.npy"), expected(Mode::Float));
}

/// The folder is that of firmware: a second network goes beside the first.
#[test]
fn a_network_becomes_c() {
    let place = small_network();
    place.write("2 layers.onnx", small());
    golden!(
        place
            .succeed("compile small.onnx --preset nano --c fw")
            .stdout
    );
    let mut compile = place.command("compile --preset nano -o net.fgn --c fw");
    assert_eq!(Run::of(compile.arg("2 layers.onnx")).code, Some(0));
    let driver = ["ferrogrid_npu.c", "ferrogrid_npu.h", "ferrogrid_npu_core.h"];
    let mut names = Vec::from(driver);
    names.extend(["ferrogrid_npu_float.c", "network_2_layers.c"]);
    names.extend(["network_2_layers.h", "small.c", "small.h"]);
    assert_eq!(place.names("fw"), names);
    for name in driver {
        let path = format!("{}/drivers/c/{name}", env!("CARGO_MANIFEST_DIR"));
        let source = fs::read_to_string(path).expect("the driver");
        assert!(place.read(&format!("fw/{name}")) == source, "{name}");
    }
    golden!(place.read("fw/small.h"));
    assert!(place.path("net.fgn").exists());
}

#[test]
fn networks_that_the_driver_in_c_does_not_run() {
    let place = Place::new();
    let layer = |model: Model, from: &'static str, to: &'static str| {
        let inputs = [from, "x_s", "x_z", "w", "x_s", "x_z", "x_s", "x_z"];
        model.node("", "QLinearConv", &inputs, to, &[])
    };
    let model = || {
        let model = Model::new().quantization("x", 0.5, 0);
        let model = model.int8("w", &[1, 1, 1, 1], &[3]);
        let image = [1, 1, 4, 4];
        model.input("x", INT8, &image).output("y", INT8, &image)
    };
    let square = |model: Model, from: &'static str, to: &'static str| {
        let inputs = [from, "x_s", "x_z", from, "x_s", "x_z", "x_s", "x_z"];
        model.node("com.microsoft", "QLinearMul", &inputs, to, &[])
    };
    let between = layer(square(layer(model(), "x", "a"), "a", "b"), "b", "y");
    place.write("between.onnx", between.file());
    place.write("host.onnx", square(model(), "x", "y").file());
    let real = Model::new().quantization("x", 0.5, 0);
    let real = real.input("x", FLOAT, &[1, 4]).output("y", FLOAT, &[1, 4]);
    let inputs = ["x", "x_s", "x_z"];
    let real = real.node("", "QuantizeLinear", &inputs, "q", &[]);
    let real = real.node("", "DequantizeLinear", &["q", "x_s", "x_z"], "y", &[]);
    place.write("real.onnx", real.file());
    let lines = ["between", "host", "real"]
        .map(|name| place.fail(&format!("compile {name}.onnx --preset nano --c fw")));
    golden!(lines.join("\n"));
    assert!(!place.path("fw").exists());
}

/// What each layer took adds up to what all took.
#[test]
fn layers_have_their_cycles_bytes_and_limits() {
    let place = small_network();
    let report = json(&place, "run small.onnx --preset nano");
    let layers = report["layers"].as_array().expect("a list");
    let on_npu = || layers.iter().filter(|layer| layer["runs_on"] == "npu");
    let sum = |of: &str| -> u64 {
        let numbers = on_npu().map(|layer| layer[of].as_u64().expect("a number"));
        numbers.sum()
    };
    assert_eq!(sum("cycles"), report["cycles"]);
    // Inputs and the program belong to no layer; beats have bytes in front and behind.
    assert!(sum("bytes_read") < report["bytes_read"].as_u64().expect("a number"));
    assert!(sum("bytes_written") <= report["bytes_written"].as_u64().expect("a number"));
    for layer in on_npu() {
        let share = layer["limited_by"]["share"].as_f64().expect("a number");
        assert!(share > 0.0 && share <= 1.0, "{layer}");
        let cycles = layer["cycles"].as_f64().expect("a number");
        let macs = layer["macs"].as_f64().expect("a number");
        let utilization = layer["utilization"].as_f64().expect("a number");
        assert!((utilization - macs / cycles / 16.0).abs() < 1e-9, "{layer}");
    }
}

#[test]
fn a_timeline_has_every_instruction_of_a_unit() {
    let place = small_network();
    let run = place.succeed("run small.onnx --preset nano --timeline --timeline-svg run.svg");
    let lines = run.stdout.lines().filter(|line| line.contains('|'));
    let names = lines.clone().map(|line| line.split_whitespace().next());
    let names: Vec<_> = names.flatten().collect();
    assert_eq!(
        names,
        ["LOAD", "MATRIX", "POST", "STORE", "VECTOR", "layer"]
    );
    for line in lines {
        let [_, columns, _] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        assert_eq!(columns.chars().count(), 80, "{line}");
        assert!(!columns.trim().is_empty(), "{line}");
    }
    let svg = fs::read_to_string(place.path("run.svg")).expect("a file");
    place.succeed("compile small.onnx --preset nano -o net.fgn");
    let network = fs::read(place.path("net.fgn")).expect("a file");
    let program = Executable::from_bytes(&network)
        .expect("a network")
        .programs()
        .next()
        .expect("a program")
        .program
        .clone();
    for (index, instruction) in program.iter().enumerate() {
        let is_of_unit = instruction.operation.opcode().unit().is_some();
        let bar = format!("\n{index}: {instruction}</title></rect>");
        assert_eq!(svg.contains(&bar), is_of_unit, "{bar}");
    }
}

#[test]
fn waves_of_an_inference_are_those_of_modules_and_cycles() {
    let place = small_network();
    place.succeed("compile small.onnx --preset nano -o net.fgn");
    let run = "run net.fgn --preset nano --waves";
    place.succeed(&format!("{run} all.vcd"));
    place.succeed(&format!("{run} all.fst"));
    place.succeed(&format!(
        "{run} post.vcd --module dut.post --cycles 300..400"
    ));
    let size = |name: &str| fs::metadata(place.path(name)).expect("waves").len();
    assert!(5 * size("all.fst") < size("all.vcd"));
    let text = place.read("post.vcd");
    let times = text.lines().filter_map(|line| line.strip_prefix('#'));
    let times = Vec::from_iter(times.map(|time| time.parse::<u64>().expect("a time")));
    assert_eq!((times[0], times.last()), (3000, Some(&3995)));
    let scopes = text.lines().filter(|line| line.starts_with("$scope"));
    let scopes = Vec::from_iter(scopes.filter_map(|line| line.split(' ').nth(2)));
    assert_eq!(scopes[1..3], ["dut", "post"]);
    let messages = [
        format!("{run} none.vcd --module dut.pots"),
        format!("{run} none.fst --sim icarus"),
        format!("{run} net.fgn"),
    ];
    let messages = messages.map(|line| place.fail(&line));
    insta::assert_snapshot!(messages.join("\n"));
    assert!(!place.path("none.vcd").exists() && !place.path("none.fst").exists());
}

#[test]
fn a_trace_has_every_layer() {
    let place = small_network();
    let line = "run small.onnx --preset nano --input images.npy --trace layers";
    let text = place.succeed(line).stdout;
    assert!(text.contains("each equal to the golden model"), "{text}");
    let graph = ferrogrid::import::read(&small()).expect("a network");
    let first = images().outer_iter().next().expect("an image").to_owned();
    let channels_last = first.permuted_axes([1, 2, 0]);
    let input = Values::Float32(channels_last.iter().copied().collect());
    let values = run(&graph, &[input], Mode::Float).expect("values");
    let arch = npu_from_preset("nano").expect("a preset");
    let network = Executable::compile(&graph, &arch, Rounding::Float);
    for (number, layer) in network.expect("a network").layers().enumerate() {
        let path = place.path(&format!("layers/{number:02}_{}.npy", layer.name));
        let array = read_array(&path).expect("an array");
        assert_eq!(array.shape, layer.shape);
        assert_eq!(array.values, values[&layer.result]);
    }
    place.succeed("compile small.onnx --preset nano -o net.fgn");
    let text = place.fail("run net.fgn --preset nano --trace layers");
    assert!(text.contains("holds none of the network"), "{text}");
}

/// Of a channel that is the same for every input nothing is computed, unless that is asked for; what is left of a layer is
/// named and compared.
#[test]
fn constant_channels_are_folded() {
    let place = Place::new();
    place.write("model.onnx", constant_channel());
    let run = "run model.onnx --preset nano";
    let text = place.succeed(&format!("{run} --trace layers")).stdout;
    assert!(text.contains(" 4x5x3 of 4 "), "{text}");
    let list = place.read("layers/layers.txt");
    assert!(list.contains("4x5x3  of 4: 0 2 3"), "{list}");
    let array = read_array(&place.path("layers/00_c.npy")).expect("an array");
    assert_eq!(array.shape, [4, 5, 3]);
    let report = json(&place, run);
    let kept = serde_json::json!({"channels": [0, 2, 3], "of": 4});
    assert!(
        report["layers"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|row| row["kept"] == kept)
    );
    place.succeed(&format!("{run} -o folded.npy"));
    let text = place.succeed(&format!("{run} --no-fold -o whole.npy"));
    assert!(text.stdout.contains(" 4x5x4 "), "{}", text.stdout);
    let read = |name: &str| fs::read(place.path(name)).expect("a file");
    assert_eq!(read("folded.npy"), read("whole.npy"));

    let compile = "compile model.onnx --preset nano -o net.fgn";
    let text = place.succeed(&format!("{compile} --explain")).stdout;
    assert!(text.contains("kept 3 of 4 channels"), "{text}");
    let text = place.succeed("inspect net.fgn").stdout;
    assert!(text.contains(" 4x5x3 of 4 "), "{text}");
    place.succeed(&format!("{compile} --no-fold"));
    let network = Executable::from_bytes(&read("net.fgn")).expect("a network");
    assert!(network.layers().all(|layer| layer.kept.is_none()));
    let text = place.fail("run net.fgn --preset nano --no-fold");
    assert!(text.contains("`--no-fold` comes too late"), "{text}");
}

/// A folder has the files of one trace alone, and none of others is removed.
#[test]
fn a_trace_replaces_an_earlier_one() {
    let place = small_network();
    let line = "run small.onnx --preset nano --trace layers";
    place.succeed(line);
    let names = place.names("layers");
    // As if an earlier network had had another layer.
    let list = place.read("layers/layers.txt") + "09_old.npy  old  Add  1\n";
    place.write("layers/layers.txt", list);
    place.write("layers/09_old.npy", "");
    place.succeed(line);
    assert_eq!(place.names("layers"), names);
    place.write("layers/mine.npy", "");
    let text = place.fail(line);
    assert!(
        text.contains("holds what `--trace` did not write: mine.npy"),
        "{text}"
    );
    let with_mine = place.names("layers");
    assert_eq!(with_mine.len(), names.len() + 1, "nothing was removed");
}

#[test]
fn inspect_says_what_a_compiled_network_holds() {
    let place = small_network();
    place.succeed("compile small.onnx --preset nano -o net.fgn");
    golden!(form(&place.succeed("inspect net.fgn").stdout));
    let report = json(&place, "inspect net.fgn");
    let arch = npu_from_preset("nano").expect("a preset");
    let hash = format!("0x{:08x}", arch.config_hash());
    assert_eq!(report["config_hash"], hash);
    assert_eq!(report["presets"], serde_json::json!(["nano"]));
    let file = fs::read(place.path("net.fgn")).expect("a file");
    let network = Executable::from_bytes(&file).expect("a network");
    let program = network.programs().next().expect("a program");
    let row = &report["programs"][0];
    assert_eq!(row["instructions"], program.program.len());
    assert_eq!(row["regions"][0]["bytes"], program.constants.len());
    assert_eq!(report["inputs"][0]["shape"], serde_json::json!([2, 4, 5]));
    let text = place.fail("inspect net.fgn --mode tflm");
    assert!(text.contains("compiled with `--mode onnx`"), "{text}");
}

#[test]
fn a_compiled_network_runs_like_its_model() {
    let place = small_network();
    place.succeed("compile small.onnx --preset nano -o net.fgn");
    let explained = place
        .succeed("compile small.onnx --preset nano -o again.fgn --explain")
        .stdout;
    for pass in ["lower", "tiling", "constants", "memory", "schedule"] {
        let is_pass = |line: &str| line.starts_with(&format!("    {pass} "));
        assert!(explained.lines().any(is_pass), "{pass}: {explained}");
    }
    let read = |name: &str| fs::read(place.path(name)).expect("a file");
    assert_eq!(read("net.fgn"), read("again.fgn"), "the same bytes");
    let network = Executable::from_bytes(&read("net.fgn")).expect("a network");
    assert_eq!(network.to_bytes(), read("net.fgn"));
    let run = place.succeed("run net.fgn --preset nano --input images.npy -o y.npy");
    assert!(
        run.stdout
            .contains("all 12 outputs of 3 inferences equal the functional model")
    );
    assert_eq!(floats(&place, "y.npy"), expected(Mode::Float));
    golden!(
        [
            "run net.fgn --preset small",
            "run net.fgn --preset nano --mode tflm"
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
}

/// The model and the simulator agree on the layers, and the estimate of a compiled network is that of its model.
#[test]
fn an_estimate_is_the_report_of_a_run() {
    let place = small_network();
    place.succeed("compile small.onnx --preset nano -o net.fgn");
    let json = |line: &str| -> serde_json::Value {
        serde_json::from_str(&place.succeed(line).stdout).expect("JSON")
    };
    let estimated = json("estimate small.onnx --preset nano --json");
    let mut of_compiled = json("estimate net.fgn --preset nano --json");
    assert_eq!(of_compiled["model"], "net.fgn");
    of_compiled["model"] = "small.onnx".into();
    assert_eq!(estimated, of_compiled);
    let run = json("run net.fgn --preset nano --json");
    let of = |report: &serde_json::Value, name: &str| {
        let value = report.pointer(name).and_then(serde_json::Value::as_f64);
        value.unwrap_or_else(|| panic!("{name}: {report}"))
    };
    for name in [
        "/cycles",
        "/performance/t",
        "/performance/T",
        "/performance/L",
    ] {
        let error = of(&estimated, name) / of(&run, name) - 1.0;
        assert!(error.abs() < 0.03, "{name}: {error}");
    }
    for name in [
        "/performance/N",
        "/performance/B",
        "/counters/read_beats",
        "/bytes_written",
    ] {
        assert_eq!(of(&estimated, name), of(&run, name), "{name}");
    }
    // Energy goes with the events, which are counted alike.
    let error = of(&estimated, "/performance/energy") / of(&run, "/performance/energy") - 1.0;
    assert!(error.abs() < 0.03, "energy: {error}");
    golden!(
        [
            place.succeed("estimate small.onnx --preset nano").stdout,
            place
                .succeed("estimate 64x64x64 --preset matmul-8x8 --clock 80MHz")
                .stdout,
            place.fail("estimate 64x64x64 --preset nano"),
            place.fail("estimate small.onnx --preset matmul-8x8"),
            place.fail("estimate 64x64x640000 --preset matmul-8x8"),
        ]
        .join("\n")
    );
}

/// The file with the hash of what it holds.
fn sealed(mut file: Vec<u8>) -> Vec<u8> {
    let (head, hashed) = file.split_at_mut(8 + 32);
    head[8..].copy_from_slice(&Sha256::digest(hashed));
    file
}

/// A single wrong byte anywhere is an error. Where its hash is that of the wrong bytes, it is an error or another
/// network, never a panic.
#[test]
fn damaged_networks_are_errors() {
    let place = small_network();
    place.succeed("compile small.onnx --preset nano -o net.fgn");
    let good = fs::read(place.path("net.fgn")).expect("a file");
    for length in 0..good.len() {
        assert!(
            Executable::from_bytes(&good[..length]).is_err(),
            "{length} bytes"
        );
    }
    let mut refused = 0;
    for place in 0..good.len() {
        for flip in [1, 0x10, 0x80] {
            let mut bytes = good.clone();
            bytes[place] ^= flip;
            assert!(Executable::from_bytes(&bytes).is_err(), "byte {place}");
            let Ok(network) = Executable::from_bytes(&sealed(bytes)) else {
                refused += 1;
                continue;
            };
            let zeros = network
                .inputs
                .iter()
                .map(|port| Values::saturated(port.element, &vec![0; port.len()]));
            // Programs leave zeros: what the host makes of them is values or an error.
            let ran = network.run(
                &mut network.initial(),
                &Vec::from_iter(zeros),
                |program, _| -> Result<_, ExecutableError> {
                    let outputs = program.outputs.iter();
                    Ok(outputs.map(|of| vec![0; of.bytes as usize]).collect())
                },
            );
            if let Ok(values) = ran {
                assert_eq!(network.returned(&values).len(), network.outputs.len());
            }
        }
    }
    assert!(
        refused > good.len() / 4,
        "{refused} of {} refused",
        3 * good.len()
    );
}

#[test]
fn what_does_not_fit_says_why() {
    let place = small_network();
    place.write("text.onnx", "no network");
    place.write("short.fgn", b"FGNF\x05\0\0\0\xff\0\0\0{");
    place.write("future.fgn", b"FGNF\x09\0\0\0\xff\0\0\0{");
    place.write_npy("bytes.npy", &images().mapv(|value| value as i8));
    place.write_npy("flat.npy", &Array2::<f32>::zeros((2, 40)));
    let short = images().slice(ndarray::s![..2, .., .., ..]).to_owned();
    place.write_npy("short.npy", &short);
    place.write_npy("y.npy", &expected(Mode::Float));
    let run = "run small.onnx --preset nano";
    golden!(
        [
            "inspect missing.onnx",
            "inspect text.onnx",
            "run short.fgn --preset nano",
            "run future.fgn --preset nano",
            "run small.onnx --preset matmul-8x8",
            &format!("{run} --input bytes.npy"),
            &format!("{run} --input flat.npy"),
            &format!("{run} --input images.npy --input images.npy"),
            &format!("{run} --input short.npy --expect y.npy"),
            &format!("{run} -o small.onnx"),
            "compile small.onnx --preset nano -o no/folder.fgn",
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
}

const PRODUCT: &str = "\
# 4 bytes through the machine of 4 rows and columns: an identity.
load run=4 rows=1 planes=1 signal=0
load target=1 offset=64 run=16 rows=1 planes=1 signal=1
weights offset=128 tiles=1

matrix pitch=4 width=4 height=1 blocks=1 kernel_rows=1 taps=1 rows=1 row_step=1 columns=1 release begin end wait=0:1
post address=16384 rows=1 row_pitch=4 columns=1 channels=4 window=1 multiplier=0x7fffffff low=-128 high=127 wait=1:1 signal=2
store offset=256 address=16384 run=4 rows=1 planes=1 wait=2:1
end code=5
";

#[test]
fn programs_by_hand() {
    let place = Place::new();
    place.write("product.s", PRODUCT);
    let mut dram = vec![0; 512];
    dram[..4].copy_from_slice(&[1, 2, 253, 127]);
    dram[64] = 10;
    for i in 0..4 {
        dram[128 + 5 * i] = 1;
    }
    place.write("dram.bin", &dram);
    place.succeed("asm product.s -o product.bin");
    let disassembled = place.succeed("disasm product.bin").stdout;
    place.write("again.s", &disassembled);
    place.succeed("asm again.s -o again.bin");
    let read = |name: &str| fs::read(place.path(name)).expect("a file");
    assert_eq!(read("product.bin"), read("again.bin"));

    for file in ["product.s", "product.bin"] {
        let line = format!("run-program {file} --preset nano --dram dram.bin --dump out.bin");
        let report = json(&place, &line);
        assert_eq!(
            (&report["cause"], &report["code"], &report["legal"]),
            (&0.into(), &5.into(), &true.into())
        );
        let mut expected = dram.clone();
        expected[256..260].copy_from_slice(&[11, 2, 253, 127]);
        assert_eq!(read("out.bin"), expected);
    }
    let run = place.succeed("run-program product.s --preset nano --dram dram.bin");
    golden!(form(&run.stdout));
}

#[test]
fn programs_that_are_wrong() {
    let place = Place::new();
    place.write("word.s", "end\n\nlode run=4\n");
    place.write("field.s", "end cod=4");
    place.write("odd.bin", [0; 33]);
    place.write("zeros.bin", [0xff; 32]);
    place.write("empty.s", "# nothing\n");
    place.write("early.s", PRODUCT.replace(" wait=2:1", ""));
    place.write("open.s", PRODUCT.replace("end code=5\n", ""));
    golden!(
        [
            "asm word.s -o word.bin",
            "asm field.s -o field.bin",
            "asm empty.s -o empty.bin",
            "disasm odd.bin",
            "disasm zeros.bin",
            "run-program early.s --preset nano",
            "run-program open.s --preset nano",
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
    let forced = place.succeed("run-program early.s --preset nano --force");
    assert!(
        forced.stdout.contains("not legal: instruction 5"),
        "{}",
        forced.stdout
    );
}

/// Programs that the core stops are errors, with the cause in words.
#[test]
fn programs_that_are_stopped() {
    let place = Place::new();
    place.write(
        "count.s",
        "load run=4 rows=1 planes=1\nload run=4 planes=1\nend",
    );
    place.write(
        "dram.s",
        "load offset=0x1000000 run=64 rows=1 planes=1\nend",
    );
    let out_of_range = "cause 7 (a count is 0 or an address out of range), index 1";
    for (file, causes) in [
        ("count.s", [out_of_range, "index 1"]),
        (
            "dram.s",
            ["cause 3 (a read failed), index", "fault address 0x1000000"],
        ),
    ] {
        let line = format!("run-program {file} --preset nano --force");
        let run = place.run(&line);
        assert_eq!(run.code, Some(1), "{file}");
        assert!(run.stdout.contains("not legal: "), "{}", run.stdout);
        let words = run.stderr.split_whitespace().filter(|word| *word != "│");
        let words = words.collect::<Vec<_>>().join(" ");
        assert!(causes.iter().all(|cause| words.contains(cause)), "{words}");
        let run = place.run(&format!("{line} --json"));
        assert_eq!(run.code, Some(1), "{file}");
        let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let cause = format!("cause {} ", report["cause"]);
        assert!(causes[0].starts_with(&cause), "{report}");
    }
}

/// The three simulators agree on everything that is printed.
#[test]
fn simulators_agree_on_networks() {
    let place = small_network();
    let run = |sim: &str| {
        let mut report = json(
            &place,
            &format!("run small.onnx --preset nano --input images.npy --sim {sim}"),
        );
        assert_eq!(report["simulator"], sim);
        report["simulator"] = Value::Null;
        report
    };
    let native = run("native");
    for (sim, tools) in [
        ("verilator", [Tool::Verilator, Tool::Cxx]),
        ("icarus", [Tool::Iverilog, Tool::Vvp]),
    ] {
        match tools.into_iter().find_map(|tool| tool.find().err()) {
            Some(error) => println!("SKIPPED: {sim}: {error}"),
            None => assert_eq!(run(sim), native, "{sim}"),
        }
    }
}

/// The first two rows of an array of a golden file, with a shape, as a `.npy` file of the place.
fn write_rows<T: ReadableElement + WritableElement + Clone>(
    place: &Place,
    golden: &mut Arrays,
    name: &str,
    shape: &[usize],
) {
    let length: usize = shape.iter().product();
    let mut rows = golden.elements::<T>(name);
    rows.truncate(2 * length);
    let shape = [&[2], shape].concat();
    let rows = ArrayD::from_shape_vec(shape, rows).expect("two rows");
    place.write_npy(&format!("{name}.npy"), &rows);
}

/// Networks of others give what TFLite Micro and LiteRT gave.
#[test]
fn runtimes_agree_on_tflite_models() {
    for (name, image, outputs) in [
        ("ic_resnet8_int8", &[32, 32, 3][..], 10),
        ("ad_autoencoder_int8", &[640], 640),
    ] {
        let Some(model) = models::path(&format!("{name}.tflite")) else {
            return;
        };
        let place = Place::new();
        place.write("model.tflite", fs::read(model).expect("a file"));
        let mut golden = Arrays::open(&format!("{name}.golden.npz")).expect("the folder is there");
        write_rows::<i8>(&place, &mut golden, "x", image);
        for (mode, expected) in [("tflm", "y_tflm"), ("onnx", "y_litert")] {
            write_rows::<i8>(&place, &mut golden, expected, &[outputs]);
            place.succeed(&format!(
                "run model.tflite --preset edge --mode {mode} --input x.npy --expect {expected}.npy"
            ));
        }
    }
}

/// Networks in floating point outside give what ONNX Runtime gave.
#[test]
fn onnx_runtime_agrees_on_the_digits() {
    let Some(model) = models::path("digits/cnn_qdq_s8.onnx") else {
        return;
    };
    let place = Place::new();
    place.write("model.onnx", fs::read(model).expect("a file"));
    let mut images = Arrays::open("digits/digits_test64_images_labels.npz").expect("there");
    write_rows::<f32>(&place, &mut images, "x", &[1, 8, 8]);
    let mut golden = Arrays::open("digits/cnn_qdq_s8.golden.npz").expect("there");
    write_rows::<f32>(&place, &mut golden, "y", &[10]);
    place.succeed("run model.onnx --preset nano --input x.npy --expect y.npy");
}
