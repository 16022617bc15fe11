//! Time that the measuring thread spends computing.

use std::fs;
use std::time::{Duration, Instant};

/// CPU time of this thread, where the system tells it.
fn cpu_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// Seconds that `work` takes: of this thread's CPU time, or else by the clock on the wall.
pub(super) fn seconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let (wall, cpu) = (Instant::now(), cpu_time());
    let result = work();
    let wall = wall.elapsed();
    let cpu = cpu.and_then(|start| cpu_time()?.checked_sub(start));
    (cpu.unwrap_or(wall).as_secs_f64(), result)
}

/// The middle value, or the mean of the two in the middle.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn sleeping_is_not_computing() {
        if cpu_time().is_none() {
            println!("SKIPPED: the system does not tell the CPU time of threads");
            return;
        }
        let (slept, ()) = seconds(|| std::thread::sleep(Duration::from_millis(300)));
        assert!(slept < 0.3, "{slept} s");
    }
}
