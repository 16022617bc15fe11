//! Cycle and stall counters: a change of cycles shows here.

use ferrogrid::arch::MatmulArch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::config::{Dataflow, MatmulConfig};
use ferrogrid::device::matmul::{MatmulJob, run, run_queued};
use ferrogrid::device::{Backend, Native, StallPattern, Stalls, WaveFile, unwatched};
use ferrogrid::hdl::elaborate;
use ndarray::Array2;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use vcd::{Command, Parser, Value};

#[test]
fn what_limits_a_job_is_counted() {
    let mut text = String::new();
    for dataflow in Dataflow::ALL {
        let mut config = MatmulConfig::new(4, 4);
        config.array.dataflow = *dataflow;
        let arch = MatmulArch::new(&config).expect("a core");
        let design = elaborate(&MatmulCore::new(&arch)).expect("a core");
        let mut native = Native::new(&design).expect("a core");
        let job = MatmulJob::of_integers(
            &arch,
            &Array2::from_elem((16, 16), 1),
            &Array2::from_elem((16, 16), 1),
        )
        .expect("small elements");
        let slow = StallPattern::from("#######.");
        let none = StallPattern::none();
        let stalls = [
            ("none", [&none, &none, &none]),
            ("A", [&slow, &none, &none]),
            ("B", [&none, &slow, &none]),
            ("C", [&none, &none, &slow]),
            ("all", [&slow, &slow, &slow]),
        ];
        for (paused, patterns) in stalls {
            let [a, b, c] = patterns.map(StallPattern::clone);
            let stalls = Stalls::default()
                .with("s_axis_a", a)
                .with("s_axis_b", b)
                .with("m_axis_c", c);
            let result = run(&arch, &mut native, &job, &stalls, &mut unwatched);
            let result = result.expect("the core runs");
            let c = result.counters;
            writeln!(
                text,
                "{dataflow} paused {paused:<4}: {} cycles, {} active, stalls {} {} {}, span {}",
                c.cycles, c.active, c.stall_a, c.stall_b, c.stall_c, result.span
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

/// Cycles in which these bits of a unit become 1.
fn rises<const N: usize>(waves: &Path, unit: &str, names: [&str; N]) -> [Vec<u64>; N] {
    let waves = fs::read(waves).expect("waves");
    let mut parser = Parser::new(waves.as_slice());
    let header = parser.parse_header().expect("a VCD header");
    let codes = names.map(|name| {
        let variable = header.find_var(&["ferrogrid_top", "dut", unit, name]);
        variable.unwrap_or_else(|| panic!("no `{name}`")).code
    });
    let mut rises = names.map(|_| Vec::new());
    let mut time = 0;
    for command in parser {
        match command.expect("a VCD") {
            Command::Timestamp(now) => time = now,
            Command::ChangeScalar(changed, Value::V1) => {
                for (code, rises) in codes.iter().zip(&mut rises) {
                    if *code == changed {
                        // A cycle takes 10 ns.
                        rises.push(time / 10);
                    }
                }
            }
            _ => {}
        }
    }
    rises
}

/// Short passes are decided on in time to follow each other without a gap: those of four cycles, the
/// shortest.
#[test]
fn short_passes_follow_without_a_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("waves.vcd");
    const N: usize = 32;
    // Tiles of four vectors, and of four steps of K; one pass more than tiles.
    for (dataflow, k, tiles_of_k) in [
        (Dataflow::WeightStationary, 16, 4),
        (Dataflow::OutputStationary, 4, 1),
    ] {
        let mut config = MatmulConfig::new(4, 4);
        config.array.dataflow = dataflow;
        let arch = MatmulArch::new(&config).expect("a core");
        let design = elaborate(&MatmulCore::new(&arch)).expect("a core");
        let mut native = Native::new(&design).expect("a core");
        native.trace(Some(WaveFile::all(&path))).expect("waves");
        // Two row blocks: no bank of the accumulators is waited for, nor B in the second.
        let job = MatmulJob::of_integers(
            &arch,
            &Array2::from_elem((8, k), 1),
            &Array2::from_elem((k, N), 1),
        )
        .expect("small elements");
        let stalls = Stalls::default();
        run(&arch, &mut native, &job, &stalls, &mut unwatched).expect("the core runs");
        let [passes] = rises(&path, "sequencer", ["next_pass"]);
        let of_block = N / 4 * tiles_of_k;
        assert_eq!(passes.len(), 2 * of_block + 1, "{dataflow}");
        let second = &passes[of_block..];
        assert!(
            second.windows(2).all(|pair| pair[1] - pair[0] == 4),
            "{dataflow}: passes begin behind the cycles {second:?}"
        );
    }
}

/// A stage whose units are done starts the job that waits for it four cycles later at the most.
#[test]
fn a_waiting_job_starts_soon() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("waves.vcd");
    let (slow, none) = (StallPattern::from("#######."), StallPattern::none());
    // The stage that the others wait for, and what shows that its units are done, a cycle later.
    let slowest = [
        ("load_start", "loaders_idle", [&slow, &none, &none], 4),
        ("compute_start", "sequencer_idle", [&none; 3], 64),
        ("drain_start", "job_done", [&none, &none, &slow], 4),
    ];
    for dataflow in Dataflow::ALL {
        let mut config = MatmulConfig::new(4, 4);
        config.array.dataflow = *dataflow;
        let arch = MatmulArch::new(&config).expect("a core");
        let design = elaborate(&MatmulCore::new(&arch)).expect("a core");
        let mut native = Native::new(&design).expect("a core");
        native.trace(Some(WaveFile::all(&path))).expect("waves");
        for (start, idle, patterns, k) in slowest {
            let job = MatmulJob::of_integers(
                &arch,
                &Array2::from_elem((16, k), 1),
                &Array2::from_elem((k, 16), 1),
            )
            .expect("small elements");
            let jobs = [&job; 6].map(MatmulJob::clone);
            let [a, b, c] = patterns.map(StallPattern::clone);
            let stalls = Stalls::default()
                .with("s_axis_a", a)
                .with("s_axis_b", b)
                .with("m_axis_c", c);
            run_queued(&arch, &mut native, &jobs, &stalls, &mut unwatched).expect("the core runs");
            let [starts, idles] = rises(&path, "job", [start, idle]);
            assert_eq!(starts.len(), jobs.len(), "{start}");
            let gaps: Vec<_> = starts
                .windows(2)
                .map(|pair| {
                    let between = |idle: &&u64| pair[0] <= **idle && **idle < pair[1];
                    let mut idles = idles.iter().filter(between);
                    let done = idles.next().expect("the job before is done") - 1;
                    assert_eq!(idles.next(), None, "{idle}");
                    pair[1] - done
                })
                .collect();
            assert!(
                gaps.iter().all(|gap| *gap <= 4),
                "{dataflow}: {start} after {gaps:?}"
            );
        }
    }
}
