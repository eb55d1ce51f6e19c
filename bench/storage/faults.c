/* A disk that fails: preloaded before the C library, it counts what is written below one folder and fails the chosen call.
 *
 * fault_arm(folder, at, error, persistent): from now on the calls write, pwrite, fsync, fdatasync, ftruncate, fallocate,
 * rename and unlink on files below `folder` are counted; call number `at` (from 1) fails with `error`, and with
 * `persistent` every one after it. fault_count() tells how many there were, fault_synced_after() how many writes and
 * syncs there were after a sync of the database that failed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long at, count, after;
static int error_code, persistent, sync_failed;

void fault_arm(const char *below, long number, int code, int every) {
    strncpy(folder, below, sizeof folder - 1);
    at = number, error_code = code, persistent = every, count = after = 0, sync_failed = 0;
}
long fault_count(void) { return count; }
long fault_synced_after(void) { return after; }

static int hit(int is_sync, const char *path) {
    if (!folder[0] || strncmp(path, folder, strlen(folder)) != 0) return 0;
    if (sync_failed) after++;
    count++;
    if (!at || (count != at && !(persistent && count > at))) return 0;
    if (is_sync && strstr(path, "centre.db")) sync_failed = 1;
    errno = error_code;
    return 1;
}

static int hit_handle(int is_sync, int handle) {
    char link[64], path[PATH_MAX];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return hit(is_sync, path);
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int h, const void *b, size_t n) { REAL(write); return hit_handle(0, h) ? -1 : real(h, b, n); }
ssize_t pwrite(int h, const void *b, size_t n, off_t o) { REAL(pwrite); return hit_handle(0, h) ? -1 : real(h, b, n, o); }
ssize_t pwrite64(int h, const void *b, size_t n, off64_t o) { REAL(pwrite64); return hit_handle(0, h) ? -1 : real(h, b, n, o); }
int fsync(int h) { REAL(fsync); return hit_handle(1, h) ? -1 : real(h); }
int fdatasync(int h) { REAL(fdatasync); return hit_handle(1, h) ? -1 : real(h); }
int ftruncate(int h, off_t n) { REAL(ftruncate); return hit_handle(0, h) ? -1 : real(h, n); }
int ftruncate64(int h, off64_t n) { REAL(ftruncate64); return hit_handle(0, h) ? -1 : real(h, n); }
int fallocate(int h, int m, off_t o, off_t n) { REAL(fallocate); return hit_handle(0, h) ? -1 : real(h, m, o, n); }
int rename(const char *a, const char *b) { REAL(rename); return hit(0, b) ? -1 : real(a, b); }
int unlink(const char *p) { REAL(unlink); return hit(0, p) ? -1 : real(p); }
