# How dlc's libraries and tools are declared: one precompiled header of the
# MLIR headers, shared by every target; ccache when it is installed.

find_program(DLC_CCACHE ccache)
if(DLC_CCACHE)
  # A precompiled header is compared by content, not by time (ccache manual,
  # "Precompiled headers").
  set(_launcher ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${DLC_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${_launcher})
endif()

add_library(dlc_flags INTERFACE)
target_include_directories(dlc_flags INTERFACE
  ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include
  ${CMAKE_SOURCE_DIR}/dialects/dispatch/include ${CMAKE_BINARY_DIR}/dialects/dispatch/include
  ${CMAKE_SOURCE_DIR}/dialects/dl/include ${CMAKE_BINARY_DIR}/dialects/dl/include)
target_include_directories(dlc_flags SYSTEM INTERFACE
  ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_compile_options(dlc_flags INTERFACE
  -Wall -Wextra -Wno-unused-parameter
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti -Xclang -fno-pch-timestamp>
  $<$<NOT:$<BOOL:${DLC_ENABLE_ASSERTIONS}>>:-DNDEBUG>
  $<$<BOOL:${DLC_ENABLE_ASSERTIONS}>:-UNDEBUG>)
if(DLC_SANITIZERS)
  # The vptr check needs RTTI, which LLVM is built without.
  target_compile_options(dlc_flags INTERFACE
    -fsanitize=${DLC_SANITIZERS} -fno-sanitize=vptr,function -fno-omit-frame-pointer)
  target_link_options(dlc_flags INTERFACE -fsanitize=${DLC_SANITIZERS})
endif()

# Where the grad dialect's headers lie, for the few sources that include them.
set(DLC_GRAD_INCLUDES
  ${CMAKE_SOURCE_DIR}/dialects/grad/include ${CMAKE_BINARY_DIR}/dialects/grad/include)

# dlc_add_library(Name SOURCES a.cpp ... [DEPENDS tablegen targets] [LINK libs])
function(dlc_add_library name)
  cmake_parse_arguments(ARG "NO_PCH" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC dlc_flags ${ARG_LINK})
  if(NOT ARG_NO_PCH)
    target_precompile_headers(${name} REUSE_FROM dlc_pch)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# dlc_add_tool(name SOURCES ... LINK ...): an executable, which the tests need.
function(dlc_add_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE dlc_flags ${ARG_LINK} MLIR LLVM)
  # The precompiled header is compiled with -fPIC, where CMake says -fPIE for an
  # executable, and clang wants them alike.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_precompile_headers(${name} REUSE_FROM dlc_pch)
  set_property(GLOBAL APPEND PROPERTY DLC_TOOLS ${name})
endfunction()

# dlc_add_dialect(<Td> <dialect> <op families>...): everything TableGen makes of
# dialects/<dialect>/include/<dialect>/IR/<Td>.td: the dialect, enums and
# attributes from <Td>.td, the ops from each <Td><Family>Ops.td (one source file
# per family compiles them, so that none gets long).
function(dlc_add_dialect td dialect)
  set(LLVM_TARGET_DEFINITIONS ${td}.td)
  mlir_tablegen(${td}Dialect.h.inc -gen-dialect-decls -dialect=${dialect})
  mlir_tablegen(${td}Dialect.cpp.inc -gen-dialect-defs -dialect=${dialect})
  mlir_tablegen(${td}Enums.h.inc -gen-enum-decls)
  mlir_tablegen(${td}Enums.cpp.inc -gen-enum-defs)
  mlir_tablegen(${td}Attributes.h.inc -gen-attrdef-decls -attrdefs-dialect=${dialect})
  mlir_tablegen(${td}Attributes.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${dialect})
  foreach(family ${ARGN})
    set(LLVM_TARGET_DEFINITIONS ${td}${family}Ops.td)
    mlir_tablegen(${td}${family}Ops.h.inc -gen-op-decls)
    mlir_tablegen(${td}${family}Ops.cpp.inc -gen-op-defs)
  endforeach()
  add_public_tablegen_target(${td}IncGen)
endfunction()
