/* told - see told.h. Owns the cache of attempts; knows hashes and numbers alone. */
#include "judge/told.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

int told_init(struct told *told)
{
	memset(told, 0, sizeof(*told));
	return getrandom(&told->seed, sizeof(told->seed), 0) == (ssize_t)sizeof(told->seed) ? 0 : -errno;
}

static uint64_t who_is(const struct told *told, const struct addr *addr)
{
	uint64_t hash = addr_hash(addr, told->seed);

	return hash ? hash : 1;
}

static struct attempt_told *bucket(struct told *told, uint64_t who)
{
	return &told->slots[who % (TOLD_SLOTS / TOLD_WAYS) * TOLD_WAYS];
}

static void touch(struct told *told, const struct attempt_told *slot)
{
	size_t at = (size_t)(slot - told->slots);

	told->dirty[at / 64] |= UINT64_C(1) << at % 64;
}

/* Is it the same account? One of the two may have said it without its domain. */
static bool of_one_account(const struct attempt_told *slot, const struct telling *telling)
{
	return slot->account && telling->account &&
	       (slot->account == telling->account || slot->account == telling->local || slot->local == telling->account);
}

static bool in_one_session(const struct attempt_told *slot, const struct telling *telling)
{
	return slot->session && slot->session == telling->session;
}

/* Can the line be about that attempt at all? */
static bool is_near(const struct attempt_told *slot, const struct telling *telling)
{
	int64_t apart_ms = llabs(telling->time_ms - slot->time_ms);

	if (in_one_session(slot, telling))
		return apart_ms <= TOLD_SESSION_MS;
	return apart_ms <= TOLD_LIFE_MS && (!slot->account || !telling->account || of_one_account(slot, telling));
}

/* The teller's own mark in an attempt, or a free one; NULL: it cannot be his, since another front has told of it. */
static struct told_by *mark_in(struct attempt_told *slot, const struct telling *telling)
{
	struct told_by *free_mark = NULL;

	for (unsigned i = 0; i < TOLD_TELLERS; i++) {
		struct told_by *by = &slot->by[i];

		if (by->teller == telling->teller)
			return by;
		if (!by->teller)
			free_mark = free_mark ? free_mark : by;
		else if (by->front && !telling->back && !in_one_session(slot, telling))
			return NULL;
	}
	return free_mark;
}

/* How many of the attempts that others have told does this line tell again? The oldest first. */
static uint32_t match_up(struct told *told, struct attempt_told *slots, uint64_t who, const struct telling *telling, uint32_t attempts)
{
	uint32_t again = 0;

	while (again < attempts) {
		struct attempt_told *oldest = NULL;
		struct told_by *by;

		for (unsigned i = 0; i < TOLD_WAYS; i++) {
			struct attempt_told *slot = &slots[i];

			if (slot->who != who || !is_near(slot, telling) || (oldest && slot->time_ms >= oldest->time_ms))
				continue;
			by = mark_in(slot, telling);
			if (by && (!by->teller || by->count < slot->count))
				oldest = slot;
		}
		if (!oldest)
			break;
		by = mark_in(oldest, telling);
		uint32_t left = oldest->count - (by->teller ? by->count : 0U), more = attempts - again < left ? attempts - again : left;

		*by = (struct told_by){ telling->teller, ((by->teller ? by->count : 0U) + more) & 0x7fffU, !telling->back };
		/* What ends the session may name neither: it is the front's session, and the account of whoever knew it. */
		if (telling->session && (!telling->back || !oldest->session))
			oldest->session = telling->session;
		if (!oldest->account) {
			oldest->account = telling->account;
			oldest->local = telling->local;
		}
		again += more;
		touch(told, oldest);
	}
	return again;
}

uint32_t told_again(struct told *told, const struct telling *telling, uint32_t attempts)
{
	uint64_t who = who_is(told, &telling->addr);
	struct attempt_told *slots = bucket(told, who), *oldest = slots;
	uint32_t again = match_up(told, slots, who, telling, attempts);
	uint32_t fresh = attempts - again < 0x7fff ? attempts - again : 0x7fff;

	if (!fresh)
		return again;
	for (unsigned i = 1; i < TOLD_WAYS; i++)
		if (oldest->who && (!slots[i].who || slots[i].time_ms < oldest->time_ms))
			oldest = &slots[i];
	*oldest = (struct attempt_told){ .who = who, .time_ms = telling->time_ms, .account = telling->account,
		.local = telling->local, .session = telling->session, .rule = telling->rule, .count = (uint16_t)fresh,
		.by = { { telling->teller, fresh & 0x7fffU, !telling->back } } };
	touch(told, oldest);
	return again;
}

bool told_wrongly(struct told *told, const struct telling *login, struct attempt_told *attempt)
{
	uint64_t who = who_is(told, &login->addr);
	struct attempt_told *slots = bucket(told, who);

	for (unsigned i = 0; i < TOLD_WAYS; i++) {
		struct attempt_told *slot = &slots[i];
		bool same = of_one_account(slot, login);
		bool other = slot->account && login->account && !same;	/* a guesser may have an account of his own */

		if (slot->who != who || other || !is_near(slot, login) || !(same || in_one_session(slot, login)))
			continue;
		*attempt = *slot;
		*slot = (struct attempt_told){ 0 };
		touch(told, slot);
		return true;
	}
	return false;
}

void told_forget(struct told *told, uint32_t account)
{
	for (unsigned i = 0; i < TOLD_SLOTS; i++) {
		struct attempt_told *slot = &told->slots[i];

		if (!slot->who || (slot->account != account && slot->local != account))
			continue;
		*slot = (struct attempt_told){ 0 };
		touch(told, slot);
	}
}

void told_restore(struct told *told, uint32_t at, const struct attempt_told *saved)
{
	told->slots[at] = *saved;
}
