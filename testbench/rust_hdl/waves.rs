//! rust-hdl's VCD of a design shows the ports of the cores in it.

use crate::{accelerator, example, operands, shape};
use ferrogrid::device::pack::unpack_c;
use std::collections::HashMap;
use vcd::{Command, IdCode, Parser, Value};

/// The values of the core's ports at one time.
type Ports = HashMap<IdCode, Vec<Value>>;

fn bits(values: &[Value]) -> u64 {
    values.iter().fold(0, |bits, value| {
        let bit = match value {
            Value::V0 => 0,
            Value::V1 => 1,
            other => panic!("a port is {other}"),
        };
        bits << 1 | bit
    })
}

#[test]
fn the_waves_show_the_results_leaving_the_core() {
    let arch = example::arch();
    let (a, b, product) = operands();
    let shape = shape(&a, &b);
    let (_, waves) = example::run(accelerator(), arch.beats(shape).c as usize);
    let mut parser = Parser::new(waves.as_slice());
    let header = parser.parse_header().expect("a VCD header");
    let variable = |name: &str| {
        let variable = header.find_var(&["uut", "core", name]);
        variable.unwrap_or_else(|| panic!("no `{name}` in the waves"))
    };
    assert_eq!(variable("m_axis_c_tdata").size, arch.c.width);
    assert_eq!(variable("s_axis_a_tdata").size, arch.a.width);
    let [clock, valid, ready, data] = [
        "aclk",
        "m_axis_c_tvalid",
        "m_axis_c_tready",
        "m_axis_c_tdata",
    ]
    .map(|name| variable(name).code);

    let mut now = Ports::new();
    let mut before = Ports::new();
    let mut beats = Vec::new();
    for command in parser {
        match command.expect("a VCD") {
            Command::Timestamp(_) => before = now.clone(),
            Command::ChangeScalar(code, value) => {
                now.insert(code, vec![value]);
                // The values before the time of the edge are those that it sees.
                if code == clock
                    && value == Value::V1
                    && [valid, ready].iter().all(|code| bits(&before[code]) == 1)
                {
                    let beat = bits(&before[&data]);
                    beats.push(vec![beat as u32, (beat >> 32) as u32]);
                }
            }
            Command::ChangeVector(code, value) => {
                now.insert(code, value.iter().collect());
            }
            _ => {}
        }
    }
    assert_eq!(
        unpack_c(&arch, shape, &beats)
            .expect("all results")
            .integers(),
        product
    );
}
