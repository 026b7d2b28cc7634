/* set - the number of a kernel set: for each family and prefix length there is one of bans, and one of the blocklists
 *
 * A length counts in the 128-bit space, as everywhere in here; people and nftables see the family's own. */
#ifndef MAILWARD_SET_H
#define MAILWARD_SET_H

#include "base/addr.h"

#define SET_COUNT (2 * 129U)
#define EACH_SET(id) for (unsigned id = 0; id < SET_COUNT; id++)

/* Of bans there are as many again for each service that has ports of its own: their numbers follow, service by service. */
#define BAN_SET_COUNT (SET_COUNT * 16)
#define EACH_BAN_SET(id) for (unsigned id = 0; id < BAN_SET_COUNT; id++)

static inline unsigned set_of_service(unsigned id, unsigned service)
{
	return id % SET_COUNT + service * SET_COUNT;
}

static inline unsigned set_service(unsigned id)
{
	return id / SET_COUNT;
}

static inline unsigned set_id(bool v4, unsigned len)
{
	return (v4 ? 129 : 0) + len;
}

static inline unsigned set_of(const struct prefix *prefix)
{
	return set_id(addr_is_v4(&prefix->addr), prefix->len);
}

static inline bool set_v4(unsigned id)
{
	return id % SET_COUNT >= 129;
}

static inline unsigned set_len(unsigned id)
{
	return id % 129;
}

/* set_own_len - the length as people count it */
static inline unsigned set_own_len(unsigned id)
{
	return set_v4(id) ? set_len(id) - 96 : set_len(id);
}

/* set_key - where an address's own bytes begin    set_key_len - how many there are */
static inline const uint8_t *set_key(bool v4, const struct addr *addr)
{
	return v4 ? addr->bytes + 12 : addr->bytes;
}

static inline size_t set_key_len(bool v4)
{
	return v4 ? 4 : 16;
}

#endif
