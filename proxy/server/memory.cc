// Gives back what only the start and a compilation needed: see memory.h.
#include "proxy/server/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace gabion::proxy {
namespace {

/// Only segments that are not writable (code, constants, the symbols the loader went through): their pages are never
/// private copies, so nothing is lost. What relocation wrote lies in writable segments, read-only or not by now.
int forget_object(dl_phdr_info* object, std::size_t /*size*/, void* /*unused*/) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) {
      continue;
    }
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

/// A library with text relocations would lose them; none of Debian's has any.
int has_text_relocations(dl_phdr_info* object, std::size_t /*size*/, void* found) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_DYNAMIC) {
      continue;
    }
    for (auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object->dlpi_addr + segment.p_vaddr); entry->d_tag != DT_NULL;
         ++entry) {
      if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
        *static_cast<bool*>(found) = true;
      }
    }
  }
  return 0;
}

}  // namespace

void trim_heap() noexcept {
  ::malloc_trim(0);
}

void forget_startup_code() noexcept {
  bool relocated = false;
  ::dl_iterate_phdr(has_text_relocations, &relocated);
  if (!relocated) {
    ::dl_iterate_phdr(forget_object, nullptr);
  }
}

}  // namespace gabion::proxy
