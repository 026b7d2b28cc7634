/* follows - the sources of a config, each with the clock of its lines
 *
 * A source is a file or the journal; here is the one place that knows both. */
#ifndef MAILWARD_FOLLOWS_H
#define MAILWARD_FOLLOWS_H

#include <systemd/sd-event.h>

#include "judge/judge.h"
#include "match/feed.h"
#include "match/setup.h"
#include "source/source.h"
#include "source/source_journal.h"

/* follows_changed_fn - something was read that the next checkpoint must hold */
typedef void follows_changed_fn(void *arg);

struct follows {
	struct follow {
		struct source *file;	/* one of the two */
		struct journal *journal;
		struct feed feed;
		struct judge *judge;
		follows_changed_fn *changed;	/* called with arg after each line */
		void *arg;
	} *at;			/* in the config's order */
	size_t count;
};

/* follows_open - open all sources of the setup's config; what its matcher makes of their lines goes to the judge
 * before: those that are followed already, or NULL: a source of the same name goes on where that one stands.
 * Nothing is read before the loop turns. Returns 0 or -errno, logged; then nothing is open. */
int follows_open(struct follows *follows, sd_event *loop, const struct setup *setup, struct judge *judge,
		 const struct follows *before, follows_changed_fn *changed, void *arg);
void follows_close(struct follows *follows);

/* follow_name - the file's path, or "journal" (there is one at most) */
const char *follow_name(const struct follow *follow);
const struct source_stats *follow_stats(const struct follow *follow);

/* struct source_place - where a source stands: its clock, and len bytes that only the same kind of source understands */
struct source_place {
	int64_t last_ms;
	uint64_t len;
	char bytes[SOURCE_POSITIONS_MAX * sizeof(struct source_position)];
};

void follow_place(const struct follow *follow, struct source_place *place);

/* follow_resume - go on at a place; to be called before the loop turns. Logs: what is gone. */
void follow_resume(struct follow *follow, const struct source_place *place);

#endif
