# embed_text(TARGET FILE...) makes each text FILE (a path from the project's root, such as data/schema/store.sql)
# a constant of the program: #include "embedded/store_sql.hpp" declares `embedded::store_sql`, a std::string_view.
function(embed_text target)
  foreach(file IN LISTS ARGN)
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER ${name} symbol)
    set(header ${CMAKE_BINARY_DIR}/generated/embedded/${symbol}.hpp)
    add_custom_command(
      OUTPUT ${header}
      COMMAND ${CMAKE_COMMAND} -DINPUT=${PROJECT_SOURCE_DIR}/${file} -DOUTPUT=${header} -DSYMBOL=${symbol}
              -P ${PROJECT_SOURCE_DIR}/cmake/embed_one.cmake
      DEPENDS ${PROJECT_SOURCE_DIR}/${file} ${PROJECT_SOURCE_DIR}/cmake/embed_one.cmake
      VERBATIM)
    add_custom_target(embed_${symbol} DEPENDS ${header})
    add_dependencies(embedded_files embed_${symbol})
    target_sources(${target} PRIVATE ${header})
    add_dependencies(${target} embed_${symbol})
  endforeach()
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()
