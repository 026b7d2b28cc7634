/* addr - IP addresses and prefixes as plain values
 *
 * One form for both families: 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2),
 * so that "an IPv4-mapped IPv6 address is the IPv4 address" holds by construction
 * and one table serves both. A prefix length counts in that 128-bit space; people
 * and nftables see the family's own length (IPv4 /24 is stored as 120).
 * Never resolves a name, never logs. */
#ifndef MAILWARD_ADDR_H
#define MAILWARD_ADDR_H

#include "base/text.h"

struct addr {
	uint8_t bytes[16];
};

struct prefix {
	struct addr addr;	/* bits past len are zero */
	uint8_t len;		/* 0..128; IPv4: 96..128 */
};

/* longest forms, with the NUL: "ffff:...:255.255.255.255", the same with "/128" */
#define ADDR_FMT_SIZE 46
#define PREFIX_FMT_SIZE 50

/* addr_parse - text to address
 * Takes dotted IPv4 (four decimal parts, no leading zeros) and RFC 4291 IPv6, no zone, no brackets.
 * Returns false for anything else; *addr is then untouched. Cost: no system call. */
bool addr_parse(struct text text, struct addr *addr);

/* addr_may_hold - can an address hold this byte? */
static inline bool addr_may_hold(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/* addr_read - the address that the text begins with; all bytes that may be of an address belong to it, or there is
 * none */
bool addr_read(struct text text, struct addr *addr);

bool addr_is_v4(const struct addr *addr);

/* addr_is_banworthy - may this address ever be blamed: not unspecified, loopback, multicast, broadcast or link-local */
bool addr_is_banworthy(const struct addr *addr);

/* addr_is_private - of a network of one's own: RFC 1918, RFC 4193 */
bool addr_is_private(const struct addr *addr);

int addr_cmp(const struct addr *a, const struct addr *b);

/* addr_fmt - RFC 5952 text; size at least ADDR_FMT_SIZE. Returns dst. */
char *addr_fmt(char *dst, size_t size, const struct addr *addr);

/* addr_mask - the address with all bits past len (0..128) cleared */
struct addr addr_mask(const struct addr *addr, unsigned len);

/* addr_last - the last address of a prefix: all bits past len set */
struct addr addr_last(const struct prefix *prefix);

/* addr_next, addr_prev - the neighbour; false: there is none, and *addr has come round to the other end */
bool addr_next(struct addr *addr);
bool addr_prev(struct addr *addr);

/* addr_hash - keyed hash of an address; the seed is random per process, so nobody outside can aim at a bucket */
uint64_t addr_hash(const struct addr *addr, uint64_t seed);

/* prefix_parse - "ADDR" or "ADDR/LEN", LEN in the family's own count
 * strict: host bits set past LEN are refused; otherwise they are cleared.
 * Returns NULL when parsed, else what is wrong with it, a static text: "has bits set past its length", ... */
const char *prefix_parse(struct text text, bool strict, struct prefix *prefix);

/* prefix_fmt - a host without a length, a network with one in the family's own count */
char *prefix_fmt(char *dst, size_t size, const struct prefix *prefix);

/* prefix_of - the counting unit of an address: IPv4 the host, IPv6 its network of ipv6_prefix bits (1..128) */
struct prefix prefix_of(const struct addr *addr, unsigned ipv6_prefix);

/* addr_untranslate - the IPv4 address that a translator (NAT64, SIIT; RFC 6052) has put into one of these /96
 * heads: addresses whose last 32 bits are 0. *addr becomes it; false: it is in none of them, and stays as it is */
bool addr_untranslate(struct addr *addr, const struct addr *heads, size_t count);

/* prefix_untranslate - the same of a network, if it is no wider than the /96 */
bool prefix_untranslate(struct prefix *prefix, const struct addr *heads, size_t count);

/* prefix_valid - are the bytes of a struct prefix from outside one that prefix_parse() or prefix_of() can make? */
bool prefix_valid(const struct prefix *prefix);

/* prefix_contains - is the address in it? An IPv6 network holds no IPv4 address, though ::ffff:0:0/96 is within ::/64 */
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);

/* prefix_holds - is all of the other in it? So it is in itself. */
static inline bool prefix_holds(const struct prefix *prefix, const struct prefix *other)
{
	return other->len >= prefix->len && prefix_contains(prefix, &other->addr);
}

#endif
