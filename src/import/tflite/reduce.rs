//! Means and places of the largest.

use super::site::Site;
use super::{ImportError, Importer};
use crate::graph::{Operator, View, strides_of};

impl Importer<'_> {
    /// The mean over axes: that of the channels of an image whose pixels are what is added up.
    pub(super) fn mean(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.quantized(site)?;
        let sizes = self.sizes(site.input(0)?)?;
        let mut axes = Vec::new();
        for axis in self.whole_numbers(site, 1)? {
            axes.push(site.axis(axis, sizes.len())?);
        }
        let strides = strides_of(&sizes);
        let is_mean = |axis: &usize| axes.contains(axis);
        let (reduced, kept): (Vec<usize>, Vec<usize>) = (0..sizes.len()).partition(is_mean);
        let size = |axes: &[usize]| {
            axes.iter()
                .fold(1_usize, |all, axis| all.saturating_mul(sizes[*axis]))
        };
        let (count, rest) = (size(&reduced), size(&kept));
        let name = |what: &str| format!("{}_{what}", site.name);
        let (place, wanted, output) = self.output(site, None)?;
        // In memory the kept axes are behind the others already, or are brought there.
        let in_order = reduced
            .iter()
            .chain(&kept)
            .filter(|axis| sizes[**axis] > 1)
            .is_sorted();
        let mut image = input;
        if !in_order {
            let order = [&reduced[..], &kept[..]].concat();
            let view = View {
                shape: order.iter().map(|axis| sizes[*axis]).collect(),
                strides: order.iter().map(|axis| strides[*axis]).collect(),
                offset: 0,
            };
            image = self.between(name("order"), Operator::View(view), &[input])?;
        }
        image = self.reshaped(site, image, &[count, 1, rest])?;
        let mean = Operator::GlobalAveragePool;
        let id = self.graph.node(&site.name, mean, &[image], output)?;
        let id = self.reshaped(site, id, &wanted)?;
        self.finish(site, place, id, &wanted)
    }

    pub(super) fn largest_place(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.quantized(site)?;
        let sizes = self.sizes(site.input(0)?)?;
        let axis = match self.whole_numbers(site, 1)?[..] {
            [axis] => site.axis(axis, sizes.len())?,
            _ => return Err(site.fail("has no axis")),
        };
        let (place, wanted, output) = self.output(site, None)?;
        let mut order = Vec::from_iter((0..sizes.len()).filter(|other| *other != axis));
        order.push(axis);
        let mut last = input;
        if axis + 1 != sizes.len() {
            let strides = strides_of(&sizes);
            let view = View {
                shape: order.iter().map(|axis| sizes[*axis]).collect(),
                strides: order.iter().map(|axis| strides[*axis]).collect(),
                offset: 0,
            };
            last = self.between(
                format!("{}_order", site.name),
                Operator::View(view),
                &[input],
            )?;
        }
        let id = self
            .graph
            .node(&site.name, Operator::ArgMax, &[last], output)?;
        let id = self.reshaped(site, id, &wanted)?;
        self.finish(site, place, id, &wanted)
    }
}
