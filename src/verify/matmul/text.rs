//! Cases as text: `key=value` separated by blanks; what is left out has its default.

use super::{DataKind, Fault, Host, Job, MatmulCase, Operand, PAUSES};
use crate::arch::{JobShape, MatmulArch, Target};
use crate::config::{Bytes, MatmulConfig};
use crate::device::{Restart, StallPattern, Stalls};
use crate::verify::ParseCaseError;
use std::fmt;
use std::str::FromStr;

/// Equal jobs in one word, at most.
const MAX_JOBS: usize = 1000;

impl fmt::Display for MatmulCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arch = &self.arch;
        write!(
            f,
            "rows={} columns={} dataflow={} activation={} product_register={}",
            arch.rows, arch.columns, arch.dataflow, arch.operands.activation, arch.product_register
        )?;
        if arch.output_register {
            write!(f, " output_register=true")?;
        }
        if arch.target != Target::Portable {
            write!(f, " target={}", arch.target)?;
        }
        write!(
            f,
            " streams={},{},{}",
            arch.a.width, arch.b.width, arch.c.width
        )?;
        let (a, b) = (arch.a_buffer.size().0, arch.b_buffer.size().0);
        write!(f, " buffers={a},{b},{}", arch.accumulators.size().0)?;
        for equal in self.jobs.chunk_by(|job, next| job == next) {
            write!(f, " job={}", equal[0])?;
            if equal.len() > 1 {
                write!(f, "*{}", equal.len())?;
            }
        }
        for (name, prefix) in PAUSES {
            let stall = self.stalls.of(prefix);
            if *stall != StallPattern::none() {
                let waits = if stall.is_after_valid() { "v" } else { "" };
                let bits = stall.bits().iter();
                let picture = bits.map(|stall| if *stall { '#' } else { '.' });
                write!(f, " {name}={waits}{}", picture.collect::<String>())?;
            }
        }
        if self.host != Host::Patient {
            write!(f, " host={}", self.host.name())?;
        }
        if let Some(Restart { cycle, length }) = self.restart {
            write!(f, " restart={cycle}+{length}")?;
        }
        write!(f, " seed={}", self.seed)
    }
}

/// `5x4x3:min`, with `:truncated_a@2` and the like for a fault.
impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.shape, self.data)?;
        match self.fault {
            Fault::None => Ok(()),
            Fault::Truncated(operand, beat) => write!(f, ":truncated_{}@{beat}", operand.name()),
            Fault::Overlong(operand, beats) => write!(f, ":overlong_{}@{beats}", operand.name()),
            Fault::Abort(cycle) => write!(f, ":abort@{cycle}"),
        }
    }
}

impl Operand {
    fn name(self) -> &'static str {
        match self {
            Operand::A => "a",
            Operand::B => "b",
        }
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number in range"))
}

fn numbers<const COUNT: usize, T: FromStr>(
    text: &str,
    separator: char,
) -> Result<[T; COUNT], String> {
    let values: Vec<T> = text
        .split(separator)
        .map(number)
        .collect::<Result<_, _>>()?;
    values
        .try_into()
        .map_err(|_| format!("needs {COUNT} numbers separated by `{separator}`"))
}

fn choice<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// `v..#`: the `v`, which may be left out, says that READY waits for VALID.
fn pattern(text: &str) -> Result<StallPattern, String> {
    let (bits, waits) = match text.strip_prefix('v') {
        Some(bits) => (bits, true),
        None => (text, false),
    };
    if !bits.chars().all(|c| c == '#' || c == '.') {
        return Err(
            "a pattern consists of `#` (pauses) and `.` (runs), behind a `v` where READY \
                    waits for VALID"
                .into(),
        );
    }
    let pattern = StallPattern::from(bits);
    Ok(if waits {
        pattern.after_valid()
    } else {
        pattern
    })
}

/// `5x4x3:min*20`: so many equal jobs.
fn jobs(text: &str) -> Result<Vec<Job>, String> {
    let (job, count) = match text.split_once('*') {
        Some((job, count)) => (job, number(count)?),
        None => (text, 1),
    };
    if !(1..=MAX_JOBS).contains(&count) {
        return Err(format!("1 to {MAX_JOBS} jobs, not {count}"));
    }
    Ok(vec![job.parse()?; count])
}

impl FromStr for Job {
    type Err = String;

    fn from_str(text: &str) -> Result<Job, String> {
        let mut parts = text.split(':');
        let [m, k, n] = numbers(parts.next().unwrap_or_default(), 'x')?;
        let data = parts.next().map_or(Ok(DataKind::Random), choice)?;
        let fault = parts.next().map_or(Ok(Fault::None), parse_fault)?;
        if let Some(extra) = parts.next() {
            return Err(format!("`{extra}` is too much: sizes, data, fault"));
        }
        Ok(Job {
            shape: JobShape { m, k, n },
            data,
            fault,
        })
    }
}

fn parse_host(text: &str) -> Result<Host, String> {
    let found = Host::ALL.into_iter().find(|host| host.name() == text);
    found.ok_or_else(|| {
        let names = Host::ALL.map(Host::name).join(", ");
        format!("`{text}` is none of: {names}")
    })
}

fn parse_fault(text: &str) -> Result<Fault, String> {
    let (kind, at) = text
        .split_once('@')
        .ok_or_else(|| format!("`{text}` is no fault such as `truncated_a@2`"))?;
    match kind {
        "truncated_a" => Ok(Fault::Truncated(Operand::A, number(at)?)),
        "truncated_b" => Ok(Fault::Truncated(Operand::B, number(at)?)),
        "overlong_a" => Ok(Fault::Overlong(Operand::A, number(at)?)),
        "overlong_b" => Ok(Fault::Overlong(Operand::B, number(at)?)),
        "abort" => Ok(Fault::Abort(number(at)?)),
        _ => Err(format!(
            "`{kind}` is none of: truncated_a, truncated_b, overlong_a, overlong_b, abort"
        )),
    }
}

/// What the words of a text say.
struct Words {
    config: MatmulConfig,
    jobs: Vec<Job>,
    stalls: Stalls,
    host: Host,
    restart: Option<Restart>,
    seed: u64,
}

impl Words {
    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let config = &mut self.config;
        match key {
            "rows" => config.array.rows = number(value)?,
            "columns" => config.array.columns = number(value)?,
            "dataflow" => config.array.dataflow = choice(value)?,
            "activation" => config.array.activation = choice(value)?,
            "product_register" => config.array.product_register = choice(value)?,
            "output_register" => config.buffers.output_register = choice(value)?,
            "target" => config.common.target = choice(value)?,
            "streams" => {
                let [a, b, c] = numbers(value, ',')?.map(Some);
                (config.streams.a, config.streams.b, config.streams.c) = (a, b, c);
            }
            "buffers" => {
                let [a, b, c] = numbers(value, ',')?.map(|size| Some(Bytes(size)));
                (
                    config.buffers.a,
                    config.buffers.b,
                    config.buffers.accumulators,
                ) = (a, b, c);
            }
            "job" => self.jobs.extend(jobs(value)?),
            "host" => self.host = parse_host(value)?,
            "restart" => {
                let (cycle, length) = value.split_once('+').ok_or("needs cycle+length")?;
                self.restart = Some(Restart {
                    cycle: number(cycle)?,
                    length: number(length)?,
                });
            }
            "seed" => self.seed = number(value)?,
            _ => match PAUSES.iter().find(|(name, _)| *name == key) {
                Some((_, prefix)) => self.stalls.set(prefix, pattern(value)?),
                None => return Err("unknown key".into()),
            },
        }
        Ok(())
    }
}

impl FromStr for MatmulCase {
    type Err = ParseCaseError;

    fn from_str(text: &str) -> Result<MatmulCase, ParseCaseError> {
        let error = |word: &str, problem: String| ParseCaseError {
            word: word.to_owned(),
            problem,
        };
        let mut words = Words {
            config: MatmulConfig::new(4, 4),
            jobs: Vec::new(),
            stalls: Stalls::default(),
            host: Host::Patient,
            restart: None,
            seed: 0,
        };
        for word in text.split_whitespace() {
            let taken = match word.split_once('=') {
                Some((key, value)) => words.take(key, value),
                None => Err("needs the form key=value".into()),
            };
            taken.map_err(|problem| error(word, problem))?;
        }
        let arch = MatmulArch::new(&words.config).map_err(|e| error(text, e.to_string()))?;
        let case = MatmulCase {
            arch,
            jobs: words.jobs,
            stalls: words.stalls,
            host: words.host,
            restart: words.restart,
            seed: words.seed,
        };
        case.check().map_err(|problem| error(text, problem))?;
        Ok(case)
    }
}

#[cfg(test)]
mod tests {
    use super::super::random_case;
    use super::*;

    #[test]
    fn random_cases_are_read_back() {
        for seed in 0..300 {
            let case = random_case(seed, 64);
            let text = case.to_string();
            assert_eq!(text.parse(), Ok(case), "{text}");
        }
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let case: MatmulCase = "job=1x2x3".parse().expect("a case");
        assert_eq!((case.arch.rows, case.arch.columns), (4, 4));
        assert_eq!(case.jobs[0].data, DataKind::Random);
        assert_eq!((case.host, case.seed), (Host::Patient, 0));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let errors = [
            "rows=3",
            "rows=0 job=1x1x1",
            "rows=three job=1x1x1",
            "colums=3 job=1x1x1",
            "job",
            "job=1x1",
            "job=1x1x1:most",
            "job=1x1x1:min:late@3",
            "job=1x1x1:min:truncated_a",
            "job=1x1x1:min:truncated_a@0",
            "job=0x1x1:min:abort@3",
            "job=1x1x1:min:overlong_b@0",
            "job=1x1x65536",
            "job=1x1x1 stall_a=..x",
            "job=1x1x1 stall_c=##",
            "job=1x1x1 restart=7",
            "job=1x1x1*0",
            "job=1x1x1*many",
            "job=1x1x1 stall_a=v",
            "job=1x1x1 host=rude",
        ]
        .map(|text| match text.parse::<MatmulCase>() {
            Ok(case) => format!("{text}: taken as {case}"),
            Err(error) => error.to_string(),
        });
        insta::assert_snapshot!(errors.join("\n"));
    }
}
