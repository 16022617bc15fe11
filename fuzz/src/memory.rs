//! An allocator with a bound: who asks for more than it allows is given nothing, and ends.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes that are allocated.
static LIVE: AtomicUsize = AtomicUsize::new(0);
/// Bytes that may be.
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

struct Bounded;

impl Bounded {
    /// Takes bytes; false when there are not so many left.
    fn take(bytes: usize) -> bool {
        let before = LIVE.fetch_add(bytes, Relaxed);
        let fits = before.saturating_add(bytes) <= MOST.load(Relaxed);
        if !fits {
            LIVE.fetch_sub(bytes, Relaxed);
        }
        fits
    }
}

// SAFETY: every call goes to the system allocator unchanged, or gives no memory.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match Bounded::take(layout.size()) {
            true => unsafe { System.alloc(layout) },
            false => std::ptr::null_mut(),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match Bounded::take(layout.size()) {
            true => unsafe { System.alloc_zeroed(layout) },
            false => std::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !Bounded::take(size) {
            return std::ptr::null_mut();
        }
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

/// Runs work that may allocate so many bytes more than there are.
pub(crate) fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    MOST.store(LIVE.load(Relaxed).saturating_add(bytes), Relaxed);
    let result = work();
    MOST.store(usize::MAX, Relaxed);
    result
}
