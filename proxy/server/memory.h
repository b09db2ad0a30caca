// Gives back memory that only the start and a compilation needed.
#pragma once

namespace gabion::proxy {

/// Returns free heap pages to the system. Takes milliseconds; thread-safe.
void trim_heap() noexcept;

/// Unmaps the pages of code, constants and symbols touched so far (the loader, parsers, the pattern compiler). They
/// are clean and stay in the page cache: what is used again comes back with a minor fault, the rest is not counted to
/// us. Thread-safe.
void forget_startup_code() noexcept;

}  // namespace gabion::proxy
