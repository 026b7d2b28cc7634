/* block - a piece of a log: what its lines say by themselves, found by any thread; and then handed on in the log's order
 *
 * Most lines say nothing to the judge: of a block only those are kept that do, or that stand for others. What a line says may
 * hang on what stands before it (see feed.h): block_tell() sees to that. A block in which a line is odd, so that more of what
 * stands before it would have to be known, says so, and is read line by line instead. */
#ifndef MAILWARD_BLOCK_H
#define MAILWARD_BLOCK_H

#include "match/feed.h"
#include "source/blocks.h"

#define BLOCK_HOSTS 8
#define BLOCK_PROGRAMS 64
#define BLOCK_LOOKED 500	/* lines of a program that no rule met, of a block; what is behind them is only counted */

/* what is handed on of a record; of a line that no rule met, perhaps also of others like it */
struct found {
	const struct record *record;
	const struct hit *hit;		/* NULL: nothing that the judge must hear of */
	bool backlog;
	enum match_met met;
	struct text account;		/* as match_account() has it */
	uint64_t lines;			/* 1, or so many of the program's that met the same */
	uint64_t number;		/* of a hit's line in its block, from 1 on */
};

typedef void found_fn(void *arg, const struct found *found);

struct block {
	char *bytes;			/* of whole lines; BLOCK_BYTES */
	size_t len;
	int64_t anchor_ms;		/* where the year of stamps without one is looked for; once told, the feed's own */
	bool unmet;			/* somebody wants to hear of lines that no rule met */
	/* as block_find() leaves it */
	bool odd;			/* is to be read line by line: the rest is worth nothing */
	uint64_t lines, text_bytes, cut_lines, limit_hits;
	struct text last;		/* of the lines */
	struct block_item *items;
	size_t count, room;
	struct block_host {
		uint32_t hash;
		size_t item;		/* of its last line, or SIZE_MAX: that is no hit */
		struct text name;
	} hosts[BLOCK_HOSTS];
	unsigned host_count;
	struct block_program {
		struct text name;
		enum match_met met;
		uint64_t lines, behind;	/* all of them, and those that are only counted */
	} programs[BLOCK_PROGRAMS];
	unsigned program_count;
	/* its own, while it looks */
	struct matcher *matcher;
	unsigned host, program;		/* of the line before */
	uint32_t header;
	char month[3];
};

/* block_init - returns 0 or -ENOMEM; block_fini() takes also what is all zeros */
int block_init(struct block *block);
void block_fini(struct block *block);

/* block_find - look at each line; matcher: nobody else's meanwhile. Where there is no memory, the block is odd. */
void block_find(struct block *block, struct matcher *matcher);

/* block_told_by - may the feed have what was found? False: what hangs on its log's zone or on another key of names has to be found
 * line by line; also where the block is odd. */
bool block_told_by(const struct block *block, const struct feed *feed);

/* block_tell - hand on what was found, as feed_record() would have had it line by line, if block_told_by() says that it may */
void block_tell(struct block *block, struct feed *feed, found_fn *fn, void *arg);

#endif
