//! Programs of cases as text: the core and what happens around the program as `key=value`, then its
//! instructions as assembly, each behind a `;`.

use super::{Before, Data, ProgramCase};
use crate::config::NpuConfig;
use crate::verify::ParseCaseError;
use crate::verify::npu::arch::{ArchText, number, take_word, unnamed};
use std::fmt;
use std::str::FromStr;

/// The first word of such a text.
pub(crate) const PROGRAM: &str = "program";

impl fmt::Display for ProgramCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{PROGRAM} {} latency={}",
            ArchText(&self.arch),
            self.latency
        )?;
        write!(
            f,
            " stalls={} data={} seed={}",
            self.stalls,
            self.data.name(),
            self.seed
        )?;
        match self.before {
            Before::Nothing => {}
            Before::Itself => write!(f, " before=itself")?,
            Before::Flipped(instruction, bit) => write!(f, " before=flipped@{instruction}.{bit}")?,
            Before::Refused(byte) => write!(f, " before=refused@{byte}")?,
            Before::Stopped(cycles) => write!(f, " before=stopped@{cycles}")?,
            Before::Reset(cycle) => write!(f, " before=reset@{cycle}")?,
        }
        (self.program.iter()).try_for_each(|instruction| write!(f, "; {instruction}"))
    }
}

impl Data {
    const ALL: [Data; 2] = [Data::Full, Data::Small];

    fn name(self) -> &'static str {
        match self {
            Data::Full => "full",
            Data::Small => "small",
        }
    }
}

fn parse_data(text: &str) -> Result<Data, String> {
    let found = Data::ALL.into_iter().find(|data| data.name() == text);
    found.ok_or_else(|| format!("`{text}` is none of: full, small"))
}

fn parse_before(text: &str) -> Result<Before, String> {
    let (kind, at) = text.split_once('@').unwrap_or((text, ""));
    match kind {
        "itself" => Ok(Before::Itself),
        "flipped" => {
            let (instruction, bit) = at.split_once('.').ok_or("needs flipped@instruction.bit")?;
            Ok(Before::Flipped(number(instruction)?, number(bit)?))
        }
        "refused" => Ok(Before::Refused(number(at)?)),
        "stopped" => Ok(Before::Stopped(number(at)?)),
        "reset" => Ok(Before::Reset(number(at)?)),
        _ => Err(format!(
            "`{kind}` is none of: itself, flipped, refused, stopped, reset"
        )),
    }
}

impl ProgramCase {
    /// Takes a word; what the core is made of goes into `config`.
    fn take(&mut self, config: &mut NpuConfig, word: &str) -> Result<(), String> {
        let (key, value) = word.split_once('=').ok_or("needs the form key=value")?;
        match key {
            "latency" => self.latency = number(value)?,
            "stalls" => self.stalls = number(value)?,
            "data" => self.data = parse_data(value)?,
            "seed" => self.seed = number(value)?,
            "before" => self.before = parse_before(value)?,
            _ if take_word(config, key, value)? => {}
            _ => return Err("unknown key".into()),
        }
        Ok(())
    }
}

impl FromStr for ProgramCase {
    type Err = ParseCaseError;

    fn from_str(text: &str) -> Result<ProgramCase, ParseCaseError> {
        let error = |word: &str, problem: String| ParseCaseError {
            word: word.to_owned(),
            problem,
        };
        let (head, lines) = text.split_once(';').unwrap_or((text, ""));
        let mut words = head.split_whitespace();
        if words.next() != Some(PROGRAM) {
            return Err(error(head, format!("does not begin with `{PROGRAM}`")));
        }
        let mut config = NpuConfig::new(4, 4);
        let default = unnamed(&config).map_err(|problem| error(head, problem))?;
        let mut case = ProgramCase {
            arch: default,
            program: Vec::new(),
            before: Before::Nothing,
            latency: 1,
            stalls: 0,
            data: Data::Full,
            seed: 0,
        };
        for word in words {
            let taken = case.take(&mut config, word);
            taken.map_err(|problem| error(word, problem))?;
        }
        case.arch = unnamed(&config).map_err(|problem| error(head.trim(), problem))?;
        let lines = lines.split(';').map(str::trim);
        for line in lines.filter(|line| !line.is_empty()) {
            let instruction = line.parse();
            let instruction = instruction.map_err(|problem: crate::isa::npu::AssemblyError| {
                error(line, problem.to_string())
            })?;
            case.program.push(instruction);
        }
        case.check()
            .map_err(|problem| error("the program", problem))?;
        Ok(case)
    }
}

#[cfg(test)]
mod tests {
    use super::super::random_program;
    use super::*;

    #[test]
    fn random_programs_are_read_back() {
        for seed in 0..100 {
            let case = random_program(seed);
            assert_eq!(case.check(), Ok(()), "{case}");
            let text = case.to_string();
            assert_eq!(text.parse(), Ok(case), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let errors = [
            "program",
            "program rows=5; end",
            "program rows=four; end",
            "program colums=4; end",
            "program rows; end",
            "program data=some; end",
            "program before=late@3; end",
            "program before=flipped@3; end",
            "program before=flipped@3.1; end",
            "program; start",
            "program; load run=1 rows=1 planes=1 wait=0; end",
            "program; matrix",
        ]
        .map(|text| match text.parse::<ProgramCase>() {
            Ok(case) => format!("{text}: taken as {case}"),
            Err(error) => error.to_string(),
        });
        insta::assert_snapshot!(errors.join("\n"));
    }
}
