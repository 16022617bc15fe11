//! The core that runs networks as a product.

mod description;
mod example;
mod programs;

use super::{Bus, BusKind, Description, Example, Part, Product};
use crate::arch::{Family, NpuArch, Target};
use crate::blocks::npu::NpuCore;
use crate::config::{Config, Kind, presets_of};
use crate::hdl::ir::Design;
use crate::hdl::{DesignError, elaborate};
use crate::isa::RegisterMap;
use crate::isa::npu::{EVENT_BITS, c_header};
use crate::model::{Area, Multipliers, area_of_array, area_with};
use crate::reference::MachineSize;
use crate::synth::Columns;

/// The machine of an architecture, as the functional model has it.
pub fn machine_size(arch: &NpuArch) -> MachineSize {
    MachineSize {
        rows: arch.rows as usize,
        columns: arch.columns as usize,
        lanes: arch.lanes as usize,
        bus_bytes: arch.bus_bytes() as usize,
        scratchpad_bytes: arch.scratchpad_bytes as usize,
        ring_tiles: arch.ring_tiles as usize,
        accumulator_vectors: arch.accumulator_vectors as usize,
        parameter_channels: arch.parameter_channels as usize,
        image_rows: arch.image_rows() as usize,
        vector_taps: arch.vector_taps as usize,
        vector_weights: arch.vector_weights as usize,
    }
}

impl Product for NpuArch {
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
            Part::Core => elaborate(&NpuCore::new(self)),
            Part::Array => elaborate(&*NpuCore::new(self).array().block()),
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
            Target::Ice40 => "SB_MAC16 of iCE40 UltraPlus",
            Target::Ecp5 => "MULT18X18D of ECP5",
            Target::Xilinx => "DSP48E1 of the 7-series of Xilinx",
            Target::UltraScalePlus => "DSP48E2 of Xilinx UltraScale+",
            Target::Portable => "cells of every chip",
        }
    }

    fn columns(&self, part: Part) -> Columns {
        let core = NpuCore::new(self);
        Columns {
            multipliers: match part {
                Part::Core => core.multipliers(),
                Part::Array => core.array().multipliers(),
            },
            ..Columns::default()
        }
    }

    /// With less, single nets between its units cross the chip.
    fn timing_weight(&self) -> u32 {
        100
    }

    /// The smaller presets, for the same chips.
    fn smaller(&self) -> Vec<Box<dyn Product>> {
        let configs = presets_of(Kind::Npu).map(|preset| preset.document().config().clone());
        let archs = configs.filter_map(|config| {
            let mut config = config.as_npu().ok()?.clone();
            config.common.target = self.target;
            NpuArch::new(&config).ok()
        });
        let mut smaller = Vec::from_iter(archs);
        smaller.retain(|arch| arch.tile_bytes() < self.tile_bytes());
        smaller.sort_by_key(|arch| std::cmp::Reverse(arch.tile_bytes()));
        let boxed = |arch| Box::new(arch) as Box<dyn Product>;
        smaller.into_iter().map(boxed).collect()
    }

    fn recipe(&self, part: Part) -> String {
        match part {
            Part::Array => format!("`rows = {}`, `columns = {}`", self.rows, self.columns),
            Part::Core => format!("that of the preset `{}`", self.name),
        }
    }

    fn registers(&self) -> RegisterMap {
        NpuCore::register_map(self)
    }

    fn instructions(&self) -> Option<(&'static str, String)> {
        Some(("npu_instructions.h", c_header()))
    }

    fn buses(&self) -> Vec<Bus> {
        let memory = BusKind::Memory {
            data_bits: self.bus_bits,
            address_bits: NpuArch::ADDRESS_BITS,
        };
        let bus = |prefix, name, kind| Bus { prefix, name, kind };
        vec![
            bus("s_axil", "bus", BusKind::Registers),
            bus("m_axi", "memory", memory),
            bus("m_axis_events", "events", BusKind::Source(2 * EVENT_BITS)),
        ]
    }

    fn example(&self) -> Option<Example> {
        example::example(self)
    }

    fn module_name(&self) -> String {
        self.module_name()
    }
}
