/* addr - see addr.h
 *
 * Owns nothing, allocates nothing. IPv4 is taken apart here, because every log line's address goes
 * through it; IPv6 by inet_pton(3), which wants a NUL and gets a copy. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>

static const uint8_t v4_head[12] = { [10] = 0xff, [11] = 0xff };

#define V4_BYTES_MAX 15

/* 0..255 without a leading zero (octal to some, decimal to others); returns what follows it, or NULL. */
static const char *v4_part(const char *p, uint8_t *out)
{
	unsigned value = (unsigned)*p++ - '0', digit;

	if (value > 9)
		return NULL;
	for (int more = 0; more < 2 && (digit = (unsigned)*p - '0') <= 9; more++, p++) {
		if (value == 0)
			return NULL;
		value = value * 10 + digit;
	}
	*out = (uint8_t)value;
	return value <= 255 ? p : NULL;
}

/* The dotted address that the text begins with: how many bytes it has, or 0. */
static size_t v4_read(struct text text, uint8_t *out)
{
	char copy[V4_BYTES_MAX + 1] = { 0 };
	const char *begin = text.at, *p;

	if (text.len < sizeof(copy))	/* so that no step need ask for the end */
		begin = memcpy(copy, text.at, text.len);
	p = begin;
	for (int part = 0; part < 4; part++) {
		if (part > 0 && *p++ != '.')
			return 0;
		p = v4_part(p, &out[part]);
		if (!p)
			return 0;
	}
	return (size_t)(p - begin);
}

/* Not in line: most logs have little of it, and the copy has to be made room for. */
__attribute__((noinline))
static bool v6_parse(struct text text, struct addr *addr)
{
	char copy[ADDR_FMT_SIZE];
	struct addr parsed;

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	if (strlen(copy) != text.len || inet_pton(AF_INET6, copy, parsed.bytes) != 1)
		return false;
	*addr = parsed;
	return true;
}

bool addr_parse(struct text text, struct addr *addr)
{
	uint8_t v4[4];

	if (text.len < 2)
		return false;
	if (v4_read(text, v4) != text.len)
		return v6_parse(text, addr);
	memcpy(addr->bytes, v4_head, sizeof(v4_head));
	memcpy(addr->bytes + sizeof(v4_head), v4, sizeof(v4));
	return true;
}

bool addr_read(struct text text, struct addr *addr)
{
	struct addr v4;
	size_t n = text.len ? v4_read(text, v4.bytes + sizeof(v4_head)) : 0;

	if (n > 0 && (n == text.len || !addr_may_hold(text.at[n]))) {
		memcpy(v4.bytes, v4_head, sizeof(v4_head));
		*addr = v4;
		return true;
	}
	while (n < text.len && addr_may_hold(text.at[n]))
		n++;
	return addr_parse((struct text){ text.at, n }, addr);
}

bool addr_is_v4(const struct addr *addr)
{
	return memcmp(addr->bytes, v4_head, sizeof(v4_head)) == 0;
}

bool addr_is_banworthy(const struct addr *addr)
{
	static const struct addr loopback6 = { { [15] = 1 } }, unspecified6;
	const uint8_t *b = addr->bytes;

	if (addr_is_v4(addr)) {
		b += sizeof(v4_head);
		return b[0] != 0 && b[0] != 127 && !(b[0] == 169 && b[1] == 254) &&
			(b[0] & 0xf0) != 0xe0 && (b[0] & b[1] & b[2] & b[3]) != 255;
	}
	return b[0] != 0xff && !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80) &&
		addr_cmp(addr, &loopback6) != 0 && addr_cmp(addr, &unspecified6) != 0;
}

bool addr_is_private(const struct addr *addr)
{
	const uint8_t *b = addr->bytes + sizeof(v4_head);

	if (!addr_is_v4(addr))
		return (addr->bytes[0] & 0xfe) == 0xfc;
	return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168);
}

int addr_cmp(const struct addr *a, const struct addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

char *addr_fmt(char *dst, size_t size, const struct addr *addr)
{
	bool v4 = addr_is_v4(addr);

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, addr->bytes + (v4 ? sizeof(v4_head) : 0), dst, (socklen_t)size) && size)
		*dst = '\0';
	return dst;
}

/* The byte that len cuts in two: its bits past len. */
static uint8_t host_bits(unsigned len)
{
	return (uint8_t)(0xff >> (len % 8));
}

struct addr addr_mask(const struct addr *addr, unsigned len)
{
	uint64_t half[2];
	struct addr masked;

	memcpy(half, addr->bytes, sizeof(half));
	half[0] &= htobe64(len >= 64 ? UINT64_MAX : ~(UINT64_MAX >> len));
	half[1] &= htobe64(len >= 128 ? UINT64_MAX : len > 64 ? ~(UINT64_MAX >> (len - 64)) : 0);
	memcpy(masked.bytes, half, sizeof(half));
	return masked;
}

struct addr addr_last(const struct prefix *prefix)
{
	struct addr last = prefix->addr;

	if (prefix->len < 128) {
		unsigned whole = prefix->len / 8U;
		last.bytes[whole] |= host_bits(prefix->len);
		memset(last.bytes + whole + 1, 0xff, sizeof(last.bytes) - whole - 1);
	}
	return last;
}

bool addr_next(struct addr *addr)
{
	for (size_t i = sizeof(addr->bytes); i-- > 0;)
		if (++addr->bytes[i] != 0)
			return true;
	return false;
}

bool addr_prev(struct addr *addr)
{
	for (size_t i = sizeof(addr->bytes); i-- > 0;)
		if (addr->bytes[i]-- != 0)
			return true;
	return false;
}

/* The halves of the product, folded. */
static uint64_t mix(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX), cross = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t other = (a & UINT32_MAX) * (b >> 32) + (cross & UINT32_MAX), high = (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32);
	return (other << 32 | (low & UINT32_MAX)) ^ high;
#endif
}

uint64_t addr_hash(const struct addr *addr, uint64_t seed)
{
	uint64_t high, low;

	memcpy(&high, addr->bytes, 8);
	memcpy(&low, addr->bytes + 8, 8);
	/* Folded multiplications, the seed in every factor: no factor can be made zero without knowing it. */
	uint64_t hash = mix(high ^ seed ^ 0xa0761d6478bd642fULL, low ^ (seed << 32 | seed >> 32) ^ 0xe7037ed1a0b428dbULL);
	return mix(hash ^ seed, 0x8ebc6af09c88c6e3ULL ^ seed);
}

/* 0..max, decimal, no leading zero. */
static bool len_parse(struct text text, unsigned max, unsigned *len)
{
	unsigned value = 0;

	if (text.len == 0 || text.len > 3 || (text.len > 1 && text.at[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text.at[i] - '0');
	}
	*len = value;
	return value <= max;
}

const char *prefix_parse(struct text text, bool strict, struct prefix *prefix)
{
	const char *slash = text.len ? memchr(text.at, '/', text.len) : NULL;
	struct text host = { text.at, slash ? (size_t)(slash - text.at) : text.len };
	bool dotted = host.len == 0 || !memchr(host.at, ':', host.len);
	struct addr addr;
	unsigned len = dotted ? 32 : 128;

	if (!addr_parse(host, &addr))
		return "is not an IP address";
	if (slash) {
		struct text tail = { slash + 1, text.len - host.len - 1 };
		if (!len_parse(tail, len, &len))
			return dotted ? "needs a length from 0 to 32" : "needs a length from 0 to 128";
	}
	if (dotted)
		len += 96;
	struct addr masked = addr_mask(&addr, len);
	if (strict && addr_cmp(&masked, &addr) != 0)
		return "has bits set past its length";
	static const struct addr v4_first = { { [10] = 0xff, [11] = 0xff } };
	struct addr v4_net = addr_mask(&v4_first, len);
	if (len < 96 && addr_cmp(&masked, &v4_net) == 0)
		return "would hold all of IPv4, too (all of public IPv6 is 2000::/3)";
	*prefix = (struct prefix){ masked, (uint8_t)len };
	return NULL;
}

char *prefix_fmt(char *dst, size_t size, const struct prefix *prefix)
{
	addr_fmt(dst, size, &prefix->addr);
	if (prefix->len < 128) {
		size_t used = strlen(dst);
		unsigned len = addr_is_v4(&prefix->addr) && prefix->len >= 96 ? prefix->len - 96U : prefix->len;
		snprintf(dst + used, size - used, "/%u", len);
	}
	return dst;
}

struct prefix prefix_of(const struct addr *addr, unsigned ipv6_prefix)
{
	if (addr_is_v4(addr))
		return (struct prefix){ *addr, 128 };
	return (struct prefix){ addr_mask(addr, ipv6_prefix), (uint8_t)ipv6_prefix };
}

bool addr_untranslate(struct addr *addr, const struct addr *heads, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (memcmp(addr->bytes, heads[i].bytes, sizeof(v4_head)) != 0)
			continue;
		memcpy(addr->bytes, v4_head, sizeof(v4_head));
		return true;
	}
	return false;
}

bool prefix_untranslate(struct prefix *prefix, const struct addr *heads, size_t count)
{
	return prefix->len >= 96 && addr_untranslate(&prefix->addr, heads, count);
}

bool prefix_valid(const struct prefix *prefix)
{
	if (prefix->len > 128)
		return false;
	struct addr masked = addr_mask(&prefix->addr, prefix->len);
	return addr_cmp(&masked, &prefix->addr) == 0 && (!addr_is_v4(&prefix->addr) || prefix->len >= 96);
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	struct addr masked = addr_mask(addr, prefix->len);
	return addr_cmp(&masked, &prefix->addr) == 0 && (prefix->len >= 96 || !addr_is_v4(addr));
}
