/* bans - who is being dropped until when, and who has been before
 *
 * The mirror of what the kernel enforces, and the memory of repeat offenders: an address that is banned again
 * within ban_time_max of its last ban's end is a repeat. The kernel's own timeouts end bans; an entry whose time
 * is over simply no longer counts as active. Fixed capacity: when full, what is long over goes first, then the
 * ban that ends soonest, which is told, so that the kernel lets go of it, too: nothing is dropped that is not here.
 * What the kernel would not take is marked until it does. Never logs. */
#ifndef MAILWARD_BANS_H
#define MAILWARD_BANS_H

#include "judge/table.h"
#include "judge/event.h"
#include "judge/limits.h"

#define BAN_MANUAL UINT16_MAX	/* in place of a rule's id */
#define BAN_NETWORK (UINT16_MAX - 1)	/* neighbours were banned */

struct ban {
	struct table_slot slot;
	int64_t since_ms, until_ms;	/* of what runs now or ran last */
	int64_t ban_end_ms;		/* when the last ban (not delay) ends or ended */
	uint32_t errors;
	uint16_t rule;			/* id of the rule of the last error, or BAN_MANUAL */
	uint8_t kind;			/* VERDICT_DELAY or VERDICT_BAN */
	uint8_t repeat;			/* bans so far, saturating */
	uint8_t because;		/* enum event_because */
	uint8_t networks;		/* of a burnt name: that try it */
	uint8_t refused;		/* 0: in force; else the errno by which it is not, see bans_note() */
	uint8_t only;			/* the service from whose ports alone it drops, as in struct wire_request; 0: from all */
	uint8_t padding[4];
	uint64_t name;			/* the hash of the burnt name that it rests on, 0: on none */
};

/* bans_displaced_fn - a ban that still runs had to make room for another */
typedef void bans_displaced_fn(void *arg, const struct prefix *key, int64_t now_ms);

struct bans {
	struct table table;
	int64_t memory_ms;	/* how long after its end a ban makes the next one a repeat */
	uint32_t hand;
	uint32_t refused;	/* at least as many are marked so; 0: none is */
	bans_displaced_fn *displaced;	/* NULL: nobody wants to know */
	void *arg;
};

int bans_init(struct bans *bans, uint32_t capacity, uint32_t memory_s);
void bans_fini(struct bans *bans);

/* bans_running - the delay or ban that is on at now_ms, or NULL */
struct ban *bans_running(const struct bans *bans, const struct prefix *key, int64_t now_ms);

/* bans_around - of those of networks around it, of a length below below, the one that lasts longest; or NULL */
struct ban *bans_around(const struct bans *bans, const struct prefix *key, unsigned below, int64_t now_ms);

/* bans_known - is there an entry at all, running or remembered? */
bool bans_known(const struct bans *bans, const struct prefix *key);

/* bans_enter - the entry for a key, found or made: the caller fills in what runs */
struct ban *bans_enter(struct bans *bans, const struct prefix *key, int64_t now_ms);

/* bans_repeat - the number that a ban starting now would have: 1 for a first offence, at most 255 */
uint32_t bans_repeat(const struct bans *bans, const struct ban *ban, int64_t now_ms);

/* bans_note - what became of the drop that was asked for: error: 0: it is in force; else an errno. Changes nothing else.
 * bans_never - is that an errno for good? Such a ban is none. */
void bans_note(struct bans *bans, const struct prefix *key, int error);
bool bans_never(int error);

/* bans_next_refused - the next running ban that is not in force, from *cursor on, which is 0 at first; what never will be is
 * removed on the way. NULL: that was the last */
struct ban *bans_next_refused(struct bans *bans, uint32_t *cursor, int64_t now_ms);

/* bans_release - end what runs and forget the history: an operator's pardon. false: nothing was running */
bool bans_release(struct bans *bans, const struct prefix *key, int64_t now_ms);

#endif
