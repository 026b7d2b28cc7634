/* place - where an address is: the unit that is counted and banned, and what is around it
 *
 *			unit		net	region	hoods
 *	IPv4		/32		/24	/16	/24
 *	IPv6		/ipv6_prefix	/64	/40	/56, /48
 *
 * The net is where a customer is known again, the region what a provider moves him about in, the hoods are banned for what
 * their units did. What is not wider than the unit is no hood. */
#ifndef MAILWARD_PLACE_H
#define MAILWARD_PLACE_H

#include "conf/conf.h"

#define PLACE_HOODS 2

struct place {
	struct prefix unit, net, region;
	struct prefix hoods[PLACE_HOODS];	/* the widest last */
	unsigned hood_count;
};

/* unit_of - what an address is counted and banned under: as a rule its prefix_of(). Where somebody in that is allowed (the
 * server's own address is, in a network that its provider shares out), and it is not, itself alone. */
struct prefix unit_of(const struct conf *conf, const struct addr *addr);

struct place place_of(const struct conf *conf, const struct addr *addr);

/* place_of_unit - the same for what is known of it only as a unit */
struct place place_of_unit(const struct prefix *unit);

/* place_stranger - the network that counts as one who tries a name */
const struct prefix *place_stranger(const struct place *place);

#endif
