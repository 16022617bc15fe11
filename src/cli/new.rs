//! `ferrogrid new`.

use super::files::write_new;
use super::output::print;
use crate::config::{ARRAY_SIZES, Config, Dataflow, MatmulConfig, Target};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
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
    /// Rows of processing elements [default: 8; 2 for ice40]
    #[arg(long, value_parser = size())]
    rows: Option<u32>,
    /// Columns of processing elements [default: 8; 4 for ice40]
    #[arg(long, value_parser = size())]
    columns: Option<u32>,
    /// Which operand stays in the array
    #[arg(
        long,
        default_value = Dataflow::WeightStationary.name(),
        value_parser = PossibleValuesParser::new(Dataflow::NAMES).try_map(|name| name.parse::<Dataflow>())
    )]
    dataflow: Dataflow,
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
        let config = self.config();
        write_new(&self.file, &config.template())?;
        let file = self.file.display();
        Ok(print(&format!(
            "{file} written; next: ferrogrid generate {file} -o build/core\n"
        ))?)
    }

    fn config(&self) -> Config {
        let (rows, columns) = match self.target {
            // An iCE40 UP5K has eight multipliers.
            Target::Ice40 => (2, 4),
            _ => (8, 8),
        };
        let mut config =
            MatmulConfig::new(self.rows.unwrap_or(rows), self.columns.unwrap_or(columns));
        config.array.dataflow = self.dataflow;
        config.common.target = self.target;
        config.into()
    }
}
