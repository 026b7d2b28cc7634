/* fleet_marks - see fleet_marks.h */
#include "service/fleet_marks.h"

#include <errno.h>
#include <stdlib.h>

/* A row: whose it is by its name, since a config may put the nodes in another order. */
struct row {
	char node[FLEET_NODE_BYTES];
	struct fleet_mark mark;
};

_Static_assert(sizeof(struct row) == 48, "saved as it is");

int fleet_marks_init(struct fleet_marks *marks, size_t nodes)
{
	*marks = (struct fleet_marks){ .count = nodes, .of = calloc(nodes, sizeof(*marks->of)) };
	return marks->of ? 0 : -ENOMEM;
}

void fleet_marks_fini(struct fleet_marks *marks)
{
	free(marks->of);
	*marks = (struct fleet_marks){ .of = NULL };
}

/* Its place, or the one that it may have. */
static unsigned place_of(const struct fleet_marks_of *of, uint64_t life, uint32_t generation, bool *known)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < FLEET_MARKS_EACH; i++) {
		const struct fleet_mark *mark = &of->at[i];

		*known = mark->offset && mark->life == life && mark->generation == generation;
		if (*known)
			return i;
		if (of->at[oldest].offset && (!mark->offset || mark->moved < of->at[oldest].moved))
			oldest = i;
	}
	return oldest;
}

bool fleet_marks_known(const struct fleet_marks *marks, size_t node, uint64_t life, uint32_t generation, uint64_t offset)
{
	const struct fleet_marks_of *of = &marks->of[node];
	bool known;
	unsigned i = place_of(of, life, generation, &known);

	return known && offset <= of->at[i].offset;
}

bool fleet_marks_pass(struct fleet_marks *marks, size_t node, uint64_t life, uint32_t generation, uint64_t offset)
{
	struct fleet_marks_of *of = &marks->of[node];
	bool known;
	unsigned i = place_of(of, life, generation, &known);

	if (known && offset <= of->at[i].offset)
		return false;
	of->at[i] = (struct fleet_mark){ life, offset, generation, ++of->now };
	of->changed |= UINT64_C(1) << i;
	return true;
}

void fleet_marks_save(struct fleet_marks *marks, struct snapshot *snapshot, unsigned kind, const fleet_names *names)
{
	for (size_t node = 0; node < marks->count; node++) {
		struct fleet_marks_of *of = &marks->of[node];
		const bool all = snapshot_whole(snapshot);

		for (unsigned i = 0; i < FLEET_MARKS_EACH; i++) {
			struct row row = { .mark = of->at[i] };

			if (of->at[i].offset == 0 || !(all || of->changed >> i & 1))
				continue;
			memcpy(row.node, names[node], strnlen(names[node], sizeof(row.node)));
			snapshot_put(snapshot, kind, (uint32_t)(node * FLEET_MARKS_EACH + i), &row, sizeof(row));
		}
		of->changed = 0;
	}
}

bool fleet_marks_load(struct fleet_marks *marks, const void *bytes, size_t len, const fleet_names *names)
{
	struct row row;

	if (len != sizeof(row))
		return false;
	memcpy(&row, bytes, len);
	for (size_t node = 0; node < marks->count; node++) {
		struct fleet_marks_of *of = &marks->of[node];

		if (strncmp(row.node, names[node], sizeof(row.node)) != 0 || row.mark.offset == 0)
			continue;
		fleet_marks_pass(marks, node, row.mark.life, row.mark.generation, row.mark.offset);
		if (row.mark.moved > of->now)
			of->now = row.mark.moved;
		break;
	}
	return true;
}
