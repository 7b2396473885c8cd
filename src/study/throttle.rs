//! How many sessions may be in memory at once: an estimate of each against what the machine has to spare.

use std::sync::{Condvar, Mutex};

/// Budget where the machine does not say how much it has.
const UNKNOWN_BUDGET_BYTES: u64 = 2 << 30;

/// Lets sessions through as long as their estimates fit together; one always fits.
pub struct Throttle {
    budget: u64,
    taken: Mutex<u64>,
    released: Condvar,
}

/// A session's share; gives it back when dropped.
pub struct Share<'a> {
    throttle: &'a Throttle,
    bytes: u64,
}

impl Throttle {
    /// Half of the memory that the machine has available now.
    pub fn new() -> Throttle {
        let budget = available_bytes().map_or(UNKNOWN_BUDGET_BYTES, |bytes| bytes / 2);
        Throttle { budget, taken: Mutex::new(0), released: Condvar::new() }
    }

    /// Waits until `bytes` more fit.
    pub fn take(&self, bytes: u64) -> Share<'_> {
        let mut taken = self.taken.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        while *taken > 0 && *taken + bytes > self.budget {
            taken = self.released.wait(taken).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        *taken += bytes;
        Share { throttle: self, bytes }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut taken = self.throttle.taken.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *taken -= self.bytes;
        self.throttle.released.notify_all();
    }
}

/// Memory that the machine has to spare, as far as it says so.
pub fn available_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_always_fits_and_the_next_waits() {
        let throttle = Throttle { budget: 10, taken: Mutex::new(0), released: Condvar::new() };
        let first = throttle.take(100);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(throttle.take(5)));
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert!(!waiting.is_finished());
            drop(first);
        });
        assert_eq!(*throttle.taken.lock().unwrap(), 0);
    }
}
