// What the machine gives this process: processors, descriptors, memory.
#pragma once

#include <cstdint>

namespace gabion::proxy {

/// Processors this process may run on, at least 1.
[[nodiscard]] std::uint32_t usable_processors() noexcept;

[[nodiscard]] std::uint64_t resident_bytes();

/// The calling thread runs when others do not need the processor, for the rest of its life.
void lower_thread_priority() noexcept;

/// To the hard limit: every connection is two descriptors.
void raise_descriptor_limit() noexcept;

}  // namespace gabion::proxy
