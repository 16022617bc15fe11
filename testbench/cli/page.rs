//! `ferrogrid report`: its pages are looked at in a browser, which measures them.

use crate::models;
use crate::npy::matrix;
use crate::onnx::small;
use crate::program::Place;
use crate::{golden, tools};
use ferrogrid::report::page::{Axis, Line, Page, Plot, Point};
use ferrogrid::synth::tools::Tool;
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::Command;

/// What `page.js` finds.
#[derive(Debug, Deserialize)]
struct Seen {
    wrong: Vec<String>,
    dark: bool,
    /// Text and width in pixels.
    bars: Vec<(String, f64)>,
    /// Text and centre.
    points: Vec<(String, [f64; 2])>,
    lines: Vec<Vec<[f64; 2]>>,
    /// Text and place of ticks.
    across: Vec<(String, f64)>,
    up: Vec<(String, f64)>,
}

/// Looks at a page by day; none without a browser.
#[track_caller]
fn look(place: &Place, page: &str) -> Option<Seen> {
    tools::present(&[Tool::Chromium]).then(|| look_at(place, page, false))
}

#[track_caller]
fn look_at(place: &Place, page: &str, dark: bool) -> Seen {
    let html = place.read(page);
    assert!(
        !html.contains("http") && !html.contains("<script"),
        "{page}"
    );
    let script = format!("<script>{}</script></body>", include_str!("page.js"));
    place.write("seen.html", html.replace("</body>", &script));
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args(["--enable-logging=stderr", "--window-size=1280,900"])
        .arg(format!(
            "--blink-settings=preferredColorScheme={}",
            u8::from(!dark)
        ))
        .arg(format!(
            "--user-data-dir={}",
            place.path("profile").display()
        ))
        .arg("--dump-dom")
        .arg(format!("file://{}", place.path("seen.html").display()))
        .output()
        .expect("the browser starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("CONSOLE"), "{page}: {said}");
    let dom = String::from_utf8(output.stdout).expect("UTF-8");
    let json = dom
        .split_once("<pre>")
        .and_then(|(_, rest)| rest.split_once("</pre>"));
    let (json, _) = json.unwrap_or_else(|| panic!("{page}: {dom}{said}"));
    let json = json
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let seen: Seen = serde_json::from_str(&json).expect("what page.js finds");
    assert_eq!(seen.dark, dark, "{page}");
    assert!(seen.wrong.is_empty(), "{page}: {:#?}", seen.wrong);
    seen
}

/// Every bar is as long, beside the longest, as its cycles are.
#[track_caller]
fn assert_bars(seen: &Seen, cycles: &[(&str, u64)]) {
    assert_eq!(seen.bars.len(), cycles.len());
    let longest = seen
        .bars
        .iter()
        .map(|(_, width)| *width)
        .fold(0.0, f64::max);
    let most = cycles.iter().map(|(_, cycles)| *cycles).max().unwrap_or(0);
    for ((title, width), (name, cycles)) in seen.bars.iter().zip(cycles) {
        assert!(title.starts_with(&format!("{name}\n")), "{title}");
        let wanted = longest * *cycles as f64 / most as f64;
        assert!(
            (width - wanted).abs() < 1.0,
            "{title}: {width}, not {wanted}"
        );
    }
    assert!(longest > 400.0, "{longest}");
}

/// What a tick says.
fn number(text: &str) -> f64 {
    let (digits, prefix) = text.split_once(' ').unwrap_or((text, ""));
    let prefixes = ["p", "n", "µ", "m", "", "k", "M", "G", "T"];
    let place = prefixes
        .iter()
        .position(|of| *of == prefix)
        .expect("a prefix");
    digits.parse::<f64>().expect("digits") * 1000_f64.powi(place as i32 - 4)
}

/// Where a number is on an axis of decades with these ticks.
fn place_of(ticks: &[(String, f64)], value: f64) -> f64 {
    let [(first, from), .., (last, to)] = ticks else {
        panic!("{ticks:?}");
    };
    let (first, last) = (number(first).log10(), number(last).log10());
    from + (to - from) * (value.log10() - first) / (last - first)
}

/// The run's point is where its figures are, and no point is above the roof.
#[track_caller]
fn assert_roofline(seen: &Seen, performance: &Value, points: usize) {
    assert_eq!(seen.points.len(), points);
    let figure = |name: &str| performance[name].as_f64().expect("a number");
    let (_, [x, y]) = &seen.points[0];
    let wanted = [
        place_of(&seen.across, figure("operations_per_byte")),
        // Texts stand a third of their height below their ticks.
        place_of(&seen.up, figure("T")) - 4.0,
    ];
    assert!(
        (x - wanted[0]).abs() < 1.0 && (y - wanted[1]).abs() < 1.0,
        "{x}, {y}: {wanted:?}"
    );
    let roof = |x: f64| {
        let pairs = seen.lines.iter().flat_map(|line| line.windows(2));
        let mut over = pairs.filter(|pair| pair[0][0] <= x && x <= pair[1][0]);
        let pair = over.next().expect("a roof over each point");
        pair[0][1] + (pair[1][1] - pair[0][1]) * (x - pair[0][0]) / (pair[1][0] - pair[0][0])
    };
    for (title, [x, y]) in &seen.points {
        assert!(*y >= roof(*x) - 0.5, "{title} is above the roof");
    }
    let multipliers = place_of(&seen.up, figure("multiplier_roof")) - 4.0;
    let last = seen
        .lines
        .last()
        .and_then(|line| line.last())
        .expect("a roof");
    assert!((last[1] - multipliers).abs() < 1.0);
}

/// The page of a network's report is as the report says.
#[track_caller]
fn assert_network(place: &Place, name: &str, report: &Value) {
    place.write(&format!("{name}.json"), report.to_string());
    place.succeed(&format!("report {name}.json"));
    let Some(seen) = look(place, &format!("{name}.html")) else {
        return;
    };
    let layers = report["layers"].as_array().expect("layers");
    let cycles = layers
        .iter()
        .filter_map(|layer| Some((layer["name"].as_str()?, layer["cycles"].as_u64()?)));
    assert_bars(&seen, &Vec::from_iter(cycles));
    let multiply = |layer: &&Value| layer["computed"].as_u64().is_some_and(|of| of > 0);
    let points = 1 + layers.iter().filter(multiply).count();
    assert_roofline(&seen, &report["performance"], points);
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}

/// The report of a small network, with its timeline.
fn small_report(place: &Place) -> Value {
    place.write("small.onnx", small());
    parsed(
        &place
            .succeed("run small.onnx --preset nano --json --timeline")
            .stdout,
    )
}

#[test]
fn a_run_becomes_a_page() {
    let place = Place::new();
    let report = small_report(&place);
    assert_network(&place, "small", &report);
    let html = place.read("small.html");
    let work = report["timeline"]["work"].as_array().expect("a timeline");
    assert!(work.len() > 10);
    for work in work {
        assert!(
            html.contains(work["text"].as_str().expect("a text")),
            "{work}"
        );
    }
    for name in ["N", "t", "t_d", "B", "T", "L"] {
        assert!(html.contains(&format!("<td>{name}</td>")), "{name}");
    }
    if tools::present(&[Tool::Chromium]) {
        look_at(&place, "small.html", true);
    }
    // The same text for the same input, and wherever it is written.
    place.succeed("report small.json -o other.htm");
    assert_eq!(place.read("other.htm"), html);
}

/// Many layers, names without end or with the signs of HTML, bars of no length.
#[test]
fn a_page_of_many_layers_is_readable() {
    let place = Place::new();
    let mut report = small_report(&place);
    let layers = report["layers"].as_array().expect("layers");
    let layer = layers
        .iter()
        .find(|layer| layer["cycles"].is_u64())
        .expect("a layer")
        .clone();
    let layers = (0..70_u64).map(|number| {
        let mut layer = layer.clone();
        let long = "a/long/path/".repeat(number as usize % 9);
        layer["name"] = format!("{long}<b>\"{number}\" & '层'</b>").into();
        layer["cycles"] = (number * number * number).into();
        layer["at_work"] = (10_000 * (number % 7 + 1)).into();
        layer
    });
    report["layers"] = layers.collect();
    report["core"] = "<script>alert(1)</script>".into();
    assert_network(&place, "many", &report);
}

#[test]
fn networks_of_people_become_pages() {
    for name in ["ic_resnet8_int8", "vww_mbv1_025_int8"] {
        let Some(path) = models::path(&format!("{name}.tflite")) else {
            return;
        };
        let place = Place::new();
        let mut command = place.command("estimate --preset edge --json --timeline");
        let output = command.arg(path).output().expect("the program starts");
        assert_network(
            &place,
            name,
            &parsed(&String::from_utf8_lossy(&output.stdout)),
        );
    }
}

#[test]
fn a_product_becomes_a_page() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(64, 64, 1));
    place.write_npy("b.npy", &matrix(64, 64, 2));
    let run = place.succeed("matmul a.npy b.npy --preset matmul-8x8 --json");
    place.write("run.json", &run.stdout);
    let report = parsed(&run.stdout);
    assert_eq!(
        place.succeed("report run.json").stdout,
        "written: run.html\n"
    );
    let html = place.read("run.html");
    for counter in ["active", "stall_a", "stall_b", "stall_c"] {
        assert!(html.contains(&format!("<td>{counter}</td>")), "{counter}");
    }
    let Some(seen) = look(&place, "run.html") else {
        return;
    };
    let names = ["products", "edge tiles", "waiting for A", "waiting for B"];
    let names = names
        .into_iter()
        .chain(["waiting for results to leave", "fill and drain"]);
    let parts = report["breakdown"].as_array().expect("parts");
    let cycles = parts
        .iter()
        .map(|part| part["cycles"].as_u64().expect("cycles"));
    assert_bars(&seen, &Vec::from_iter(names.zip(cycles)));
    assert_roofline(&seen, &report["performance"], 1);
}

/// Points so many that not all have room for a name, and a line in front.
#[test]
fn points_and_lines_over_two_axes() {
    let place = Place::new();
    for logarithmic in [false, true] {
        let axis = |label, unit| Axis {
            label,
            unit,
            logarithmic,
        };
        let points = (1..200_u32).map(|number| Point {
            at: [
                f64::from(number % 23 + 1) * 1e3,
                f64::from(number * 7 % 41 + 1) / 1e6,
            ],
            label: format!("core {number}"),
            title: format!("core {number}\nof many"),
            colour: number as usize,
            highlighted: number % 40 == 0,
        });
        let plot = Plot {
            axes: [axis("logic", "LUT4"), axis("time", "s")],
            lines: vec![Line {
                through: vec![[1e3, 2e-5], [1e4, 5e-6], [2.4e4, 1e-6]],
                label: "the best".into(),
            }],
            points: points.collect(),
        };
        let page = Page::new("Cores", "each a point").drawing(&plot.svg());
        place.write("plot.html", page.html());
        if let Some(seen) = look(&place, "plot.html") {
            assert_eq!((seen.points.len(), seen.lines.len()), (199, 1));
        }
    }
}

#[test]
fn what_is_no_report_is_told() {
    let place = Place::new();
    let mut report = small_report(&place);
    report["clock_hz"] = json!(-1.0);
    place.write("clock.json", report.to_string());
    place.write("other.json", "{\"layers\": 3}");
    place.write("empty.json", "{}");
    place.write("words.json", "no JSON");
    place.write("page.html", "{}");
    let lines = [
        "report clock.json",
        "report other.json",
        "report empty.json",
        "report words.json",
        "report page.html",
        "report missing.json",
        "estimate 4x4x4 --preset matmul-4x4 --timeline",
    ];
    golden!(lines.map(|line| place.fail(line)).join("\n"));
}

/// Figures that no run has end in no panic.
#[test]
fn figures_without_sense_are_drawn() {
    let place = Place::new();
    let report = small_report(&place);
    for huge in [json!(0), json!(u64::MAX)] {
        let mut report = report.clone();
        for layer in report["layers"].as_array_mut().expect("layers") {
            for name in [
                "macs",
                "cycles",
                "at_work",
                "computed",
                "bytes_read",
                "bytes_written",
            ] {
                layer[name] = huge.clone();
            }
        }
        for name in [
            "macs",
            "cycles",
            "multipliers",
            "bytes_read",
            "bytes_written",
        ] {
            report[name] = huge.clone();
        }
        report["timeline"]["cycles"] = huge.clone();
        for work in report["timeline"]["work"]
            .as_array_mut()
            .expect("a timeline")
        {
            work["layer"] = 1_000_000.into();
            work["cycles"] = json!({"start": huge, "end": 5});
        }
        let performance = report["performance"].as_object_mut().expect("figures");
        for figure in performance.values_mut().filter(|figure| figure.is_f64()) {
            *figure = json!(if huge == 0 { 0.0 } else { 1e308 });
        }
        place.write("run.json", report.to_string());
        place.succeed("report run.json");
        if huge == 0 {
            look(&place, "run.html");
        }
    }
}

/// Fewer cycles are further to the left, and less of the chip is further down.
#[test]
fn an_exploration_becomes_a_page() {
    let place = Place::new();
    place.write("small.onnx", small());
    place.write(
        "space.toml",
        "kind = \"npu\"\n[array]\nrows = [4, 8]\ncolumns = [4, 8, 16]\n",
    );
    place.succeed("explore small.onnx --space space.toml --confirm 2");
    let written = place.read("explore/report.html");
    place.succeed("report explore/report.json -o again.html");
    assert_eq!(place.read("again.html"), written);
    let Some(seen) = look(&place, "again.html") else {
        return;
    };
    let report = parsed(&place.read("explore/report.json"));
    let cores = report["points"].as_array().expect("points").iter();
    let cores = cores.filter_map(|point| Some((point["number"].as_u64()?, point.get("figures")?)));
    let at = |number: u64| {
        let title = format!("configuration {number}\n");
        let found = seen
            .points
            .iter()
            .find(|(text, _)| text.starts_with(&title));
        found
            .unwrap_or_else(|| panic!("{number}: {:?}", seen.points))
            .1
    };
    let cores = Vec::from_iter(cores);
    assert!(cores.len() > 3, "{cores:?}");
    for (one, figures) in &cores {
        for (other, others) in &cores {
            for (axis, key, sign) in [(0, "latency_s", 1.0), (1, "area", -1.0)] {
                let of = |figures: &Value| figures[key].as_f64().expect("a number");
                let farther = sign * (at(*one)[axis] - at(*other)[axis]);
                let more = of(figures) - of(others);
                assert!(more <= 0.0 || farther >= 0.0, "{one} and {other}: {key}");
            }
        }
    }
}
