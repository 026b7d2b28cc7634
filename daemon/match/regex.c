/* regex - see regex.h
 *
 * A recursive-descent reader, one function a level of the grammar: choice, sequence, piece (an atom and its
 * repeats), atom. Each begins at the reader's place, leaves it behind what it took, and returns its node; REGEX_NONE
 * means that error is set, and is handed up at once.
 *
 * - The tree matches all that PCRE2 matches with the options of match_pcre.h: bytes, dot matches all, plain groups
 *   do not capture. Where the two differ the tree matches more: an assertion is empty, a lazy repeat is a repeat,
 *   what gives nothing back is like any other, but noted (atomic), and an address is any run of an address's bytes
 *   where it is written as ever (addr_plain).
 * - What would make the tree match less, or move a capture, is refused: backreferences, recursion, verbs,
 *   conditionals, \K, lookbehind, (?C). So is what two versions of PCRE2 read differently: a lone brace,
 *   [:classes:]. A construct that is let in must first have its node here; nothing unknown is skipped.
 * - Depth, nodes and counts are bounded; a text of REGEX_BYTES_MAX bytes has offsets that fit into 16 bits. */
#include "match/regex.h"

#include <stdlib.h>

#include "base/array.h"

#define DEPTH_MAX 32
#define NODES_MAX 8192
#define COUNT_MAX 65000

struct reader {
	struct regex *regex;
	struct text text;
	size_t at;
	unsigned depth;
	uint16_t endless;		/* the last repeat without bound */
	bool caseless;
	bool in_lookahead;
};

static uint16_t read_choice(struct reader *r);

static uint16_t refuse_at(struct reader *r, size_t at, const char *why)
{
	if (!r->regex->error) {
		r->regex->error = why;
		r->regex->error_at = (uint16_t)at;
	}
	return REGEX_NONE;
}

static int peek(const struct reader *r, size_t ahead)
{
	return r->at + ahead < r->text.len ? (unsigned char)r->text.at[r->at + ahead] : -1;
}

static bool take(struct reader *r, char c)
{
	if (r->at == r->text.len || r->text.at[r->at] != c)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct reader *r, struct text word)
{
	if (!text_starts((struct text){ r->text.at + r->at, r->text.len - r->at }, word))
		return false;
	r->at += word.len;
	return true;
}

static uint16_t node_new(struct reader *r, enum regex_kind kind, size_t at)
{
	struct regex *regex = r->regex;

	if (regex->count == regex->room)
		return refuse_at(r, at, "the pattern is too large");
	regex->nodes[regex->count] = (struct regex_node){ .kind = kind, .at = (uint16_t)at };
	return regex->count++;
}

static uint16_t node_wrap(struct reader *r, enum regex_kind kind, size_t at, uint16_t child)
{
	uint16_t node = node_new(r, kind, at);

	if (node)
		r->regex->nodes[node].child = child;
	return node;
}

static uint16_t node_byte(struct reader *r, size_t at, unsigned char byte)
{
	uint16_t node = node_new(r, REGEX_BYTES, at);

	if (node)
		r->regex->nodes[node].set = byte;
	return node;
}

static uint16_t node_bytes(struct reader *r, size_t at, const struct byte_set *set)
{
	struct regex *regex = r->regex;
	uint16_t node = node_byte(r, at, byte_set_only(set)), i = 0;

	if (!node || byte_set_is_one(set))
		return node;
	while (i < regex->set_count && memcmp(&regex->sets[i], set, sizeof(*set)) != 0)
		i++;
	if (i == regex->set_count) {
		struct byte_set *sets = array_grow(regex->sets, i, sizeof(*sets));

		if (!sets)
			return refuse_at(r, at, "the pattern is too large");
		regex->sets = sets;
		sets[regex->set_count++] = *set;
	}
	regex->nodes[node].set = (uint16_t)(REGEX_SETS + i);
	return node;
}

/* PCRE2's own tables of the C locale. */
static bool set_class(struct byte_set *set, int letter)
{
	struct byte_set class = { 0 };

	switch (letter | 0x20) {
	case 'd':
		byte_set_add_range(&class, '0', '9');
		break;
	case 'w':
		byte_set_add_range(&class, '0', '9');
		byte_set_add_range(&class, 'A', 'Z');
		byte_set_add_range(&class, 'a', 'z');
		byte_set_add(&class, '_');
		break;
	case 's':
		byte_set_add_range(&class, '\t', '\r');
		byte_set_add(&class, ' ');
		break;
	default:
		return false;
	}
	if (letter < 'a')
		byte_set_invert(&class);
	byte_set_add_all(set, &class);
	return true;
}

/* The letters are bits of one word, a small one 32 behind its capital. */
static void set_fold(struct byte_set *set)
{
	uint64_t capitals = 0x07fffffe & (set->bits[1] | set->bits[1] >> 32);

	set->bits[1] |= capitals | capitals << 32;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What follows a backslash when it stands for one byte; -1: it does not. */
static int read_escaped_byte(struct reader *r)
{
	static const char names[] = "tnrfe", values[] = "\t\n\r\f\033";
	int c = peek(r, 0);
	const char *name = c > 0 ? strchr(names, c) : NULL;

	if (name) {
		r->at++;
		return values[name - names];
	}
	if (c == 'x' && hex_digit(peek(r, 1)) >= 0 && hex_digit(peek(r, 2)) >= 0) {
		int value = hex_digit(peek(r, 1)) * 16 + hex_digit(peek(r, 2));

		r->at += 3;
		return value;
	}
	if (c < 0 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
		return -1;
	r->at++;
	return c;
}

static uint16_t node_folded(struct reader *r, size_t at, unsigned char byte)
{
	struct byte_set set = { 0 };

	byte_set_add(&set, byte);
	set_fold(&set);
	return node_bytes(r, at, &set);
}

/* A byte as it is written; or as a capital, too. */
static inline uint16_t node_letter(struct reader *r, size_t at, unsigned char byte)
{
	return r->caseless ? node_folded(r, at, byte) : node_byte(r, at, byte);
}

static uint16_t read_escape(struct reader *r, size_t at)
{
	struct byte_set set = { 0 };
	int letter = peek(r, 0);

	if (letter >= 0 && set_class(&set, letter)) {
		r->at++;
		return node_bytes(r, at, &set);
	}
	if (letter == 'b' || letter == 'B' || letter == 'A') {
		r->at++;
		return node_new(r, REGEX_EMPTY, at);
	}
	if (letter == 'z') {
		r->at++;
		return node_new(r, REGEX_END, at);
	}
	int byte = read_escaped_byte(r);
	if (byte < 0)
		return refuse_at(r, at, letter == 'K' ? "\\K moves the match and defeats the proof of who is blamed" :
				 letter >= '0' && letter <= '9' ? "backreferences are not allowed in patterns" :
				 "this escape is not allowed in patterns");
	return node_letter(r, at, (unsigned char)byte);
}

/* One byte of a class, or -1 after adding a whole class such as \d, or -2 refused. */
static int read_class_item(struct reader *r, struct byte_set *set)
{
	int c = peek(r, 0);

	if (c == '[' && (peek(r, 1) == ':' || peek(r, 1) == '.' || peek(r, 1) == '=')) {
		refuse_at(r, r->at, "write the bytes of the class out instead of [:name:]");
		return -2;
	}
	size_t at = r->at++;
	if (c != '\\')
		return c;
	c = peek(r, 0);
	if (c >= 0 && set_class(set, c)) {
		r->at++;
		return -1;
	}
	int byte = read_escaped_byte(r);
	if (byte < 0) {
		refuse_at(r, at, "this escape is not allowed in a class");
		return -2;
	}
	return byte;
}

static uint16_t read_class(struct reader *r, size_t at)
{
	struct byte_set set = { 0 };
	bool inverted = take(r, '^');

	for (bool first = true; first || peek(r, 0) != ']'; first = false) {
		if (peek(r, 0) < 0)
			return refuse_at(r, at, "the class is not closed by ]");
		int low = read_class_item(r, &set);
		if (low == -2)
			return REGEX_NONE;
		if (low < 0)
			continue;
		int high = low;
		if (peek(r, 0) == '-' && peek(r, 1) >= 0 && peek(r, 1) != ']') {
			r->at++;
			high = read_class_item(r, &set);
			if (high < low)
				return refuse_at(r, at, "a range of the class runs backwards");
		}
		byte_set_add_range(&set, low, high);
	}
	r->at++;
	if (r->caseless)
		set_fold(&set);
	if (inverted)
		byte_set_invert(&set);
	return node_bytes(r, at, &set);
}

const char *const regex_captures[CAPTURES] = {
	[CAPTURE_ADDR] = "addr", [CAPTURE_COUNT] = "count", [CAPTURE_SESSION] = "session", [CAPTURE_ACCOUNT] = "account",
	[CAPTURE_ALIAS] = "alias", [CAPTURE_QUEUE] = "queue", [CAPTURE_PASSWORD] = "password", [CAPTURE_SENDER] = "sender",
	[CAPTURE_VIA] = "via",
};

/* An address as pattern files mostly write it, up to its ")": any run of an address's bytes that is not too short or too
 * long for one. That is more than it says, and a tenth of the nodes. */
static uint16_t read_plain_addr(struct reader *r, size_t at)
{
	uint16_t sequence = node_new(r, REGEX_SEQUENCE, at), first, more, run;
	struct byte_set set = { 0 };

	byte_set_add_range(&set, '0', ':');
	byte_set_add_range(&set, 'A', 'F');
	byte_set_add_range(&set, 'a', 'f');
	first = node_bytes(r, at, &set);
	byte_set_add(&set, '.');
	more = node_bytes(r, at, &set);
	run = more ? node_wrap(r, REGEX_REPEAT, at, more) : REGEX_NONE;
	if (!sequence || !first || !run)
		return REGEX_NONE;
	r->at = at + sizeof(REGEX_ADDR_TEXT) - sizeof(")");
	r->regex->nodes[run].min = 1;
	r->regex->nodes[run].max = REGEX_ADDR_BYTES_MAX - 1;
	r->regex->nodes[sequence].child = first;
	r->regex->nodes[first].next = run;
	return sequence;
}

static uint16_t read_capture(struct reader *r, size_t at, uint8_t capture)
{
	bool plain = capture == CAPTURE_ADDR && text_starts((struct text){ r->text.at + at, r->text.len - at }, TEXT(REGEX_ADDR_TEXT));
	uint16_t child = plain ? read_plain_addr(r, at) : read_choice(r);

	if (r->in_lookahead)
		return refuse_at(r, at, "what is captured cannot stand in a lookahead");
	if (capture == CAPTURE_ADDR && r->regex->captures[capture])
		return refuse_at(r, at, "<addr> stands twice: write two match lines");
	uint16_t node = node_wrap(r, REGEX_CAPTURE, at, child);
	if (node)
		r->regex->nodes[node].capture = capture;
	r->regex->captures[capture] = node;
	if (capture == CAPTURE_ADDR)
		r->regex->addr_plain = plain;
	return node;
}

/* The capture that a group is, behind its question mark; CAPTURES: none of those. */
static uint8_t take_capture(struct reader *r)
{
	size_t at = r->at;
	uint8_t capture = take(r, '<') ? 0 : CAPTURES;

	while (capture < CAPTURES && !(take_word(r, text_of(regex_captures[capture])) && take(r, '>'))) {
		r->at = at + 1;
		capture++;
	}
	if (capture == CAPTURES)
		r->at = at;
	return capture;
}

static uint16_t read_lookahead(struct reader *r, size_t at)
{
	bool outer = r->in_lookahead;

	r->in_lookahead = true;
	read_choice(r);
	r->in_lookahead = outer;
	return node_new(r, REGEX_EMPTY, at);
}

static uint16_t read_group_kind(struct reader *r, size_t at)
{
	uint8_t capture;

	if (take(r, '*'))
		return refuse_at(r, at, "(*VERBS) are not allowed in patterns");
	if (!take(r, '?') || take(r, ':'))
		return read_choice(r);
	if (take(r, '>')) {
		r->regex->atomic = true;
		return read_choice(r);
	}
	if (take_word(r, TEXT("i:"))) {
		r->caseless = true;
		return read_choice(r);
	}
	if ((capture = take_capture(r)) < CAPTURES)
		return read_capture(r, at, capture);
	if (take(r, '=') || take(r, '!'))
		return read_lookahead(r, at);
	int c = peek(r, 0);
	if (take_word(r, TEXT("<=")) || take_word(r, TEXT("<!")))
		return refuse_at(r, at, "lookbehind is not allowed in patterns");
	if (c == '(')
		return refuse_at(r, at, "conditionals are not allowed in patterns");
	if (c == 'C')
		return refuse_at(r, at, "callouts are not allowed in patterns");
	if (c == 'R' || c == '&' || (c >= '0' && c <= '9'))
		return refuse_at(r, at, "recursion is not allowed in patterns");
	return refuse_at(r, at, "this kind of group is not allowed in patterns; (?:...) (?i:...) (?=...) (?!...) are");
}

static uint16_t read_group(struct reader *r, size_t at)
{
	bool caseless = r->caseless;
	uint16_t node;

	if (r->depth == DEPTH_MAX)
		return refuse_at(r, at, "groups are nested too deeply");
	r->depth++;
	node = read_group_kind(r, at);
	r->depth--;
	r->caseless = caseless;
	if (r->regex->error)
		return REGEX_NONE;
	if (!take(r, ')'))
		return refuse_at(r, at, "the group is not closed by )");
	return node;
}

static uint16_t read_atom(struct reader *r)
{
	static const struct byte_set any = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	size_t at = r->at;
	int c = peek(r, 0);

	r->at++;
	switch (c) {
	case '(':
		return read_group(r, at);
	case '[':
		return read_class(r, at);
	case '\\':
		return read_escape(r, at);
	case '^':
		return node_new(r, REGEX_EMPTY, at);
	case '$':
		return node_new(r, REGEX_END, at);
	case '.':
		return node_bytes(r, at, &any);
	case '*': case '+': case '?':
		return refuse_at(r, at, "nothing to repeat here");
	case '{':	/* a literal to some versions of PCRE2, a repeat to others */
		return refuse_at(r, at, "write \\{ for a brace, or a repeat as {3} {3,} {3,5}");
	default:
		return node_letter(r, at, (unsigned char)c);
	}
}

static bool read_number(struct reader *r, unsigned *number)
{
	if (peek(r, 0) < '0' || peek(r, 0) > '9')
		return false;
	for (*number = 0; peek(r, 0) >= '0' && peek(r, 0) <= '9'; r->at++) {
		*number = *number * 10 + (unsigned)(peek(r, 0) - '0');
		if (*number > COUNT_MAX)
			return false;
	}
	return true;
}

/* {3} {3,} {3,5}; anything else is refused by read_atom(). */
static bool read_braces(struct reader *r, unsigned *min, unsigned *max)
{
	size_t start = r->at;

	if (take(r, '{') && read_number(r, min)) {
		*max = *min;
		if (take(r, ',') && !read_number(r, max))
			*max = REGEX_MANY;
		if (take(r, '}'))
			return true;
	}
	r->at = start;
	return false;
}

static bool read_bounds(struct reader *r, unsigned *min, unsigned *max)
{
	int c = peek(r, 0);

	if (c == '{')
		return read_braces(r, min, max);
	if (c != '*' && c != '+' && c != '?')
		return false;
	r->at++;
	*min = c == '+';
	*max = c == '?' ? 1 : REGEX_MANY;
	return true;
}

static uint16_t read_piece(struct reader *r)
{
	size_t at = r->at;
	uint16_t first = r->regex->count, node = read_atom(r);
	unsigned min, max;

	while (node && read_bounds(r, &min, &max)) {
		if (take(r, '+'))
			r->regex->atomic = true;
		else
			take(r, '?');
		if (max < min)
			return refuse_at(r, at, "the repeat's upper bound is below its lower one");
		node = node_wrap(r, REGEX_REPEAT, at, node);
		if (node) {
			r->regex->nodes[node].min = (uint16_t)min;
			r->regex->nodes[node].max = (uint16_t)max;
		}
		if (max == REGEX_MANY) {
			r->regex->endless_twice = r->regex->endless_twice || r->endless >= first;
			r->endless = node;
		}
	}
	if (node)
		r->regex->nodes[node].end = (uint16_t)r->at;
	return node;
}

static uint16_t read_sequence(struct reader *r)
{
	uint16_t sequence = node_new(r, REGEX_SEQUENCE, r->at), last = REGEX_NONE;

	if (take_word(r, TEXT("(?i)")))
		r->caseless = true;
	for (int c; sequence && (c = peek(r, 0)) >= 0 && c != '|' && c != ')';) {
		uint16_t piece = read_piece(r);

		if (piece == REGEX_NONE)
			return REGEX_NONE;
		if (last)
			r->regex->nodes[last].next = piece;
		else
			r->regex->nodes[sequence].child = piece;
		last = piece;
	}
	return sequence;
}

static uint16_t read_choice(struct reader *r)
{
	uint16_t choice = node_new(r, REGEX_CHOICE, r->at), last = REGEX_NONE;

	do {
		uint16_t branch = choice ? read_sequence(r) : REGEX_NONE;

		if (branch == REGEX_NONE)
			return REGEX_NONE;
		if (last)
			r->regex->nodes[last].next = branch;
		else
			r->regex->nodes[choice].child = branch;
		last = branch;
	} while (take(r, '|'));
	return r->regex->error ? REGEX_NONE : choice;
}

/* No byte of the text makes more than two nodes, a "(" being a choice and a sequence; nor do the text's begin and end. */
bool regex_parse(struct regex *regex, struct text text)
{
	struct reader reader = { .regex = regex, .text = text };
	size_t room = 2 * text.len + 4;

	*regex = (struct regex){ .count = 1, .room = (uint16_t)(room < NODES_MAX ? room : NODES_MAX) };
	regex->nodes = text.len <= REGEX_BYTES_MAX ? malloc(regex->room * sizeof(*regex->nodes)) : NULL;
	if (!regex->nodes) {
		refuse_at(&reader, 0, "the pattern is too large");
		return false;
	}
	regex->root = read_choice(&reader);
	if (regex->root && reader.at < text.len)
		refuse_at(&reader, reader.at, "a ) that closes nothing");
	return !regex->error;
}

void regex_shrink(struct regex *regex)
{
	struct regex_node *nodes = regex->nodes ? reallocarray(regex->nodes, regex->count, sizeof(*nodes)) : NULL;

	if (nodes)
		regex->nodes = nodes;
}

void regex_fini(struct regex *regex)
{
	free(regex->nodes);
	free(regex->sets);
	*regex = (struct regex){ 0 };
}

bool regex_nullable(const struct regex *regex, uint16_t node)
{
	const struct regex_node *n = &regex->nodes[node];

	switch (n->kind) {
	case REGEX_EMPTY:
	case REGEX_END:
		return true;
	case REGEX_BYTES:
		return false;
	case REGEX_REPEAT:
		return n->min == 0 || regex_nullable(regex, n->child);
	case REGEX_CHOICE:
		for (uint16_t c = n->child; c; c = regex->nodes[c].next)
			if (regex_nullable(regex, c))
				return true;
		return false;
	case REGEX_SEQUENCE:
	case REGEX_CAPTURE:
		for (uint16_t c = n->child; c; c = regex->nodes[c].next)
			if (!regex_nullable(regex, c))
				return false;
		return true;
	}
	return true;
}

void regex_first(const struct regex *regex, uint16_t node, struct byte_set *set)
{
	const struct regex_node *n = &regex->nodes[node];

	if (n->kind == REGEX_BYTES) {
		struct byte_set own = regex_set(regex, n);

		byte_set_add_all(set, &own);
	}
	for (uint16_t c = n->child; c; c = regex->nodes[c].next) {
		regex_first(regex, c, set);
		if (n->kind == REGEX_SEQUENCE && !regex_nullable(regex, c))
			break;
	}
}
