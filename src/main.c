/* SPDX-License-Identifier: MIT */
/* Calls cli_main() and nothing else, so that tests can link everything but this file. */
#include "autoheal/cli/cli.h"

int main(int argc, char **argv) {
        return cli_main(argc, argv);
}
