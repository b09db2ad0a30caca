// Counts this thread's calls of malloc, the libraries' too, for tests of what may not allocate.
#pragma once

#include <cstddef>

namespace gabion::test {

/// False where a sanitizer brings its own malloc: there is no count.
[[nodiscard]] bool counts_mallocs() noexcept;
[[nodiscard]] std::size_t mallocs_so_far() noexcept;

}  // namespace gabion::test
