/* session - has this session already been counted for, and under which rule?
 *
 * One failed session writes several lines: a reject, "too many errors", the summary at its end. A session is a process
 * id (or what the rule's <session> captured) and an address within SESSION_LIFE_S. A small cache of SESSION_WAYS slots a
 * bucket: only where more sessions than that fall together, the oldest is forgotten, and its echo counts once more.
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
		uint64_t who;		/* hash of session, address and mark */
		int64_t until_ms;
		uint32_t number;	/* the session's: no two of those remembered share one */
		uint32_t leader;	/* the rule that counted last */
	} slots[SESSION_SLOTS];
	uint32_t next_number;
	uint64_t dirty[SESSION_SLOTS / 64];	/* which slots changed since the last checkpoint */
};

/* session_init - 0 or -errno */
int session_init(struct session_cache *cache);

/* session_leader - the rule that counted last for this session, or SESSION_NOBODY; a rule is any number but 0 and that */
#define SESSION_NOBODY UINT32_MAX
uint32_t session_leader(const struct session_cache *cache, uint32_t session, const struct addr *addr, int64_t now_ms);

/* session_lead - a rule has counted */
void session_lead(struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms);

/* session_once - may this rule count in this session? Yes once: the answer is remembered. It leads, too. */
bool session_once(struct session_cache *cache, uint32_t session, const struct addr *addr, uint32_t rule, int64_t now_ms);

/* session_forget - the session is over: the next one of this process and address starts unmarked */
void session_forget(struct session_cache *cache, uint32_t session, const struct addr *addr);

/* session_restore - put back a slot that was saved, at: below SESSION_SLOTS; the seed must be the saved one, too */
void session_restore(struct session_cache *cache, uint32_t at, const struct session_slot *saved);

#endif
