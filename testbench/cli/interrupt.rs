//! Ctrl-C in the midst of a run.

use crate::npy::matrix;
use crate::program::Place;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_nothing() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(60_000, 256, 1));
    place.write_npy("b.npy", &matrix(256, 16, 2));
    let before: Vec<String> = place.names(".");
    for vcd in ["", " --waves waves.vcd"] {
        let line = format!("matmul a.npy b.npy -o c.npy --preset matmul-4x4{vcd}");
        let mut child = place
            .command(&line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // Waves are begun before the run, which takes minutes.
        let begun = Instant::now();
        while !vcd.is_empty() && place.names(".").len() == before.len() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no waves");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(1500));
        let interrupted = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(interrupted.expect("kill").success());
        let status = child.wait().expect("it ends");
        let mut stderr = String::new();
        let mut pipe = child.stderr.take().expect("a pipe");
        pipe.read_to_string(&mut stderr).expect("UTF-8");
        assert_eq!(status.code(), Some(130), "{stderr}");
        assert!(stderr.contains("interrupted"), "{stderr}");
        assert_eq!(place.names("."), before, "{line}");
    }
}
