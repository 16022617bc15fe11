//! Derivation and validation, on whole configurations.

use super::*;
use crate::config::{Bytes, Config, Document, ElementType, Kind, MatmulConfig, presets_of};

fn arch(config: &MatmulConfig) -> MatmulArch {
    MatmulArch::new(config).unwrap_or_else(|error| panic!("{error}"))
}

/// Every size of array, dataflow and operand pair with defaults only.
fn all_defaults() -> impl Iterator<Item = MatmulConfig> {
    let sizes = (1..=64).flat_map(|rows| (1..=64).map(move |columns| (rows, columns)));
    sizes.flat_map(|(rows, columns)| {
        Dataflow::ALL.iter().flat_map(move |dataflow| {
            OperandPair::ALL.map(move |pair| {
                let mut config = MatmulConfig::new(rows, columns);
                config.array.dataflow = *dataflow;
                config.array.activation = pair.activation;
                config
            })
        })
    })
}

#[test]
fn presets_are_what_their_comments_say() {
    let rows: Vec<_> = presets_of(Kind::Matmul)
        .map(|preset| {
            let arch = from_preset(preset.name).unwrap();
            assert_eq!(arch.name, preset.name);
            let Limits {
                max_k,
                max_n,
                max_b_vectors,
                ..
            } = arch.limits;
            (preset.name, max_k, max_n, max_b_vectors * arch.columns)
        })
        .collect();
    let expected = [
        ("matmul-2x4-ice40", 512, 64, 2048),
        ("matmul-4x4", 256, 64, 4096),
        ("matmul-6x10", 252, 120, 10240),
        ("matmul-8x8", 256, 128, 16384),
        ("matmul-8x8-os", 256, 128, 16384),
        ("matmul-8x8-ecp5", 256, 128, 16384),
        ("matmul-16x16", 256, 256, 65536),
        ("matmul-64x64", 512, 512, 262_144),
    ];
    assert_eq!(rows, expected);
    for (preset, (_, k, n, b)) in presets_of(Kind::Matmul).zip(expected) {
        let group = |value: u32| match value {
            0..1000 => value.to_string(),
            _ => format!("{},{:03}", value / 1000, value % 1000),
        };
        let comment = format!("# K up to {k}, N up to {n}, K x N up to {}.\n", group(b));
        assert!(preset.toml.contains(&comment), "{}: {comment}", preset.name);
    }
}

#[test]
fn the_sixteen_by_sixteen_core_in_full() {
    let arch = from_preset("matmul-16x16").unwrap();
    insta::assert_debug_snapshot!(arch);
}

#[test]
fn an_odd_output_stationary_core_in_full() {
    let mut config = MatmulConfig::new(5, 3);
    config.array.dataflow = Dataflow::OutputStationary;
    config.array.activation = ElementType::Int16;
    config.streams.a = Some(64);
    insta::assert_debug_snapshot!(arch(&config));
}

#[test]
fn defaults_work_for_every_array_and_take_256_each_way() {
    for config in all_defaults() {
        let arch = arch(&config);
        let shape = JobShape {
            m: MAX_SIZE,
            k: 256,
            n: 256,
        };
        assert_eq!(arch.check_shape(shape), Ok(()), "{}", arch.name);
    }
}

/// The values that the template shows behind `#` are those of the core it is mostly used for.
#[test]
fn templates_show_the_defaults_of_the_8x8_core() {
    let text = Config::from(MatmulConfig::new(8, 8)).template();
    let shown = Config::from(arch(&MatmulConfig::new(8, 8)).to_config()).to_toml();
    let values = shown.lines().filter(|line| line.contains(" = "));
    let missing: Vec<_> = values
        .filter(|line| {
            !text
                .lines()
                .any(|shown| shown.trim_start_matches("# ") == *line)
        })
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// The preset says what is the default, and so does the template; larger arrays get what they need.
#[test]
fn defaults_for_ice40_are_small() {
    let mut config = from_preset("matmul-2x4-ice40").unwrap().to_config();
    let complete = arch(&config);
    let sizes = std::mem::take(&mut config.buffers);
    assert_eq!(arch(&config), complete);
    let text = Config::from(config.clone()).template();
    for (key, size) in [
        ("a", sizes.a),
        ("b", sizes.b),
        ("accumulators", sizes.accumulators),
    ] {
        let line = format!("\n# {key} = \"{}\"\n", size.expect("a size"));
        assert!(text.contains(&line), "{line}{text}");
    }

    for mut config in all_defaults() {
        config.common.target = Target::Ice40;
        let small = arch(&config);
        let MatmulArch {
            a_buffer: a,
            b_buffer: b,
            accumulators: sums,
            ..
        } = &small;
        let tile = match config.array.dataflow {
            Dataflow::WeightStationary => small.rows.max(2),
            Dataflow::OutputStationary => 2,
        };
        assert!(a.size() <= Bytes::kib(2) || a.words_per_row == 1, "{a:?}");
        assert!(b.size() <= Bytes::kib(4) || b.bank_depth == tile, "{b:?}");
        assert!(sums.size() <= Bytes::kib(1) || sums.panels == 1, "{sums:?}");
    }

    // A size that is given counts, also where it is too small.
    config.buffers.b = Some(Bytes::kib(8));
    let given = arch(&config);
    assert_eq!(given.b_buffer.size(), Bytes::kib(8));
    assert_eq!(given.a_buffer, complete.a_buffer);
    config.buffers.b = Some(Bytes(1));
    assert!(MatmulArch::new(&config).is_err());
}

/// Rounding a size down to whole vectors never changes what the rounded size means.
#[test]
fn a_completed_configuration_gives_the_same_core() {
    for config in all_defaults().step_by(37) {
        let mut config = config;
        for extra in [None, Some(Bytes(99_991)), Some(Bytes(123_457))] {
            config.buffers.a = extra;
            config.buffers.b = extra;
            config.buffers.accumulators = extra;
            let first = arch(&config);
            let completed = first.to_config();
            assert_eq!(arch(&completed), first);
            let completed = Config::from(completed);
            let read = Document::parse("completed.toml", &completed.to_toml()).unwrap();
            assert_eq!(read.config(), &completed);
        }
    }
}

/// The limits stated for hardware are exactly the border of `check_shape`.
#[test]
fn limits_are_exact() {
    for preset in presets_of(Kind::Matmul) {
        let arch = from_preset(preset.name).unwrap();
        let ok = |m, k, n| arch.check_shape(JobShape { m, k, n }).is_ok();
        let Limits {
            max_m,
            max_k,
            max_n,
            max_panels,
            max_b_vectors,
        } = arch.limits;
        assert!(ok(max_m, 1, 1) && !ok(max_m + 1, 1, 1));
        assert!(ok(1, max_k, 1) && !ok(1, max_k + 1, 1), "{}", arch.name);
        assert!(ok(1, 1, max_n) && !ok(1, 1, max_n + 1), "{}", arch.name);
        assert_eq!(max_n, max_panels * arch.columns);
        assert!(!ok(0, 1, 1) && !ok(1, 0, 1) && !ok(1, 1, 0));
        for panels in 1..=max_panels {
            let k = max_b_vectors / panels;
            if k < max_k {
                let n = panels * arch.columns;
                assert!(
                    ok(1, k, n) && !ok(1, k + 1, n),
                    "{}: {panels} panels",
                    arch.name
                );
            }
        }
    }
}

/// Each error names a size; with that size the job runs.
#[test]
fn shape_errors_name_the_size_that_helps() {
    let mut texts = Vec::new();
    for preset in ["matmul-6x10", "matmul-8x8-os"] {
        let arch = from_preset(preset).unwrap();
        for shape in [
            (0, 1, 1),
            (1, 65_536, 1),
            (9, 300, 1),
            (9, 251, 60),
            (9, 200, 120),
            (9, 1, 999),
            (9, 300, 999),
        ] {
            let (m, k, n) = shape;
            let shape = JobShape { m, k, n };
            let Err(error) = arch.check_shape(shape) else {
                continue;
            };
            texts.push(format!("{preset} {shape}: {error}"));
            let mut config = arch.to_config();
            for error in error.0 {
                match error {
                    ShapeError::ABuffer { needed, .. } => config.buffers.a = Some(needed),
                    ShapeError::BBuffer { needed, .. } => config.buffers.b = Some(needed),
                    ShapeError::Accumulators { needed, .. } => {
                        config.buffers.accumulators = Some(needed)
                    }
                    ShapeError::OutOfRange { .. } | ShapeError::Overflow { .. } => {}
                }
            }
            // What was told is all that it takes.
            let left = self::arch(&config).check_shape(shape);
            let left = left.err().map_or(Vec::new(), |error| error.0);
            let fixed = |error: &ShapeError| {
                !matches!(
                    error,
                    ShapeError::OutOfRange { .. } | ShapeError::Overflow { .. }
                )
            };
            assert!(!left.iter().any(fixed), "{left:?}");
        }
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn beats_of_a_job() {
    // R = 6, C = 10, E = 8 for A and B, 2 for C: A groups of 6 take a beat, panel rows 2, C 5.
    let arch = from_preset("matmul-6x10").unwrap();
    let beats = arch.beats(JobShape { m: 7, k: 13, n: 23 });
    // A: 13 = 6 + 6 + 1; B: 23 = 10 + 10 + 3; C: 10 + 10 + 3.
    assert_eq!(
        beats,
        StreamBeats {
            a: 7 * 3,
            b: 13 * (2 + 2 + 1),
            c: 7 * (5 + 5 + 2)
        }
    );
}

#[test]
fn the_hash_depends_on_the_hardware_only() {
    let base = MatmulConfig::new(8, 8);
    let hash = |change: fn(&mut MatmulConfig)| {
        let mut config = base.clone();
        change(&mut config);
        arch(&config).config_hash()
    };
    let same = hash(|_| ());
    assert_eq!(
        same,
        hash(|config| config.common.name = Some("other".into()))
    );
    assert_eq!(
        same,
        hash(|config| config.array.weight = Some(ElementType::Int8))
    );
    assert_eq!(same, hash(|config| config.streams.a = Some(64)));
    assert_eq!(same, arch(&arch(&base).to_config()).config_hash());

    let mut hashes = vec![
        same,
        hash(|config| config.array.rows = 7),
        hash(|config| config.array.columns = 7),
        hash(|config| config.array.dataflow = Dataflow::OutputStationary),
        hash(|config| config.array.activation = ElementType::Uint8),
        hash(|config| config.array.activation = ElementType::Int16),
        hash(|config| config.array.product_register = false),
        hash(|config| config.streams.a = Some(32)),
        hash(|config| config.streams.b = Some(32)),
        hash(|config| config.streams.c = Some(32)),
        hash(|config| config.buffers.output_register = true),
        hash(|config| config.buffers.a = Some(Bytes::kib(2))),
        hash(|config| config.buffers.b = Some(Bytes::kib(2))),
        hash(|config| config.buffers.accumulators = Some(Bytes::kib(2))),
    ];
    let count = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
    // Drivers hold this value; it changes only with the hardware.
    assert_eq!(
        format!("{:08x}", from_preset("matmul-8x8").unwrap().config_hash()),
        "b1c6cac4"
    );
}
