/* lint_rules - see lint_rules.h
 *
 * The first rule that matches decides. So a rule that counts nothing, above one of the same service and programs
 * that counts, takes lines from it; and it must be the server who says which. A client must not be able to make a
 * line of the lower rule one of the upper by what he writes into it. Two patterns are read side by side, byte for
 * byte, as far as both have text that no client can have written (as in lint.c). There:
 * (a) if the upper one ends, the server's own words decide;
 * (b) if it can go no further, it takes no such line;
 * (c) if it ends in the client's text of the lower one, he could write what it wants: refused;
 * (d) if it passes over text, or if the lower one ends first, all words that it wants from there on must be at a
 *     place of the server's choice: no run of any bytes stands in front of them. A run that leaves out a byte stops
 *     at the first of it, and whoever wrote the pattern says thereby that it is not the client's to write. A run of
 *     any bytes is taken if a lookahead stands right in front of it, which says what it cannot hold; and behind the
 *     last one, words up to <addr>, if they are one literal text: lint.c has proved them from the end.
 * What it cannot know is whether that byte or lookahead is indeed beyond the client: tests/corpus/hide.py tries.
 * Every shortcut errs on the side of refusing: what is asserted is left out, and so are the bounds of repeats; of both
 * patterns every way is tried. */
#include "match/lint_rules.h"

#include <stdlib.h>

#include "match/lint.h"
#include "match/nfa.h"

/* A pattern, its automaton made when it is first compared. */
struct side {
	const struct rule *rule;
	const struct pattern *pattern;
	const struct regex *regex;
	struct nfa nfa;		/* its first state is that of the match, which leads to the first of all */
	bool *loose;		/* of each state: a client's text may stand there; at a split, in either branch */
	uint16_t run;		/* of one that counts nothing: words stand behind it at no certain place; or REGEX_NONE */
};

/* A pair of NFA states, one of each pattern, that some text leads to. written: the client has written part of it. */
struct pair {
	uint16_t upper, lower;
	bool written;
};

struct lint_rules {
	struct side *sides;
	size_t count;
	struct problems *problems;
	bool no_memory;
	const struct side *upper, *lower;	/* being compared */
	struct pair *pairs;			/* met so far with a split in either, those not taken again yet last */
	size_t pair_count, pair_room;
	uint64_t *seen;				/* the same, as a set; all clear between two comparisons */
	size_t seen_words;
};

static bool counts(const struct rule *rule)
{
	return rule_counts(rule) && rule->weight > 0 && rule->tier != TIER_OBSERVE;
}

/* ---- words behind a run of any bytes ---- */

struct walk {
	const struct side *side;
	bool guarded;		/* a lookahead stands right here */
	uint16_t run;		/* that stops at nothing, or REGEX_NONE */
	bool words, literal;	/* behind it: any, and they are one text */
	uint16_t fault;		/* a run with words behind it that are not proved, or REGEX_NONE */
	bool done;		/* behind <addr>, which was proved from the end */
};

static bool holds_any_byte(const struct regex *regex, uint16_t node)
{
	const struct regex_node *n = &regex->nodes[node];

	if (n->kind == REGEX_BYTES)
		return n->set >= REGEX_SETS && byte_set_is_full(&regex->sets[n->set - REGEX_SETS]);
	for (uint16_t c = n->child; c; c = regex->nodes[c].next)
		if (holds_any_byte(regex, c))
			return true;
	return false;
}

static void walk(struct walk *w, uint16_t node)
{
	const struct regex *regex = w->side->regex;
	const struct regex_node *n = &regex->nodes[node];

	if (w->fault || w->done)
		return;
	if (n->kind == REGEX_EMPTY)
		w->guarded = w->guarded || w->side->pattern->regex.at[n->at] == '(';
	if (n->kind == REGEX_REPEAT && n->max > 1 && holds_any_byte(regex, n->child)) {
		if (w->words)
			w->fault = w->run;
		else
			*w = (struct walk){ .side = w->side, .run = w->guarded ? REGEX_NONE : node, .literal = true };
		return;
	}
	if (n->kind == REGEX_CAPTURE && n->capture == CAPTURE_ADDR && w->run) {
		w->fault = w->literal ? REGEX_NONE : w->run;
		w->done = true;
		return;
	}
	if (n->kind == REGEX_BYTES) {
		w->words = w->run;
		w->guarded = false;
	}
	w->literal = w->literal && !(n->kind == REGEX_BYTES && n->set >= REGEX_SETS) && n->kind != REGEX_REPEAT &&
		     !(n->kind == REGEX_CHOICE && regex->nodes[n->child].next);
	for (uint16_t c = n->child; c; c = regex->nodes[c].next)
		walk(w, c);
}

/* The run that words stand behind at no certain place; or REGEX_NONE. */
static uint16_t find_run(const struct side *side)
{
	struct walk w = { .side = side };

	walk(&w, side->regex->root);
	return w.fault ? w.fault : w.words && !w.done ? w.run : REGEX_NONE;
}

/* ---- two patterns side by side ---- */

static size_t number_of(const struct lint_rules *lint, struct pair pair)
{
	return (pair.written * lint->upper->nfa.count + pair.upper) * lint->lower->nfa.count + pair.lower;
}

/* Take down a pair at a split. False: it was there already, or there is no memory. */
static bool note(struct lint_rules *lint, struct pair pair)
{
	size_t number = number_of(lint, pair);

	if (pattern_in(lint->seen, number))
		return false;
	if (lint->pair_count == lint->pair_room) {
		size_t room = lint->pair_room ? 2 * lint->pair_room : 256;
		struct pair *pairs = reallocarray(lint->pairs, room, sizeof(*pairs));

		lint->no_memory = !pairs;
		if (!pairs)
			return false;
		lint->pairs = pairs;
		lint->pair_room = room;
	}
	pattern_add(lint->seen, number);
	lint->pairs[lint->pair_count++] = pair;
	return true;
}

/* Does the client decide in this pair, or in one on its way? At a split the way goes on with the first branch, and the
 * pair is noted for the other. Every loop has one, so no way is without end. */
static bool is_open(struct lint_rules *lint, struct pair at)
{
	const struct side *upper = lint->upper, *lower = lint->lower;
	const struct nfa_state *uppers = upper->nfa.states, *lowers = lower->nfa.states;

	for (;;) {
		const struct nfa_state *u = &uppers[at.upper], *l = &lowers[at.lower];

		if (u->kind == NFA_MATCH || u->kind == NFA_END)
			return at.written;
		if (upper->loose[at.upper] || (u->kind == NFA_BYTES && (l->kind == NFA_MATCH || l->kind == NFA_END)))
			return upper->run != REGEX_NONE;
		if (u->kind == NFA_SPLIT || l->kind == NFA_SPLIT) {
			if (!note(lint, at))
				return false;
			if (u->kind == NFA_SPLIT)
				at.upper = u->next;
			else
				at.lower = l->next;
			continue;
		}
		if (!byte_set_meets(&upper->nfa.sets[u->set], &lower->nfa.sets[l->set]))
			return false;
		at = (struct pair){ u->next, l->next, at.written || lower->loose[at.lower] };
	}
}

/* The other branch of a pair at a split. */
static struct pair other_of(const struct lint_rules *lint, struct pair at)
{
	const struct nfa_state *u = &lint->upper->nfa.states[at.upper];

	if (u->kind == NFA_SPLIT)
		at.upper = u->other;
	else
		at.lower = lint->lower->nfa.states[at.lower].other;
	return at;
}

static bool is_loose(const struct nfa *nfa, size_t state)
{
	return nfa->states[state].kind == NFA_BYTES && !lint_is_harmless(&nfa->sets[nfa->states[state].set]);
}

/* Make what the comparison needs of a pattern, unless that was done. */
static bool prepare(struct lint_rules *lint, struct side *side)
{
	if (side->loose)
		return true;
	if (!nfa_init(&side->nfa, &side->regex, 1, false) ||
	    !(side->loose = calloc(side->nfa.count, sizeof(*side->loose)))) {
		lint->no_memory = true;
		return false;
	}
	for (size_t i = 0; i < side->nfa.count; i++) {
		const struct nfa_state *at = &side->nfa.states[i];

		side->loose[i] = at->kind == NFA_SPLIT ? is_loose(&side->nfa, at->next) || is_loose(&side->nfa, at->other) :
							 is_loose(&side->nfa, i);
	}
	side->run = counts(side->rule) ? REGEX_NONE : find_run(side);
	return true;
}

/* Room in seen for all pairs of two patterns. */
static bool make_room(struct lint_rules *lint)
{
	size_t words = lint->upper->nfa.count * lint->lower->nfa.count / 32 + 1;

	if (words > lint->seen_words) {
		free(lint->seen);
		lint->seen = calloc(words, sizeof(*lint->seen));
		lint->seen_words = lint->seen ? words : 0;
		lint->no_memory = !lint->seen;
	}
	return !lint->no_memory;
}

/* Could a client make a line of the lower pattern one of the upper? */
static bool could_hide(struct lint_rules *lint, const struct side *upper, const struct side *lower)
{
	bool open;

	lint->upper = upper;
	lint->lower = lower;
	lint->pair_count = 0;
	if (!make_room(lint))
		return false;
	open = is_open(lint, (struct pair){ upper->nfa.states[0].next, lower->nfa.states[0].next, false });
	for (size_t i = 0; i < lint->pair_count && !open && !lint->no_memory; i++)
		open = is_open(lint, other_of(lint, lint->pairs[i]));
	for (size_t i = 0; i < lint->pair_count; i++)
		lint->seen[number_of(lint, lint->pairs[i]) / 64] = 0;
	return open;
}

/* ---- which two ---- */

static struct side side_of(const struct rules *rules, const struct rule *rule, size_t pattern)
{
	const struct pattern *own = &rule->patterns[pattern];

	return (struct side){ .rule = rule, .pattern = own, .regex = &rules->trees[own->tree] };
}

static bool programs_meet(const struct rule *a, const struct rule *b)
{
	for (size_t i = 0; i < a->program_count; i++)
		for (size_t k = 0; k < b->program_count; k++)
			if (globs_meet(a->programs[i], b->programs[k]))
				return true;
	return false;
}

static void check_upper(struct lint_rules *lint, size_t i)
{
	struct side *upper = &lint->sides[i];
	const char *name = upper->rule->name;
	size_t service = (size_t)(strchr(name, '/') - name) + 1;

	for (size_t k = i + 1; k < lint->count; k++) {
		struct side *lower = &lint->sides[k];

		if (!counts(lower->rule) || strncmp(name, lower->rule->name, service) != 0 || !programs_meet(upper->rule, lower->rule))
			continue;
		if (!prepare(lint, upper) || !prepare(lint, lower))
			return;
		if (!could_hide(lint, upper, lower))
			continue;
		problem_at(SPOT(lint->problems, upper->rule->file, upper->pattern->line),
			   pattern_column(upper->pattern, upper->run ? upper->regex->nodes[upper->run].at : 0), upper->pattern->source,
			   "%s counts nothing, and a client could write its words into a line of %s below it%s",
			   upper->rule->name, lower->rule->name, upper->run ?
			   ": the words behind this have no certain place; let it leave out the byte that ends it" :
			   ": begin that one's match with all that the server writes in front of the client's text");
		return;
	}
}

bool lint_rules(const struct rules *rules, struct problems *problems)
{
	struct lint_rules lint = { .problems = problems };
	unsigned before = problems->count;
	size_t patterns = 0;

	for (size_t i = 0; i < rules->count; i++)
		patterns += rules->at[i].pattern_count;
	lint.sides = calloc(patterns + 1, sizeof(*lint.sides));
	lint.no_memory = !lint.sides;
	for (size_t i = 0; i < rules->count; i++)
		for (size_t p = 0; p < rules->at[i].pattern_count && lint.sides; p++)
			lint.sides[lint.count++] = side_of(rules, &rules->at[i], p);
	for (size_t i = 0; i < lint.count && !lint.no_memory; i++)
		if (!counts(lint.sides[i].rule))
			check_upper(&lint, i);
	if (lint.no_memory)
		problem(SPOT(problems, "patterns", 0), "out of memory");
	for (size_t i = 0; i < lint.count; i++) {
		nfa_fini(&lint.sides[i].nfa);
		free(lint.sides[i].loose);
	}
	free(lint.sides);
	free(lint.pairs);
	free(lint.seen);
	return problems->count == before;
}
