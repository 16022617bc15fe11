//! Programs that end with their owner, and whatever they started with them.

use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The numbers of those that run, which are those of their groups.
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn groups() -> MutexGuard<'static, Vec<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all that run, and those that they started: for who is asked to end while another thread waits for one.
pub fn end_all() {
    for group in groups().iter() {
        kill(*group);
    }
}

/// Of a program that is not yet waited for, so that its number and that of its group are still its own.
fn kill(group: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// A program that does not outlive this value. On Unix it has a process group of its own: those
/// that it started end with it, as `yosys-abc` does with Yosys, and Ctrl-C reaches only its owner.
pub struct Running(Child);

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Running> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut groups = groups();
        let child = command.spawn()?;
        groups.push(child.id());
        Ok(Running(child))
    }

    /// Runs a program to its end; what it prints is taken where `command` has pipes.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn output(command: &mut Command) -> io::Result<Output> {
        let mut running = Running::start(command)?;
        let (out, err) = (running.0.stdout.take(), running.0.stderr.take());
        let read = |pipe: Option<Box<dyn io::Read + Send>>| {
            let mut bytes = Vec::new();
            pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut bytes))
                .map(|_| bytes)
        };
        let (stdout, stderr) = std::thread::scope(|scope| {
            let err = err.map(|pipe| Box::new(pipe) as _);
            let err = scope.spawn(move || read(err));
            let out = read(out.map(|pipe| Box::new(pipe) as _));
            (out, err.join().unwrap_or_else(|_| Ok(Vec::new())))
        });
        Ok(Output {
            status: running.wait()?,
            stdout: stdout?,
            stderr: stderr?,
        })
    }

    /// Its standard input, once, if that is a pipe.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.0.stdin.take()
    }

    /// Its standard output, once, if that is a pipe.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let ended = self.0.try_wait()?;
        if ended.is_some() {
            self.forget();
        }
        Ok(ended)
    }

    /// How it ended, when it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.0.wait()?;
        self.forget();
        Ok(status)
    }

    /// Nobody ends the group of a number that may be another's from now on.
    fn forget(&self) {
        groups().retain(|group| *group != self.0.id());
    }

    /// Ends it and those that it started.
    fn end(&mut self) {
        kill(self.0.id());
        // These fail only when it has ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.forget();
        if let Ok(None) = self.0.try_wait() {
            self.end();
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    /// A pipe is closed when the last process that writes to it is gone.
    #[test]
    fn what_a_program_started_ends_with_it() {
        let script = "sleep 60 & echo started; wait";
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdout(Stdio::piped());
        let mut running = Running::start(&mut command).expect("a shell");
        let mut pipe = BufReader::new(running.take_stdout().expect("a pipe"));
        let mut line = String::new();
        pipe.read_line(&mut line).expect("a line");
        assert_eq!(line, "started\n");
        let begun = Instant::now();
        drop(running);
        pipe.read_to_string(&mut line).expect("the end");
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "it was not ended"
        );
    }
}
