//! How much memory a decoder holds for its input.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What any decoder may hold whatever its input, in bytes: scratch space, and the first allocations of nested lists.
const FLAT: usize = 256 << 10;

/// What it may hold for each byte of its input. The densest list is of instructions: the shortest has 3 bytes, its value
/// in memory about 100, and a growing list is there twice for a moment.
const PER_BYTE: usize = 128;

/// Decodes `length` bytes by `decode`.
///
/// # Panics
///
/// If more memory was held meanwhile than the bytes account for. Memory is counted for the whole process, so nothing else
/// may run beside it.
pub fn bounded<T>(length: usize, decode: impl FnOnce() -> T) -> T {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let value = decode();
    let held = ALLOCATOR.peak_usage().saturating_sub(before);
    let limit = FLAT + PER_BYTE * length;
    assert!(held <= limit, "{length} bytes made the decoder hold {held} bytes, more than {limit}");
    value
}
