// Stands before glibc's malloc in the whole test binary.
#include "tests/support/malloc_count.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GABION_COUNTS_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GABION_COUNTS_MALLOC 0
#endif
#endif
#if !defined(GABION_COUNTS_MALLOC)
#define GABION_COUNTS_MALLOC 1
#endif

namespace {

thread_local std::size_t mallocs = 0;

}  // namespace

#if GABION_COUNTS_MALLOC
// glibc's own entry: memory from here is freed by its free() as any other.
extern "C" void* __libc_malloc(std::size_t size);  // NOLINT(bugprone-reserved-identifier)
extern "C" void* malloc(std::size_t size) {
  ++mallocs;
  return __libc_malloc(size);
}
#endif

namespace gabion::test {

bool counts_mallocs() noexcept {
  return GABION_COUNTS_MALLOC == 1;
}
std::size_t mallocs_so_far() noexcept {
  return mallocs;
}

}  // namespace gabion::test
