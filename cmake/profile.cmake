# Profile-guided optimization: what a request, a statement or a row passes through is compiled by the counts of a program that
# served them (`./dev build pgo`). The rest is compiled as in the release build, so ccache has it.
set(GABION_PROFILE "" CACHE STRING "record: count branches; use: compile by the counts beside the objects; empty: neither")
set(profiled_folders proxy/net proxy/overload proxy/protocol proxy/session proxy/tls proxy/upstream
  inspect/coding inspect/grpc inspect/http inspect/policy inspect/sql)

foreach(folder ${profiled_folders})
  if(NOT IS_DIRECTORY ${CMAKE_SOURCE_DIR}/${folder})
    message(FATAL_ERROR "cmake/profile.cmake: there is no folder ${folder}")
  endif()
endforeach()

# Workers count at once. Sources may have changed since: a function that has gets no profile.
set(profile_record -fprofile-generate -fprofile-update=prefer-atomic)
set(profile_use -fprofile-use -fprofile-partial-training -fprofile-correction -Wno-missing-profile -Wno-coverage-mismatch)

# Of a library's sources those of profiled_folders, and what lies in proxy/ and inspect/ themselves.
function(gabion_profile)
  if(NOT GABION_PROFILE)
    return()
  endif()
  list(JOIN profiled_folders "|" folders)
  foreach(source ${ARGN})
    file(RELATIVE_PATH place ${CMAKE_SOURCE_DIR} ${source})
    if(place MATCHES "^(proxy/[^/]*|inspect/[^/]*|(${folders})/.*)\\.cc$")
      set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS ${profile_${GABION_PROFILE}})
    endif()
  endforeach()
endfunction()

if(GABION_PROFILE STREQUAL "record")
  add_link_options(-fprofile-generate -fno-lto)
endif()
