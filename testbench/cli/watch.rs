//! `ferrogrid run --watch`: again at every save.

use crate::program::Place;
use ferrogrid::config::preset;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::Duration;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/digits/network.onnx");

/// A command under way, and the lines of its output.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn new(place: &Place, line: &str) -> Watch {
        let mut command = place.command(line);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let (to, lines) = channel();
        let pipes: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("a pipe")),
            Box::new(child.stderr.take().expect("a pipe")),
        ];
        for pipe in pipes {
            let to = to.clone();
            spawn(move || {
                let lines = BufReader::new(pipe).lines().map_while(Result::ok);
                lines.for_each(|line| to.send(line).unwrap_or_default());
            });
        }
        Watch { child, lines }
    }

    /// The lines up to one that has this in it.
    fn up_to(&self, what: &str) -> String {
        let mut text = String::new();
        while !text.contains(what) {
            let line = self.lines.recv_timeout(Duration::from_secs(120));
            text += &line.unwrap_or_else(|error| panic!("no `{what}`, {error}: {text}"));
            text.push('\n');
        }
        text
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It has ended, or a test has failed.
        let _ = self.child.kill();
    }
}

#[cfg(unix)]
#[test]
fn a_saved_configuration_is_run_and_compared() {
    let place = Place::new();
    let nano = preset("nano").expect("a preset").toml;
    place.write("core.toml", nano);
    let mut watch = Watch::new(&place, &format!("run {MODEL} --config core.toml --watch"));
    let first = watch.up_to("exact; ");
    assert!(
        first.contains("cycles") && first.contains("multipliers") && !first.contains("->"),
        "{first}"
    );

    place.write("core.toml", nano.replace("lanes = 1", "lanes = 2"));
    let second = watch.up_to("exact; ");
    let logic = second.lines().find(|line| line.starts_with("logic"));
    assert!(
        logic.is_some_and(|line| line.contains("->") && line.contains("+")),
        "{second}"
    );

    // Figures are compared with those of the last configuration that was right.
    place.write("core.toml", "[array");
    watch.up_to("unclosed table");
    place.write("core.toml", nano);
    let third = watch.up_to("exact; ");
    let logic = third.lines().find(|line| line.starts_with("logic"));
    assert!(
        logic.is_some_and(|line| line.contains("->") && line.contains("-")),
        "{third}"
    );
    // Nothing that counts is in a comment.
    place.write("core.toml", format!("{nano}# the same\n"));
    assert!(watch.up_to("exact; ").contains("no figure has changed"));

    let id = watch.child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status();
    assert!(killed.expect("kill").success());
    watch.up_to("interrupted");
    let status = watch.child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
}
