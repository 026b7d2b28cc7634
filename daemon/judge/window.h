/* window - the exact sliding sum of an address's errors
 *
 * Each address keeps its latest errors, WINDOW_ROOM of them or as many as the limit wants: an address below the hard limit
 * has at most hard_error_limit - 1 within any span, so the sum is exact, not an estimate. Errors may arrive in any order
 * (two logs caught up one after the other, a relay that was cut off): each is judged in the fullest window that contains
 * it, and none leaves before there is no room, so that the order changes no sum as long as what is told late is among
 * the latest room ones. An address takes as much memory as its errors do.
 * Rules may be of several classes, each with limits and a span of its own: then an error is summed up with those of its class.
 * Knows addresses and times, nothing of bans, rules' names or the wall clock. Never logs. */
#ifndef MAILWARD_WINDOW_H
#define MAILWARD_WINDOW_H

#include "judge/pool.h"
#include "judge/limits.h"
#include "judge/table.h"

#define WINDOW_REASONS 4
#define WINDOW_ROOM 15
#define WINDOW_SHARE_MIN 256	/* a network's share of the slots is a 64th, but no less than a whole /24 needs */

/* What the errors of some of the rules are judged by. */
#define WINDOW_CLASSES_MAX 16
struct window_class {
	int64_t span_ms, long_ms;	/* as in struct window */
	uint32_t soft, hard;
};

struct window {
	struct table table;
	struct pool lines;	/* for events that are too many for a slot */
	int64_t span_ms;
	int64_t long_ms;	/* the long window; 0: there is none, and weights are whole errors. Else they are halves. */
	uint32_t soft, hard;	/* soft_error_limit, hard_error_limit */
	uint32_t room;		/* events of an address: at least hard - 1, so that the sum is exact */
	uint32_t hand;		/* where the search for a victim goes on */
	uint32_t singles;	/* addresses with one event */
	uint32_t *nets;		/* how many slots each /24 and /48 has, by its hash */
	uint32_t net_share;	/* how many it may have at most */
	struct event *scratch;	/* an address's events while one is added: room + 1 */
	struct event *others;	/* another's, while it is weighed against others: room */
	struct event *apart;	/* of several classes, those of one; NULL: there is one class */
	const uint8_t *class_of;	/* then: by rule id; the caller's. What is above class_rules is of class 0 */
	uint32_t class_rules;
	struct window_class classes[WINDOW_CLASSES_MAX];	/* the first as span_ms, long_ms, soft and hard say */
};

struct window_sum {
	uint32_t errors;	/* weighted, with the new one */
	uint32_t strikes;	/* with a long window, in halves: the errors, with each one marked as again a whole one */
	uint32_t long_halves, login_halves;	/* in the long window: of all that are not brief, of those marked as logins */
	int64_t latest_ms;	/* of the errors in the sum: when it was reached, whatever order they came in */
	bool first;		/* nothing was known of the address before */
	size_t reason_count;	/* filled only from the soft limit on */
	struct window_reason {
		uint16_t rule;
		uint32_t errors;
	} reasons[WINDOW_REASONS];	/* heaviest first */
};

#define WINDOW_PASSWORD_BITS 24
#define WINDOW_PASSWORD_MAX ((1U << WINDOW_PASSWORD_BITS) - 1)

/* What an address did last; the caller's, kept with its errors. */
struct window_last {
	uint32_t name;				/* of the name it tried, 0: none */
	uint32_t password : WINDOW_PASSWORD_BITS;	/* of what told the password apart, 0: nothing */
	uint32_t run : 8;			/* so often in a row the same name, saturating */
	int64_t time_ms : TIME_BITS + 1;	/* of its last error, 0: none is known */
	uint64_t several : 1;			/* it has tried more than that name */
	uint64_t told : 1;			/* more is known of it than failed logins that name no account */
};

/* window_init - span_s: 1..86400; long_s: 0 or .. 30 d; 1 <= soft <= hard <= 1000; capacity: addresses.
 * 0 or -ENOMEM */
int window_init(struct window *window, uint32_t span_s, uint32_t long_s, uint32_t soft, uint32_t hard, uint32_t capacity);
void window_fini(struct window *window);

/* window_init_classes - the same with several classes; all have a long window, or none
 * class_of: by rule id, for the first class_rules of them; must outlive the window    count: 1..WINDOW_CLASSES_MAX */
int window_init_classes(struct window *window, const struct window_class *classes, size_t count, const uint8_t *class_of,
			uint32_t class_rules, uint32_t capacity);

/* window_add - count one error and say what the window now holds
 * An error at time t is in the window that ends at now while now - t <= span.
 * time_ms: since the epoch; weight: 1..WEIGHT_MAX; rule: at most RULE_FORMER.
 * Returns false when the address is new and its network has its share of the table, none of it in sight: the error is lost.
 * At the hard limit the address is forgotten: a ban starts with a clean sheet.
 * keep: the caller will not ban now; keep the errors, so that the next one reaches the limit again.   Cost: O(hard_error_limit). */
bool window_add(struct window *window, const struct prefix *key, int64_t time_ms, uint32_t weight, uint16_t rule, bool keep,
		struct window_sum *sum);

/* window_weigh - count an error in halves, for a window with a long one
 * halves: 0..WINDOW_HALVES_MAX; marks: WINDOW_*. Everything is kept: the caller forgets the address when it bans.
 * sum->errors are halves, too. Returns as window_add(). */
#define WINDOW_HALVES_MAX 127
#define WINDOW_BRIEF 1U		/* not in the long window */
#define WINDOW_LOGIN 2U		/* a failed login */
#define WINDOW_AGAIN 4U		/* the name again: it weighs less, but is a whole strike */
bool window_weigh(struct window *window, const struct prefix *key, int64_t time_ms, uint32_t halves, uint16_t rule, unsigned marks,
		  struct window_sum *sum);

/* window_last - what the address did last; NULL: nothing is known. Valid, and the caller's to change, until the next call of
 * another function; then window_touch(). */
struct window_last *window_last(const struct window *window, const struct prefix *key);
void window_touch(struct window *window, const struct prefix *key);

/* window_look - what the window holds at now_ms of a class, changing nothing; the reasons are always filled in */
void window_look(const struct window *window, const struct prefix *key, int64_t now_ms, unsigned class, struct window_sum *sum);

/* window_slot_errors - the errors that a slot of the table has in the window at now_ms, whole ones; cheaper than window_look() */
uint32_t window_slot_errors(const struct window *window, const void *slot, int64_t now_ms);

/* window_retract - take back an error that was none: one of that rule and time; false: there is none */
bool window_retract(struct window *window, const struct prefix *key, int64_t time_ms, uint16_t rule);

/* window_shift - the clock was set: every error keeps its distance from now */
void window_shift(struct window *window, int64_t step_ms);

/* window_forget - drop what is known of an address; window_pardon - only the errors under the rules that fn says yes to */
void window_forget(struct window *window, const struct prefix *key);
typedef bool window_rule_fn(void *arg, uint16_t rule);
void window_pardon(struct window *window, const struct prefix *key, window_rule_fn *fn, void *arg);

/* struct window_saved - an address's errors as the store keeps them: the key, what it did last, then one opaque word an error */
struct window_saved {
	struct prefix key;
	uint8_t padding[7];
	struct window_saved_last {
		uint32_t name, only, password;	/* only: the name, unless it has tried several */
		uint8_t run, several;
		uint8_t halves;			/* the events are as with a long window */
		uint8_t told;
		int64_t time_ms;
	} last;
	uint64_t events[999];
};

/* window_save - write a slot of the window's table into *saved; returns how many bytes of it are used */
size_t window_save(const struct window *window, const void *slot, struct window_saved *saved);

/* window_restore - put a saved address back; what is above a hard limit that is lower now is left out, the oldest first
 * rule_map: RULE_FORMER + 1 entries, from the rule ids of the saved to today's. *saved is used up.
 * false: no room, or not what window_save() writes */
bool window_restore(struct window *window, struct window_saved *saved, size_t len, const uint16_t *rule_map);

/* window_used - addresses that have a slot (some may have nothing left in their window) */
static inline uint32_t window_used(const struct window *window)
{
	return window->table.used;
}

#endif
