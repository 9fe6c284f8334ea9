# layer(<name> [REAL] [DEPENDS <layer>…] [LINKS <target>…] [EXCLUDE <file>…])
#
# A library from all .cpp files of the calling folder, its tests from the *_test.cpp among them (one
# program, <name>_test, found by ctest), and nothing from other folders. DEPENDS names the layers
# below it: ARCHITECTURE.md has the table, and the structure test holds the #include lines to it.
# REAL: its tests have real processes, which a busy machine delays; they bear ctest's label `real`.
include(GoogleTest)

function(layer name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "REAL" "" "DEPENDS;LINKS;EXCLUDE;TEST_LINKS")
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.h)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cpp)
  list(REMOVE_ITEM sources ${tests})
  foreach(file IN LISTS ARG_EXCLUDE)
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} ${ARG_LINKS})
  if(tests AND BUILD_TESTING)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_LINKS} GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
      HOLDFAST_SOURCE_DIR="${PROJECT_SOURCE_DIR}" HOLDFAST_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    set(labels)
    if(ARG_REAL)
      set(labels LABELS real)
    endif()
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT 600 ${labels})
  endif()
endfunction()
