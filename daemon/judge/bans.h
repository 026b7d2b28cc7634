/* bans - who is being dropped until when, and who has been before
 *
 * The mirror of what the kernel enforces, and the memory of repeat offenders: an address that is banned again
 * within ban_time_max of its last ban's end is a repeat. The kernel's own timeouts end bans; an entry whose time
 * is over simply no longer counts as active. Fixed capacity: when full, what is long over goes first, then the
 * ban that ends soonest leaves the mirror (the kernel still enforces it to its end). Never logs. */
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
	uint8_t padding[6];
	uint64_t name;			/* the hash of the burnt name that it rests on, 0: on none */
};

struct bans {
	struct table table;
	int64_t memory_ms;	/* how long after its end a ban makes the next one a repeat */
	uint32_t hand;
};

int bans_init(struct bans *bans, uint32_t capacity, uint32_t memory_s);
void bans_fini(struct bans *bans);

/* bans_running - the delay or ban that is on at now_ms, or NULL */
struct ban *bans_running(const struct bans *bans, const struct prefix *key, int64_t now_ms);

/* bans_known - is there an entry at all, running or remembered? */
bool bans_known(const struct bans *bans, const struct prefix *key);

/* bans_enter - the entry for a key, found or made: the caller fills in what runs */
struct ban *bans_enter(struct bans *bans, const struct prefix *key, int64_t now_ms);

/* bans_repeat - the number that a ban starting now would have: 1 for a first offence, at most 255 */
uint32_t bans_repeat(const struct bans *bans, const struct ban *ban, int64_t now_ms);

/* bans_release - end what runs and forget the history: an operator's pardon. false: nothing was running */
bool bans_release(struct bans *bans, const struct prefix *key, int64_t now_ms);

#endif
