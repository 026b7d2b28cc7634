/* list_state - is a blocklist in force? As the warden has told, in words
 *
 * The engine reads none of these files: what is dropped by them is the warden's word. */
#ifndef MAILWARD_LIST_STATE_H
#define MAILWARD_LIST_STATE_H

#include "service/daemon_state.h"

struct list_state {
	bool known;		/* the warden has told; never in a dry run */
	enum wire_list state;
	uint64_t lines;		/* that drop, of the reading that is in force, or is to be */
	int64_t read_s;		/* when that was, seconds since 1970; 0: never */
};

/* list_state - of the list of that number in the config */
struct list_state list_state(const struct daemon *daemon, size_t index);

/* list_state_word - "in-force", "as-before", "not-read", "coming", "refused", "unknown": for programs */
const char *list_state_word(const struct list_state *state);

/* list_state_in_force - is what it said dropped, from whichever reading? */
bool list_state_in_force(const struct list_state *state);

/* list_state_fmt - a phrase for people: "12 lines of /etc/... in force since 2026-11-26 16:00:01". size: LIST_STATE_FMT_SIZE is
 * enough for a path of some hundred bytes. Returns dst; the file's name is as it is in the config. */
#define LIST_STATE_FMT_SIZE 512
char *list_state_fmt(char *dst, size_t size, const struct list_state *state, const struct conf_blocklist *conf, bool dry_run);

#endif
