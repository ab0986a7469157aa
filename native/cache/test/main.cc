// run [part of a title], or, for tests that need another process: run child NAME ARGUMENTS.
#include "../../test/test.h"

#if defined(__linux__)
#include "child.h"
#endif

int main(int argc, char** argv) {
#if defined(__linux__)
  if (argc > 1 && std::strcmp(argv[1], "child") == 0) return catzilla_test::RunChild(argc, argv);
  signal(SIGPIPE, SIG_IGN);
#endif
  return catzilla_test::RunAll(argc, argv);
}
