/* privilege - give up the user root and every capability but those named, for good
 *
 * A root process becomes the user mailward (nobody where there is none); one that may not, in a container that has taken
 * CAP_SETUID from it, stays root without a capability; an ordinary one, started by the service
 * manager with ambient capabilities, keeps its user. What cannot be given up is logged. */
#ifndef MAILWARD_PRIVILEGE_H
#define MAILWARD_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* privilege_user - whom a root process becomes; false: this one is not root, or cannot become anybody else, and stays
 * who it is */
bool privilege_user(uid_t *uid, gid_t *gid);

struct privilege_use {
	const char *path;	/* NULL: none */
	int mode;		/* of access(2) */
};

/* privilege_shut - what could a root process no longer use after privilege_drop()? the first such path, or NULL
 * groups, stay: as there. What is not there is passed over. */
const char *privilege_shut(const struct privilege_use *uses, size_t count, const gid_t *groups, size_t group_count, bool stay);

/* privilege_drop - who: for messages ("the warden"); caps: a bit for each CAP_... that is kept
 * groups: what a root process keeps besides the user's own; NULL: no group at all
 * stay: a root process keeps its user, and with it what root owns, but no capability beyond caps
 * Returns 0, or -errno after logging (EPERM: a capability of caps was not there). */
int privilege_drop(const char *who, uint32_t caps, const gid_t *groups, size_t group_count, bool stay);

#endif
