//! Named configurations that ship with Ferrogrid; each is also an example of the TOML.

use super::{Document, Kind};

/// A named configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The name; also the name of the core.
    pub name: &'static str,
    /// The TOML text.
    pub toml: &'static str,
}

macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        /// All presets, kind by kind, from small to large.
        pub const PRESETS: &[Preset] = &[$(Preset {
            name: $name,
            toml: include_str!(concat!("presets/", $name, ".toml")),
        }),+];
    };
}

presets!(
    "matmul-2x4-ice40",
    "matmul-4x4",
    "matmul-6x10",
    "matmul-8x8",
    "matmul-8x8-os",
    "matmul-8x8-ecp5",
    "matmul-16x16",
    "matmul-64x64",
    "nano",
    "small",
    "edge",
    "large",
    "datacenter",
);

/// There is no preset of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("there is no preset `{name}`{}", .nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
#[diagnostic(help("presets: {}", PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ")))]
pub struct UnknownPreset {
    /// What was asked for.
    pub name: String,
    /// What was probably meant.
    pub nearest: Option<&'static str>,
}

/// The preset of this name.
pub fn preset(name: &str) -> Result<Preset, UnknownPreset> {
    let found = PRESETS.iter().find(|preset| preset.name == name);
    found.copied().ok_or_else(|| UnknownPreset {
        name: name.escape_debug().to_string(),
        nearest: super::nearest::nearest(name, PRESETS.iter().map(|preset| preset.name)),
    })
}

/// The presets of a kind of core, from small to large.
pub fn presets_of(kind: Kind) -> impl Iterator<Item = Preset> {
    let is_of_kind = move |preset: &Preset| preset.document().config().kind() == kind;
    PRESETS.iter().copied().filter(is_of_kind)
}

impl Preset {
    /// The preset's text, read.
    pub fn document(self) -> Document {
        let file = format!("{}.toml", self.name);
        Document::parse(&file, self.toml).expect("the presets are tested to be valid")
    }
}
