//! `ferrogrid new`.

use super::files::write_new;
use super::output::print;
use crate::arch::NpuArch;
use crate::config::{ARRAY_SIZES, Config, Dataflow, Kind, MatmulConfig, NpuConfig, Target};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use miette::{IntoDiagnostic, miette};
use std::path::PathBuf;

/// Write a commented TOML file to start from
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid new core.toml --rows 8 --columns 16 --dataflow output_stationary"
)]
pub(super) struct New {
    /// The file to write; it must not exist yet
    #[arg(default_value = "core.toml")]
    file: PathBuf,
    /// What is to be generated
    #[arg(
        long,
        default_value = Kind::Matmul.name(),
        value_parser = PossibleValuesParser::new(Kind::NAMES).try_map(|name| name.parse::<Kind>())
    )]
    kind: Kind,
    /// Rows of processing elements [default: 8; 2 for ice40, 16 for an npu]
    #[arg(long, value_parser = size())]
    rows: Option<u32>,
    /// Columns of processing elements [default: 8; 4 for ice40, 16 for an npu]
    #[arg(long, value_parser = size())]
    columns: Option<u32>,
    /// Which operand stays in the array of a matmul core [default: weight_stationary]
    #[arg(
        long,
        value_parser = PossibleValuesParser::new(Dataflow::NAMES).try_map(|name| name.parse::<Dataflow>())
    )]
    dataflow: Option<Dataflow>,
    /// The chips that the core is for
    #[arg(
        long,
        default_value = Target::Portable.name(),
        value_parser = PossibleValuesParser::new(Target::NAMES).try_map(|name| name.parse::<Target>())
    )]
    target: Target,
}

fn size() -> clap::builder::RangedI64ValueParser<u32> {
    let (low, high) = (*ARRAY_SIZES.start(), *ARRAY_SIZES.end());
    clap::value_parser!(u32).range(i64::from(low)..=i64::from(high))
}

impl New {
    pub fn run(self) -> miette::Result<()> {
        let config: Config = match self.kind {
            Kind::Matmul => self.matmul().into(),
            Kind::Npu => self.npu()?.into(),
        };
        write_new(&self.file, &config.template())?;
        let file = self.file.display();
        Ok(print(&format!(
            "{file} written; next: ferrogrid generate {file} -o build/core\n"
        ))?)
    }

    fn npu(&self) -> miette::Result<NpuConfig> {
        if self.dataflow.is_some() {
            return Err(miette!(
                help = "leave out --dataflow",
                "the array of an npu is always weight-stationary"
            ));
        }
        let mut config = NpuConfig::new(self.rows.unwrap_or(16), self.columns.unwrap_or(16));
        config.common.target = self.target;
        NpuArch::new(&config).into_diagnostic()?;
        Ok(config)
    }

    fn matmul(&self) -> MatmulConfig {
        let (rows, columns) = match self.target {
            // An iCE40 UP5K has eight multipliers.
            Target::Ice40 => (2, 4),
            _ => (8, 8),
        };
        let mut config =
            MatmulConfig::new(self.rows.unwrap_or(rows), self.columns.unwrap_or(columns));
        config.array.dataflow = self.dataflow.unwrap_or(Dataflow::WeightStationary);
        config.common.target = self.target;
        config
    }
}
