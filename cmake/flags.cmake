# The flags of our own code: gabion_flags for who links us, gabion_warnings for who is us.
add_library(gabion_flags INTERFACE)
add_library(gabion_warnings INTERFACE)
target_compile_options(gabion_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
target_compile_definitions(gabion_flags INTERFACE BOOST_ASIO_NO_DEPRECATED)

if(GABION_SANITIZE)
  set(sanitize_flags -fsanitize=${GABION_SANITIZE} -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND GABION_SANITIZE MATCHES "undefined")
    list(APPEND sanitize_flags -fno-sanitize=function)  # clang 14 and coroutines
  endif()
  if(GABION_SANITIZE MATCHES "undefined")
    list(APPEND sanitize_flags -fno-sanitize-recover=undefined)
  endif()
  if(GABION_SANITIZE MATCHES "thread")
    target_compile_definitions(gabion_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  add_compile_options(${sanitize_flags})
  add_link_options(${sanitize_flags})
endif()
if(GABION_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Hardening that costs nothing measurable; a firewall parses hostile bytes.
add_compile_options(-fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_definitions(_FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
endif()

# What ships is linked with LTO. Objects hold machine code beside it, so that the tests' programs link without: linking those
# with LTO takes longer than all the rest of the build.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(CMAKE_C_COMPILE_OPTIONS_IPO -flto=auto -ffat-lto-objects)
  set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=auto -ffat-lto-objects)
endif()
