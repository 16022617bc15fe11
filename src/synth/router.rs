//! What nextpnr and the packers of bitstreams are told: each family has its own words.

use super::constraints::Format;
use super::frame::Frame;
use super::script::NETLIST;
use super::target::Chip;
use super::tools::Tool;

/// The router's report.
pub const TIMING: &str = "timing.json";
/// What the router writes for the packer.
pub const CONFIGURATION: &str = "chip.config";

/// One run of the router.
pub struct Request<'a> {
    pub chip: &'a Chip,
    pub package: &'a str,
    /// Speed grade, where the chip has several.
    pub speed: u8,
    pub frame: Frame,
    /// The file of pins, if they are connected.
    pub pins: Option<&'a str>,
    pub seed: u32,
    pub clock_mhz: u32,
    /// How much the placer makes of time.
    pub timing_weight: u32,
}

impl Request<'_> {
    /// The arguments of nextpnr.
    pub fn arguments(&self) -> Vec<String> {
        let chip = self.chip;
        let mut arguments = Vec::new();
        let mut add = |text: &str| arguments.extend(text.split(' ').map(str::to_owned));
        match chip.router {
            Tool::NextpnrNexus => {
                let Request { package, speed, .. } = self;
                add(&format!("--device {}-{speed}{package}C", chip.device));
                // Its router 2 finds no way from the pin to the clock net.
                add("--router router1");
            }
            Tool::NextpnrGowin => add(&format!(
                "--device {} --vopt family={GOWIN_FAMILY}",
                chip.device
            )),
            _ => add(&format!("{} --package {}", chip.device, self.package)),
        }
        add(&format!("--json {NETLIST} --report {TIMING}"));
        add(&format!("--seed {} --freq {}", self.seed, self.clock_mhz));
        add("--timing-allow-fail");
        if chip.router == Tool::NextpnrEcp5 {
            add(&format!(
                "--placer-heap-timingweight {}",
                self.timing_weight
            ));
            if chip.speeds.contains(&self.speed) {
                add(&format!("--speed {}", self.speed));
            }
        }
        let output = match chip.router {
            Tool::NextpnrEcp5 => "--textcfg",
            Tool::NextpnrNexus => "--fasm",
            Tool::NextpnrGowin => "--write",
            _ => "--asc",
        };
        match (self.pins, self.frame, chip.router) {
            (Some(pins), _, router) => {
                let option = match router {
                    Tool::NextpnrEcp5 => "--lpf",
                    Tool::NextpnrNexus => "--pdc",
                    // The option of the architecture takes another with an equals sign.
                    Tool::NextpnrGowin => "--vopt",
                    _ => "--pcf",
                };
                let prefix = match router {
                    Tool::NextpnrGowin => "cst=",
                    _ => "",
                };
                add(&format!("{option} {prefix}{pins} {output} {CONFIGURATION}"));
            }
            (None, Frame::OutOfContext, _) => add("--out-of-context"),
            (None, Frame::Harness, router) if needs_no_pins(router) => {
                add(&format!(
                    "--lpf-allow-unconstrained {output} {CONFIGURATION}"
                ));
            }
            (None, Frame::Harness, Tool::NextpnrIce40) => add("--pcf-allow-unconstrained"),
            (None, Frame::Harness, _) => {}
        }
        arguments
    }
}

/// What the router and the packer call the GW2AR-18.
const GOWIN_FAMILY: &str = "GW2A-18C";

/// The name of the bitstream that a packer makes.
pub fn bitstream(packer: Tool) -> &'static str {
    match packer {
        Tool::GowinPack => "harness.fs",
        _ => "harness.bit",
    }
}

/// The arguments of a packer.
pub fn packer_arguments(packer: Tool) -> Vec<&'static str> {
    let output = bitstream(packer);
    match packer {
        Tool::Prjoxide => vec!["pack", CONFIGURATION, output],
        Tool::GowinPack => vec!["-d", GOWIN_FAMILY, "-o", output, CONFIGURATION],
        _ => vec![CONFIGURATION, output],
    }
}

/// The name of the file of pins in a format.
pub fn pins_file(format: Format) -> String {
    format!("pins.{}", format.extension())
}

/// Whether the router does without pins of a board: it leaves ports open, where others get a harness,
/// and for a bitstream it chooses some. One of the chips of ECP5 is on no board here.
pub fn needs_no_pins(router: Tool) -> bool {
    router == Tool::NextpnrEcp5
}

/// Whether a router's message means that the chip is too small.
pub fn says_too_large(message: &str) -> bool {
    let signs = [
        "nable to find a placement location",
        "nable to place cell",
        "no BELs remaining",
        "no Bels remaining",
        "no more BELs",
        "failed to place",
        "nable to find legal placement",
        "does not fit",
    ];
    signs.iter().any(|sign| message.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::super::target::Target;
    use super::*;

    #[test]
    fn every_router_is_asked_in_its_words() {
        let line = |name, pins, frame| {
            let chip = Target::named(name).unwrap().chip.as_ref().unwrap();
            let request = Request {
                chip,
                package: chip.package,
                speed: chip.speeds.first().copied().unwrap_or(0),
                frame,
                pins,
                seed: 2,
                clock_mhz: 50,
                timing_weight: 30,
            };
            let packer = packer_arguments(chip.packer).join(" ");
            let (router, pack) = (chip.router, chip.packer);
            format!(
                "{router} {}\n{pack} {packer}\n",
                request.arguments().join(" ")
            )
        };
        let text = [
            line("ecp5-25k", None, Frame::OutOfContext),
            line("ecp5-25k", Some("pins.lpf"), Frame::Harness),
            line("ecp5-45k", None, Frame::Harness),
            line("ice40-up5k", None, Frame::Harness),
            line("nexus-40", Some("pins.pdc"), Frame::Harness),
            line("gowin-18", Some("pins.cst"), Frame::Harness),
        ];
        insta::assert_snapshot!(text.concat());
    }

    #[test]
    fn messages_of_chips_that_are_too_small() {
        for message in [
            "Unable to place cell 'x', no BELs remaining to implement cell type 'MULT18X18D'",
            "failed to place cell 'dut.ram' of type 'ICESTORM_RAM'",
        ] {
            assert!(says_too_large(message), "{message}");
        }
        assert!(!says_too_large("Failed to route arc 0.0 of net 'clk'"));
    }
}
