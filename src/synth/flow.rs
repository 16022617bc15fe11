//! The whole flow, stage by stage, through the cache.

use super::board::Board;
use super::floorplan::{Columns, Floorplan, floorplan};
use super::frame::Frame;
use super::harness::{HARNESS, INSTANCE};
use super::router::needs_no_pins;
use super::target::Target;
use crate::hdl::ir::Design;
use std::time::Duration;

/// What is to be done.
#[derive(Debug)]
pub struct Flow<'a> {
    /// The design; it has one clock.
    pub design: &'a Design,
    /// The multipliers of its array and the memories of its sums, which are placed as the array is
    /// where the router can be told so; none to leave them to the router.
    pub columns: Columns,
    /// For this chip or family.
    pub target: &'static Target,
    /// With this at its ports.
    pub frame: Frame,
    /// On this board: its package, and, with a harness, its pins and a bitstream. Without one, ECP5
    /// gets a bitstream with pins that the router chooses.
    pub board: Option<&'static Board>,
    /// Speed grade, where the chip has several; see [`Chip::speeds`](super::Chip::speeds).
    pub speed: u8,
    /// The clock that the router works for, in MHz.
    pub clock_mhz: u32,
    /// How much the placer of nextpnr-ecp5 makes of time, beside the length of wires.
    pub timing_weight: u32,
    /// The seeds of the router, one run each; 0 to count cells only.
    pub seeds: u32,
    /// The longest time that one run of a tool may take.
    pub limit: Duration,
}

impl<'a> Flow<'a> {
    /// The flow that counts the cells of a design with open ports, and places nothing.
    pub fn to_count(design: &'a Design, target: &'static Target) -> Flow<'a> {
        Flow {
            design,
            columns: Columns::default(),
            target,
            frame: Frame::OutOfContext,
            board: None,
            speed: 0,
            clock_mhz: 100,
            timing_weight: 30,
            seeds: 0,
            limit: Duration::from_secs(1800),
        }
    }

    /// What can stand at the ports of a design for this target: `asked`, or shift registers where
    /// the router takes no open ports.
    pub fn frame_for(target: &Target, asked: Frame) -> Frame {
        match &target.chip {
            Some(chip) if !needs_no_pins(chip.router) => Frame::Harness,
            Some(_) => asked,
            None => Frame::OutOfContext,
        }
    }

    /// Whether the router chooses the pins of a bitstream: without a board, where it does so.
    pub fn pins_are_chosen(&self) -> bool {
        let chip = self.target.chip.as_ref();
        let chooses = chip.is_some_and(|chip| needs_no_pins(chip.router));
        self.frame == Frame::Harness && self.board.is_none() && chooses
    }

    pub(super) fn makes_bitstream(&self) -> bool {
        self.bitstream_board().is_some() || self.pins_are_chosen()
    }

    /// The board that gets a bitstream.
    pub(super) fn bitstream_board(&self) -> Option<&'static Board> {
        self.board.filter(|_| self.frame == Frame::Harness)
    }

    /// The top that the tools see.
    pub(super) fn top(&self) -> &str {
        match self.frame {
            Frame::OutOfContext => &self.design.top().name,
            Frame::Harness => HARNESS,
        }
    }

    /// Where cells stand, by their paths from the top that the tools see.
    pub fn floorplan(&self) -> Floorplan {
        let sites = self
            .target
            .chip
            .as_ref()
            .and_then(|chip| chip.sites.as_ref());
        let mut plan =
            sites.map_or_else(Floorplan::default, |sites| floorplan(&self.columns, sites));
        if self.frame == Frame::Harness {
            for place in plan.multipliers.iter_mut().chain(&mut plan.block_rams) {
                place.cell.insert_str(0, &format!("{INSTANCE}."));
            }
        }
        plan
    }
}
