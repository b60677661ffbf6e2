/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attempts to get out of a migration's world. In: an argument, mostly a path. Out: 0 if it worked, or a positive errno. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LENGTH_MAX 512

/* ---- What tests/escapes/outside has noted, in /etc/outside: lines of a key and a value ---- */

#define OUTSIDE "/etc/outside"

/* Returns: the @n-th value of @key, or NULL; valid until the next call. */
const char *outside_get(const char *key, unsigned n);

/* ---- files.c ---- */

int file_write(const char *path);
int file_create(const char *path);
int file_read(const char *path);
int file_list(const char *path);
int file_remove(const char *path);
int file_rename(const char *path);
int file_link(const char *path);
int file_chmod(const char *path);
int file_chown(const char *path);
int file_touch(const char *path);
int file_attribute(const char *path);
int file_immutable(const char *path);
int file_by_handle(const char *path);
int device_char(const char *path);
int device_block(const char *path);
int device_whiteout(const char *path);
int chroot_leave(const char *path);

/* ---- mounts.c ---- */

int mount_tmpfs(const char *path);
int mount_bind(const char *path);
int mount_remount(const char *path);
int mount_writable(const char *path);
int mount_unmount(const char *path);
int mount_pivot(const char *path);
int mount_new_api(const char *path);
int mount_clone(const char *path);
int user_unshare(const char *unused);
int user_remount(const char *path);
int user_writable(const char *path);
int user_unmount(const char *path);
int user_uncover(const char *path);
int user_device(const char *path);
int user_overlay(const char *path);

/* ---- processes.c ---- */

int keeper_trace(const char *unused);
int keeper_get_fd(const char *unused);
int keeper_open_fd(const char *unused);
int keeper_read_memory(const char *unused);
int keeper_enter(const char *unused);
int keeper_kill(const char *unused);
int process_kill(const char *unused);
int process_open(const char *unused);
int process_limit(const char *unused);
int process_see(const char *unused);
int process_nice(const char *unused);
int process_nice_all(const char *unused);
int process_ioprio_all(const char *unused);
int process_leave(const char *unused);
int capability_raise(const char *unused);
int capability_ambient(const char *unused);
int capability_set(const char *key);
int terminal_push(const char *path);

/* ---- kernel.c ---- */

int kernel_call(const char *name);
int key_session(const char *unused);
int key_user(const char *unused);

/* ---- talk.c ---- */

int socket_connect(const char *path);
int socket_send(const char *path);
int socket_abstract(const char *unused);
int socket_port(const char *unused);
int socket_address(const char *address);
int socket_address6(const char *address);
int socket_packet(const char *unused);
int socket_raw(const char *unused);
int socket_host(const char *unused);
int loopback(const char *unused);
int fifo_open(const char *path);
int shm_find(const char *unused);
int shm_make(const char *unused);
int semaphore_find(const char *unused);
int semaphore_make(const char *unused);
int message_find(const char *unused);
int message_make(const char *unused);
int mq_find(const char *unused);
int mq_make(const char *unused);
int posix_shm_make(const char *unused);

/* ---- world.c: what has to be there ---- */

int world_devices(const char *unused);
int world_nodes(const char *unused);
int world_write(const char *path);
int world_full(const char *path);
int world_read(const char *path);
int world_terminal(const char *unused);
int world_links(const char *unused);
int world_empty(const char *path);
int world_systemd(const char *path);
int world_owner(const char *path);
int world_descriptors(const char *unused);
int world_progress(const char *unused);
int world_state(const char *unused);
