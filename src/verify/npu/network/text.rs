//! Networks of cases as text: the core and what happens around it as `key=value`, then the input and the layers,
//! each behind a `;`.

use super::{Kind, Layer, NetworkCase, Window};
use crate::compiler::Rounding;
use crate::config::NpuConfig;
use crate::graph::Family;
use crate::verify::ParseCaseError;
use crate::verify::npu::arch::{ArchText, number, numbers, take_word, unnamed};
use std::fmt;
use std::str::FromStr;

/// The first word of such a text.
pub(crate) const NETWORK: &str = "network";

impl fmt::Display for NetworkCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = match self.family {
            Family::TfLite => "tflite",
            Family::Onnx => "onnx",
        };
        let rounding = match self.rounding {
            Rounding::Float => "float",
            Rounding::Fixed => "fixed",
        };
        write!(
            f,
            "{NETWORK} {} family={family} rounding={rounding}",
            ArchText(&self.arch)
        )?;
        write!(
            f,
            " latency={} stalls={} seed={}",
            self.latency, self.stalls, self.seed
        )?;
        let [height, width, channels] = self.shape;
        write!(f, "; input {height}x{width}x{channels}")?;
        (self.layers.iter()).try_for_each(|layer| write!(f, "; {layer}"))
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.kind.name();
        write!(f, "{name} from={}", self.from)?;
        let pair = |[down, right]: [usize; 2]| format!("{down}x{right}");
        match self.kind {
            Kind::Convolution { outputs, window } => write!(f, " outputs={outputs}{window}")?,
            Kind::Depthwise(window) => write!(f, "{window}")?,
            Kind::FullyConnected { outputs } => write!(f, " outputs={outputs}")?,
            Kind::Add { to } => write!(f, " to={to}")?,
            Kind::AveragePool { kernel, strides } | Kind::MaxPool { kernel, strides } => {
                write!(f, " kernel={} strides={}", pair(kernel), pair(strides))?;
            }
            Kind::AddConstant | Kind::GlobalAveragePool | Kind::BatchNormalization => {}
        }
        if self.relu {
            write!(f, " relu=true")?;
        }
        if self.zeros > 0 {
            write!(f, " zeros={}", self.zeros)?;
        }
        write!(f, " seed={}", self.seed)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kernel, strides, dilations] = [self.kernel, self.strides, self.dilations]
            .map(|[down, right]| format!("{down}x{right}"));
        let [top, left, bottom, right] = self.padding;
        write!(
            f,
            " kernel={kernel} strides={strides} dilations={dilations}"
        )?;
        write!(f, " padding={top},{left},{bottom},{right}")
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Convolution { .. } => "convolution",
            Kind::Depthwise(_) => "depthwise",
            Kind::FullyConnected { .. } => "fully_connected",
            Kind::Add { .. } => "add",
            Kind::AddConstant => "add_constant",
            Kind::AveragePool { .. } => "average_pool",
            Kind::MaxPool { .. } => "max_pool",
            Kind::GlobalAveragePool => "global_average_pool",
            Kind::BatchNormalization => "batch_normalization",
        }
    }

    /// Every kind in its plainest form.
    const ALL: [Kind; 9] = [
        Kind::Convolution {
            outputs: 1,
            window: Window::PLAIN,
        },
        Kind::Depthwise(Window::PLAIN),
        Kind::FullyConnected { outputs: 1 },
        Kind::Add { to: 0 },
        Kind::AddConstant,
        Kind::AveragePool {
            kernel: [1, 1],
            strides: [1, 1],
        },
        Kind::MaxPool {
            kernel: [1, 1],
            strides: [1, 1],
        },
        Kind::GlobalAveragePool,
        Kind::BatchNormalization,
    ];
}

impl Layer {
    fn take(&mut self, word: &str) -> Result<(), String> {
        let (key, value) = word.split_once('=').ok_or("needs the form key=value")?;
        match (key, &mut self.kind) {
            ("from", _) => self.from = number(value)?,
            ("relu", _) => self.relu = super::super::arch::parsed(value)?,
            ("zeros", _) => self.zeros = number(value)?,
            ("seed", _) => self.seed = number(value)?,
            ("outputs", Kind::Convolution { outputs, .. } | Kind::FullyConnected { outputs }) => {
                *outputs = number(value)?;
            }
            ("to", Kind::Add { to }) => *to = number(value)?,
            (
                "kernel",
                Kind::Convolution {
                    window: Window { kernel, .. },
                    ..
                }
                | Kind::Depthwise(Window { kernel, .. })
                | Kind::AveragePool { kernel, .. }
                | Kind::MaxPool { kernel, .. },
            ) => *kernel = numbers(value, 'x')?,
            (
                "strides",
                Kind::Convolution {
                    window: Window { strides, .. },
                    ..
                }
                | Kind::Depthwise(Window { strides, .. })
                | Kind::AveragePool { strides, .. }
                | Kind::MaxPool { strides, .. },
            ) => *strides = numbers(value, 'x')?,
            ("dilations", Kind::Convolution { window, .. } | Kind::Depthwise(window)) => {
                window.dilations = numbers(value, 'x')?;
            }
            ("padding", Kind::Convolution { window, .. } | Kind::Depthwise(window)) => {
                window.padding = numbers(value, ',')?;
            }
            _ => return Err("unknown key".into()),
        }
        Ok(())
    }
}

impl NetworkCase {
    /// Takes a word; what the core is made of goes into `config`.
    fn take(&mut self, config: &mut NpuConfig, word: &str) -> Result<(), String> {
        let (key, value) = word.split_once('=').ok_or("needs the form key=value")?;
        match (key, value) {
            ("latency", _) => self.latency = number(value)?,
            ("stalls", _) => self.stalls = number(value)?,
            ("seed", _) => self.seed = number(value)?,
            ("family", "tflite") => self.family = Family::TfLite,
            ("family", "onnx") => self.family = Family::Onnx,
            ("family", _) => return Err(format!("`{value}` is none of: tflite, onnx")),
            ("rounding", "float") => self.rounding = Rounding::Float,
            ("rounding", "fixed") => self.rounding = Rounding::Fixed,
            ("rounding", _) => return Err(format!("`{value}` is none of: float, fixed")),
            _ if take_word(config, key, value)? => {}
            _ => return Err("unknown key".into()),
        }
        Ok(())
    }
}

impl FromStr for NetworkCase {
    type Err = ParseCaseError;

    fn from_str(text: &str) -> Result<NetworkCase, ParseCaseError> {
        let error = |word: &str, problem: String| ParseCaseError {
            word: word.to_owned(),
            problem,
        };
        let (head, lines) = text.split_once(';').unwrap_or((text, ""));
        let mut words = head.split_whitespace();
        if words.next() != Some(NETWORK) {
            return Err(error(head, format!("does not begin with `{NETWORK}`")));
        }
        let mut config = NpuConfig::new(4, 4);
        let default = unnamed(&config).map_err(|problem| error(head, problem))?;
        let mut case = NetworkCase {
            arch: default,
            family: Family::TfLite,
            rounding: Rounding::Fixed,
            shape: [1, 1, 1],
            layers: Vec::new(),
            latency: 1,
            stalls: 0,
            seed: 0,
        };
        for word in words {
            let taken = case.take(&mut config, word);
            taken.map_err(|problem| error(word, problem))?;
        }
        case.arch = unnamed(&config).map_err(|problem| error(head.trim(), problem))?;
        let lines = lines.split(';').map(str::trim);
        for line in lines.filter(|line| !line.is_empty()) {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            if name == "input" {
                let shape = numbers(words.next().unwrap_or_default(), 'x');
                case.shape = shape.map_err(|problem| error(line, problem))?;
                continue;
            }
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
            let names = || {
                let names = Kind::ALL.map(Kind::name).join(", ");
                error(name, format!("is no layer: there are input, {names}"))
            };
            let mut layer = Layer {
                from: case.layers.len(),
                kind: kind.ok_or_else(names)?,
                relu: false,
                zeros: 0,
                seed: 0,
            };
            for word in words {
                let taken = layer.take(word);
                taken.map_err(|problem| error(word, problem))?;
            }
            case.layers.push(layer);
        }
        case.check()
            .map_err(|problem| error("the network", problem))?;
        Ok(case)
    }
}

#[cfg(test)]
mod tests {
    use super::super::random_network;
    use super::*;

    #[test]
    fn random_networks_are_read_back() {
        for seed in 0..40 {
            let case = random_network(seed);
            let text = case.to_string();
            assert_eq!(text.parse(), Ok(case), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let errors = [
            "network",
            "network family=torch; input 1x1x1; global_average_pool",
            "network rounding=up; input 1x1x1; global_average_pool",
            "network; input 1x1; global_average_pool",
            "network; input 1x1x0; global_average_pool",
            "network; input 1x1x1; softmax",
            "network; input 1x1x1; add outputs=1",
            "network; input 1x1x1; add to=1",
            "network; input 1x1x1; convolution kernel=2x2",
            "network; input 9x9x1; max_pool kernel=4",
            "network requantization=fixed; input 3x1x1; average_pool kernel=3x1",
        ]
        .map(|text| match text.parse::<NetworkCase>() {
            Ok(case) => format!("{text}: taken as {case}"),
            Err(error) => error.to_string(),
        });
        insta::assert_snapshot!(errors.join("\n"));
    }
}
