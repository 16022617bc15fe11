//! Starts the program in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// An empty folder that the program runs in, so that messages name files without random parts.
pub struct Place(tempfile::TempDir);

/// What a run gave.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Place {
        Place(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, contents).expect("a written file");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The command, not yet started.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrogrid"));
        command
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, line: &str) -> Run {
        Run::of(&mut self.command(line))
    }

    /// The run of a command that works.
    #[track_caller]
    pub fn succeed(&self, line: &str) -> Run {
        let run = self.run(line);
        assert_eq!(run.code, Some(0), "{line}\n{}\n{}", run.stdout, run.stderr);
        assert_eq!(run.stderr, "", "{line}");
        run
    }

    /// What a command prints that fails and leaves everything as it was.
    #[track_caller]
    pub fn fail(&self, line: &str) -> String {
        self.fail_with(line, &mut self.command(line))
    }

    /// As [`Place::fail`], of a command that was prepared.
    #[track_caller]
    pub fn fail_with(&self, line: &str, command: &mut Command) -> String {
        let before = self.contents();
        let run = Run::of(command);
        assert_eq!(run.code, Some(1), "{line}\n{}\n{}", run.stdout, run.stderr);
        assert_eq!(run.stdout, "", "{line}");
        assert!(!run.stderr.contains("panicked"), "{line}\n{}", run.stderr);
        assert_eq!(self.contents(), before, "{line} left something behind");
        format!("$ ferrogrid {line}\n{}", run.stderr)
    }

    /// Every file and folder below the place, hidden ones too, with contents.
    pub fn contents(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        list(self.0.path(), self.0.path(), &mut found);
        found
    }

    /// The names below a folder of the place.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let mut found = BTreeMap::new();
        list(&self.path(folder), &self.path(folder), &mut found);
        let files = found.into_iter().filter(|(_, data)| data.is_some());
        files.map(|(path, _)| path.display().to_string()).collect()
    }
}

impl Run {
    pub fn of(command: &mut Command) -> Run {
        let output = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Run {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

fn list(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("below").to_owned();
        if path.is_dir() {
            list(root, &path, found);
            found.insert(name, None);
        } else {
            found.insert(name, Some(fs::read(&path).expect("a file")));
        }
    }
}

/// Compares with the golden text of the test.
#[macro_export]
macro_rules! golden {
    ($text:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($text);
        })
    };
}
