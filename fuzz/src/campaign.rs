//! Damages files until the end, and shrinks and writes what is found.

use crate::case::Case;
use crate::corpus::Corpus;
use crate::edit::{Format, smaller};
use crate::judge::Stage;
use crate::worker::{STATE, State};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a campaign is.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    Files(u64),
    Time(Duration),
}

/// Findings of one kind beyond these are counted, and not written.
const MOST_ALIKE: u64 = 3;
/// Smaller files that are tried for each finding.
const MOST_TRIES: usize = 300;
/// Time for them.
const SHRINKING: Duration = Duration::from_secs(60);
/// Time between two looks at a worker.
const STEP: Duration = Duration::from_millis(20);

/// A campaign with the folder of its worker.
pub(crate) struct Campaign {
    corpus: Corpus,
    folder: TempDir,
    seed: u64,
    limit: Duration,
}

/// How a worker ended.
enum End {
    /// It judged all of its files.
    All,
    /// A file ended it: how, and what it said.
    Found { kind: String, said: String },
    /// The time is over.
    Time,
}

impl Campaign {
    /// Of files in folders and of the project; a file may take so much time.
    ///
    /// # Errors
    /// When a folder is not read, or there is no place for the files of the worker.
    pub(crate) fn new(folders: &[PathBuf], seed: u64, limit: Duration) -> io::Result<Campaign> {
        let corpus = Corpus::of(folders)?;
        let folder = tempfile::tempdir()?;
        let files = folder.path().join("corpus");
        fs::create_dir(&files)?;
        corpus.save(&files)?;
        Ok(Campaign {
            corpus: Corpus::load(&files)?,
            folder,
            seed,
            limit,
        })
    }

    /// True when nothing was found.
    ///
    /// # Errors
    /// When a worker is not started, or a finding not written.
    pub(crate) fn run(&self, extent: Extent, found: &Path) -> io::Result<bool> {
        let begun = Instant::now();
        let (files, end) = match extent {
            Extent::Files(files) => (files, None),
            Extent::Time(time) => (u64::MAX, Some(begun + time)),
        };
        println!(
            "{} files to damage, seed {}",
            self.corpus.files().len(),
            self.seed
        );
        let mut reached = [0; Stage::ALL.len()];
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        let mut next = 0;
        while next < files {
            let mut command = self.command();
            command.args(["--worker", &next.to_string()]);
            command.args(["--seed", &self.seed.to_string()]);
            command.args(["--files", &files.to_string()]);
            command.arg(self.folder.path());
            let stopped = self.wait(command, end, State::before(next))?;
            let state = State::read(self.folder.path()).unwrap_or(State::before(next));
            for (sum, count) in reached.iter_mut().zip(state.reached) {
                *sum += count;
            }
            next = state.index + 1;
            match stopped {
                End::All => break,
                End::Time => break,
                End::Found { kind, said } => {
                    let count = kinds.entry(kind.clone()).or_default();
                    *count += 1;
                    if *count <= MOST_ALIKE {
                        println!("\nfile {}: {kind}\n{said}", state.index);
                        self.write(state.index, &kind, found)?;
                    }
                }
            }
        }
        let seconds = begun.elapsed().as_secs();
        println!("\n{} files in {seconds} s; of these", reached[0]);
        for (stage, count) in Stage::ALL.iter().zip(reached).skip(1) {
            println!("{count:>10} {}", format!("{stage:?}").to_lowercase());
        }
        for (kind, count) in &kinds {
            println!("{count:>10} found: {kind}");
        }
        Ok(kinds.is_empty())
    }

    /// This program, as it judges.
    fn command(&self) -> Command {
        let program = std::env::current_exe().expect("a program knows where it is");
        let mut command = Command::new(program);
        command.stdout(Stdio::null()).stdin(Stdio::null());
        command
    }

    /// Runs a worker to its end, or to that of the campaign.
    fn wait(&self, mut command: Command, end: Option<Instant>, first: State) -> io::Result<End> {
        let errors = self.folder.path().join("errors");
        command.stderr(File::create(&errors)?);
        let _ = fs::remove_file(self.folder.path().join(STATE));
        let mut child = Worker(command.spawn()?);
        let (mut last, mut since, mut told) = (first, Instant::now(), Instant::now());
        let status = loop {
            if let Some(status) = child.0.try_wait()? {
                break Some(status);
            }
            let state = State::read(self.folder.path()).unwrap_or(first);
            if state != last {
                (last, since) = (state, Instant::now());
            }
            if since.elapsed() > self.limit {
                break None;
            }
            if end.is_some_and(|end| Instant::now() > end) {
                return Ok(End::Time);
            }
            if told.elapsed() > Duration::from_secs(1) && io::stderr().is_terminal() {
                eprint!("\r{} files", last.index);
                told = Instant::now();
            }
            std::thread::sleep(STEP);
        };
        let stage = State::read(self.folder.path()).unwrap_or(first).stage;
        let said = fs::read(&errors)?;
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok(match status {
            Some(status) if status.success() => End::All,
            Some(_) => End::Found {
                kind: kind_of(&said, stage),
                said,
            },
            None => End::Found {
                kind: format!("no end when {stage:?}"),
                said: format!("not done after {} s", self.limit.as_secs()),
            },
        })
    }

    /// How a file ends the process that judges it; none when it does not.
    fn ends(&self, bytes: &[u8]) -> io::Result<Option<String>> {
        let file = self.folder.path().join("tried");
        fs::write(&file, bytes)?;
        let mut command = self.command();
        command.arg("--replay").arg(&file);
        let errors = self.folder.path().join("errors");
        command.stderr(File::create(&errors)?);
        let mut child = Worker(command.spawn()?);
        let begun = Instant::now();
        loop {
            let status = child.0.try_wait()?;
            if status.is_some_and(|status| status.success()) {
                return Ok(None);
            }
            if status.is_none() && begun.elapsed() < self.limit {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            }
            let said = fs::read(&errors)?;
            let said = String::from_utf8_lossy(&said);
            // The replay says what it begins with.
            let began = |stage: &&Stage| said.contains(&format!(": {stage:?}\n"));
            let stage = Stage::ALL.iter().rfind(began).copied();
            let stage = stage.unwrap_or(Stage::Made);
            return Ok(Some(match status {
                Some(_) => kind_of(&said, stage),
                None => format!("no end when {stage:?}"),
            }));
        }
    }

    /// Shrinks a case and writes its file.
    fn write(&self, index: u64, kind: &str, found: &Path) -> io::Result<()> {
        let begun = Instant::now();
        let mut tries = 0;
        let mut still = |bytes: &[u8]| {
            tries += 1;
            let over = tries > MOST_TRIES || begun.elapsed() > SHRINKING;
            Ok::<_, io::Error>(!over && self.ends(bytes)?.as_deref() == Some(kind))
        };
        let mut case = Case::new(&self.corpus, self.seed, index);
        let mut bytes = case.bytes();
        'edits: loop {
            for smaller in case.smaller() {
                if still(&smaller.bytes())? {
                    case = smaller;
                    bytes = case.bytes();
                    continue 'edits;
                }
            }
            break;
        }
        let format = Format::of(&bytes);
        'parts: loop {
            let mut parts = smaller(format, &bytes);
            parts.sort_by_key(Vec::len);
            for part in parts {
                if still(&part)? {
                    bytes = part;
                    continue 'parts;
                }
            }
            break;
        }
        fs::create_dir_all(found)?;
        let path = found.join(format!("{}-{index}.{}", self.seed, format.extension()));
        fs::write(&path, &bytes)?;
        println!(
            "{} bytes; again: cargo run --profile fuzz -p fuzz -- --replay {}",
            bytes.len(),
            path.display()
        );
        Ok(())
    }
}

/// How a process ended that said so much of it.
fn kind_of(said: &str, stage: Stage) -> String {
    let of = |mark: &str| {
        let (_, behind) = said.split_once(mark)?;
        behind.lines().next().map(str::to_owned)
    };
    if let Some(place) = of("panicked at ") {
        return format!("panic at {}", place.trim_end_matches(':'));
    }
    match said {
        _ if said.contains("memory allocation of") => format!("memory when {stage:?}"),
        _ if said.contains("overflowed its stack") => format!("stack when {stage:?}"),
        _ => format!("an end when {stage:?}"),
    }
}

/// A process that ends with its owner.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
