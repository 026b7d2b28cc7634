/* lint - see lint.h
 *
 * A pattern passes if either holds. Pinned from the front:
 * (a) before <addr> stands nothing but literal text, alternatives of such, and bounded runs of harmless bytes, which
 *     no client can write as he likes; so <addr> is at a place that the server chose.
 * (b) no such run can itself hold all that must stand between it and <addr>; else a longer run, which is the
 *     client's choice where the run is a name of his, would move that place.
 * Pinned from the end:
 * (c) one literal text stands right before <addr>;
 * (d) the pattern reaches the end of the message;
 * (e) nothing matched from <addr> on can hold that literal again, followed by the beginning of an address, of a name
 *     or of what the pattern goes on with. So the last such occurrence in the message is the server's, and it is the
 *     one that is captured.
 * (e) is computed exactly: the states of the search for the literal, over everything a node can match, like a sieve
 *     with
 * one word. Whatever is not understood counts as loose, and every shortcut errs on the side of refusing: a refused
 * pattern can be written another way, a forged address cannot be taken back.
 *
 * What would break the proof: a construct of PCRE2 that moves the match or its captures and that regex.c lets
 * through; and a macro for client text that passes as harmless. <host> does so on purpose: servers print checked
 * names there.
 *
 * Besides, nothing may cost exponential time: no unbounded run inside another, where either could take the next
 * byte. */
#include "match/lint.h"

#include "match/regex.h"

#define SIDE_MAX REGEX_BYTES_MAX	/* a part takes at least a byte of the pattern */
#define RUN_MAX 255		/* of a bounded repeat before <addr> */
#define FEW_BYTES 6		/* a class of so few counts as alternatives of literal text */
#define LITERAL_MAX 62
#define STEPS_MAX 20000		/* of the search: a pattern that needs more is refused */
#define FOUND(lint) ((lint)->literal_len + 1)

struct lint {
	const struct regex *regex;
	uint16_t before[SIDE_MAX], after[SIDE_MAX];	/* what stands on either side of <addr>, from left to right */
	unsigned before_count, after_count;
	bool repeats;				/* <addr> stands inside a repeat */
	unsigned char literal[LITERAL_MAX];	/* right before <addr> */
	unsigned literal_len;
	uint8_t step[LITERAL_MAX + 2][256];	/* the search for the literal and a byte of begins; FOUND is for good */
	unsigned steps;				/* the search has taken */
	unsigned border;			/* its state after the literal: as much of its end as could begin another one */
	struct byte_set letters;		/* the literal's bytes */
	struct byte_set begins;			/* what can stand behind the literal where the server writes */
};

struct fault {
	const char *what;
	size_t at;
};

static const struct regex_node *node_of(const struct lint *lint, uint16_t node)
{
	return &lint->regex->nodes[node];
}

/* List the siblings of each node on the way from a node to one inside it. Siblings stand in the text's order, so the last
 * one that begins in front of it, or with it, holds it. */
static void find_sides(struct lint *lint, uint16_t node, uint16_t wanted)
{
	const struct regex_node *n = node_of(lint, node);
	uint16_t child = n->child, next;

	if (node == wanted)
		return;
	while ((next = node_of(lint, child)->next) && node_of(lint, next)->at <= node_of(lint, wanted)->at) {
		if (n->kind == REGEX_SEQUENCE)
			lint->before[lint->before_count++] = child;
		child = next;
	}
	find_sides(lint, child, wanted);
	lint->repeats = lint->repeats || (n->kind == REGEX_REPEAT && n->max > 1);
	for (; n->kind == REGEX_SEQUENCE && next; next = node_of(lint, next)->next)
		lint->after[lint->after_count++] = next;
}

/* ---- pinned from the front ---- */

bool lint_is_harmless(const struct byte_set *set)
{
	/* + - . / digits : letters _ */
	static const struct byte_set plain = { { 0x7ffe80000000000, 0x7fffffe87fffffe } };

	return byte_set_holds(&plain, set) || byte_set_is_few(set, FEW_BYTES);
}

/* More than one byte, and any that a client can write. */
static bool is_loose(const struct lint *lint, const struct regex_node *n)
{
	return n->kind == REGEX_BYTES && n->set >= REGEX_SETS && !lint_is_harmless(&lint->regex->sets[n->set - REGEX_SETS]);
}

static bool find_loose(const struct lint *lint, uint16_t node, struct fault *fault)
{
	const struct regex_node *n = node_of(lint, node);

	if (is_loose(lint, n)) {
		*fault = (struct fault){ "a client may have written this", n->at };
		return true;
	}
	if (n->kind == REGEX_REPEAT && n->max > RUN_MAX) {
		*fault = (struct fault){ "this may run on without a bound of at most 255", n->at };
		if (is_loose(lint, node_of(lint, n->child)))
			fault->what = "a client may have written this";
		return true;
	}
	for (uint16_t c = n->child; c; c = node_of(lint, c)->next)
		if (find_loose(lint, c, fault))
			return true;
	return false;
}

static bool find_swallowing(const struct lint *lint, uint16_t node, struct byte_set *required, struct fault *fault);

/* A node and those after it, from the last to the first. */
static bool find_swallowing_back(const struct lint *lint, uint16_t node, struct byte_set *required, struct fault *fault)
{
	return node && (find_swallowing_back(lint, node_of(lint, node)->next, required, fault) ||
			find_swallowing(lint, node, required, fault));
}

/* A run of the node's bytes: can it hold all that are required? */
static bool may_swallow(const struct lint *lint, const struct regex_node *n, const struct byte_set *required)
{
	if (n->kind != REGEX_BYTES || n->set < REGEX_SETS)
		return false;
	const struct byte_set *set = &lint->regex->sets[n->set - REGEX_SETS];
	return !byte_set_is_few(set, FEW_BYTES) && byte_set_holds(set, required);
}

/* Walking back from <addr>: can a run hold all the bytes that must stand behind it?
 * required: the bytes met so far, grows by the node's own. */
static bool find_swallowing(const struct lint *lint, uint16_t node, struct byte_set *required, struct fault *fault)
{
	const struct regex_node *n = node_of(lint, node);

	if (n->kind == REGEX_BYTES) {
		if (n->set < REGEX_SETS)
			byte_set_add(required, (unsigned char)n->set);
		return false;
	}
	const struct regex_node *child = node_of(lint, n->child);
	struct byte_set outside = *required;
	if (n->kind == REGEX_REPEAT && may_swallow(lint, child, required)) {
		*fault = (struct fault){ "this may itself hold what stands before <addr>", n->at };
		return true;
	}
	if (n->kind != REGEX_CHOICE || !child->next) {
		if (find_swallowing_back(lint, n->child, required, fault))
			return true;
		if (n->kind == REGEX_REPEAT && n->min == 0)
			*required = outside;
		return false;
	}
	for (uint16_t c = n->child; c; c = node_of(lint, c)->next) {
		*required = outside;
		if (find_swallowing(lint, c, required, fault))
			return true;
	}
	*required = outside;
	return false;
}

static bool pinned_in_front(const struct lint *lint, struct fault *fault)
{
	struct byte_set required = { 0 };

	for (unsigned i = 0; i < lint->before_count; i++)
		if (find_loose(lint, lint->before[i], fault))
			return false;
	for (unsigned i = lint->before_count; i-- > 0;)
		if (find_swallowing(lint, lint->before[i], &required, fault))
			return false;
	return true;
}

/* ---- pinned from the end ---- */

static bool prepend_literal(struct lint *lint, uint16_t node);

static bool prepend_literals(struct lint *lint, uint16_t node)
{
	return !node || (prepend_literals(lint, node_of(lint, node)->next) && prepend_literal(lint, node));
}

/* The node's one text, added in front of the literal; false: it has several, or there is no more room. */
static bool prepend_literal(struct lint *lint, uint16_t node)
{
	const struct regex_node *n = node_of(lint, node);

	if (n->kind == REGEX_EMPTY)
		return true;
	if (n->kind == REGEX_BYTES) {
		if (n->set >= REGEX_SETS || lint->literal_len == LITERAL_MAX)
			return false;
		memmove(lint->literal + 1, lint->literal, lint->literal_len++);
		lint->literal[0] = (unsigned char)n->set;
		return true;
	}
	return (n->kind == REGEX_SEQUENCE || (n->kind == REGEX_CHOICE && !node_of(lint, n->child)->next)) &&
	       prepend_literals(lint, n->child);
}

/* An address, or what a server puts in its place: a name, "unknown", or nothing and what the pattern goes on with. */
static void find_begins(struct lint *lint)
{
	static const char first[] = "0123456789:[ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (const char *b = first; *b; b++)
		byte_set_add(&lint->begins, (unsigned char)*b);
	for (unsigned i = 0; i < lint->after_count; i++) {
		regex_first(lint->regex, lint->after[i], &lint->begins);
		if (!regex_nullable(lint->regex, lint->after[i]))
			return;
	}
}

/* Knuth, Morris, Pratt: where a byte does not go on with the literal, the state is that of the longest proper border. */
static void build_search(struct lint *lint)
{
	unsigned border = 0;

	find_begins(lint);
	memset(lint->step[0], 0, sizeof(lint->step[0]));
	lint->step[0][lint->literal[0]] = 1;
	for (unsigned state = 1; state <= lint->literal_len; state++) {
		memcpy(lint->step[state], lint->step[border], sizeof(lint->step[state]));
		if (state == lint->literal_len)
			break;
		lint->step[state][lint->literal[state]] = (uint8_t)(state + 1);
		border = lint->step[border][lint->literal[state]];
	}
	lint->border = border;
	for (unsigned b = 0; b < 256; b++)
		if (byte_set_has(&lint->begins, (unsigned char)b))
			lint->step[lint->literal_len][b] = (uint8_t)FOUND(lint);
	memset(lint->step[FOUND(lint)], (int)FOUND(lint), sizeof(lint->step[0]));
	for (unsigned i = 0; i < lint->literal_len; i++)
		byte_set_add(&lint->letters, lint->literal[i]);
}

/* To which states the bytes of a node lead. All that are neither of the literal nor of begins lead to the same one. */
static uint64_t step_over(const struct lint *lint, unsigned state, const struct regex_node *n)
{
	const uint8_t *step = lint->step[state];
	uint64_t to = 0;

	if (n->set < REGEX_SETS)
		return UINT64_C(1) << step[n->set];
	struct byte_set left = lint->regex->sets[n->set - REGEX_SETS];
	if (state == lint->literal_len && byte_set_meets(&left, &lint->begins)) {
		to |= UINT64_C(1) << FOUND(lint);
		byte_set_drop_all(&left, &lint->begins);
	}
	for (unsigned i = 0; i < lint->literal_len; i++)
		if (byte_set_has(&left, lint->literal[i]))
			to |= UINT64_C(1) << step[lint->literal[i]];
	byte_set_drop_all(&left, &lint->letters);
	return byte_set_is_few(&left, 0) ? to : to | UINT64_C(1) << step[byte_set_only(&left)];
}

/* The states that a set of states can become over any text that the node matches. */
static uint64_t advance(struct lint *lint, uint16_t node, uint64_t from)
{
	const struct regex_node *n = node_of(lint, node);
	uint64_t to = 0;

	if (lint->steps++ >= STEPS_MAX)
		return UINT64_MAX;
	switch (n->kind) {
	case REGEX_EMPTY:
	case REGEX_END:
		return from;
	case REGEX_BYTES:
		for (; from; from &= from - 1)
			to |= step_over(lint, (unsigned)__builtin_ctzll(from), n);
		return to;
	case REGEX_CHOICE:
		for (uint16_t c = n->child; c; c = node_of(lint, c)->next)
			to |= advance(lint, c, from);
		return to;
	case REGEX_REPEAT:
		to = n->max ? advance(lint, n->child, from) : from;
		for (uint64_t seen = 0; n->max > 1 && seen != to;) {
			seen = to;
			to |= advance(lint, n->child, to);
		}
		return n->min ? to : to | from;
	case REGEX_SEQUENCE:
	case REGEX_CAPTURE:
		for (uint16_t c = n->child; c; c = node_of(lint, c)->next)
			from = advance(lint, c, from);
		return from;
	}
	return from;
}

static bool reaches_end(const struct lint *lint, uint16_t node)
{
	const struct regex_node *n = node_of(lint, node);
	uint16_t last = REGEX_NONE;

	if (n->kind == REGEX_END)
		return true;
	if (n->kind == REGEX_REPEAT)
		return n->min && reaches_end(lint, n->child);
	for (uint16_t c = n->child; c; c = node_of(lint, c)->next) {
		if (n->kind == REGEX_CHOICE && !reaches_end(lint, c))
			return false;
		last = c;
	}
	return last && (n->kind == REGEX_CHOICE || reaches_end(lint, last));
}

static bool pinned_at_end(struct lint *lint, struct fault *fault)
{
	uint16_t last = lint->regex->captures[CAPTURE_ADDR];
	uint64_t found;

	for (unsigned i = lint->before_count; i-- > 0;)
		if (!prepend_literal(lint, lint->before[i]))
			break;
	if (lint->literal_len == 0) {
		*fault = (struct fault){ "no literal text stands right before <addr>", node_of(lint, last)->at };
		return false;
	}
	build_search(lint);
	found = UINT64_C(1) << FOUND(lint);
	uint64_t states = advance(lint, last, UINT64_C(1) << lint->border);
	for (unsigned i = 0; i < lint->after_count && !(states & found); i++) {
		last = lint->after[i];
		states = advance(lint, last, states);
	}
	if (lint->steps > STEPS_MAX) {
		*fault = (struct fault){ "what follows is nested too deeply to be judged", node_of(lint, last)->at };
		return false;
	}
	if (states & found) {
		*fault = (struct fault){ "this may hold once more what stands before <addr>", node_of(lint, last)->at };
		return false;
	}
	if (!reaches_end(lint, last)) {
		*fault = (struct fault){ "the pattern does not reach <end>", node_of(lint, last)->end };
		return false;
	}
	return true;
}

/* ---- cost ---- */

/* An unbounded run inside an unbounded run, where either could take the next byte: exponential backtracking.
 * follow: the bytes that can come after the node. */
static bool find_explosion(const struct lint *lint, uint16_t node, struct byte_set follow, bool inside,
			   struct fault *fault)
{
	const struct regex_node *n = node_of(lint, node);

	if (n->kind == REGEX_REPEAT && n->max > 1) {
		struct byte_set first = { 0 };

		regex_first(lint->regex, n->child, &first);
		if (inside && n->max == REGEX_MANY && byte_set_meets(&first, &follow)) {
			*fault = (struct fault){ "repeats without bound inside a repeat without bound", n->at };
			return true;
		}
		inside = inside || n->max == REGEX_MANY;
		byte_set_add_all(&follow, &first);
	}
	for (uint16_t c = n->child; c; c = node_of(lint, c)->next) {
		struct byte_set behind = follow;

		if (node_of(lint, c)->child == REGEX_NONE)	/* most of them: no run */
			continue;
		if (n->kind == REGEX_SEQUENCE) {
			uint16_t next = node_of(lint, c)->next;

			behind = (struct byte_set){ 0 };
			for (; next; next = node_of(lint, next)->next) {
				regex_first(lint->regex, next, &behind);
				if (!regex_nullable(lint->regex, next))
					break;
			}
			if (next == REGEX_NONE)
				byte_set_add_all(&behind, &follow);
		}
		if (find_explosion(lint, c, behind, inside, fault))
			return true;
	}
	return false;
}

/* <queue> stands where the server chose: then the line that says whose it is, is meant. */
static bool pinned_queue(struct lint *lint, struct fault *fault)
{
	uint16_t queue = lint->regex->captures[CAPTURE_QUEUE];
	bool pinned;

	find_sides(lint, lint->regex->root, queue);
	*fault = (struct fault){ "<queue> cannot stand inside a repeat", node_of(lint, queue)->at };
	pinned = !lint->repeats && pinned_in_front(lint, fault);
	lint->before_count = lint->after_count = 0;
	lint->repeats = false;
	return pinned;
}

#define REFUSE(offset, ...) problem_at(SPOT(problems, file, pattern->line), pattern_column(pattern, (offset)), \
				       pattern->source, __VA_ARGS__)

static bool explodes(const struct lint *lint, const char *file, const struct pattern *pattern, struct problems *problems)
{
	struct fault cost;

	if (!lint->regex->endless_twice || !find_explosion(lint, lint->regex->root, (struct byte_set){ 0 }, false, &cost))
		return false;
	REFUSE(cost.at, "%s: one line could cost exponential time", cost.what);
	return true;
}

static bool check(struct lint *lint, const char *file, const struct pattern *pattern, enum rule_kind kind,
		  struct problems *problems)
{
	struct fault front, end;

	if (lint->regex->error) {
		REFUSE(lint->regex->error_at, "%s", lint->regex->error);
		return false;
	}
	uint16_t addr = lint->regex->captures[CAPTURE_ADDR], queue = lint->regex->captures[CAPTURE_QUEUE];
	if (addr == REGEX_NONE && kind == RULE_DELIVERED)
		return !explodes(lint, file, pattern, problems);
	if (addr == REGEX_NONE && kind == RULE_OUTAGE) {
		if (!find_loose(lint, lint->regex->root, &front))
			return true;
		REFUSE(front.at, "%s, so a client could feign an outage: without <addr>, only literal text and short runs of "
		       "letters, digits and ._:/+- are safe", front.what);
		return false;
	}
	if (addr == REGEX_NONE && ((kind > RULE_RECIPIENT && kind != RULE_LOGIN) || queue == REGEX_NONE)) {
		REFUSE(0, "the pattern blames nobody: it needs <addr>, itself or through a macro, or the <queue> under which "
		       "another line names the client");
		return false;
	}
	if (kind == RULE_CLIENT && queue == REGEX_NONE) {
		REFUSE(0, "whose session it is stands nowhere: kind client needs <queue>, itself or through a macro");
		return false;
	}
	if (addr == REGEX_NONE || kind == RULE_CLIENT) {
		if (!pinned_queue(lint, &front)) {
			REFUSE(front.at, "%s, so somebody else could be blamed: before <queue> only literal text and short runs of "
			       "letters, digits and ._:/+- are safe", front.what);
			return false;
		}
		if (addr == REGEX_NONE)
			return !explodes(lint, file, pattern, problems);
	}
	find_sides(lint, lint->regex->root, addr);
	if (lint->repeats) {
		REFUSE(node_of(lint, addr)->at, "<addr> cannot stand inside a repeat");
		return false;
	}
	if (explodes(lint, file, pattern, problems))
		return false;
	if (pinned_in_front(lint, &front) || pinned_at_end(lint, &end))
		return true;
	REFUSE(front.at, "%s, so somebody else could be blamed: before <addr> only literal text and short runs of "
	       "letters, digits and ._:/+- are safe", front.what);
	REFUSE(end.at, "and <addr> is not pinned from the end either: %s", end.what);
	problems->count--;	/* one fault, told in two parts */
	return false;
#undef REFUSE
}

bool lint_pattern(const char *file, struct pattern *pattern, const struct regex *tree, enum rule_kind kind,
		  struct problems *problems)
{
	static struct lint lint;	/* 48 KiB; patterns are loaded one at a time */

	lint.regex = tree;
	lint.before_count = lint.after_count = lint.literal_len = lint.steps = 0;
	lint.repeats = false;
	lint.begins = lint.letters = (struct byte_set){ 0 };
	bool fine = check(&lint, file, pattern, kind, problems);
	for (unsigned i = 0; i < CAPTURES; i++)
		pattern->captures |= (uint16_t)((tree->captures[i] != REGEX_NONE) << i);
	return fine;
}
