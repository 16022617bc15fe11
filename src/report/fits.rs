//! Which cores fit which boards: by the model before synthesis, by its reports after it.

use super::table::Table;
use crate::model::{Area, Multipliers};
use crate::product::{Part, Product};
use crate::synth::{BOARDS, Board, Chip, Target};
use serde::{Deserialize, Serialize};

/// The share of its logic at which a chip is full: more is hard to route.
const MOST_LOGIC: f64 = 0.8;

/// What a part of a core takes of a chip, as the model has it.
pub fn area_on(core: &dyn Product, part: Part, target: &Target) -> Area {
    let multipliers = match target.has_multipliers() {
        true => Multipliers::Cells,
        false => Multipliers::Logic,
    };
    core.area(part, target.family, multipliers)
}

/// The shares of a chip that a core takes, 1 for all there is; of a kind of which nothing is known none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// LUTs.
    pub luts: Option<f64>,
    /// Registers.
    pub registers: Option<f64>,
    /// Multipliers.
    pub multipliers: f64,
    /// Block RAMs.
    pub block_rams: f64,
    /// Large RAMs.
    pub large_rams: f64,
}

fn share(of: u64, room: u64) -> f64 {
    match of {
        0 => 0.0,
        of => of as f64 / room as f64,
    }
}

impl Shares {
    /// Of a chip.
    pub fn of_chip(area: &Area, chip: &Chip) -> Shares {
        let room = &chip.room;
        Shares {
            luts: Some(share(area.lut, room.luts)),
            registers: Some(share(area.ff, room.registers)),
            multipliers: share(area.dsp, room.multipliers),
            block_rams: share(area.bram, room.block_rams),
            large_rams: share(area.large_ram, room.large_rams),
        }
    }

    /// Of a board's chip, of which perhaps only multipliers and block RAMs are known.
    fn of_board(area: &Area, board: &Board) -> Option<Shares> {
        let target = Target::named(board.target)?;
        let part = board.part.as_ref();
        let of_part = part.map(|part| Shares {
            luts: None,
            registers: None,
            multipliers: share(area.dsp, part.multipliers.0),
            block_rams: share(area.bram, part.block_rams.0),
            large_rams: share(area.large_ram, 0),
        });
        let of_chip = target.chip.as_ref().map(|chip| Shares::of_chip(area, chip));
        of_chip.or(of_part)
    }

    /// Each kind with its share, and the share at which a chip is full of it.
    fn each(&self) -> [(&'static str, f64, f64); 5] {
        [
            ("LUT", self.luts.unwrap_or(0.0), MOST_LOGIC),
            ("FF", self.registers.unwrap_or(0.0), MOST_LOGIC),
            ("DSP", self.multipliers, 1.0),
            ("BRAM", self.block_rams, 1.0),
            ("SPRAM", self.large_rams, 1.0),
        ]
    }

    /// The largest share.
    pub fn most(&self) -> f64 {
        self.each()
            .into_iter()
            .map(|(_, share, _)| share)
            .fold(0.0, f64::max)
    }

    /// What a chip is first full of, and the share of it.
    pub fn tightest(&self) -> (&'static str, f64) {
        let by_limit = |one: &(_, f64, f64), other: &(_, f64, f64)| {
            (one.1 / one.2).total_cmp(&(other.1 / other.2))
        };
        let tightest = self.each().into_iter().max_by(by_limit);
        tightest.map_or(("LUT", 0.0), |(kind, share, _)| (kind, share))
    }

    /// Whether there is room, with what routing needs free of the logic.
    pub fn fit(&self) -> bool {
        self.each()
            .into_iter()
            .all(|(_, share, limit)| share <= limit)
    }
}

/// What `ferrogrid synth` has found of a core, as its `report.json` says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Routed {
    core: String,
    module: String,
    target: String,
    board: Option<String>,
    fmax_mhz: Option<f64>,
}

impl Routed {
    /// Of a core on a board, or on its chip; not of an array alone.
    fn is_of(&self, product: &dyn Product, board: &Board) -> bool {
        let on = match &self.board {
            Some(name) => name == board.name,
            None => self.target == board.target,
        };
        on && self.core == product.name() && self.module == product.module_name()
    }
}

/// A core on a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Name of the core.
    pub core: String,
    /// Name of the board.
    pub board: &'static str,
    /// Its chip.
    pub chip: &'static str,
    /// What the core is expected to take of it.
    pub shares: Shares,
    /// Whether there is room, as it is expected; true where it was routed.
    pub fits: bool,
    /// The clock that it was routed at, in MHz.
    pub routed_mhz: Option<f64>,
}

/// Cores on all boards whose chips have their cells.
pub fn fits(cores: &[Box<dyn Product>], routed: &[Routed]) -> Vec<Fit> {
    let of = |core: &dyn Product, board: &Board| {
        let target = Target::named(board.target)?;
        if !target.takes(core.target()) {
            return None;
        }
        let area = area_on(core, Part::Core, target);
        let shares = Shares::of_board(&area, board)?;
        let routed = routed.iter().filter(|routed| routed.is_of(core, board));
        let routed = routed.filter_map(|routed| routed.fmax_mhz).reduce(f64::max);
        Some(Fit {
            core: core.name(),
            board: board.name,
            chip: board.part.as_ref().map_or(target.title, |part| part.name),
            shares,
            fits: shares.fit() || routed.is_some(),
            routed_mhz: routed,
        })
    };
    let pairs = cores
        .iter()
        .flat_map(|core| BOARDS.iter().map(move |board| (core, board)));
    pairs
        .filter_map(|(core, board)| of(&**core, board))
        .collect()
}

/// A row for each core and a column for each board.
pub fn fits_table(fits: &[Fit]) -> String {
    let boards = BOARDS
        .iter()
        .filter(|board| fits.iter().any(|fit| fit.board == board.name));
    let boards = Vec::from_iter(boards.map(|board| board.name));
    let mut cores = Vec::from_iter(fits.iter().map(|fit| fit.core.as_str()));
    cores.dedup();
    let headings = [&["core"], &boards[..]].concat();
    let cell = |core: &str, board: &str| {
        let fit = fits
            .iter()
            .find(|fit| fit.core == core && fit.board == board);
        fit.map_or_else(String::new, |fit| {
            let (kind, share) = fit.shares.tightest();
            let share = match share >= 10.0 {
                true => format!("{share:.0} x"),
                false => format!("{:.0} %", 100.0 * share),
            };
            match (fit.routed_mhz, fit.fits) {
                (Some(clock), _) => format!("{share} {kind}, {clock:.1} MHz"),
                (None, true) => format!("{share} {kind}"),
                (None, false) => format!("no: {share} {kind}"),
            }
        })
    };
    let table = cores.iter().fold(Table::new(&headings), |table, core| {
        let cells = boards.iter().map(|board| cell(core, board));
        table.row([(*core).to_owned()].into_iter().chain(cells))
    });
    format!(
        "{table}\nThe share of what a chip is first full of, as the model expects it; MHz where `ferrogrid synth` has routed \
         the core.\nOf the chips of Xilinx only DSP and BRAM are known.\n"
    )
}
