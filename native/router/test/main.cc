// run [part of a title]
#include "../../test/test.h"

int main(int argc, char** argv) { return catzilla_test::RunAll(argc, argv); }
