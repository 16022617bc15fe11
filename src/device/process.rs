//! External programs: running them, and reading what simulators print.

use super::error::Error;
use super::simulation::engine::Finding;
use crate::hdl::sim::Cover;
use crate::synth::process::Running;
use std::io;
use std::process::{Command, Stdio};

/// How much of a failed tool's output an error carries.
const MOST_OUTPUT: usize = 4000;

/// Runs a tool to its end and returns what it printed on standard output.
pub(super) fn run_tool(
    command: &mut Command,
    tool: &'static str,
    doing: &'static str,
) -> Result<String, Error> {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = Running::output(command).map_err(Error::files("run", command.get_program()))?;
    let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    if text.contains("No space left on device") {
        let path = command
            .get_current_dir()
            .unwrap_or_else(|| ".".as_ref())
            .to_owned();
        return Err(Error::cache("write", path)(
            io::ErrorKind::StorageFull.into(),
        ));
    }
    Err(Error::ToolFailed {
        tool,
        doing,
        status: output.status.to_string(),
        output: clip(&text),
    })
}

/// The beginning of a long text: compilers' first message matters most.
pub(super) fn clip(text: &str) -> String {
    match text.char_indices().nth(MOST_OUTPUT) {
        Some((end, _)) => format!("{} ...", text[..end].trim_end()),
        None => text.trim_end().to_owned(),
    }
}

/// How a failed assertion is reported: `path` is its hierarchical name below the top module.
pub(super) fn failed_assertion(path: &str, message: &str) -> String {
    match message {
        "" => format!("assertion {path} failed"),
        _ => format!("assertion {path} failed: {message}"),
    }
}

/// The report of a line that a failed assertion of the emitted Verilog printed:
/// `FERROGRID_ASSERT <scope> <name>: <message>`. The scope begins with `top`, which is dropped
/// with everything before it.
pub(super) fn finding(line: &str, cycle: u64, top: &str) -> Option<Finding> {
    let text = line.trim().strip_prefix("FERROGRID_ASSERT ")?;
    let (scope, text) = text.split_once(' ').unwrap_or(("", text));
    let (name, message) = text.split_once(": ").unwrap_or((text, ""));
    Some(Finding {
        cycle,
        path: path(scope, name, top),
        message: message.to_owned(),
    })
}

/// The cover point of a line that the emitted Verilog printed at the end of the simulation:
/// `FERROGRID_COVER <scope> <name> <count>`.
pub(super) fn cover(line: &str, top: &str) -> Option<Cover> {
    let text = line.trim().strip_prefix("FERROGRID_COVER ")?;
    let mut fields = text.split(' ');
    let (scope, name) = (fields.next()?, fields.next()?);
    Some(Cover {
        path: path(scope, name, top),
        count: fields.next()?.parse().ok()?,
    })
}

/// The hierarchical name below the top module of what a scope calls `name`.
fn path(scope: &str, name: &str, top: &str) -> String {
    let instances = scope.split('.').skip_while(|&instance| instance != top);
    let mut path: String = (instances.skip(1))
        .flat_map(|instance| [instance, "."])
        .collect();
    path.push_str(name);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertion_lines() {
        let read = |line| {
            let finding = finding(line, 7, "top")?;
            Some(failed_assertion(&finding.path, &finding.message))
        };
        let line = "FERROGRID_ASSERT TOP.top.row.fifo overflow: a: b";
        assert_eq!(
            read(line).as_deref(),
            Some("assertion row.fifo.overflow failed: a: b")
        );
        let line = "FERROGRID_ASSERT top overflow";
        assert_eq!(read(line).as_deref(), Some("assertion overflow failed"));
        assert_eq!(read("hello"), None);
    }

    #[test]
    fn cover_lines() {
        let read = |line| cover(line, "top").map(|cover| (cover.path, cover.count));
        let line = "FERROGRID_COVER TOP.top.row.fifo full 7";
        assert_eq!(read(line), Some(("row.fifo.full".to_owned(), 7)));
        assert_eq!(
            read("FERROGRID_COVER top full 0"),
            Some(("full".to_owned(), 0))
        );
        assert_eq!(read("FERROGRID_COVER top full"), None);
        assert_eq!(read("hello"), None);
    }

    #[test]
    fn a_failing_tool_is_quoted() {
        let error = run_tool(
            Command::new("sh").args(["-c", "echo out; echo oops >&2; exit 3"]),
            "sh",
            "testing",
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "sh failed while testing (exit status: 3):\noops\nout"
        );
    }
}
