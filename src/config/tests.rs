//! Reading and writing; the messages are tested with `arch`, where a user meets them.

use super::*;

fn read(text: &str) -> MatmulConfig {
    let document = Document::parse("test.toml", text).unwrap_or_else(|error| panic!("{error}"));
    document.config().as_matmul().unwrap().clone()
}

#[test]
fn a_minimal_description_takes_every_default() {
    assert_eq!(
        read("[array]\nrows = 3\ncolumns = 0x5"),
        MatmulConfig::new(3, 5)
    );
    assert_eq!(
        read("array = { rows = 3, columns = 5 }"),
        MatmulConfig::new(3, 5)
    );
}

#[test]
fn every_key_is_read() {
    let text = r#"
        name = "tiny"
        kind = "matmul"
        [array]
        rows = 1
        columns = 64
        dataflow = "output_stationary"
        activation = "uint8"
        weight = "int8"
        product_register = false
        [streams]
        a = 8
        b = 1_024
        c = 32
        [buffers]
        a = 4096
        b = "1 MiB"
        accumulators = "512 B"
        output_register = true
    "#;
    let expected = MatmulConfig {
        common: Common {
            name: Some("tiny".into()),
            target: Target::Portable,
        },
        array: Array {
            rows: 1,
            columns: 64,
            dataflow: Dataflow::OutputStationary,
            activation: ElementType::Uint8,
            weight: Some(ElementType::Int8),
            product_register: false,
        },
        streams: Streams {
            a: Some(8),
            b: Some(1024),
            c: Some(32),
        },
        buffers: Buffers {
            a: Some(Bytes(4096)),
            b: Some(Bytes::mib(1)),
            accumulators: Some(Bytes(512)),
            output_register: true,
        },
    };
    assert_eq!(read(text), expected);
    assert_eq!(read(&Config::from(expected.clone()).to_toml()), expected);
}

#[test]
fn presets_bear_their_names() {
    for each in PRESETS {
        assert_eq!(
            each.document().config().common().name.as_deref(),
            Some(each.name)
        );
        assert_eq!(preset(each.name), Ok(*each));
    }
}

#[test]
fn names_of_choices_round_trip() {
    for (dataflow, name) in Dataflow::ALL.iter().zip(Dataflow::NAMES) {
        assert_eq!(
            (dataflow.to_string().as_str(), name.parse()),
            (*name, Ok(*dataflow))
        );
    }
    for (element, name) in ElementType::ALL.iter().zip(ElementType::NAMES) {
        assert_eq!(
            (element.to_string().as_str(), name.parse()),
            (*name, Ok(*element))
        );
    }
    let error = "systolic".parse::<Dataflow>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`systolic` is none of: weight_stationary, output_stationary"
    );
}

/// The template says what the configuration says, with and without defaults.
#[test]
fn templates_read_back() {
    let minimal = MatmulConfig::new(8, 8);
    assert_eq!(read(&Config::from(minimal.clone()).template()), minimal);
    for preset in PRESETS {
        let config = preset.document().config().clone();
        let read = Document::parse("test.toml", &config.template()).unwrap();
        assert_eq!(read.config(), &config);
    }
}

#[test]
fn templates_mention_every_key() {
    let template = Config::from(MatmulConfig::new(8, 8)).template();
    insta::assert_snapshot!(template);
    let mut uncommented = template;
    for key in ["name", "weight", "a", "b", "c", "accumulators"] {
        uncommented = uncommented.replace(&format!("\n# {key} = "), &format!("\n{key} = "));
    }
    let config = read(&uncommented);
    assert!(config.common.name.is_some() && config.array.weight.is_some());
    let Streams { a, b, c } = config.streams;
    assert!(a.is_some() && b.is_some() && c.is_some());
    let Buffers {
        a,
        b,
        accumulators,
        output_register: _,
    } = config.buffers;
    assert!(a.is_some() && b.is_some() && accumulators.is_some());
}

#[test]
fn templates_of_networks_mention_every_key() {
    let template = Config::from(NpuConfig::new(16, 16)).template();
    insta::assert_snapshot!(template);
    let mut uncommented = template;
    for key in [
        "name",
        "width",
        "scratchpad",
        "weights",
        "accumulators",
        "parameters",
        "taps",
        "lanes",
    ] {
        uncommented = uncommented.replace(&format!("\n# {key} = "), &format!("\n{key} = "));
    }
    let edge = preset("edge").unwrap().document();
    let shown = Document::parse("test.toml", &uncommented).unwrap();
    let mut shown = shown.config().as_npu().unwrap().clone();
    shown.common.name = Some("edge".into());
    assert_eq!(&shown, edge.config().as_npu().unwrap());
}

/// A message is read by people, however long a line is.
#[test]
fn long_lines_are_shown_in_part() {
    let long = "\u{e9}".repeat(500_000);
    for text in [
        format!("[array]\nrows = \"{long}\"\ncolumns = 4\n"),
        format!("[array]\nrows = 4\ncolumns = 4\n{long} = 4\n"),
        format!("[array]\nrows = 4 # {long}\ncolumns = 400\n"),
        format!("# {long}\n[array]\nrows = 4\ncolumns = 4 {long}\n"),
        format!("name = \"{long}\"\n[array]\nrows = 4\ncolumns = 4\n"),
    ] {
        let error = Document::parse("core.toml", &text).unwrap_err();
        let told = crate::runtime::text(&error.into());
        assert!(told.len() < 3000, "{} bytes", told.len());
        assert!(told.contains("core.toml:"), "{told}");
    }
    // The place is still that of the key.
    let text = format!("[array] # {long}\nrows = 4\ncolumns = 400\n");
    let error = Document::parse("core.toml", &text).unwrap_err();
    let told = crate::runtime::text(&error.into());
    assert!(told.contains("core.toml:3:11"), "{told}");
}
