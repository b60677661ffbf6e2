/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The functions of libsystemd that are used here, under their own names: each loads the library and calls it there. In: what the function
 * takes. Out: what it returns, or -EOPNOTSUPP if there is no libsystemd.
 *
 * libsystemd brings five more libraries, and loading them takes longer than a whole run that finds nothing to do. Their symbols are hidden,
 * so that a program that links libsystemd has its own.
 */

#include "basic/macro.h"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <systemd/sd-login.h>

#define LIBRARY "libsystemd.so.0"

/* Lets package builders and image builders find the dependency, which isn't in the dynamic section: uapi-group.org, ELF Dlopen Metadata. */
#define DLOPEN_NOTE "[{\"feature\":\"systemd\",\"priority\":\"recommended\",\"soname\":[\"" LIBRARY "\"]}]"

static const struct {
        uint32_t name_size, description_size, type;
        char name[4], description[sizeof(DLOPEN_NOTE) + (4 - sizeof(DLOPEN_NOTE) % 4) % 4];
} libsystemd_note __attribute__((used, aligned(4), section(".note.dlopen"))) = {
        .name_size = sizeof("FDO"),
        .description_size = sizeof(DLOPEN_NOTE),
        .type = 0x407c0c0a,
        .name = "FDO",
        .description = DLOPEN_NOTE,
};

/* The library stays loaded, and the linker knows whether it is. */
static void *libsystemd_find(const char *name)
{
        void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);

        return library ? dlsym(library, name) : NULL;
}

/* Defines @name, whose prototype is in its header. */
#define FORWARD(name, parameters, arguments)                                                   \
        int name parameters                                                                    \
        {                                                                                      \
                __typeof__(&name) call = (__typeof__(&name))(uintptr_t)libsystemd_find(#name); \
                                                                                               \
                return call ? call arguments : -EOPNOTSUPP;                                    \
        }

/* The same for a function that frees its argument, which only the library can have made. */
#define FORWARD_UNREF(name, type)                                                                                \
        type *name(type *object)                                                                                 \
        {                                                                                                        \
                __typeof__(&name) call = (__typeof__(&name))(uintptr_t)(object ? libsystemd_find(#name) : NULL); \
                                                                                                                 \
                return call ? call(object) : NULL;                                                               \
        }

FORWARD(sd_bus_new, (sd_bus * *ret), (ret))
FORWARD(sd_bus_set_address, (sd_bus * bus, const char *address), (bus, address))
FORWARD(sd_bus_start, (sd_bus * bus), (bus))
FORWARD(sd_bus_message_new_method_call,
        (sd_bus * bus, sd_bus_message **ret, const char *destination, const char *path, const char *interface,
         const char *member),
        (bus, ret, destination, path, interface, member))
FORWARD(sd_bus_call,
        (sd_bus * bus, sd_bus_message *call_message, uint64_t usec, sd_bus_error *error, sd_bus_message **reply),
        (bus, call_message, usec, error, reply))
FORWARD(sd_bus_call_methodv,
        (sd_bus * bus, const char *destination, const char *path, const char *interface, const char *member,
         sd_bus_error *error, sd_bus_message **reply, const char *types, va_list values),
        (bus, destination, path, interface, member, error, reply, types, values))
FORWARD(sd_bus_message_appendv, (sd_bus_message * message, const char *types, va_list values), (message, types, values))
FORWARD(sd_bus_message_append_strv, (sd_bus_message * message, char **list), (message, list))
FORWARD(sd_bus_message_readv, (sd_bus_message * message, const char *types, va_list values), (message, types, values))
FORWARD(sd_bus_message_open_container, (sd_bus_message * message, char type, const char *contents),
        (message, type, contents))
FORWARD(sd_bus_message_close_container, (sd_bus_message * message), (message))
FORWARD(sd_bus_message_enter_container, (sd_bus_message * message, char type, const char *contents),
        (message, type, contents))
FORWARD(sd_bus_get_property_string,
        (sd_bus * bus, const char *destination, const char *path, const char *interface, const char *member,
         sd_bus_error *error, char **ret),
        (bus, destination, path, interface, member, error, ret))
FORWARD(sd_bus_get_property_trivial,
        (sd_bus * bus, const char *destination, const char *path, const char *interface, const char *member,
         sd_bus_error *error, char type, void *ret),
        (bus, destination, path, interface, member, error, type, ret))
FORWARD(sd_bus_get_property_strv,
        (sd_bus * bus, const char *destination, const char *path, const char *interface, const char *member,
         sd_bus_error *error, char ***ret),
        (bus, destination, path, interface, member, error, ret))
FORWARD(sd_pid_get_unit, (pid_t pid, char **ret), (pid, ret))
FORWARD(sd_journal_sendv, (const struct iovec *fields, int n), (fields, n))
FORWARD(sd_notify, (int unset_environment, const char *state), (unset_environment, state))

FORWARD_UNREF(sd_bus_message_unref, sd_bus_message)
FORWARD_UNREF(sd_bus_flush_close_unref, sd_bus)

/* ---- Functions with a variable number of arguments ---- */

int sd_bus_call_method(sd_bus *bus, const char *destination, const char *path, const char *interface,
                       const char *member, sd_bus_error *error, sd_bus_message **reply, const char *types, ...)
{
        va_list values;
        int r;

        va_start(values, types);
        r = sd_bus_call_methodv(bus, destination, path, interface, member, error, reply, types, values);
        va_end(values);
        return r;
}

int sd_bus_message_read(sd_bus_message *message, const char *types, ...)
{
        va_list values;
        int r;

        va_start(values, types);
        r = sd_bus_message_readv(message, types, values);
        va_end(values);
        return r;
}

int sd_bus_message_append(sd_bus_message *message, const char *types, ...)
{
        va_list values;
        int r;

        va_start(values, types);
        r = sd_bus_message_appendv(message, types, values);
        va_end(values);
        return r;
}

int sd_notifyf(int unset_environment, const char *format, ...)
{
        _cleanup_free_ char *state = NULL;
        va_list values;
        int n;

        if (!getenv("NOTIFY_SOCKET"))
                return 0;
        va_start(values, format);
        n = vasprintf(&state, format, values);
        va_end(values);
        return n < 0 ? (state = NULL, -ENOMEM) : sd_notify(unset_environment, state);
}
