/* test_addr - addresses and prefixes: what is one, what is none, how it is written */
#include <arpa/inet.h>
#include <stdlib.h>

#include "base/addr.h"
#include "random.h"
#include "tap.h"

static struct text text(const char *s)
{
	return (struct text){ s, strlen(s) };
}

/* written: how it is printed; NULL: it is no address */
static const struct {
	const char *text, *written;
} addrs[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "2001:DB8::1", "2001:db8::1" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },		/* one zero group is not shortened */
	{ "::ffff:192.0.2.1", "192.0.2.1" },				/* mapped is IPv4 */
	{ "::FFFF:C000:0201", "192.0.2.1" },
	{ "0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "", NULL }, { ".", NULL }, { ":", NULL }, { ":::", NULL }, { "1", NULL },
	{ "192.0.2", NULL }, { "192.0.2.", NULL }, { "192.0.2.1.", NULL }, { ".192.0.2.1", NULL }, { "192.0.2.1.1", NULL },
	{ "192.0..1", NULL }, { "192.0.2.256", NULL }, { "192.0.2.1000", NULL }, { "192.0.2.01", NULL }, { "00.0.0.0", NULL },
	{ "0x7f.0.0.1", NULL }, { "192.0.2.1 ", NULL }, { " 192.0.2.1", NULL }, { "192.0.2.-1", NULL }, { "192.0.2.+1", NULL },
	{ "3221225985", NULL }, { "192.0.2.1/32", NULL }, { "192.0.2.1:25", NULL }, { "[192.0.2.1]", NULL },
	{ "2001:db8::1::1", NULL }, { "2001:db8", NULL }, { "2001:db8:::1", NULL }, { "12345::", NULL }, { "g::", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL }, { "1:2:3:4:5:6:7:8::", NULL }, { "fe80::1%eth0", NULL }, { "[::1]", NULL }, { "::1 ", NULL },
	{ "::ffff:192.0.2.256", NULL }, { "::192.0.2", NULL }, { "IPv6:::1", NULL }, { "unknown", NULL }, { "localhost", NULL },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", NULL },
};

static void test_parse(void)
{
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		struct addr addr, untouched;
		char written[ADDR_FMT_SIZE];
		memset(&addr, 0xa5, sizeof(addr));
		untouched = addr;
		bool parsed = addr_parse(text(addrs[i].text), &addr);
		if (addrs[i].written)
			tap_str(parsed ? addr_fmt(written, sizeof(written), &addr) : NULL, addrs[i].written, "'%s' is %s", addrs[i].text, addrs[i].written);
		else
			tap_ok(!parsed && addr_cmp(&addr, &untouched) == 0, "'%s' is no address", addrs[i].text);
	}
	struct addr addr;
	tap_ok(!addr_parse((struct text){ "::1\0", 4 }, &addr), "a NUL ends no address");
	tap_ok(!addr_parse((struct text){ "192.0.2.1\0", 10 }, &addr), "nor an IPv4 one");
	tap_ok(addr_parse((struct text){ "192.0.2.123", 9 }, &addr) && addr.bytes[15] == 1, "a slice ends where it ends");
	tap_ok(!addr_parse((struct text){ NULL, 0 }, &addr), "nothing is no address");
}

/* against the C library, on random bytes of the right alphabet */
static void test_parse_like_libc(void)
{
	static const char alphabet[] = "0123456789.0125:af:";
	unsigned differences = 0, good = 0;

	srandom(random_seed());
	for (int i = 0; i < 300000; i++) {
		char s[24];
		uint8_t four[4], six[16];
		size_t len = (size_t)random() % (sizeof(s) - 1);
		if (i % 2) {
			len = (size_t)snprintf(s, sizeof(s), "%ld.%ld.%ld.%ld", random() % 300, random() % 300, random() % 300, random() % 300);
		} else {
			for (size_t j = 0; j < len; j++)
				s[j] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
			s[len] = '\0';
		}
		struct addr addr;
		bool parsed = addr_parse((struct text){ s, len }, &addr);
		bool libc4 = inet_pton(AF_INET, s, four) == 1, libc6 = inet_pton(AF_INET6, s, six) == 1;
		good += parsed;
		if (parsed != (libc4 || libc6) || (libc4 && memcmp(addr.bytes + 12, four, 4) != 0) || (libc6 && memcmp(addr.bytes, six, 16) != 0)) {
			differences++;
			printf("# '%s'\n", s);
		}
	}
	tap_ok(differences == 0 && good > 1000, "300,000 random texts are what the C library says they are (%u addresses)", good);
}

static const struct {
	const char *text;
	bool banworthy;
} banworthy[] = {
	{ "192.0.2.1", true }, { "10.0.0.1", true }, { "2001:db8::1", true }, { "fc00::1", true }, { "128.0.0.1", true },
	{ "0.0.0.0", false }, { "0.1.2.3", false }, { "127.0.0.1", false }, { "127.255.255.255", false }, { "169.254.1.1", false },
	{ "224.0.0.1", false }, { "239.255.255.255", false }, { "255.255.255.255", false }, { "240.0.0.1", true },
	{ "::", false }, { "::1", false }, { "::2", true }, { "fe80::1", false }, { "febf::1", false }, { "fec0::1", true },
	{ "ff02::1", false }, { "::ffff:127.0.0.1", false },
};

static const struct {
	const char *text;
	bool is_private;
} privates[] = {
	{ "10.0.0.1", true }, { "10.255.255.255", true }, { "11.0.0.1", false }, { "9.255.255.255", false },
	{ "172.16.0.1", true }, { "172.31.255.255", true }, { "172.15.0.1", false }, { "172.32.0.1", false },
	{ "192.168.0.1", true }, { "192.168.255.1", true }, { "192.169.0.1", false }, { "192.0.2.1", false },
	{ "100.64.0.1", false }, { "fc00::1", true }, { "fdff::1", true }, { "fe00::1", false }, { "2001:db8::1", false },
	{ "::ffff:10.0.0.1", true },
};

/* wrong NULL: parses to written; else the text begins so */
static const struct {
	const char *text;
	bool strict;
	const char *written, *wrong;
} prefixes[] = {
	{ "192.0.2.0/24", true, "192.0.2.0/24", NULL },
	{ "192.0.2.1", true, "192.0.2.1", NULL },
	{ "192.0.2.1/32", true, "192.0.2.1", NULL },
	{ "0.0.0.0/0", true, "0.0.0.0/0", NULL },
	{ "192.0.2.1/24", true, NULL, "has bits set past its length" },
	{ "192.0.2.1/24", false, "192.0.2.0/24", NULL },
	{ "192.0.2.129/25", false, "192.0.2.128/25", NULL },
	{ "255.255.255.255/1", false, "128.0.0.0/1", NULL },
	{ "2001:db8::/32", true, "2001:db8::/32", NULL },
	{ "2001:db8::1/128", true, "2001:db8::1", NULL },
	{ "2001:db8::1/64", true, NULL, "has bits set past its length" },
	{ "2001:db8:1:2:3::/33", false, "2001:db8::/33", NULL },
	{ "2001:db8:8000::/33", true, "2001:db8:8000::/33", NULL },
	{ "::ffff:192.0.2.0/120", true, "192.0.2.0/24", NULL },
	{ "::ffff:0:0/96", true, "0.0.0.0/0", NULL },
	{ "2000::/3", true, "2000::/3", NULL },
	{ "::/0", true, NULL, "would hold all of IPv4" },
	{ "::/8", true, NULL, "would hold all of IPv4" },
	{ "::ffff:192.0.2.1/64", false, NULL, "would hold all of IPv4" },
	{ "::1/128", true, "::1", NULL },
	{ "::/96", true, "::/96", NULL },
	{ "192.0.2.0/33", true, NULL, "needs a length from 0 to 32" },
	{ "192.0.2.0/120", true, NULL, "needs a length from 0 to 32" },
	{ "2001:db8::/129", true, NULL, "needs a length from 0 to 128" },
	{ "192.0.2.0/", true, NULL, "needs a length" }, { "192.0.2.0/024", true, NULL, "needs a length" }, { "192.0.2.0/+8", true, NULL, "needs a length" },
	{ "192.0.2.0/-1", true, NULL, "needs a length" }, { "192.0.2.0/8 ", true, NULL, "needs a length" }, { "192.0.2.0/1/2", true, NULL, "needs a length" },
	{ "192.0.2.0/4294967304", true, NULL, "needs a length" }, { "192.0.2.0/255.255.255.0", true, NULL, "needs a length" },
	{ "/24", true, NULL, "is not an IP address" }, { "", true, NULL, "is not an IP address" }, { "192.0.2/24", true, NULL, "is not an IP address" },
	{ "192.0.2.*", true, NULL, "is not an IP address" },
};

static const struct {
	const char *text, *addr;	/* NULL: none */
} leading[] = {
	{ "192.0.2.1", "192.0.2.1" }, { "192.0.2.1]: 550", "192.0.2.1" }, { "192.0.2.1:25", NULL }, { "192.0.2.1.", NULL },
	{ "192.0.2.1a", NULL }, { "192.0.2.1g", "192.0.2.1" }, { "192.0.2.1000", NULL }, { "192.0.2.256 ", NULL }, { "192.0.2 ", NULL },
	{ "192.0.02.1 ", NULL }, { "0.0.0.0 ", "0.0.0.0" }, { "2001:db8::1, ", "2001:db8::1" }, { "::ffff:192.0.2.1 ", "192.0.2.1" },
	{ "2001:db8::1::2 ", NULL }, { ":: ", "::" }, { "unknown", NULL }, { "", NULL }, { " 192.0.2.1", NULL },
};

static void test_leading(void)
{
	for (size_t i = 0; i < sizeof(leading) / sizeof(leading[0]); i++) {
		struct addr addr;
		char text[ADDR_FMT_SIZE];
		bool found = addr_read((struct text){ leading[i].text, strlen(leading[i].text) }, &addr);

		tap_ok(found ? leading[i].addr && strcmp(addr_fmt(text, sizeof(text), &addr), leading[i].addr) == 0 : !leading[i].addr,
		       "'%s' begins with %s", leading[i].text, leading[i].addr ? leading[i].addr : "no address");
	}
}

/* Any text's leading address is the whole of its leading bytes that an address may hold, or none; it ends where it ends. */
static void test_leading_like_whole(void)
{
	static const char alphabet[] = "0123456789.0125:af:...]g 0.";
	unsigned differences = 0, good = 0;

	srandom(random_seed());
	for (int i = 0; i < 300000; i++) {
		char s[32];
		size_t len = (size_t)random() % 24, own = 0;

		for (size_t j = 0; j < len; j++)
			s[j] = alphabet[(size_t)random() % sizeof(alphabet)];	/* with the NUL */
		if (i % 2)
			len = (size_t)snprintf(s, sizeof(s), "%s%ld.%ld.%ld.%ld%c", i % 4 == 1 ? "" : "::ffff:", random() % 260, random() % 260,
					       random() % 20, random() % 260, alphabet[(size_t)random() % sizeof(alphabet)]);
		while (own < len && s[own] && strchr("0123456789abcdefABCDEF.:", s[own]))
			own++;
		char *exact = malloc(len + !len);	/* no byte of it is behind the text */
		memcpy(exact, s, len);
		struct addr first = { .bytes = { 0 } }, whole = { .bytes = { 0 } };
		bool found = addr_read((struct text){ exact, len }, &first);
		differences += found != addr_parse((struct text){ exact, own }, &whole) || addr_cmp(&first, &whole) != 0;
		good += found;
		free(exact);
	}
	tap_ok(good > 10000, "%u texts begin with an address", good);
	tap_int(differences, 0, "which is the one that all the bytes up to there are");
}

static void test_prefix(void)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct prefix prefix;
		char written[PREFIX_FMT_SIZE];
		const char *wrong = prefix_parse(text(prefixes[i].text), prefixes[i].strict, &prefix);
		if (prefixes[i].written) {
			tap_str(wrong ? wrong : prefix_fmt(written, sizeof(written), &prefix), prefixes[i].written, "'%s' is %s", prefixes[i].text, prefixes[i].written);
			if (wrong)
				continue;
			struct addr masked = addr_mask(&prefix.addr, prefix.len);
			tap_ok(addr_cmp(&masked, &prefix.addr) == 0, "and its bits past the length are zero");
		} else {
			tap_ok(wrong && strncmp(wrong, prefixes[i].wrong, strlen(prefixes[i].wrong)) == 0, "'%s': %s", prefixes[i].text, wrong ? wrong : "(taken)");
		}
	}
}

/* naive - the same by single bits */
static bool naive_contains(const struct prefix *prefix, const struct addr *addr)
{
	for (unsigned bit = 0; bit < prefix->len; bit++)
		if (((prefix->addr.bytes[bit / 8] ^ addr->bytes[bit / 8]) >> (7 - bit % 8)) & 1)
			return false;
	return prefix->len >= 96 || !addr_is_v4(addr);
}

static void test_bits(void)
{
	unsigned wrong = 0;
	struct addr addr, other;

	for (int i = 0; i < 20000; i++) {
		for (size_t b = 0; b < 16; b++)
			addr.bytes[b] = (uint8_t)random();
		other = addr;
		other.bytes[random() % 16] ^= (uint8_t)(1 << random() % 8);
		for (unsigned len = 0; len <= 128; len += 1 + (unsigned)random() % 16) {
			struct prefix prefix = { addr_mask(&addr, len), (uint8_t)len };
			struct addr last = addr_last(&prefix), after = last;
			wrong += !naive_contains(&prefix, &prefix.addr) || !naive_contains(&prefix, &last) || addr_cmp(&prefix.addr, &last) > 0;
			wrong += prefix_contains(&prefix, &other) != naive_contains(&prefix, &other) || !prefix_contains(&prefix, &addr);
			for (int b = 15; b >= 0 && ++after.bytes[b] == 0; b--)
				;
			wrong += len > 0 && naive_contains(&prefix, &after);	/* so last is the last */
		}
	}
	tap_int(wrong, 0, "mask, last and contains agree with a count of single bits");
	addr_parse(TEXT("::1"), &addr);
	addr_parse(TEXT("192.0.2.7"), &other);
	struct prefix low = prefix_of(&addr, 64), mapped = { addr_mask(&other, 96), 96 };
	tap_ok(prefix_contains(&low, &addr) && !prefix_contains(&low, &other), "IPv4 is in no IPv6 network, though its bytes are in ::/64");
	tap_ok(prefix_contains(&mapped, &other), "but in 0.0.0.0/0");
	addr_parse(TEXT("2001:db8:1:2:3:4:5:6"), &addr);
	char written[PREFIX_FMT_SIZE];
	struct prefix unit = prefix_of(&addr, 64);
	tap_str(prefix_fmt(written, sizeof(written), &unit), "2001:db8:1:2::/64", "IPv6 counts by network");
	addr_parse(TEXT("192.0.2.7"), &addr);
	unit = prefix_of(&addr, 64);
	tap_str(prefix_fmt(written, sizeof(written), &unit), "192.0.2.7", "IPv4 counts by host");
}

/* 65,536 neighbours over 1,024 buckets: 64 each, were it random; far from it means a hash that lines up */
static void test_hash(void)
{
	static unsigned buckets[1024];
	struct addr addr;
	unsigned most = 0, least = UINT32_MAX;

	addr_parse(TEXT("10.1.0.0"), &addr);
	uint64_t seed = 0x1234567890abcdef;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	tap_ok(addr_hash(&addr, seed) == 0xfd111a130958d13d, "however wide the machine, the hash is %016" PRIx64, addr_hash(&addr, seed));
#endif
	tap_ok(addr_hash(&addr, seed) == addr_hash(&addr, seed) && addr_hash(&addr, seed) != addr_hash(&addr, seed + 1), "the hash depends on the seed");
	for (unsigned i = 0; i < 65536; i++) {
		addr.bytes[14] = (uint8_t)(i >> 8);
		addr.bytes[15] = (uint8_t)i;
		buckets[addr_hash(&addr, seed) & 1023]++;
	}
	for (size_t i = 0; i < 1024; i++) {
		most = buckets[i] > most ? buckets[i] : most;
		least = buckets[i] < least ? buckets[i] : least;
	}
	tap_ok(most < 112 && least > 24, "a /16 spreads evenly (%u to %u in a bucket)", least, most);
}

int main(void)
{
	test_parse();
	test_parse_like_libc();
	test_leading();
	test_leading_like_whole();
	for (size_t i = 0; i < sizeof(banworthy) / sizeof(banworthy[0]); i++) {
		struct addr addr;
		tap_ok(addr_parse(text(banworthy[i].text), &addr) && addr_is_banworthy(&addr) == banworthy[i].banworthy,
		       "%s may%s be banned", banworthy[i].text, banworthy[i].banworthy ? "" : " never");
	}
	for (size_t i = 0; i < sizeof(privates) / sizeof(privates[0]); i++) {
		struct addr addr;
		tap_ok(addr_parse(text(privates[i].text), &addr) && addr_is_private(&addr) == privates[i].is_private,
		       "%s is%s private", privates[i].text, privates[i].is_private ? "" : " not");
	}
	test_prefix();
	test_bits();
	test_hash();
	return tap_done();
}
