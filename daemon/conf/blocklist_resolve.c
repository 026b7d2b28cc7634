/* blocklist_resolve - what all lines of a blocklist mean together (see blocklist.h)
 *
 * Prefixes are nested or apart, never crossed: one walk in the order of the addresses, with a stack of those that are
 * open, finds the line that decides in each stretch between. */
#include <stdlib.h>

#include "conf/blocklist.h"
#include "conf/conf.h"

#define DEPTH_MAX 129	/* of prefixes inside each other, one of each length */

struct walk {
	const struct blocklist *list;
	struct spot spot;		/* the list's file, with problems of its own */
	struct ranges *drops;
	struct addr cursor;		/* decided up to here */
	struct level {
		const struct prefix *prefix;
		struct addr last;
		const struct blocklist_entry *winner;
	} open[DEPTH_MAX];
	size_t depth;
	bool failed;
};

static int by_place(const void *a, const void *b)
{
	const struct blocklist_entry *left = a, *right = b;
	int order = addr_cmp(&left->prefix.addr, &right->prefix.addr);

	if (order == 0)
		order = (int)left->prefix.len - (int)right->prefix.len;
	return order ? order : left->line < right->line ? -1 : left->line > right->line;
}

/* Which of two lines about an address decides? inner: the one whose prefix is inside the other's, or the same. */
static const struct blocklist_entry *decides(enum blocklist_form form, const struct blocklist_entry *outer,
					     const struct blocklist_entry *inner)
{
	bool same = outer->prefix.len == inner->prefix.len;

	if (same || form == BLOCKLIST_CIDR)
		return outer->line <= inner->line ? outer : inner;
	return inner;
}

static bool drops(const struct blocklist_entry *entry)
{
	return entry->verdict == BLOCKLIST_DROP;
}

/* The stretch from the cursor to last belongs to the innermost level. */
static void settle(struct walk *walk, const struct addr *last)
{
	const struct range stretch = { walk->cursor, *last };

	if (drops(walk->open[walk->depth - 1].winner) && ranges_add_range(walk->drops, &stretch) < 0)
		walk->failed = true;
}

/* Close the levels that end before the address, or all of them. */
static void close_levels(struct walk *walk, const struct addr *before)
{
	while (walk->depth && (!before || addr_cmp(&walk->open[walk->depth - 1].last, before) < 0)) {
		struct addr last = walk->open[walk->depth - 1].last;
		settle(walk, &last);
		while (walk->depth && addr_cmp(&walk->open[walk->depth - 1].last, &last) == 0)
			walk->depth--;
		walk->cursor = last;
		addr_next(&walk->cursor);
	}
}

/* A line that has no say because of another one, which says otherwise. */
static void tell_idle(const struct walk *walk, const struct blocklist_entry *entry,
		      const struct blocklist_entry *winner)
{
	struct spot spot = { walk->spot.problems, walk->spot.file, entry->line };
	char text[PREFIX_FMT_SIZE];

	if (drops(entry) == drops(winner))
		return;
	prefix_fmt(text, sizeof(text), &entry->prefix);
	if (entry->prefix.len == winner->prefix.len)
		problem_warning(&spot, "%s stands in line %u already, which says otherwise and holds", text, winner->line);
	else
		problem_warning(&spot, "%s is never reached: line %u holds it, and the first match decides", text, winner->line);
}

static void open_level(struct walk *walk, const struct blocklist_entry *entry)
{
	const struct level *outer = walk->depth ? &walk->open[walk->depth - 1] : NULL;
	const struct blocklist_entry *winner = entry;

	if (outer) {
		winner = decides(walk->list->form, outer->winner, entry);
		if (winner != entry)
			tell_idle(walk, entry, winner);
		if (outer->prefix->len == entry->prefix.len)
			return;
		if (addr_cmp(&walk->cursor, &entry->prefix.addr) < 0) {
			struct addr last = entry->prefix.addr;
			addr_prev(&last);
			settle(walk, &last);
		}
	}
	walk->cursor = entry->prefix.addr;
	walk->open[walk->depth++] = (struct level){ &entry->prefix, addr_last(&entry->prefix), winner };
}

/* What must not be dropped: say which line would. */
static void refuse_guarded(const struct walk *walk, const struct ranges *guarded)
{
	char text[ADDR_FMT_SIZE];

	for (size_t i = 0, j = 0; i < guarded->count && j < walk->drops->count;) {
		const struct range *guard = &guarded->at[i], *drop = &walk->drops->at[j];
		if (addr_cmp(&drop->last, &guard->first) < 0) {
			j++;
		} else if (addr_cmp(&guard->last, &drop->first) < 0) {
			i++;
		} else {
			const struct addr *both = addr_cmp(&guard->first, &drop->first) > 0 ? &guard->first : &drop->first;
			const struct blocklist_entry *entry = blocklist_find(walk->list, &(struct prefix){ *both, 128 });
			problem(SPOT(walk->spot.problems, walk->spot.file, entry ? entry->line : 0),
				"this would drop %s: loopback, this machine's own or its gateway's address", addr_fmt(text, sizeof(text), both));
			if (walk->spot.problems->count == BLOCKLIST_MESSAGES_MAX)	/* Each costs a walk over the list. */
				return;
			i++;
		}
	}
}

bool blocklist_resolve(struct blocklist *list, const char *path, const struct ranges *guarded,
		       struct problems *problems, struct ranges *out)
{
	struct problems own = { .out = problems->out, .limit = BLOCKLIST_MESSAGES_MAX };
	struct walk walk = { .list = list, .spot = { &own, path, 0 }, .drops = out };

	if (list->count > 1)
		qsort(list->at, list->count, sizeof(*list->at), by_place);
	for (size_t i = 0; i < list->count && !walk.failed; i++) {
		close_levels(&walk, &list->at[i].prefix.addr);
		open_level(&walk, &list->at[i]);
	}
	close_levels(&walk, NULL);
	ranges_seal(out);
	if (guarded)
		refuse_guarded(&walk, guarded);
	if (walk.failed)
		problem(&walk.spot, "out of memory");
	problems->count += own.count;
	return own.count == 0;
}

bool blocklist_load(struct blocklist *list, const char *path, const struct ranges *guarded, struct problems *problems,
		    struct ranges *out)
{
	return blocklist_read(list, path, problems) && blocklist_resolve(list, path, guarded, problems, out);
}

void blocklists_each(const struct conf *conf, struct problems *problems, blocklist_fn *fn, void *arg)
{
	struct ranges guarded = { 0 };

	if (conf->blocklist_count)
		ranges_add_own(&guarded);
	for (size_t i = 0; i < conf->blocklist_count; i++) {
		struct ranges drops = { 0 };
		struct blocklist list;
		bool good = blocklist_load(&list, conf->blocklists[i].file, &guarded, problems, &drops);
		fn(arg, &conf->blocklists[i], &list, good ? &drops : NULL);
		ranges_fini(&drops);
		blocklist_fini(&list);
	}
	ranges_fini(&guarded);
}

const struct blocklist_entry *blocklist_find(const struct blocklist *list, const struct prefix *prefix)
{
	const struct blocklist_entry *found = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct blocklist_entry *entry = &list->at[i];
		if (!prefix_holds(&entry->prefix, prefix))
			continue;
		if (!found)
			found = entry;
		else if (found->prefix.len <= entry->prefix.len)
			found = decides(list->form, found, entry);
		else
			found = decides(list->form, entry, found);
	}
	return found;
}
