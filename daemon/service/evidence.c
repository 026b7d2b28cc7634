/* evidence - see evidence.h. A row is the key, the time, the thought and the text, in that order. */
#include "service/evidence.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define DAY_MS INT64_C(86400000)
#define FORGET_MAX 16

struct evidence {
	struct evidence_line lines[EVIDENCE_RECENT];
	uint64_t count;			/* of all there ever were; the last ones are in lines, a ring */
	uint64_t lost;
	int64_t keep_ms;
	uint32_t next;			/* the number of the next row */
	int64_t expired_ms;		/* when old rows were last thrown away */
	struct prefix forget[FORGET_MAX];	/* to be thrown away with the next snapshot */
	size_t forget_count;
};

/* STORED as it is, in the machine's byte order, but for the time: FORM changes with it. */
struct row {
	uint8_t key[STORE_KEY_BYTES], time[STORE_TIME_BYTES];
	uint8_t padding;
	uint16_t rule_bytes;
	uint32_t halves, networks, why;
	char text[EVIDENCE_TEXT_BYTES];
};
_Static_assert(offsetof(struct row, text) == 40 && STORE_KEY_BYTES == sizeof(struct prefix), "saved as it is");

struct evidence *evidence_new(uint32_t keep_s)
{
	struct evidence *evidence = keep_s ? calloc(1, sizeof(*evidence)) : NULL;

	if (evidence) {
		evidence->next = 1;
		evidence->keep_ms = keep_s * INT64_C(1000);
	}
	return evidence;
}

void evidence_free(struct evidence *evidence)
{
	free(evidence);
}

static struct evidence_line *line_at(struct evidence *evidence, uint64_t i)
{
	return &evidence->lines[i % EVIDENCE_RECENT];
}

static uint64_t first(const struct evidence *evidence)
{
	return evidence->count > EVIDENCE_RECENT ? evidence->count - EVIDENCE_RECENT : 0;
}

static size_t append(char *dst, size_t used, struct text text)
{
	size_t len = text.len < EVIDENCE_TEXT_BYTES - used ? text.len : EVIDENCE_TEXT_BYTES - used;

	if (len)
		memcpy(dst + used, text.at, len);
	return used + len;
}

void evidence_note(struct evidence *evidence, const struct prefix *unit, int64_t time_ms, const char *rule, const struct record *record,
		   const struct judge_thought *thought)
{
	struct evidence_line *line = line_at(evidence, evidence->count);
	char pid[16];
	size_t used;

	evidence->lost += evidence->count >= EVIDENCE_RECENT && line->number == 0;
	evidence->count++;
	line->unit = *unit;
	line->time_ms = time_ms;
	line->thought = *thought;
	line->number = 0;
	used = append(line->text, 0, text_of(rule));
	line->rule_bytes = (uint16_t)used;
	used = append(line->text, used, record->program);
	if (record->pid) {
		snprintf(pid, sizeof(pid), "[%u]", record->pid);
		used = append(line->text, used, text_of(pid));
	}
	if (record->program.len)
		used = append(line->text, used, TEXT(": "));
	line->text_bytes = (uint16_t)append(line->text, used, record->message);
}

void evidence_begin(struct evidence *evidence, uint32_t next)
{
	evidence->next = next;
	for (uint64_t i = first(evidence); i < evidence->count; i++)
		line_at(evidence, i)->number = 0;
}

/* The keys of all units in a network: they go by address, then by length. Only ::/64 and wider ones have all of IPv4 in between,
 * and no unit of theirs is behind it. */
static void keys_of(const struct prefix *prefix, struct prefix *from, struct prefix *to)
{
	static const struct addr before_ipv4 = { { [10] = 0xff, [11] = 0xfe, [12] = 0xff, [13] = 0xff, [14] = 0xff, [15] = 0xff } };

	*from = (struct prefix){ prefix->addr, 0 };
	*to = (struct prefix){ addr_last(prefix), 128 };
	if (!addr_is_v4(&prefix->addr) && addr_cmp(&prefix->addr, &before_ipv4) <= 0 && addr_cmp(&to->addr, &before_ipv4) > 0)
		to->addr = before_ipv4;
}

static void put_time(uint8_t *bytes, int64_t time_ms)
{
	for (unsigned i = 0; i < STORE_TIME_BYTES; i++)
		bytes[i] = (uint8_t)((uint64_t)time_ms >> (8 * (STORE_TIME_BYTES - 1 - i)));
}

static int64_t get_time(const uint8_t *bytes)
{
	uint64_t time_ms = 0;

	for (unsigned i = 0; i < STORE_TIME_BYTES; i++)
		time_ms = time_ms << 8 | bytes[i];
	return (int64_t)time_ms;
}

static void put(struct snapshot *snapshot, unsigned kind, const struct evidence_line *line)
{
	struct row row = { .rule_bytes = line->rule_bytes, .halves = line->thought.halves, .networks = line->thought.networks,
			   .why = line->thought.why };

	memcpy(row.key, &line->unit, sizeof(row.key));
	put_time(row.time, line->time_ms);
	memcpy(row.text, line->text, line->text_bytes);
	snapshot_put(snapshot, kind, line->number, &row, offsetof(struct row, text) + line->text_bytes);
	if (line->number > EVIDENCE_ROWS)
		snapshot_put(snapshot, kind, line->number - EVIDENCE_ROWS, NULL, 0);
}

void evidence_save(struct evidence *evidence, struct snapshot *snapshot, unsigned kind, int64_t now_ms)
{
	uint8_t before[STORE_TIME_BYTES];

	for (size_t i = 0; i < evidence->forget_count; i++) {
		struct prefix from, to;

		keys_of(&evidence->forget[i], &from, &to);
		snapshot_forget(snapshot, kind, &from, &to);
	}
	evidence->forget_count = 0;
	for (uint64_t i = first(evidence); i < evidence->count; i++) {
		struct evidence_line *line = line_at(evidence, i);

		if (line->text_bytes == 0 || (line->number && !snapshot_whole(snapshot)))
			continue;
		if (line->number == 0)
			line->number = evidence->next++;
		put(snapshot, kind, line);
	}
	if (now_ms - evidence->expired_ms < DAY_MS && now_ms >= evidence->expired_ms)
		return;
	evidence->expired_ms = now_ms;
	put_time(before, now_ms - evidence->keep_ms);
	snapshot_expire(snapshot, kind, before);
}

void evidence_forget(struct evidence *evidence, const struct prefix *prefix)
{
	for (uint64_t i = first(evidence); i < evidence->count; i++)
		if (prefix_holds(prefix, &line_at(evidence, i)->unit))
			line_at(evidence, i)->text_bytes = 0;
	if (evidence->forget_count < FORGET_MAX)
		evidence->forget[evidence->forget_count++] = *prefix;
}

/* ---- found again ---- */

struct finding {
	const struct prefix *prefix;
	evidence_fn *fn;
	void *arg;
	uint32_t latest;	/* the number of the last row that the store had */
};

static void found(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct finding *finding = arg;
	struct evidence_line line = { .number = number };
	struct row row;

	(void)kind, (void)version;
	if (len < offsetof(struct row, text) || len > sizeof(row))
		return;
	memcpy(&row, bytes, len);
	line.text_bytes = (uint16_t)(len - offsetof(struct row, text));
	line.rule_bytes = row.rule_bytes;
	if (line.rule_bytes > line.text_bytes)
		return;
	memcpy(&line.unit, row.key, sizeof(line.unit));
	line.time_ms = get_time(row.time);
	line.thought = (struct judge_thought){ row.halves, row.networks, row.why };
	memcpy(line.text, row.text, line.text_bytes);
	if (number > finding->latest)
		finding->latest = number;
	if (prefix_valid(&line.unit) && prefix_holds(finding->prefix, &line.unit))
		finding->fn(finding->arg, &line);
}

void evidence_find(struct evidence *evidence, struct store *store, unsigned kind, const struct prefix *prefix, unsigned count,
		   evidence_fn *fn, void *arg)
{
	struct finding finding = { prefix, fn, arg, 0 };
	struct prefix from, to;
	uint64_t i = evidence->count;
	unsigned recent = 0;

	keys_of(prefix, &from, &to);
	if (store && store_find(store, kind, &from, &to, count, found, &finding) < 0)
		finding.latest = 0;
	while (i > first(evidence) && recent < count)
		recent += prefix_holds(prefix, &line_at(evidence, --i)->unit);
	for (; i < evidence->count; i++) {
		const struct evidence_line *line = line_at(evidence, i);

		if (line->text_bytes && prefix_holds(prefix, &line->unit) && (line->number == 0 || line->number > finding.latest))
			fn(arg, line);
	}
}

uint64_t evidence_lost(const struct evidence *evidence)
{
	return evidence->lost;
}
