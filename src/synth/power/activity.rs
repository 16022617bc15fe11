//! How often wires change, by what a simulator dumped.

use std::collections::HashMap;
use std::io::BufRead;

/// Of each wire of a module, by its number: changes, and the time that it was 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Activity {
    pub changes: Vec<u64>,
    pub high: Vec<u64>,
    /// Wires that were neither 0 nor 1 at the end.
    pub unknown: usize,
}

/// Reads a dump of wires `n0`, `n1`... from a time on.
///
/// # Errors
/// When it cannot be read.
pub(super) fn activity(dump: impl BufRead, wires: usize, from: u64) -> std::io::Result<Activity> {
    let mut activity = Activity {
        changes: vec![0; wires],
        high: vec![0; wires],
        unknown: 0,
    };
    let mut codes: HashMap<vcd::IdCode, usize> = HashMap::new();
    let mut parser = vcd::Parser::new(dump);
    let header = parser.parse_header()?;
    fn collect(items: &[vcd::ScopeItem], wires: usize, codes: &mut HashMap<vcd::IdCode, usize>) {
        for item in items {
            match item {
                vcd::ScopeItem::Scope(scope) => collect(&scope.items, wires, codes),
                vcd::ScopeItem::Var(var) => {
                    let number = var.reference.strip_prefix('n').and_then(|n| n.parse().ok());
                    if let Some(number) = number.filter(|number| *number < wires) {
                        codes.entry(var.code).or_insert(number);
                    }
                }
                _ => {}
            }
        }
    }
    collect(&header.items, wires, &mut codes);
    let mut values = vec![(vcd::Value::X, 0); wires];
    let mut now = 0;
    for command in parser {
        match command? {
            vcd::Command::Timestamp(time) => now = time,
            vcd::Command::ChangeScalar(code, value) => {
                let Some(&wire) = codes.get(&code) else {
                    continue;
                };
                let (before, since) = values[wire];
                if before == vcd::Value::V1 {
                    activity.high[wire] += now.saturating_sub(since.max(from));
                }
                if now > from && before != value {
                    activity.changes[wire] += 1;
                }
                values[wire] = (value, now);
            }
            _ => {}
        }
    }
    for (wire, (value, since)) in values.into_iter().enumerate() {
        match value {
            vcd::Value::V1 => activity.high[wire] += now.saturating_sub(since.max(from)),
            vcd::Value::V0 => {}
            _ => activity.unknown += 1,
        }
    }
    Ok(activity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_count_from_a_time_on() {
        let dump = "$timescale 1ns $end\n$scope module dut $end\n$var wire 1 ! n0 $end\n$var wire 1 # n1 $end\n\
                    $upscope $end\n$enddefinitions $end\n#0\n0!\nx#\n#10\n1!\n#20\n0!\n#30\n1!\n#40\n";
        let activity = activity(dump.as_bytes(), 2, 15).unwrap();
        assert_eq!(activity.changes, [2, 0]);
        assert_eq!(activity.high, [15, 0]);
        assert_eq!(activity.unknown, 1);
    }
}
