/* unpack - the bytes of a file as they were before gzip, xz, bzip2 or zstd; of one that is none of these, as they are
 *
 * What it is, its first bytes say, whatever its name. Several members one after the other are one stream, as the
 * tools themselves have it, and NULs behind a member (tapes pad with them) are nothing. */
#ifndef MAILWARD_UNPACK_H
#define MAILWARD_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct unpack;

/* unpack_open - read what fd holds: from its first byte and leaving its offset alone, or
 * stream: from where it stands (a pipe will do). fd stays the caller's, and must outlive it.
 * Returns 0 or -errno. Owns: *out until unpack_close(). */
int unpack_open(struct unpack **out, int fd, bool stream);
void unpack_close(struct unpack *unpack);

/* unpack_packed - is it one of the four? */
bool unpack_packed(const struct unpack *unpack);

/* unpack_read - up to room bytes (at least 1) to at
 * Returns their number, 0 at the end, or -errno: -EBADMSG for what is damaged or cut short, -ENOMEM also for what
 * asks for more than UNPACK_BYTES_MAX of memory. After either it says so again. */
#define UNPACK_BYTES_MAX (128U << 20)
ssize_t unpack_read(struct unpack *unpack, char *at, size_t room);

#endif
