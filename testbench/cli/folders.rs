//! Folders without room or permission.

use crate::golden;
use crate::npy::matrix;
use crate::program::{Place, Run};
use std::fs;
use std::process::Command;

/// A file system of some kilobytes at `small` in a place, as long as this lives.
struct Small<'a>(&'a Place);

impl Small<'_> {
    /// Nothing, said, where the machine does not let us mount.
    fn mount<'a>(place: &'a Place, size: &str) -> Option<Small<'a>> {
        let folder = place.path("small");
        fs::create_dir(&folder).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&folder)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Small(place)),
            _ => {
                println!("SKIPPED: no file system can be mounted here");
                None
            }
        }
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let folder = self.0.path("small");
        let _ = Command::new("umount").arg(folder).output();
    }
}

/// No file may grow beyond half a kilobyte: for a writer that is a full disk, on any machine.
#[cfg(unix)]
#[test]
fn files_that_cannot_grow_leave_nothing() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(64, 64, 0));
    let lines = [
        "generate --preset matmul-4x4 -o core",
        "generate --preset matmul-4x4 -o deep/core",
        "matmul a.npy a.npy -o c.npy --preset matmul-4x4",
        "matmul a.npy a.npy --waves waves.vcd --preset matmul-4x4",
        "new core.toml",
    ];
    let all = lines.map(|line| {
        let program = place.command(line);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""])
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(place.path("."));
        place.fail_with(line, &mut shell)
    });
    golden!(all.join("\n"));
}

#[test]
fn a_full_disk_leaves_nothing() {
    let place = Place::new();
    place.write_npy("a.npy", &matrix(64, 64, 0));
    place.write("core.toml", "[array]\nrows = 4\ncolumns = 4\n");
    let Some(_small) = Small::mount(&place, "8k") else {
        return;
    };
    golden!(
        [
            "generate core.toml -o small/core",
            "generate core.toml -o small/deep/core",
            "matmul a.npy a.npy -o small/c.npy --preset matmul-4x4",
            "matmul a.npy a.npy --waves small/waves.vcd --preset matmul-4x4",
        ]
        .map(|line| place.fail(line))
        .join("\n")
    );
}

/// An earlier output stays whole when there is no room for the next.
#[test]
fn a_full_disk_leaves_the_earlier_output() {
    let place = Place::new();
    let Some(_small) = Small::mount(&place, "640k") else {
        return;
    };
    place.succeed("generate --preset matmul-4x4 -o small/core");
    place.write("small/ballast", vec![1; 40 << 10]);
    let line = "generate --preset matmul-8x8-os -o small/core";
    place.fail(line);
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let place = Place::new();
    fs::create_dir(place.path("locked")).expect("a folder");
    let allow = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(place.path("locked"), permissions).expect("permissions");
    };
    allow(0o555);
    // Nothing is forbidden to root: then the program runs as somebody else, if it can.
    let root = fs::metadata(place.path("locked")).expect("a folder").uid() == 0;
    let mut command = place.command("generate --preset matmul-4x4 -o locked/core");
    if root {
        use std::os::unix::process::CommandExt;
        command.uid(65_534).gid(65_534);
        fs::set_permissions(place.path("."), fs::Permissions::from_mode(0o755)).expect("set");
    }
    match command.output() {
        Err(error) => println!("SKIPPED: the program cannot run as another user: {error}"),
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            golden!(stderr);
            assert_eq!(output.status.code(), Some(1));
            assert!(place.names("locked").is_empty());
        }
    }
    allow(0o755);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_that_is_always_full() {
    let place = Place::new();
    let run = Run::of(&mut place.command("generate --preset matmul-4x4 -o /dev/full"));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("exists already"), "{}", run.stderr);
}
