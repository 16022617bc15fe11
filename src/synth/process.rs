//! Programs that end with their owner, and whatever they started with them.

use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus};

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
        command.spawn().map(Running)
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
        self.0.try_wait()
    }

    /// How it ended, when it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.0.wait()
    }

    /// Ends it and those that it started.
    fn end(&mut self) {
        // Not yet waited for, so that its number and that of its group are still its own.
        #[cfg(unix)]
        let _ = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.0),
            rustix::process::Signal::KILL,
        );
        // These fail only when it has ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
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
