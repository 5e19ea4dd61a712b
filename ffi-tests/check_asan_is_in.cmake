# Fails unless the library calls AddressSanitizer's checks, which it leaves for the program to supply.
execute_process(COMMAND "${NM}" --undefined-only "${LIBRARY}" OUTPUT_VARIABLE symbols ERROR_QUIET)
if(NOT symbols MATCHES "U __asan_report_(load|store)")
  message(FATAL_ERROR "${LIBRARY} is not instrumented: it has no undefined __asan_report_ symbols")
endif()
