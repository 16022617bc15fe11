//! Flatten and Reshape.

use super::constant::Data;
use super::site::Site;
use super::value::{Activation, Value, file_shape, graph_shape};
use super::{ImportError, Importer};
use crate::graph::Operator;

impl Importer<'_> {
    pub(super) fn reshape(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = match self.value(site, 0)? {
            Value::Activation(x) => x,
            Value::Pending(pending) => return Err(pending.float()),
            Value::Constant(_) => return Err(site.fail("reshapes a constant")),
        };
        let from = file_shape(&self.graph[x.id].shape, x.rank);
        let to = match site.proto.op_type.as_str() {
            "Flatten" => flattened(site, &from)?,
            _ => self.wanted(site, &from)?,
        };
        let shape = graph_shape(&to).map_err(|reason| site.fail(format!("gives what {reason}")))?;
        // Images have their channels last in the graph and second in the file.
        let moved = |sizes: &[usize]| match *sizes {
            [_, channels, height, width] => channels > 1 && height * width > 1,
            _ => false,
        };
        let order = match (moved(&from), moved(&to), x.order) {
            (false, false, None) => None,
            (true, true, None) if from == to => None,
            (true, false, None) if to.len() == 2 => Some([from[2], from[3], from[1]]),
            (false, false, order) if from == to => order,
            _ => {
                let reason = format!("takes {from:?} to {to:?}, which moves values in memory");
                return Err(site.fail(reason));
            }
        };
        if shape == self.graph[x.id].shape {
            let rank = to.len();
            return Ok(Value::Activation(Activation { rank, ..x }));
        }
        let output = self.output_like(site.output()?, &x);
        let operator = Operator::Reshape { shape };
        let reshaped = self.emit(&site.name, operator, &[x.id], output, to.len())?;
        let real = x.real;
        Ok(Value::Activation(Activation {
            real,
            order,
            ..reshaped
        }))
    }

    /// The shape that a Reshape asks for.
    fn wanted(&mut self, site: &Site, from: &[usize]) -> Result<Vec<usize>, ImportError> {
        site.only("allowzero", 0)?;
        let constant = self.constant(site, 1)?;
        let Data::Int64(sizes) = &constant.data else {
            return Err(constant.fail("is a shape that is not int64"));
        };
        let mut to = Vec::new();
        for (axis, size) in sizes.iter().enumerate() {
            to.push(match (*size, from.get(axis)) {
                (0, Some(kept)) => *kept,
                (-1, _) => 0,
                (size @ 1..=0x7fff_ffff, _) => size as usize,
                _ => return Err(constant.fail(format!("is the shape {sizes:?}"))),
            });
        }
        let mut known = to.iter().filter(|size| **size > 0);
        let known = known.try_fold(1_usize, |product, size| product.checked_mul(*size));
        let all: usize = from.iter().product();
        if let Some(open) = to.iter_mut().find(|size| **size == 0) {
            *open = known.map_or(0, |known| all / known);
        }
        let found = to
            .iter()
            .try_fold(1_usize, |product, size| product.checked_mul(*size));
        match found == Some(all) {
            true => Ok(to),
            false => Err(site.fail(format!(
                "takes {from:?} to {sizes:?}, which has not as many values"
            ))),
        }
    }
}

/// All axes before one, and all from it on.
fn flattened(site: &Site, from: &[usize]) -> Result<Vec<usize>, ImportError> {
    let axis = match site.int("axis", 1) {
        axis if usize::try_from(axis) == Ok(from.len()) => from.len(),
        axis => site.axis(axis, from.len())?,
    };
    let (before, after) = from.split_at(axis);
    Ok(vec![before.iter().product(), after.iter().product()])
}
