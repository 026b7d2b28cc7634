/* session - has this session already been counted for?
 *
 * One failed session writes several lines: a reject, "too many errors", the summary at its end. A session is a
 * process id (or what the rule's <session> captured) and an address within SESSION_LIFE_S. A small cache without collisions lists: a displaced session is
 * forgotten, and its echo then counts once more, which is the harmless side of one error.
 * Fixed memory, O(1), never logs. */
#ifndef MAILWARD_SESSION_H
#define MAILWARD_SESSION_H

#include "base/addr.h"

#define SESSION_SLOTS 8192	/* a power of two; 192 KiB */
#define SESSION_WAYS 8
#define SESSION_LIFE_S 300

struct session_cache {
	uint64_t seed;
	struct session_slot {
		uint64_t who;		/* hash of session, address and rule */
		int64_t until_ms;
		uint64_t number;	/* 1.. : the how-manieth session of this process and address */
	} slots[SESSION_SLOTS];
	uint64_t dirty[SESSION_SLOTS / 64];	/* which slots changed since the last checkpoint */
};

/* session_init - 0 or -errno */
int session_init(struct session_cache *cache);

/* session_seen - was this session marked for rule (0: for anything) and is the mark alive? */
bool session_seen(const struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms);
/* session_mark - for anything, and for rule if it is not 0 */
void session_mark(struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms);
/* session_forget - the session is over: the next one of this process and address starts unmarked */
void session_forget(struct session_cache *cache, uint32_t session, const struct addr *addr);

#endif
