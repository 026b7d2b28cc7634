/* literals - see literals.h */
#include "engine/literals.h"

#define OFFSETS ((1U << (HEAD_BYTES + 1)) - 1)	/* a set of offsets; the last stands for all that follow */

/* From any of the offsets, note the bytes the node can put into the head; returns the offsets it can end at. */
static unsigned walk_head(struct literals *literals, const struct regex *regex, uint16_t node, unsigned from)
{
	const struct regex_node *n = &regex->nodes[node];
	unsigned to = 0;

	switch (n->kind) {
	case REGEX_EMPTY:
	case REGEX_END:
		return from;
	case REGEX_BYTES:
		for (int at = 0; at < HEAD_BYTES; at++)
			for (int i = 0; i < 4 && from >> at & 1; i++)
				literals->head[at].bits[i] |= n->set.bits[i];
		return ((from << 1) & OFFSETS) | (from & 1U << HEAD_BYTES);
	case REGEX_CHOICE:
		for (uint16_t c = n->child; c; c = regex->nodes[c].next)
			to |= walk_head(literals, regex, c, from);
		return to;
	case REGEX_REPEAT:
		to = n->min ? 0 : from;
		for (int times = 1; from && times <= n->max && times <= HEAD_BYTES + n->min; times++) {
			from = walk_head(literals, regex, n->child, from);
			if (times >= n->min)
				to |= from;
			if (from == 1U << HEAD_BYTES)
				return to | from;
		}
		return to;
	case REGEX_SEQUENCE:
	case REGEX_ADDR:
	case REGEX_COUNT:
	case REGEX_SESSION:
		for (uint16_t c = n->child; c; c = regex->nodes[c].next)
			from = walk_head(literals, regex, c, from);
		return from;
	}
	return from;
}

struct run {
	char bytes[LITERAL_BYTES_MAX];
	size_t len;
};

static void end_run(struct literals *literals, struct run *run)
{
	if (run->len > literals->literal_len) {
		memcpy(literals->literal, run->bytes, run->len);
		literals->literal_len = run->len;
	}
	run->len = 0;
}

static void walk_runs(struct literals *literals, const struct regex *regex, uint16_t node, struct run *run)
{
	const struct regex_node *n = &regex->nodes[node];

	switch (n->kind) {
	case REGEX_EMPTY:
	case REGEX_END:
		return;
	case REGEX_BYTES:
		if (byte_count(&n->set) != 1) {
			end_run(literals, run);
			return;
		}
		if (run->len == LITERAL_BYTES_MAX)
			end_run(literals, run);
		run->bytes[run->len++] = (char)byte_only(&n->set);
		return;
	case REGEX_CHOICE:
		if (regex->nodes[n->child].next == REGEX_NONE)
			walk_runs(literals, regex, n->child, run);
		else
			end_run(literals, run);
		return;
	case REGEX_REPEAT:
		end_run(literals, run);
		if (n->min)
			walk_runs(literals, regex, n->child, run);
		end_run(literals, run);
		return;
	case REGEX_SEQUENCE:
	case REGEX_ADDR:
	case REGEX_COUNT:
	case REGEX_SESSION:
		for (uint16_t c = n->child; c; c = regex->nodes[c].next)
			walk_runs(literals, regex, c, run);
		return;
	}
}

void literals_find(struct literals *literals, const struct regex *regex)
{
	struct run run = { .len = 0 };

	*literals = (struct literals){ .literal_len = 0 };
	unsigned ends = walk_head(literals, regex, regex->root, 1);
	for (int at = 0; at < HEAD_BYTES; at++)		/* behind the end of a match anything may follow */
		if (ends & ((1U << (at + 1)) - 1))
			memset(&literals->head[at], 0xff, sizeof(literals->head[at]));
	walk_runs(literals, regex, regex->root, &run);
	end_run(literals, &run);
}
