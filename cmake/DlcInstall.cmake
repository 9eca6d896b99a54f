# What `cmake --install` installs: the tools, the C header for programs that load
# models they don't know, and the documentation. The tools hold the runtime that
# goes into artefacts, and find libMLIR and libLLVM where they were linked.

include(GNUInstallDirs)

install(TARGETS dl-compile dl-opt dl-run dl-translate RUNTIME)
set_target_properties(dl-compile dl-opt dl-run dl-translate PROPERTIES
  INSTALL_RPATH ${DLC_LLVM_PREFIX}/lib)
install(FILES ${CMAKE_SOURCE_DIR}/include/dlc/Runtime/Abi.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dlc/Runtime)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
foreach(_dialect dispatch dl)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/dialects/${_dialect}/docs
    DESTINATION ${CMAKE_INSTALL_DOCDIR}/dialects/${_dialect})
endforeach()
