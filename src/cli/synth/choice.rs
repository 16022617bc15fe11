//! What the options of a run come to, and which of them contradict each other.

use super::{Part, Synth};
use crate::arch::Target as Cells;
use crate::product::Product;
use crate::synth::{BOARDS, Board, Chip, Flow, Frame, TARGETS, Target};
use miette::miette;

/// What to do, and with what.
pub(super) struct Choice {
    pub target: &'static Target,
    pub board: Option<&'static Board>,
    pub frame: Frame,
    /// Speed grade; 0 where the chip has one only.
    pub speed: u8,
    pub clock_mhz: u32,
    pub seeds: u32,
    /// What the report must say about it.
    pub notes: Vec<String>,
}

impl Choice {
    pub fn new(asked: &Synth, product: &dyn Product) -> miette::Result<Choice> {
        let board = asked.board.as_deref().and_then(Board::named);
        let target = choose_target(asked, product, board)?;
        check_cells(product, target, board)?;
        let mut notes = Vec::new();
        match &target.chip {
            Some(_) => {
                check_floorplan(asked, product)?;
                notes.extend(check_ports(asked, target, board)?);
            }
            None => {
                check_counted(asked, target)?;
                notes.extend(board.map(|board| {
                    format!(
                        "cells of {} are counted and nothing is placed: the pins of the {} have no \
                         part in this",
                        target.title, board.title
                    )
                }));
            }
        }
        let open = match asked.out_of_context.is_some() && board.is_none() {
            true => Frame::OutOfContext,
            false => Frame::Harness,
        };
        let of_board = board.map(|board| board.oscillator);
        Ok(Choice {
            target,
            board,
            frame: Flow::frame_for(target, open),
            speed: choose_speed(asked, target, board)?,
            clock_mhz: asked.clock.or(of_board).unwrap_or(100),
            seeds: asked.seeds.unwrap_or(1),
            notes,
        })
    }
}

/// The target for a core without a board and without `--target`.
pub(in crate::cli) fn default_target(product: &dyn Product) -> &'static str {
    match product.target() {
        Cells::Portable | Cells::Ecp5 => "ecp5-85k",
        Cells::Ice40 => "ice40-up5k",
        Cells::Xilinx => "xilinx-7",
        Cells::UltraScalePlus => "xilinx-usp",
    }
}

fn choose_target(
    asked: &Synth,
    product: &dyn Product,
    board: Option<&Board>,
) -> miette::Result<&'static Target> {
    let named =
        |name: &str| Target::named(name).ok_or_else(|| miette!("there is no target `{name}`"));
    let Some(board) = board else {
        let name = asked.target.as_deref();
        return named(name.unwrap_or(default_target(product)));
    };
    let target = named(board.target)?;
    match asked.target.as_deref() {
        Some(name) if name != target.name => Err(miette!(
            help =
                "leave out one of `--target` and `--board`: the pins of a board belong to its chip",
            "the board {} has the chip {}, not {}",
            board.title,
            target.title,
            named(name)?.title
        )),
        _ => Ok(target),
    }
}

/// Refuses to synthesize a core for chips that do not have its cells.
fn check_cells(
    product: &dyn Product,
    target: &Target,
    board: Option<&Board>,
) -> miette::Result<()> {
    if target.takes(product.target()) {
        return Ok(());
    }
    let chips = names(
        TARGETS
            .iter()
            .filter(|target| target.takes(product.target())),
    );
    let on_board = |board: &&Board| {
        let target = Target::named(board.target);
        target.is_some_and(|target| target.takes(product.target()))
    };
    let boards = BOARDS.iter().filter(on_board).map(|board| board.name);
    let boards = boards.collect::<Vec<_>>().join(", ");
    let choice = match board {
        None => format!("choose a chip that has them: {chips}"),
        Some(_) if boards.is_empty() => {
            format!("no board here has them: in place of `--board`, choose `--target` of {chips}")
        }
        Some(_) => format!("choose a board that has them: {boards}"),
    };
    let written = match cells_of(target) {
        Cells::Portable => "`target = \"portable\"`".to_owned(),
        cells => format!("`target = \"{cells}\"` (or `\"portable\"`)"),
    };
    Err(miette!(
        help = format!("{choice}; or write {written} into the configuration"),
        "{} is made for the {}, which {} does not have",
        product.name(),
        product.chip_cells(),
        target.title
    ))
}

/// The `target` of a configuration that makes most of a chip.
fn cells_of(target: &Target) -> Cells {
    let mut own = Cells::ALL.iter().copied();
    own.find(|&cells| cells != Cells::Portable && target.takes(cells))
        .unwrap_or(Cells::Portable)
}

/// `--target` names, separated by commas.
pub(super) fn names<'a>(targets: impl Iterator<Item = &'a Target>) -> String {
    targets
        .map(|target| target.name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Refuses options of the router where there is none.
fn check_counted(asked: &Synth, target: &Target) -> miette::Result<()> {
    let given = [
        ("--seeds", asked.seeds.is_some()),
        ("--clock", asked.clock.is_some()),
        ("--speed", asked.speed.is_some()),
        ("--no-floorplan", asked.no_floorplan),
    ];
    let Some((option, _)) = given.into_iter().find(|&(_, given)| given) else {
        return Ok(());
    };
    let placed = TARGETS.iter().filter(|target| target.chip.is_some());
    Err(miette!(
        help = format!(
            "leave it out, or choose a chip that is placed and routed: {}",
            names(placed)
        ),
        "`{option}` means nothing for {}: its cells are counted, and nothing is placed",
        target.title
    ))
}

/// Refuses to leave out a floorplan that a core does not have.
fn check_floorplan(asked: &Synth, product: &dyn Product) -> miette::Result<()> {
    if !asked.no_floorplan || product.target() == Cells::Ecp5 {
        return Ok(());
    }
    Err(miette!(
        help = "leave it out: only cores made for ECP5 (`target = \"ecp5\"` in the configuration) \
                have a floorplan",
        "`--no-floorplan` means nothing for {}: none of its cells is given a place",
        product.name()
    ))
}

/// Open ports that cannot be: refused where nothing else was asked for, else noted.
fn check_ports(
    asked: &Synth,
    target: &Target,
    board: Option<&Board>,
) -> miette::Result<Option<String>> {
    let why = match (board, &target.chip) {
        (Some(board), _) => format!("the pins of the {} are connected", board.title),
        (None, Some(Chip { router, .. }))
            if Flow::frame_for(target, Frame::OutOfContext) != Frame::OutOfContext =>
        {
            format!("{router} places nothing with open ports")
        }
        _ => return Ok(None),
    };
    match asked.out_of_context {
        None => Ok(None),
        Some(Part::Array) => Ok(Some(format!(
            "{why}: shift registers stand at the ports of the array"
        ))),
        Some(Part::Core) => Err(miette!(
            help = "leave it out: shift registers then stand at the ports of the core; or leave them \
                    open on an ECP5 (`--target ecp5-85k`) without a board",
            "`--out-of-context core` cannot be for {}: {why}",
            target.title
        )),
    }
}

fn choose_speed(asked: &Synth, target: &Target, board: Option<&Board>) -> miette::Result<u8> {
    let speeds = target.chip.as_ref().map_or(&[][..], |chip| chip.speeds);
    let of_board = board.map(|board| board.speed);
    let default = of_board.or(speeds.first().copied()).unwrap_or(0);
    match asked.speed {
        Some(speed) if !speeds.contains(&speed) => Err(if speeds.is_empty() {
            miette!(
                help = "leave out `--speed`",
                "{} has no speed grades here",
                target.title
            )
        } else {
            miette!(
                help = format!("choose one of {speeds:?}"),
                "{} is not made in speed grade {speed}",
                target.title
            )
        }),
        speed => Ok(speed.unwrap_or(default)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{self, MatmulArch};

    fn core(target: &str) -> MatmulArch {
        let text = format!("target = \"{target}\"\n[array]\nrows = 2\ncolumns = 2\n");
        arch::from_toml("core.toml", &text).expect("a legal core")
    }

    #[test]
    fn a_core_has_a_default_chip_that_has_its_cells() {
        for (target, name) in [
            ("portable", "ecp5-85k"),
            ("ecp5", "ecp5-85k"),
            ("ice40", "ice40-up5k"),
            ("xilinx", "xilinx-7"),
            ("ultrascale_plus", "xilinx-usp"),
        ] {
            let core = core(target);
            assert_eq!(default_target(&core), name);
            assert!(Target::named(name).expect("a target").takes(core.target));
        }
    }

    #[test]
    fn cells_are_on_chips_of_their_family() {
        let chips = |target| {
            let core = core(target);
            names(TARGETS.iter().filter(|target| target.takes(core.target)))
        };
        assert_eq!(chips("ecp5"), "ecp5-25k, ecp5-45k, ecp5-85k, ecp5-5g-85k");
        assert_eq!(chips("ice40"), "ice40-up5k");
        assert_eq!(chips("xilinx"), "xilinx-7");
        assert_eq!(chips("ultrascale_plus"), "xilinx-usp");
        assert_eq!(chips("portable").split(", ").count(), TARGETS.len());
    }

    #[test]
    fn every_chip_has_cells_that_suit_it() {
        for target in &TARGETS {
            let expected = match target.name {
                "ecp5-25k" | "ecp5-45k" | "ecp5-85k" | "ecp5-5g-85k" => "ecp5",
                "ice40-up5k" => "ice40",
                "xilinx-7" => "xilinx",
                "xilinx-usp" => "ultrascale_plus",
                _ => "portable",
            };
            assert_eq!(cells_of(target).name(), expected, "{}", target.name);
        }
    }
}
