/* account - see account.h. Owns nothing; bounded by the length of a line. */
#include "match/account.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void name_key_make(struct name_key *key)
{
	if (getrandom(key, sizeof(*key), 0) != (ssize_t)sizeof(*key))
		abort();	/* cannot be, once the kernel has booted */
}

/* ---- SipHash-2-4 ---- */

struct sip {
	uint64_t v[4], word;	/* word: of the last len % 8 bytes */
	size_t len;
};

static inline uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t *v)
{
	v[0] += v[1]; v[1] = rotate(v[1], 13); v[1] ^= v[0]; v[0] = rotate(v[0], 32);
	v[2] += v[3]; v[3] = rotate(v[3], 16); v[3] ^= v[2];
	v[0] += v[3]; v[3] = rotate(v[3], 21); v[3] ^= v[0];
	v[2] += v[1]; v[1] = rotate(v[1], 17); v[1] ^= v[2]; v[2] = rotate(v[2], 32);
}

static inline void take(struct sip *s, uint64_t word)
{
	s->v[3] ^= word;
	sip_round(s->v);
	sip_round(s->v);
	s->v[0] ^= word;
}

static struct sip begin(const struct name_key *key)
{
	return (struct sip){ .v = { key->k[0] ^ 0x736f6d6570736575, key->k[1] ^ 0x646f72616e646f6d,
				    key->k[0] ^ 0x6c7967656e657261, key->k[1] ^ 0x7465646279746573 } };
}

static void feed(struct sip *s, const char *at, size_t len)
{
	unsigned held = 8 * (s->len % 8);

	s->len += len;
	for (; len > 0; at += 8, len -= 8) {
		uint64_t next = 0;

		if (len < 8) {
			for (size_t i = 0; i < len; i++)
				next |= (uint64_t)(unsigned char)at[i] << 8 * i;
		} else {
			memcpy(&next, at, 8);
			next = le64toh(next);
		}
		s->word |= next << held;
		if (held + 8 * len < 64)
			return;
		take(s, s->word);
		s->word = held ? next >> (64 - held) : 0;
		if (len <= 8)
			return;
	}
}

static uint64_t end(struct sip *s)
{
	take(s, s->word | (uint64_t)s->len << 56);
	s->v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(s->v);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

uint64_t name_hash(const struct name_key *key, struct text bytes)
{
	struct sip s = begin(key);
	uint64_t hash;

	feed(&s, bytes.at, bytes.len);
	hash = end(&s);
	return hash ? hash : 1;
}

/* ---- one name, however it is spelt ---- */

/* The same with small letters, if they are to be: of sixteen bytes at once, since most lines that count hold a name. */
static void feed_name(struct sip *s, struct text name, bool keep_case)
{
	typedef uint8_t chunk __attribute__((vector_size(16)));
	union { chunk chunks[4]; char bytes[64]; } small __attribute__((uninitialized));	/* spares zeroing what is filled at once */

	if (keep_case) {
		feed(s, name.at, name.len);
		return;
	}
	while (name.len > 0) {
		size_t len = name.len < sizeof(small) ? name.len : sizeof(small);

		memcpy(small.bytes, name.at, len);
		for (size_t i = 0; i * sizeof(chunk) < len; i++)
			small.chunks[i] |= (chunk)(small.chunks[i] - 'A' <= 'Z' - 'A') & 0x20;
		feed(s, small.bytes, len);
		name = (struct text){ name.at + len, name.len - len };
	}
}

static const char *last_at(struct text text)
{
	return text.len ? memrchr(text.at, '@', text.len) : NULL;
}

uint64_t account_hash(const struct name_key *key, const struct names_conf *conf, struct text account, uint32_t *domain,
		      uint64_t *local)
{
	const char *at = last_at(account);
	struct text before = { account.at, at ? (size_t)(at - account.at) : account.len };
	struct text rest = at ? (struct text){ at + 1, account.len - before.len - 1 } :
		(struct text){ conf->domain, strnlen(conf->domain, sizeof(conf->domain)) };
	const char *cut = conf->delimiter && before.len > 1 ? memchr(before.at + 1, conf->delimiter, before.len - 1) : NULL;
	struct sip whole, name, part;
	uint64_t hash;

	*domain = 0;
	*local = 0;
	if (account.len == 0)
		return 0;
	if (cut)
		before.len = (size_t)(cut - before.at);
	whole = begin(key);
	feed_name(&whole, before, conf->keep_case);
	if (rest.len) {
		name = whole;
		part = begin(key);
		feed_name(&part, rest, false);
		*domain = (uint32_t)end(&part);
		*domain = *domain ? *domain : 1;
		*local = end(&name);
		feed(&whole, "@", 1);
		feed_name(&whole, rest, false);
	}
	hash = end(&whole);
	return hash ? hash : 1;
}
