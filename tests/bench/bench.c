/* SPDX-License-Identifier: MIT */
/*
 * Times whole processes side by side: `bench RUNS NAME COMMAND... [-- NAME COMMAND...]...` runs the commands in turn
 * (A B C A B C ..., so that a drifting machine hits all alike) after one warm-up round, and prints for each the median wall
 * time, CPU time (user + system) and peak memory, with their minimum, and the ratio of wall medians to the first command's.
 */
#include "autoheal/util/base.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMANDS_MAX 8

struct command {
        const char *name;
        char **argv;
        double *wall_ms, *cpu_ms;
        long peak_kib;
        int bad_exits;
};

static double elapsed_ms(struct timespec a, struct timespec b) {
        return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}

static double cpu_ms(const struct rusage *u) {
        return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 + (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

static void run_child(char **argv) {
        int null = open("/dev/null", O_RDWR);
        if (null >= 0) {
                (void)dup2(null, STDIN_FILENO);
                (void)dup2(null, STDOUT_FILENO);
                (void)dup2(null, STDERR_FILENO);
        }
        (void)execvp(argv[0], argv);
        _exit(127);
}

static void measure(struct command *c, size_t run) {
        struct timespec before, after;
        struct rusage usage;
        int status = 0;
        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        pid_t pid = fork();
        if (pid == 0)
                run_child(c->argv);
        if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
                perror("bench");
                exit(1);
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &after);
        c->wall_ms[run] = elapsed_ms(before, after);
        c->cpu_ms[run] = cpu_ms(&usage);
        if (usage.ru_maxrss > c->peak_kib)
                c->peak_kib = usage.ru_maxrss;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                c->bad_exits++;
}

static int by_value(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return x < y ? -1 : x > y;
}

static double median(double *values, size_t n) {
        qsort(values, n, sizeof(*values), by_value);
        return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2.0;
}

static size_t parse_commands(int argc, char **argv, struct command *ret) {
        size_t n = 0;
        for (int i = 2; i < argc && n < COMMANDS_MAX; n++) {
                ret[n].name = argv[i];
                ret[n].argv = &argv[i + 1];
                while (i < argc && strcmp(argv[i], "--") != 0)
                        i++;
                if (i < argc)
                        argv[i++] = NULL;
        }
        return n;
}

int main(int argc, char **argv) {
        struct command commands[COMMANDS_MAX] = { 0 };
        long wanted = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
        size_t n = parse_commands(argc, argv, commands);
        if (wanted < 1 || wanted > 10000 || n == 0) {
                (void)fprintf(stderr, "usage: bench RUNS NAME COMMAND... [-- NAME COMMAND...]...\n");
                return 2;
        }
        size_t runs = (size_t)wanted;
        for (size_t c = 0; c < n; c++) {
                commands[c].wall_ms = xcalloc(runs, sizeof(double));
                commands[c].cpu_ms = xcalloc(runs, sizeof(double));
        }
        for (size_t c = 0; c < n; c++)
                measure(&commands[c], 0);
        for (size_t c = 0; c < n; c++)
                commands[c].bad_exits = 0;
        for (size_t r = 0; r < runs; r++)
                for (size_t c = 0; c < n; c++)
                        measure(&commands[c], r);
        double first = 0;
        for (size_t c = 0; c < n; c++) {
                double wall = median(commands[c].wall_ms, runs), cpu = median(commands[c].cpu_ms, runs);
                first = c == 0 ? wall : first;
                (void)printf("  %-28s wall %7.2f ms (min %7.2f)   cpu %7.2f ms (min %7.2f)   peak %6ld KiB   %.2fx%s\n",
                             commands[c].name, wall, commands[c].wall_ms[0], cpu, commands[c].cpu_ms[0], commands[c].peak_kib,
                             wall / first, commands[c].bad_exits ? "   (exit status not 0)" : "");
                free(commands[c].wall_ms);
                free(commands[c].cpu_ms);
        }
        return 0;
}
