/* place - see place.h. Arithmetic; owns nothing. */
#include "judge/place.h"

static struct prefix around(const struct prefix *unit, uint8_t len)
{
	if (len > unit->len)
		len = unit->len;
	return (struct prefix){ addr_mask(&unit->addr, len), len };
}

struct place place_of_unit(const struct prefix *unit)
{
	bool v4 = addr_is_v4(&unit->addr);
	const uint8_t hoods[PLACE_HOODS] = { v4 ? 96 + 24 : 56, v4 ? 0 : 48 };
	struct place place = { .unit = *unit, .net = around(unit, v4 ? 96 + 24 : 64), .region = around(unit, v4 ? 96 + 16 : 40) };

	for (unsigned i = 0; i < PLACE_HOODS; i++)
		if (hoods[i] && hoods[i] < unit->len)
			place.hoods[place.hood_count++] = around(unit, hoods[i]);
	return place;
}

struct prefix unit_of(const struct conf *conf, const struct addr *addr)
{
	struct prefix host = { *addr, 128 }, unit = prefix_of(addr, conf->policy.ipv6_prefix);

	if (unit.len < 128 && ranges_touch(&conf->allow, &unit) && !ranges_touch(&conf->allow, &host))
		return host;
	return unit;
}

struct place place_of(const struct conf *conf, const struct addr *addr)
{
	struct prefix unit = unit_of(conf, addr);

	return place_of_unit(&unit);
}

const struct prefix *place_stranger(const struct place *place)
{
	return place->hood_count ? &place->hoods[place->hood_count - 1] : &place->unit;
}
