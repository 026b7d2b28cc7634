/* list_state - see list_state.h */
#include "service/list_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"

struct list_state list_state(const struct daemon *daemon, size_t index)
{
	const struct wire_reply *told = daemon->enforce ? enforce_list(daemon->enforce, index) : NULL;

	if (!told || told->state >= WIRE_LISTS_STATES)
		return (struct list_state){ .known = false };
	return (struct list_state){ true, (enum wire_list)told->state, told->figures[0], (int64_t)told->figures[1] };
}

const char *list_state_word(const struct list_state *state)
{
	static const char *const words[WIRE_LISTS_STATES] = {
		[WIRE_LIST_NONE] = "not-read", [WIRE_LIST_FORCE] = "in-force", [WIRE_LIST_KEPT] = "as-before",
		[WIRE_LIST_COMING] = "coming", [WIRE_LIST_REFUSED] = "refused",
	};

	return state->known ? words[state->state] : "unknown";
}

bool list_state_in_force(const struct list_state *state)
{
	return state->known && (state->state == WIRE_LIST_FORCE || state->state == WIRE_LIST_KEPT);
}

char *list_state_fmt(char *dst, size_t size, const struct list_state *state, const struct conf_blocklist *conf, bool dry_run)
{
	time_t read_s = (time_t)state->read_s;
	char since[32] = "";
	struct tm tm;

	if (state->read_s && localtime_r(&read_s, &tm))
		strftime(since, sizeof(since), "%F %T", &tm);
	if (!state->known) {
		snprintf(dst, size, "%s, %s", conf->file, dry_run ? "not in force: this is a dry run" : "not known yet whether it is in force");
		return dst;
	}
	switch (state->state) {
	case WIRE_LIST_NONE:
		snprintf(dst, size, "drops NOTHING: %s is wrong or gone (mailward check says what is wrong)", conf->file);
		break;
	case WIRE_LIST_FORCE:
		snprintf(dst, size, "%" PRIu64 " %s of %s in force since %s", state->lines, plural(state->lines, "line", "lines"),
			 conf->file, since);
		break;
	case WIRE_LIST_KEPT:
		snprintf(dst, size, "%s is wrong or gone now; the %" PRIu64 " %s read at %s %s in force (mailward check says what is wrong)",
			 conf->file, state->lines, plural(state->lines, "line", "lines"), since, plural(state->lines, "stays", "stay"));
		break;
	case WIRE_LIST_COMING:
		if (state->read_s == 0)
			snprintf(dst, size, "%s is being read", conf->file);
		else
			snprintf(dst, size, "%" PRIu64 " %s of %s on the way into the kernel", state->lines, plural(state->lines, "line", "lines"),
				 conf->file);
		break;
	case WIRE_LIST_REFUSED:
		snprintf(dst, size, "drops NOTHING new: the kernel refuses the lists (its reason stands in the log; what goes by is tried again)");
		break;
	case WIRE_LISTS_STATES:
		break;
	}
	return dst;
}
