//! Results that are made once, kept, held and pruned.

use super::*;

fn cache() -> (TempDir, Cache) {
    let dir = tempfile::tempdir().expect("a folder");
    let cache = Cache::at(&dir.path().join("cache")).expect("a cache");
    (dir, cache)
}

fn make(text: &str) -> impl FnOnce(&Path) -> Result<PathBuf, CacheError> {
    move |dir| {
        let path = dir.join("made");
        fs::write(&path, text).map_err(CacheError::during("write", &path))?;
        Ok(path)
    }
}

#[test]
fn makes_once_and_leaves_nothing_else() {
    let (_dir, cache) = cache();
    let first = cache.get_or_make("ab.so", make("one")).expect("made");
    let second = cache.get_or_make("ab.so", make("two")).expect("found");
    assert_eq!(first, second);
    assert!(fs::read(first).expect("a file").starts_with(b"one"));
    let mut names: Vec<_> = fs::read_dir(&cache.root)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["ab.lock", "ab.so"]);
}

#[test]
fn many_threads_make_once() {
    let (_dir, cache) = cache();
    let made = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                cache.get_or_make("ab.so", |dir| {
                    made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    make("x")(dir)
                })
            });
        }
    });
    assert_eq!(made.into_inner(), 1);
}

#[test]
fn prunes_the_longest_unused() {
    let (_dir, cache) = cache();
    for (name, age) in [("aa.so", 3), ("bb.so", 1), ("cc.so", 2)] {
        let path = cache.get_or_make(name, make("12345678")).expect("made");
        let file = File::options().append(true).open(path).expect("a file");
        let hours = Duration::from_secs(3600 * age);
        file.set_modified(SystemTime::now() - hours).expect("set");
    }
    // Eight bytes each, and the hash.
    cache.prune(2 * 40, Duration::ZERO);
    let left = |name: &str| cache.root.join(name).exists();
    assert_eq!(["aa.so", "bb.so", "cc.so"].map(left), [false, true, true]);
    cache.prune(0, Duration::from_secs(5400));
    assert_eq!(["bb.so", "cc.so"].map(left), [true, false]);
}

#[test]
fn a_folder_is_kept_and_pruned_whole() {
    let (_dir, cache) = cache();
    let folder = |dir: &Path| -> Result<PathBuf, CacheError> {
        let path = dir.join("made");
        fs::create_dir(&path).map_err(CacheError::during("create", &path))?;
        fs::write(path.join("log"), "12345678").map_err(CacheError::during("write", &path))?;
        Ok(path)
    };
    let kept = cache.get_or_make("ab.netlist", folder).expect("made");
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let opened = File::open(&kept).expect("a folder");
    opened.set_modified(hour_ago).expect("set");
    let again = cache.get_or_make("ab.netlist", folder).expect("found");
    let used = again.metadata().and_then(|data| data.modified());
    assert!(used.expect("a time") > hour_ago, "the use was noted");
    cache.prune(8, Duration::ZERO);
    assert!(kept.join("log").exists());
    cache.prune(7, Duration::ZERO);
    assert!(!kept.exists());
}

#[test]
fn a_failed_build_leaves_nothing_and_can_be_repeated() {
    let (_dir, cache) = cache();
    let failing = |_: &Path| Err(CacheError::during("no", "no")(io::ErrorKind::Other.into()));
    assert!(cache.get_or_make("ab.so", failing).is_err());
    assert!(cache.get_or_make("ab.so", make("x")).is_ok());
}

#[test]
fn a_cache_below_a_file_says_which_variable_to_set() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let cache = Cache::at(&file.path().join("cache")).expect("a cache");
    let error = cache.get_or_make("ab.so", make("x")).unwrap_err();
    assert!(
        matches!(
            error,
            CacheError {
                doing: "create",
                ..
            }
        ),
        "{error:?}"
    );
    let help = miette::Diagnostic::help(&error).expect("help").to_string();
    assert!(help.contains("FERROGRID_CACHE"), "{help}");
}

/// Hours ago.
fn age(path: &Path, hours: u64) {
    let file = File::open(path).expect("it is there");
    let time = SystemTime::now() - Duration::from_secs(3600 * hours);
    file.set_modified(time).expect("set");
}

#[test]
fn what_a_run_holds_stays() {
    let (_dir, cache) = cache();
    let other = Cache::at(&cache.root).expect("a cache");
    let held = cache.get_or_make("aa.netlist", make("x")).expect("made");
    let free = cache.get_or_make("bb.netlist", make("x")).expect("made");
    cache.hold(&held);
    // By the process itself, however long ago it was used.
    age(&held, 3);
    age(&free, 3);
    cache.prune(0, KEEP);
    assert!(held.exists() && !free.exists());
    // By another, as long as the run tells that it uses it; the folder that is made, too.
    let long = cache.get_or_make("cc.routed", |dir| {
        age(&held, 3);
        age(dir, 3);
        cache.refresh();
        other.prune(0, KEEP);
        make("y")(dir)
    });
    assert!(held.exists() && long.is_ok(), "{long:?}");
    assert_eq!(cache.held().len(), 1, "what was made is not held");
}

#[test]
fn logs_have_names_of_their_own_and_are_bounded() {
    let (dir, cache) = cache();
    fs::create_dir(&cache.root).expect("a folder");
    let log = dir.path().join("tool.log");
    let mut kept = Vec::new();
    for number in 0..MOST_LOGS + 2 {
        fs::write(&log, number.to_string()).expect("written");
        let path = cache.keep_log(&log, &format!("{number:012}"));
        kept.push(path.expect("kept"));
        age(kept.last().expect("one"), 100 - number as u64);
    }
    let last = kept.last().expect("one");
    assert_eq!(fs::read_to_string(last).expect("a log"), "33");
    let there: Vec<bool> = kept.iter().map(|path| path.exists()).collect();
    assert_eq!(there[..3], [false, false, true]);
    assert_eq!(there.iter().filter(|there| **there).count(), MOST_LOGS);
}

/// What was cut off, written over or emptied is made again, whatever its name says.
#[test]
fn what_is_not_whole_is_made_again() {
    let (_dir, cache) = cache();
    let path = cache.get_or_make("ab.so", make("one")).expect("made");
    let whole = fs::read(&path).expect("a file");
    for damaged in [&whole[..whole.len() - 1], &whole[1..], b"garbage", b""] {
        fs::write(&path, damaged).expect("written");
        let again = cache.get_or_make("ab.so", make("two")).expect("made");
        assert!(fs::read(again).expect("a file").starts_with(b"two"));
    }
    let found = cache.get_or_make("ab.so", make("three")).expect("found");
    assert!(fs::read(found).expect("a file").starts_with(b"two"));
}
