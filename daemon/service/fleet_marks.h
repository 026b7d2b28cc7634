/* fleet_marks - how far what each node says has been counted: the highest offset of each generation of each life
 *
 * What comes again counts once: after a crash of either side, from a second server, from a stream that is played again. When
 * a node has more generations than there is room for, the one that has not moved for the longest time goes. */
#ifndef MAILWARD_FLEET_MARKS_H
#define MAILWARD_FLEET_MARKS_H

#include "conf/conf.h"
#include "service/store.h"

#define FLEET_MARKS_EACH 64

struct fleet_mark {
	uint64_t life, offset;	/* offset 0: free */
	uint32_t generation;
	uint32_t moved;		/* when, in batches of that node */
};

struct fleet_marks {
	size_t count;		/* of nodes */
	struct fleet_marks_of {
		struct fleet_mark at[FLEET_MARKS_EACH];
		uint64_t changed;	/* a bit each: since the last save */
		uint32_t now;
	} *of;
};

int fleet_marks_init(struct fleet_marks *marks, size_t nodes);
void fleet_marks_fini(struct fleet_marks *marks);

/* fleet_marks_pass - is it beyond the mark? Then it is the mark. fleet_marks_known - is it not, changing nothing */
bool fleet_marks_pass(struct fleet_marks *marks, size_t node, uint64_t life, uint32_t generation, uint64_t offset);
bool fleet_marks_known(const struct fleet_marks *marks, size_t node, uint64_t life, uint32_t generation, uint64_t offset);

/* fleet_marks_save - put what changed; all, when the snapshot is whole. fleet_marks_load - a row of it; false: it is none
 * names: the nodes' */
typedef char fleet_names[FLEET_NODE_BYTES + 1];
void fleet_marks_save(struct fleet_marks *marks, struct snapshot *snapshot, unsigned kind, const fleet_names *names);
bool fleet_marks_load(struct fleet_marks *marks, const void *bytes, size_t len, const fleet_names *names);

#endif
