//! Where items stand: sections as the designer made them, declarations before what reads them.

use super::ast::{Declaration, Item, Module, Net, NetKind};
use super::lower::Lowering;
use super::placed::{Placed, Rank};
use super::{rename, unused};
use crate::ir::{EnumId, EnumType};
use std::collections::BTreeMap;

impl Lowering<'_> {
    /// Declares a net by itself.
    pub(super) fn declare(
        &mut self,
        position: u32,
        net: Net,
        kind: NetKind,
        attributes: Vec<String>,
        comment: String,
    ) {
        self.declared.insert(net.name.clone(), position);
        let item = Item::Declaration(Declaration {
            net,
            kind,
            value: None,
            attributes,
            comment,
        });
        self.placed.push(Placed {
            key: (self.section(position), Rank::Declaration, position, false),
            item,
        });
    }

    /// Puts an item after `position` and all declarations that it reads.
    pub(super) fn place(&mut self, position: u32, item: Item) {
        let output = match &item {
            Item::Assign { target, .. } => self.ports.iter().any(|port| port.net == *target),
            _ => false,
        };
        let rank = if output { Rank::Output } else { Rank::Logic };
        self.place_among(rank, position, item);
    }

    /// [`place`](Self::place), with a rank of the caller's choice; returns the position.
    pub(super) fn place_among(&mut self, rank: Rank, position: u32, item: Item) -> u32 {
        let position = position.max(self.last_read(|visit| unused::reads(&item, visit)));
        self.placed.push(Placed {
            key: (self.section(position), rank, position, true),
            item,
        });
        position
    }

    /// `position`, or that of the net's declaration if it comes later.
    pub(super) fn position(&self, net: &Net, position: u32) -> u32 {
        position.max(self.declared.get(&net.name).copied().unwrap_or(0))
    }

    /// The position of the last declaration among the nets that `reads` visits.
    pub(super) fn last_read(&self, reads: impl FnOnce(&mut dyn FnMut(&str, u32, u32))) -> u32 {
        let mut last = 0;
        reads(&mut |name: &str, _: u32, _: u32| {
            last = last.max(self.declared.get(name).copied().unwrap_or(0));
        });
        last
    }

    /// The section that an item at this position belongs to.
    pub(super) fn section(&self, position: u32) -> usize {
        self.module
            .sections
            .iter()
            .take_while(|section| section.first_node.0 <= position)
            .count()
    }

    /// The named constants that appear, a list for each width.
    fn constants(&self) -> Vec<Item> {
        let mut lists: BTreeMap<u32, Vec<_>> = BTreeMap::new();
        for (index, of) in self.module.enums.iter().enumerate() {
            let appears = self.states_used.contains(&(EnumId(index as u32), 0));
            if of.constant && appears {
                let entry = (self.states[index][0].clone(), of.variants[0].encoding);
                lists.entry(of.width).or_default().push(entry);
            }
        }
        let list = |(width, entries)| Item::Constants { width, entries };
        lists.into_iter().map(list).collect()
    }

    /// The variants of an enum: all states of a machine, else those that appear.
    fn parameters(&self, index: usize, of: &EnumType) -> Option<Item> {
        let id = EnumId(index as u32);
        let is_machine = self.module.registers.iter().any(|r| r.states == Some(id));
        let appears = |variant: u32| self.states_used.contains(&(id, variant));
        let names = (0..).zip(&self.states[index]).zip(&of.variants);
        let entries: Vec<_> = names
            .filter(|((variant, _), _)| is_machine || appears(*variant))
            .map(|((_, name), variant)| (name.clone(), variant.encoding))
            .collect();
        let used = (0..of.variants.len() as u32).any(appears);
        let comment = match is_machine {
            true => format!("States of {}", of.name),
            false => format!("Values of {}", of.name),
        };
        used.then_some(Item::Parameters {
            comment,
            width: of.width,
            entries,
        })
    }

    pub(super) fn finish(mut self, properties: Vec<Item>) -> Module {
        let mut items = self.constants();
        for (index, states) in self.module.enums.iter().enumerate() {
            if !states.constant {
                items.extend(self.parameters(index, states));
            }
        }
        self.placed.sort_by_key(|placed| placed.key);
        let mut section = 0;
        for placed in self.placed {
            if placed.key.0 != section {
                section = placed.key.0;
                items.push(Item::Heading(
                    self.module.sections[section - 1].title.clone(),
                ));
            }
            items.push(placed.item);
        }
        if let Some(sink) = unused::sink(&self.ports, &items, &mut self.names) {
            items.push(sink);
        }
        items.extend(properties);
        rename::in_order(&mut items, &self.hinted);
        let doc = &self.module.doc;
        let separator = if doc.is_empty() { "" } else { ": " };
        let header = vec![
            format!("{}{separator}{doc}", self.module.name),
            "Generated by Ferrogrid.".into(),
        ];
        Module {
            name: self.module.name.clone(),
            header,
            ports: self.ports,
            items,
        }
    }
}
