/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * fake-systemd TABLE: answers on /run/systemd/private as systemd does, and reads what is sent to journald. TABLE has a line for each unit, or
 * for a job that another one waits for:
 *   unit NAME KEY=VALUE...     load, active, sub, job (its number), type (of the job), looks (after so many it has ended), start=failed, and
 *                              properties: RequiredBy=a.service,b.service
 *   before NUMBER UNIT         the job with this number waits for one of that unit
 * Writes to standard output each order that it gets, and each entry of the journal as one line. Ends with the process that started it.
 */

#include <assert.h>
#include <err.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define MANAGER   "org.freedesktop.systemd1.Manager"
#define UNIT_PATH "/org/freedesktop/systemd1/unit/"
#define JOB_PATH  "/org/freedesktop/systemd1/job/1"
#define MAX       64
#define KEYS_MAX  12
#define TEXT_MAX  65536

struct unit {
        char *name;
        char *keys[KEYS_MAX]; /* KEY=VALUE */
        char *active;
        unsigned job, looks;
};

struct wait {
        unsigned job;
        char *unit;
};

static struct unit units[MAX];
static size_t n_units;
static struct wait waits[MAX];
static size_t n_waits;

static void must(int r, const char *what)
{
        if (r < 0)
                errx(1, "%s: %s", what, strerror(-r));
}

/* ---- The table ---- */

static const char *unit_get(const struct unit *unit, const char *key, const char *otherwise)
{
        size_t n = strlen(key);

        for (size_t i = 0; i < KEYS_MAX && unit->keys[i]; i++)
                if (strncmp(unit->keys[i], key, n) == 0 && unit->keys[i][n] == '=')
                        return unit->keys[i] + n + 1;
        return otherwise;
}

static void read_unit(char *words)
{
        struct unit *unit = &units[n_units++];
        char *word;

        assert(n_units <= MAX);
        unit->name = strsep(&words, " ");
        for (size_t i = 0; (word = strsep(&words, " "));) {
                assert(i < KEYS_MAX);
                if (*word)
                        unit->keys[i++] = word;
        }
        unit->active = strdup(unit_get(unit, "active", "inactive"));
        unit->job = (unsigned)atoi(unit_get(unit, "job", "0"));
        unit->looks = (unsigned)atoi(unit_get(unit, "looks", "0"));
}

static void read_table(const char *path)
{
        FILE *file = fopen(path, "re");
        char line[1024];

        if (!file)
                err(1, "%s", path);
        while (fgets(line, sizeof(line), file)) {
                char *words = strdup(line), *kind;

                words[strcspn(words, "\n")] = '\0';
                kind = strsep(&words, " ");
                if (strcmp(kind, "unit") == 0) {
                        read_unit(words);
                } else if (strcmp(kind, "before") == 0) {
                        assert(n_waits < MAX);
                        waits[n_waits].job = (unsigned)strtoul(words, &words, 10);
                        waits[n_waits++].unit = words + 1;
                }
        }
        fclose(file);
}

/* One that isn't in the table is made, as systemd does for those that others only mention. */
static struct unit *find_unit(const char *name)
{
        for (size_t i = 0; i < n_units; i++)
                if (strcmp(units[i].name, name) == 0)
                        return &units[i];
        assert(n_units < MAX);
        units[n_units] = (struct unit){ .name = strdup(name), .active = strdup("inactive") };
        units[n_units].keys[0] = strdup("load=not-found");
        return &units[n_units++];
}

static void format_path(const struct unit *unit, char path[static 64])
{
        snprintf(path, 64, UNIT_PATH "%zu", (size_t)(unit - units));
}

/* ---- The answers ---- */

static void append_line(sd_bus_message *reply, struct unit *unit)
{
        char path[64];

        if (unit->looks > 0 && --unit->looks == 0)
                unit->job = 0;
        format_path(unit, path);
        must(sd_bus_message_append(reply, "(ssssssouso)", unit->name, "", unit_get(unit, "load", "loaded"),
                                   unit->active, unit_get(unit, "sub", "running"), "", path, unit->job,
                                   unit->job ? unit_get(unit, "type", "start") : "", unit->job ? JOB_PATH : "/"),
             "append");
}

static bool fits_one(const char *text, char **patterns)
{
        if (!patterns || !*patterns)
                return true;
        for (; *patterns; patterns++)
                if (fnmatch(*patterns, text, 0) == 0)
                        return true;
        return false;
}

static void list_units(sd_bus_message *call, sd_bus_message *reply, bool by_patterns)
{
        char **states = NULL, **names = NULL;

        if (by_patterns)
                must(sd_bus_message_read_strv(call, &states), "states");
        must(sd_bus_message_read_strv(call, &names), "names");
        must(sd_bus_message_open_container(reply, 'a', "(ssssssouso)"), "open");
        if (by_patterns) {
                for (size_t i = 0; i < n_units; i++)
                        if (fits_one(units[i].active, states) && fits_one(units[i].name, names))
                                append_line(reply, &units[i]);
        } else {
                for (char **name = names; name && *name; name++)
                        append_line(reply, find_unit(*name));
        }
        must(sd_bus_message_close_container(reply), "close");
}

static void list_jobs(sd_bus_message *call, sd_bus_message *reply)
{
        uint32_t id;

        must(sd_bus_message_read(call, "u", &id), "job");
        must(sd_bus_message_open_container(reply, 'a', "(usssoo)"), "open");
        for (size_t i = 0; i < n_waits; i++)
                if (waits[i].job == id)
                        must(sd_bus_message_append(reply, "(usssoo)", find_unit(waits[i].unit)->job, waits[i].unit,
                                                   "start", "waiting", JOB_PATH, "/"),
                             "append");
        must(sd_bus_message_close_container(reply), "close");
}

static void order(const char *method, const char *name)
{
        struct unit *unit = find_unit(name);

        printf("%s %s\n", method, name);
        fflush(stdout);
        free(unit->active);
        unit->active = strdup(strcmp(method, "StartUnit") == 0 ? unit_get(unit, "start", "active") : "inactive");
        unit->job = strcmp(method, "RestartUnit") == 0; /* it waits for the migrations */
}

static void get_property(sd_bus_message *call, sd_bus_message *reply)
{
        const char *interface, *name;
        const struct unit *unit = &units[atoi(sd_bus_message_get_path(call) + strlen(UNIT_PATH))];

        must(sd_bus_message_read(call, "ss", &interface, &name), "property");
        if (strcmp(name, "NeedDaemonReload") == 0 || strcmp(name, "Accept") == 0) {
                must(sd_bus_message_append(reply, "v", "b", strcmp(unit_get(unit, name, "no"), "yes") == 0), "append");
        } else if (strcmp(name, "Result") == 0 || strcmp(name, "FragmentPath") == 0 || strcmp(name, "Where") == 0) {
                must(sd_bus_message_append(reply, "v", "s", unit_get(unit, name, "")), "append");
        } else {
                char *names = strdup(unit_get(unit, name, "")), *rest = names, *one;

                must(sd_bus_message_open_container(reply, 'v', "as"), "open");
                must(sd_bus_message_open_container(reply, 'a', "s"), "open");
                while ((one = strsep(&rest, ",")))
                        if (*one)
                                must(sd_bus_message_append(reply, "s", one), "append");
                must(sd_bus_message_close_container(reply), "close");
                must(sd_bus_message_close_container(reply), "close");
                free(names);
        }
}

static void answer_manager(sd_bus_message *call, sd_bus_message *reply)
{
        const char *method = sd_bus_message_get_member(call), *name = "";
        char path[64];

        if (strcmp(method, "ListUnitsByNames") == 0) {
                list_units(call, reply, false);
        } else if (strcmp(method, "ListUnitsByPatterns") == 0) {
                list_units(call, reply, true);
        } else if (strcmp(method, "GetJobBefore") == 0) {
                list_jobs(call, reply);
        } else if (strcmp(method, "Reload") == 0) {
                printf("Reload\n");
        } else {
                must(sd_bus_message_read(call, "s", &name), "name");
                if (strcmp(method, "LoadUnit") == 0) {
                        format_path(find_unit(name), path);
                        must(sd_bus_message_append(reply, "o", path), "append");
                        return;
                }
                order(method, name);
                if (strcmp(method, "ResetFailedUnit") != 0)
                        must(sd_bus_message_append(reply, "o", JOB_PATH), "append");
        }
}

static int answer(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        sd_bus_message *reply = NULL;

        (void)userdata;
        (void)error;
        if (!sd_bus_message_is_method_call(call, NULL, NULL))
                return 0;
        must(sd_bus_message_new_method_return(call, &reply), "reply");
        if (sd_bus_message_is_method_call(call, MANAGER, NULL))
                answer_manager(call, reply);
        else
                get_property(call, reply);
        fflush(stdout);
        must(sd_bus_send(NULL, reply, NULL), "send");
        sd_bus_message_unref(reply);
        return 1;
}

/* ---- The sockets ---- */

static int open_socket(const char *path, int type)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            (type == SOCK_STREAM && listen(fd, 8) < 0))
                err(1, "%s", path);
        return fd;
}

static void serve(int listener)
{
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), r = 0;
        sd_id128_t id = { .qwords = { 1, 2 } };
        sd_bus *bus;

        if (fd < 0)
                err(1, "accept");
        must(sd_bus_new(&bus), "bus");
        must(sd_bus_set_fd(bus, fd, fd), "descriptor");
        must(sd_bus_set_server(bus, 1, id), "server");
        must(sd_bus_set_trusted(bus, 1), "trust");
        must(sd_bus_add_filter(bus, NULL, answer, NULL), "filter");
        must(sd_bus_start(bus), "start");
        while (r >= 0) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
        }
        sd_bus_close_unref(bus);
}

/* An entry that is too large for a message comes in a file, which nobody sends here. */
static void read_journal(int fd)
{
        char text[TEXT_MAX];
        ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

        if (n < 0)
                err(1, "recv");
        for (ssize_t i = 0; i < n; i++)
                if (text[i] == '\n')
                        text[i] = '|';
        text[n] = '\0';
        printf("journal %s\n", text);
        fflush(stdout);
}

int main(int argc, char **argv)
{
        struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

        if (argc != 2)
                errx(2, "usage: fake-systemd TABLE");
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        read_table(argv[1]);
        fds[0].fd = open_socket("/run/systemd/journal/socket", SOCK_DGRAM);
        fds[1].fd = open_socket("/run/systemd/private", SOCK_STREAM);
        while (poll(fds, 2, -1) > 0) {
                if (fds[0].revents)
                        read_journal(fds[0].fd);
                if (fds[1].revents)
                        serve(fds[1].fd);
        }
        return 1;
}
