# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# Installation: headers, archive, a CMake package and a pkg-config file; all of it may be moved as a whole.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libvgic)
install(TARGETS libvgic EXPORT libvgic FILE_SET HEADERS)
install(EXPORT libvgic NAMESPACE libvgic:: FILE libvgicConfig.cmake DESTINATION ${package_dir})
write_basic_package_version_file(libvgicConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libvgicConfigVersion.cmake DESTINATION ${package_dir})

file(RELATIVE_PATH pc_to_prefix /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(cmake/libvgic.pc.in libvgic.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libvgic.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY LICENSES DESTINATION ${CMAKE_INSTALL_DOCDIR})
