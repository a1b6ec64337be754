# What makes building faster and changes nothing of what is built.

# tests/build tells ccache the rest: that the place of this clone does not count.
find_program(AZL_CCACHE ccache DOC "Keeps compiled files for later builds; empty for none")
if(AZL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${AZL_CCACHE})
endif()

# What is installed is linked by the system's own linker.
if(AZL_SANITIZE)
  find_program(AZL_MOLD mold DOC "A fast linker; empty for the default one")
  if(AZL_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()
