//! The matmul core as a product.

mod description;
mod example;
mod smaller;

use super::{Bus, BusKind, Description, Example, Part, Product};
use crate::arch::{Family, MatmulArch, Target};
use crate::blocks::MatmulCore;
use crate::config::Config;
use crate::hdl::ir::Design;
use crate::hdl::{DesignError, elaborate};
use crate::isa::RegisterMap;
use crate::model::{Area, Multipliers, area_of_array, area_with};
use crate::synth::Columns;

impl Product for MatmulArch {
    fn config(&self) -> Config {
        self.to_config().into()
    }

    fn config_hash(&self) -> u32 {
        self.config_hash()
    }

    fn description(&self) -> Description {
        description::description(self)
    }

    fn design(&self, part: Part) -> Result<Design, DesignError> {
        match part {
            Part::Core => elaborate(&MatmulCore::new(self)),
            Part::Array => elaborate(&*MatmulCore::array(self)),
        }
    }

    fn area(&self, part: Part, family: Family, multipliers: Multipliers) -> Area {
        match part {
            Part::Core => area_with(self, family, multipliers),
            Part::Array => area_of_array(self, family, multipliers),
        }
    }

    fn multipliers(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    fn chip_cells(&self) -> &'static str {
        match self.target {
            Target::Ice40 => "SB_MAC16 and SPRAM of iCE40 UltraPlus",
            Target::Ecp5 if self.has_block_ram_cells() => "MULT18X18D and DP16KD of ECP5",
            Target::Ecp5 => "MULT18X18D of ECP5",
            Target::Xilinx => "DSP48E1 of the 7-series of Xilinx",
            Target::UltraScalePlus => "DSP48E2 and UltraRAM of Xilinx UltraScale+",
            Target::Portable => "cells of every chip",
        }
    }

    fn columns(&self, part: Part) -> Columns {
        match part {
            Part::Array => Columns {
                multipliers: MatmulCore::array_params(self).multipliers(),
                ..Columns::default()
            },
            Part::Core => Columns {
                multipliers: MatmulCore::multipliers(self),
                block_rams: MatmulCore::accumulator_rams(self),
            },
        }
    }

    fn timing_weight(&self) -> u32 {
        30
    }

    fn smaller(&self) -> Vec<Box<dyn Product>> {
        smaller::smaller(self)
    }

    fn recipe(&self, part: Part) -> String {
        let array = format!("`rows = {}`, `columns = {}`", self.rows, self.columns);
        match part {
            Part::Array => array,
            Part::Core => format!(
                "{array}, with these `[buffers]`:\na = \"{}\", b = \"{}\", accumulators = \"{}\"",
                self.a_buffer.size(),
                self.b_buffer.size(),
                self.accumulators.size()
            ),
        }
    }

    fn registers(&self) -> RegisterMap {
        MatmulCore::register_map(self)
    }

    fn instructions(&self) -> Option<(&'static str, String)> {
        None
    }

    fn buses(&self) -> Vec<Bus> {
        let bus = |prefix, name, kind| Bus { prefix, name, kind };
        vec![
            bus("s_axil", "bus", BusKind::Registers),
            bus("s_axis_a", "a", BusKind::Sink(self.a.width)),
            bus("s_axis_b", "b", BusKind::Sink(self.b.width)),
            bus("m_axis_c", "c", BusKind::Source(self.c.width)),
        ]
    }

    fn example(&self) -> Option<Example> {
        Some(example::example(self))
    }
}
