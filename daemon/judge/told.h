/* told - one failed login is one error, however many programs and user databases speak of it, in whatever order
 *
 * A server that the client talks to (the front: Postfix, Dovecot's login, Exim) and what it asks behind it (the back: an
 * auth process, PAM, each of several databases) write a line each. An attempt is remembered for a short while with who has
 * told of it; who has not yet, tells of the same. Two fronts never tell of the same attempt unless in one session, so
 * nothing is gained by trying at several services at once. What a login follows within seconds, of the same account or in
 * the same session (but for those of another account), was no failure: those errors are taken back.
 *
 * A small cache of TOLD_WAYS slots a bucket: only where more attempts than that fall together the oldest is forgotten, and
 * what is told of it again counts once more. Fixed memory, O(1), never logs. */
#ifndef MAILWARD_TOLD_H
#define MAILWARD_TOLD_H

#include "base/addr.h"

#define TOLD_SLOTS 8192		/* a power of two; 384 KiB */
#define TOLD_WAYS 8
#define TOLD_TELLERS 3		/* of one attempt that are told apart */
#define TOLD_LIFE_MS 30000	/* a front may wait so long until it tells, or a login comes */
#define TOLD_SESSION_MS 300000	/* the same in one session, whose end is told last */

struct told {
	uint64_t seed;
	struct attempt_told {
		uint64_t who;		/* a hash of the address; 0: free */
		int64_t time_ms;
		uint32_t account;	/* of its hash; 0: not told */
		uint32_t session;	/* 0: none */
		uint16_t rule;		/* under which it was counted */
		uint16_t count;		/* attempts */
		struct told_by {
			uint16_t teller;	/* 0: nobody */
			uint16_t count : 15, front : 1;
		} by[TOLD_TELLERS];
		uint32_t local;		/* of the account without its domain; 0: it has none */
		uint32_t padding;
	} slots[TOLD_SLOTS];
	uint64_t dirty[TOLD_SLOTS / 64];	/* which slots changed since the last checkpoint */
};

/* A line of a failed login. */
struct telling {
	struct addr addr;
	int64_t time_ms;
	uint32_t account, local, session;	/* local: without its domain; 0: none */
	uint16_t teller;		/* a rule, and which of several databases; never 0 */
	uint16_t rule;
	bool back;
};

/* told_init - 0 or -errno */
int told_init(struct told *told);

/* told_again - how many of a line's attempts have been told by others; the rest are new, and remembered */
uint32_t told_again(struct told *told, const struct telling *telling, uint32_t attempts);

/* told_wrongly - a login: the next of the attempts that it shows to have been none, into *attempt; false: no more
 * Each is forgotten with that. */
bool told_wrongly(struct told *told, const struct telling *login, struct attempt_told *attempt);

/* told_forget - an account, as if nobody had failed under it */
void told_forget(struct told *told, uint32_t account);

/* told_restore - put back a slot that was saved, at: below TOLD_SLOTS; the seed must be the saved one, too */
void told_restore(struct told *told, uint32_t at, const struct attempt_told *saved);

#endif
