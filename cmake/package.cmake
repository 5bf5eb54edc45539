# The Debian package: `cpack -G DEB` in a build folder of the release preset that has davenport built. What it depends on is
# found by dpkg-shlibdeps.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # tests are not built for it
install(TARGETS davenport RUNTIME DESTINATION bin)
install(FILES data/davenport.service DESTINATION lib/systemd/system)
install(FILES data/davenport.toml DESTINATION /etc/davenport)
install(FILES README.md CHANGELOG.md data/QUERY.md data/EXPORT.md DESTINATION share/doc/davenport)
install(FILES LICENSE DESTINATION share/doc/davenport RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME davenport)
set(CPACK_PACKAGE_VENDOR davenport)
set(CPACK_PACKAGE_CONTACT "davenport <davenport@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "searchable copy of mail and documents that live in CouchDB")
set(CPACK_PACKAGE_DESCRIPTION "It follows the change feeds of CouchDB databases, keeps a local copy of the mail and documents in
 them, and answers mail lists, full-text searches and single messages over HTTP.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, procps")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/data/debian/conffiles ${PROJECT_SOURCE_DIR}/data/debian/postinst
  ${PROJECT_SOURCE_DIR}/data/debian/prerm ${PROJECT_SOURCE_DIR}/data/debian/postrm)
include(CPack)
