# A room is a folder of src/. Its static library links to the room above it, so a test of a room
# builds that room and those above, and an upward call does not link.
set(DEAR_ROOMS "" CACHE INTERNAL "rooms declared so far, top first")

# x_avx2.c, x_avx512.c and x_vnni.c are compiled for those instructions; what calls them asks the
# CPU first. Compiled without them, they say that they have no kernels.
function(set_instruction_sets)
  if(DEAR_PLAIN)
    return()
  endif()
  set(avx2 -mavx2 -mfma -mf16c -O3)
  set(avx512 ${avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl)
  set(vnni ${avx512} -mavx512vnni)
  foreach(source ${ARGN})
    foreach(instructions avx2 avx512 vnni)
      if(source MATCHES "_${instructions}\\.c$")
        set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${${instructions}}")
      endif()
    endforeach()
  endforeach()
endfunction()

function(add_room name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
  if(DEAR_PLAIN)
    list(FILTER sources EXCLUDE REGEX "/onednn\\.c$")
  else()
    list(FILTER sources EXCLUDE REGEX "/onednn_absent\\.c$")
  endif()
  set_instruction_sets(${sources})
  add_library(room_${name} STATIC ${sources})
  target_include_directories(room_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(room_${name} PUBLIC ${ARGN})
  if(DEAR_ROOMS)
    list(GET DEAR_ROOMS -1 above)
    target_link_libraries(room_${name} PUBLIC room_${above})
  endif()
  set(DEAR_ROOMS ${DEAR_ROOMS} ${name} CACHE INTERNAL "")
endfunction()

# libdear: all rooms in one shared library; only what dear.h declares is visible.
function(add_libdear)
  set(archives "")
  foreach(room ${DEAR_ROOMS})
    list(APPEND archives room_${room})
  endforeach()
  list(GET DEAR_ROOMS -1 last)
  file(WRITE ${CMAKE_BINARY_DIR}/libdear.c "")
  add_library(libdear SHARED ${CMAKE_BINARY_DIR}/libdear.c)
  set_target_properties(libdear PROPERTIES OUTPUT_NAME dear VERSION ${PROJECT_VERSION} SOVERSION 0)
  target_include_directories(libdear INTERFACE ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(libdear PRIVATE -Wl,--whole-archive ${archives} -Wl,--no-whole-archive
                        room_${last})
endfunction()

# tests/unit/ROOM/test_x.c becomes the CTest case unit_ROOM_x, linked to ROOM and those above.
function(add_room_tests)
  foreach(room ${DEAR_ROOMS})
    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${room}/test_*.c)
    foreach(source ${tests})
      get_filename_component(stem ${source} NAME_WE)
      string(REPLACE "test_" "" short ${stem})
      add_executable(${room}_${stem} ${source})
      target_link_libraries(${room}_${stem} PRIVATE room_${room} test_support PkgConfig::CMOCKA)
      target_include_directories(${room}_${stem} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
      target_compile_definitions(${room}_${stem} PRIVATE
                                 TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data"
                                 SHIPPED_DATA="${CMAKE_SOURCE_DIR}/data"
                                 SHARED_DATA="${CMAKE_SOURCE_DIR}/../shared")
      add_test(NAME unit_${room}_${short} COMMAND ${room}_${stem})
      set_tests_properties(unit_${room}_${short} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
    endforeach()
  endforeach()
endfunction()
