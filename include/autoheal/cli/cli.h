/* SPDX-License-Identifier: MIT */
/* The command line: the plugin's argv forms, the table of commands, and what they print. */
#ifndef AUTOHEAL_CLI_CLI_H
#define AUTOHEAL_CLI_CLI_H

/* Everything that main() does. Returns the exit status. */
int cli_main(int argc, char **argv);

#endif
