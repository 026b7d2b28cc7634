/* tails - the files of one log that are open, and the marks of those that were let go. Owns both. Never logs. */
#include "source/tails.h"

#include <string.h>

#include "base/text.h"

#define EDITED_AFTER_MS 60000	/* a log younger than that may begin again in the same second */

size_t tails_index(const struct tails *tails, dev_t device, uint64_t inode)
{
	size_t i = 0;

	while (i < tails->count && (tails->at[i]->device != device || tails->at[i]->mark.inode != inode))
		i++;
	return i;
}

void tails_add(struct tails *tails, struct tail *tail)
{
	tails->at[tails->count++] = tail;
}

static bool comes_before(struct tail *tail, struct tail *other, const struct tail *present)
{
	return other == present || (other->mark.end == 0 && tail_older(tail, other));
}

void tails_add_between(struct tails *tails, struct tail *tail, const struct tail *present)
{
	size_t i;

	for (i = tails->count++; i > 0 && comes_before(tail, tails->at[i - 1], present); i--)
		tails->at[i] = tails->at[i - 1];
	tails->at[i] = tail;
}

void tails_put(struct tails *tails, size_t i, struct tail *tail)
{
	memmove(tails->at + i + 1, tails->at + i, (tails->count++ - i) * sizeof(*tails->at));
	tails->at[i] = tail;
}

static struct tail *take_out(struct tails *tails, size_t i)
{
	struct tail *tail = tails->at[i];

	memmove(tails->at + i, tails->at + i + 1, (--tails->count - i) * sizeof(*tails->at));
	return tail;
}

void tails_renew(struct tails *tails, size_t i)
{
	tails_add(tails, take_out(tails, i));
}

/* Stands for the first bytes of a file; 0: they are too few. */
static uint32_t head_of(const struct mark *mark)
{
	return mark->head_len < MARK_BYTES ? 0 : text_hash((struct text){ mark->head, MARK_BYTES });
}

static bool is_past(const struct tails *tails, const struct mark *mark)
{
	uint32_t head = head_of(mark);
	bool is = false;

	for (size_t i = 0; i < TAILS_PAST && head; i++)
		is |= tails->past.heads[i] == head;
	return is;
}

void tails_let_go(struct tails *tails, size_t i)
{
	uint32_t head = head_of(&tails->at[i]->mark);

	if (head && !is_past(tails, &tails->at[i]->mark))
		tails->past.heads[tails->past.count++ % TAILS_PAST] = head;
	tails->gone[tails->gone_count++ % TAILS_GONE] = tail_mark(tails->at[i]);
	tail_free(take_out(tails, i));
}

static size_t gone_count(const struct tails *tails)
{
	return tails->gone_count < TAILS_GONE ? tails->gone_count : TAILS_GONE;
}

bool tails_know(const struct tails *tails, const struct tail *tail)
{
	bool known = tails_index(tails, tail->device, tail->mark.inode) < tails->count || is_past(tails, &tail->mark);

	for (size_t i = 0; i < tails->count && !known; i++)
		known = tail_look(tails->at[i]) && (tail_alike(tail, tails->at[i]) || tail_fits(tail, &tails->at[i]->mark));
	for (size_t i = 0; i < gone_count(tails) && !known; i++)
		known = tail_fits(tail, &tails->gone[i]);
	return known;
}

bool tails_origin(const struct tails *tails, size_t at, struct mark *mark)
{
	*mark = (struct mark){ .end = 0 };
	for (size_t i = 0; i < gone_count(tails) + tails->count; i++) {
		struct mark other;

		if (i == gone_count(tails) + at)
			continue;
		other = i < gone_count(tails) ? tails->gone[i] : tail_mark(tails->at[i - gone_count(tails)]);
		if (other.last_len == MARK_BYTES && other.end > mark->end && tail_fits(tails->at[at], &other))
			*mark = other;
	}
	return mark->end > 0;
}

/* Does it begin as one that was let go? */
static bool is_put_back(const struct tails *tails, const struct mark *mark)
{
	bool is = false;

	for (size_t i = 0; i < gone_count(tails) && mark->head_len == MARK_BYTES; i++)
		is |= tails->gone[i].head_len == MARK_BYTES && memcmp(tails->gone[i].head, mark->head, MARK_BYTES) == 0;
	return is;
}

/* Up to the first blank, which most stamps end with: of two files that began within a millisecond it tells which was first. */
static bool begins_alike(const struct mark *mark, const struct mark *other)
{
	size_t len = 0;

	while (len < mark->head_len && mark->head[len] != ' ')
		len++;
	return len <= other->head_len && memcmp(mark->head, other->head, len) == 0;
}

bool tails_is_edited(const struct tails *tails, size_t at, int64_t last_ms)
{
	int64_t begin_ms = tails->at[at]->mark.begin_ms;
	struct mark before;
	struct stat st;

	if (begin_ms == RECORD_NO_TIME || begin_ms + EDITED_AFTER_MS > last_ms || fstat(tails->at[at]->fd, &st) < 0)
		return false;
	if (is_put_back(tails, &tails->at[at]->mark))
		return true;
	if (at > 0)
		before = tail_mark(tails->at[at - 1]);
	else if (tails->gone_count > 0)
		before = tails->gone[(tails->gone_count - 1) % TAILS_GONE];
	else
		return false;
	if (begin_ms == before.begin_ms && !begins_alike(&tails->at[at]->mark, &before))
		return false;
	return begin_ms <= before.begin_ms && (uint64_t)st.st_size >= before.end / 2;
}

static void shift_begin(struct mark *mark, int64_t step_ms)
{
	if (mark->begin_ms != RECORD_NO_TIME)
		mark->begin_ms += step_ms;
}

void tails_shift(struct tails *tails, const struct clock_set *set)
{
	for (size_t i = 0; i < tails->count; i++) {
		shift_begin(&tails->at[i]->mark, set->moved ? 0 : set->step_ms);
		tails->at[i]->set = *set;
	}
	for (size_t i = 0; i < gone_count(tails); i++)
		shift_begin(&tails->gone[i], set->moved ? 0 : set->step_ms);
}

/* No more can be opened: who goes first? A writer rather stays at a file with lines than at an empty one that was followed. */
static bool makes_room(const struct tails *tails, size_t i)
{
	for (size_t older = 0; older + 1 < tails->count; older++)
		if (!tails->at[older]->packed && !tail_look(tails->at[older]))
			return older == i;
	return true;
}

bool tails_is_done(const struct tails *tails, size_t i)
{
	size_t newer_lines = 0;
	struct stat st;
	bool left = false;

	for (size_t newer = i + 1; newer < tails->count; newer++) {
		newer_lines += tails->at[newer]->mark.end > 0;
		left |= tails->at[newer]->mark.end > tails->at[newer]->known_bytes;
	}
	if (tails->count >= TAILS_MAX - 1 && makes_room(tails, i))
		return true;
	return left && (newer_lines >= TAILS_KEPT || fstat(tails->at[i]->fd, &st) < 0 || st.st_nlink == 0);
}
