//! The LiteX module.

use super::Flow;
use super::template::fill;
use crate::product::{Bus, BusKind};

impl Flow<'_> {
    /// Python that wraps the Verilog for LiteX.
    pub(super) fn litex(&self) -> String {
        let product = self.product;
        let buses = product.buses();
        let streams = buses
            .iter()
            .filter_map(|bus| Some((bus, bus.kind.stream_width()?)));
        let endpoints = streams.clone().map(|(bus, width)| {
            let name = bus.name;
            format!("        self.{name} = stream.Endpoint([(\"data\", {width})])\n")
        });
        let connections = streams.map(|(bus, _)| connections(bus));
        let models = self.cells.map_or(String::new(), |path| format!("{path:?}"));
        fill(
            include_str!("templates/litex.py"),
            &[
                ("models", &models),
                ("top", self.top()),
                ("class", &class_name(self.top())),
                ("kind", product.config().kind().name()),
                ("function", &product.description().function),
                ("streams", &streams_text(&buses)),
                ("endpoints", &endpoints.collect::<String>()),
                ("connections", &connections.collect::<String>()),
                ("address_bits", &self.registers.address_bits().to_string()),
            ],
        )
    }
}

/// What the streams are for, at the start of a paragraph.
fn streams_text(buses: &[Bus]) -> String {
    let clause = |is_kind: fn(BusKind) -> bool, one: &str, several: &str| {
        let streams = buses.iter().filter(|bus| is_kind(bus.kind));
        let names: Vec<String> = streams.map(|bus| format!("`{}`", bus.name)).collect();
        match names.len() {
            0 => None,
            1 => Some(format!("{} {one}", names[0])),
            _ => Some(format!("{} {several}", names.join(" and "))),
        }
    };
    let clauses = [
        clause(
            |kind| matches!(kind, BusKind::Sink(_)),
            "takes operands",
            "take operands",
        ),
        clause(
            |kind| matches!(kind, BusKind::Source(_)),
            "gives results",
            "give results",
        ),
    ];
    let clauses: Vec<String> = clauses.into_iter().flatten().collect();
    if clauses.is_empty() {
        return String::new();
    }
    let streams = clauses.join(", ");
    format!("{streams}: LiteX streams whose `data` and `last` are TDATA and\nTLAST. ")
}

/// The ports of a stream, as arguments of an instance.
fn connections(bus: &Bus) -> String {
    let (forward, backward) = match bus.kind {
        BusKind::Source(_) => ('o', 'i'),
        _ => ('i', 'o'),
    };
    let signals = [
        (forward, "tdata", "data"),
        (forward, "tlast", "last"),
        (forward, "tvalid", "valid"),
        (backward, "tready", "ready"),
    ];
    let Bus { prefix, name, .. } = bus;
    signals
        .map(|(side, port, signal)| {
            format!("            {side}_{prefix}_{port}=self.{name}.{signal},\n")
        })
        .concat()
}

/// `matmul_8x8_os` as `Matmul8x8Os`.
fn class_name(top: &str) -> String {
    let mut name = String::new();
    for word in top.split('_').filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::class_name;

    #[test]
    fn classes_are_named_as_in_python() {
        assert_eq!(class_name("matmul_8x8_os"), "Matmul8x8Os");
        assert_eq!(class_name("x__1_"), "X1");
    }
}
