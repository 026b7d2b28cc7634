/* heavy - see heavy.h. Owns its table. */
#include "cli/heavy.h"

#define SAMPLE 16

int heavy_init(struct heavy *heavy, uint32_t names)
{
	*heavy = (struct heavy){ .hand = 0 };
	return table_init(&heavy->table, sizeof(struct heavy_name), names);
}

void heavy_fini(struct heavy *heavy)
{
	table_fini(&heavy->table);
}

static struct prefix slot_key(uint64_t key)
{
	struct prefix prefix = { .len = 128 };

	memcpy(prefix.addr.bytes, &key, sizeof(key));
	return prefix;
}

static struct heavy_name *rarest(struct heavy *heavy)
{
	struct heavy_name *found = NULL;

	for (unsigned i = 0; i < SAMPLE || !found; i++) {
		struct heavy_name *next = table_next(&heavy->table, &heavy->hand);

		if (!next)
			heavy->hand = 0;
		else if (!found || next->count < found->count)
			found = next;
	}
	return found;
}

void heavy_add(struct heavy *heavy, uint64_t key, struct text text)
{
	struct prefix prefix = slot_key(key);
	struct heavy_name *name = table_find(&heavy->table, &prefix);
	uint64_t inherited = 0;

	if (!name && text.len == 0)
		return;
	if (!name && heavy->table.used == heavy->table.capacity) {
		name = rarest(heavy);
		inherited = name->count;
		table_remove(&heavy->table, name);
		name = NULL;
	}
	if (!name) {
		name = table_insert(&heavy->table, &prefix);
		name->key = key;
		name->count = name->inherited = inherited;
		name->text_bytes = (uint8_t)text_cut(name->text, sizeof(name->text), text);
	}
	name->count++;
}

static bool before(const struct heavy_name *a, const struct heavy_name *b)
{
	if (heavy_least(a) != heavy_least(b))
		return heavy_least(a) > heavy_least(b);
	int order = memcmp(a->text, b->text, a->text_bytes < b->text_bytes ? a->text_bytes : b->text_bytes);

	return order ? order < 0 : a->text_bytes < b->text_bytes;
}

size_t heavy_top(const struct heavy *heavy, const struct heavy_name **top, size_t count)
{
	const struct heavy_name *name;
	uint32_t cursor = 0;
	size_t have = 0;

	while ((name = table_next(&heavy->table, &cursor)) != NULL) {
		size_t at = have;

		while (at > 0 && before(name, top[at - 1]))
			at--;
		if (at == count)
			continue;
		have += have < count;
		memmove(top + at + 1, top + at, (have - at - 1) * sizeof(*top));
		top[at] = name;
	}
	return have;
}
