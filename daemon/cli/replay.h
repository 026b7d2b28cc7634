/* replay - logs read from their beginning to their end, each on its own clock: what scan, whatif, report and check share
 *
 * Files are read in the order of their first stamps, so that "mail.log*" does what is meant; several logs of the same days
 * each keep their own clock. Several threads look at a log's blocks, and what is handed on is to the byte what one would have
 * found. Knows no judge: whoever drives it hands the hits on. */
#ifndef MAILWARD_REPLAY_H
#define MAILWARD_REPLAY_H

#include "cli/bar.h"
#include "cli/cli.h"
#include "match/export.h"
#include "match/feed.h"
#include "match/setup.h"
#include "source/block.h"
#include "source/source.h"

/* called before the first record of each log, for those who feed a matcher of their own: theirs is this one's like */
typedef void replay_log_fn(void *arg, const struct feed *fresh);

struct replay {
	const char *command;		/* for messages: "scan" */
	const struct setup *setup;
	found_fn *fn;			/* gets every hit, and of the other records what it wants */
	enum { REPLAY_HITS, REPLAY_UNMET, REPLAY_ALL } wants;	/* also those that no rule met, perhaps counted; also all */
	unsigned threads;		/* that read; 1: this one alone. REPLAY_ALL is read by one */
	replay_log_fn *on_log;		/* NULL: nobody wants to know */
	void *arg;
	/* so far */
	uint64_t lines, bytes;		/* records, and what they took */
	int64_t first_ms, latest_ms;	/* when hits counted; 0: none did */
	struct source_stats read;
	uint64_t limit_hits;		/* lines skipped at a limit of PCRE2 */
	bool failed;			/* not all could be read, which was told */
	struct bar bar;
	/* its own */
	struct replay_log {
		char *path;			/* to open it; "-": standard input */
		char *name;			/* for people */
		const struct conf_source *journal;	/* or this */
		struct tail *tail;		/* holds what path leads to; or NULL */
		int64_t first_ms;
		size_t given;			/* in which order it was added */
	} *logs;
	size_t count;
	struct feed feed;
	struct export export;
	struct crew *crew;		/* NULL: none was needed yet */
	int fd;				/* of the log that is being read */
	uint64_t size_read;		/* bytes of the logs before it, as they lie there */
};

/* replay_begin - the caller's, until replay_end(); fn gets arg. It wants hits alone, and is read by as many threads as this process
 * may use processors, unless said otherwise. */
void replay_begin(struct replay *replay, const char *command, const struct setup *setup, found_fn *fn, void *arg);
void replay_end(struct replay *replay);

/* replay_threads - how many are to read, by --threads, or by default; EXIT_DONE, or EXIT_USAGE once it is said what is wrong */
int replay_threads(const struct cli *cli, unsigned *threads);

/* replay_add - a log by its path, "-" for standard input; replay_add_sources - what the config follows, as it is now
 * replay_add_since - the same with what the files became when they were rotated, as far as they were written at since_ms or
 * later. All return false when there is no memory. */
bool replay_add(struct replay *replay, const char *path);
bool replay_add_sources(struct replay *replay, const struct conf *conf);
bool replay_add_since(struct replay *replay, const struct conf *conf, int64_t since_ms);

/* replay_run - read them all, sorted; what cannot be read is told on standard error, and the rest is read. May be called again,
 * unless standard input was among them. */
void replay_run(struct replay *replay);

#endif
