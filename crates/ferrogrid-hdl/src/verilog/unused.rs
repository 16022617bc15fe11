//! Bits that nothing reads, gathered in one place so that lint stays quiet about the rest.

use super::ast::{Declaration, Expr, Item, Net, NetKind, PortDeclaration};
use super::names::Names;
use std::collections::HashMap;

/// Calls `visit` for each net that an item reads, with the highest and lowest bit read.
pub fn reads(item: &Item, visit: &mut dyn FnMut(&str, u32, u32)) {
    let mut visit = |name: &str, msb: u32, lsb: u32| visit(name, msb, lsb);
    match item {
        Item::Heading(_) | Item::Constants { .. } | Item::Parameters { .. } => {}
        Item::Declaration(declaration) => {
            declaration
                .value
                .iter()
                .for_each(|value| value.reads(&mut visit));
        }
        Item::Assign { value, .. } => value.reads(&mut visit),
        Item::Always { clock, body, .. } => {
            clock.iter().for_each(|clock| visit(clock, 0, 0));
            body.iter()
                .for_each(|statement| statement.reads(&mut visit));
        }
        Item::Sampled {
            clock, when, body, ..
        } => {
            visit(clock, 0, 0);
            if let Some(when) = when {
                when.reads(&mut visit);
            }
            body.iter()
                .for_each(|statement| statement.reads(&mut visit));
        }
        Item::Initial(body) | Item::Final(body) => body
            .iter()
            .for_each(|statement| statement.reads(&mut visit)),
        Item::Instance(instance) => {
            let inputs = instance
                .connections
                .iter()
                .filter(|connection| !connection.output);
            inputs.for_each(|connection| connection.value.reads(&mut visit));
        }
        // Present in some builds only: in the others these reads do not happen.
        Item::Conditional(..) => {}
    }
}

/// The bits of each net that were read.
struct Read(HashMap<String, Vec<bool>>);

impl Read {
    fn mark(&mut self, name: &str, msb: u32, lsb: u32) {
        let bits = match self.0.get_mut(name) {
            Some(bits) => bits,
            None => self.0.entry(name.to_owned()).or_default(),
        };
        if bits.len() <= msb as usize {
            bits.resize(msb as usize + 1, false);
        }
        bits[lsb as usize..=msb as usize].fill(true);
    }

    /// Runs of unread bits, from the top, as (msb, lsb).
    fn gaps(&self, name: &str, width: u32) -> Vec<(u32, u32)> {
        let bits = self.0.get(name).map_or(&[][..], |bits| bits);
        let unread = |bit: u32| !bits.get(bit as usize).copied().unwrap_or(false);
        let mut gaps = Vec::new();
        let mut bit = width;
        while bit > 0 {
            bit -= 1;
            if unread(bit) {
                let msb = bit;
                while bit > 0 && unread(bit - 1) {
                    bit -= 1;
                }
                gaps.push((msb, bit));
            }
        }
        gaps
    }
}

/// `wire unused_ok = &{1'b0, ...};` over all unread bits; `None` when there are none.
pub fn sink(ports: &[PortDeclaration], items: &[Item], names: &mut Names) -> Option<Item> {
    let mut read = Read(HashMap::new());
    for item in items {
        reads(item, &mut |name, msb, lsb| read.mark(name, msb, lsb));
    }
    let mut parts = vec![Expr::bit(false)];
    let mut add = |net: &Net| {
        if net.name.contains("unused") {
            return;
        }
        for (msb, lsb) in read.gaps(&net.name, net.width) {
            let whole = msb + 1 == net.width && lsb == 0;
            parts.push(if whole {
                Expr::Net(net.clone())
            } else {
                Expr::Select {
                    net: net.clone(),
                    msb,
                    lsb,
                }
            });
        }
    };
    ports
        .iter()
        .filter(|port| !port.output)
        .for_each(|port| add(&port.net));
    for item in items {
        match item {
            Item::Declaration(Declaration { net, kind, .. }) => {
                if !matches!(kind, NetKind::Memory { .. }) {
                    add(net);
                } else if !read.0.contains_key(&*net.name) {
                    add(&Net {
                        name: format!("{}[0]", net.name).into(),
                        ..net.clone()
                    });
                }
            }
            Item::Constants { width, entries } | Item::Parameters { width, entries, .. } => {
                for (name, _) in entries {
                    if !read.0.contains_key(&**name) {
                        add(&Net {
                            name: name.clone(),
                            width: *width,
                            signed: false,
                        });
                    }
                }
            }
            _ => {}
        }
    }
    if parts.len() == 1 {
        return None;
    }
    let net = Net {
        name: names.fresh("unused_ok"),
        width: 1,
        signed: false,
    };
    Some(Item::Declaration(Declaration {
        net,
        kind: NetKind::Wire,
        value: Some(Expr::unary(
            super::ast::UnaryOp::ReduceAnd,
            Expr::Concat(parts),
        )),
        attributes: Vec::new(),
        comment: "Read by nothing, on purpose.".into(),
    }))
}
