/* heavy - of very many names, those that come most often: a bounded table
 *
 * Space-saving (Metwally, Agrawal, El Abbadi 2005), but that the rarest of a few makes room, not the rarest of all: a newcomer
 * inherits its count, which is remembered, so that it is known how often a name has come at least. */
#ifndef MAILWARD_HEAVY_H
#define MAILWARD_HEAVY_H

#include "judge/table.h"

#define HEAVY_TEXT 71	/* bytes of a name, as they came; of a longer one the first, and "..." */

struct heavy {
	struct table table;
	uint32_t hand;		/* who makes room is looked for from here on */
};

struct heavy_name {
	struct table_slot slot;
	uint64_t key;
	uint64_t count, inherited;
	uint8_t text_bytes;
	char text[HEAVY_TEXT];
};

/* heavy_init - names: 1.. 0, or -errno; then heavy_fini() is still right */
int heavy_init(struct heavy *heavy, uint32_t names);
void heavy_fini(struct heavy *heavy);

/* heavy_add - key came once more; text: its name, any bytes. len 0: only a key that is known is counted */
void heavy_add(struct heavy *heavy, uint64_t key, struct text text);

/* heavy_least - how often it has come at least */
static inline uint64_t heavy_least(const struct heavy_name *name)
{
	return name->count - name->inherited;
}

/* heavy_text - its name: a stranger's bytes */
static inline struct text heavy_text(const struct heavy_name *name)
{
	return (struct text){ name->text, name->text_bytes };
}

/* heavy_top - count of them, the most frequent first, by how often they have come at least; returns how many there are */
size_t heavy_top(const struct heavy *heavy, const struct heavy_name **top, size_t count);

#endif
