/* account - see account.h. Owns nothing; bounded by the length of a line. */
#include "match/account.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void name_key_make(struct name_key *key)
{
	if (getrandom(key, sizeof(*key), 0) != (ssize_t)sizeof(*key))
		abort();	/* cannot be, once the kernel has booted */
}

/* ---- SipHash-2-4, fed byte by byte ---- */

struct sip {
	uint64_t v[4], word;
	size_t len;
};

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void rounds(struct sip *s, unsigned count)
{
	uint64_t *v = s->v;

	while (count--) {
		v[0] += v[1]; v[1] = rotate(v[1], 13); v[1] ^= v[0]; v[0] = rotate(v[0], 32);
		v[2] += v[3]; v[3] = rotate(v[3], 16); v[3] ^= v[2];
		v[0] += v[3]; v[3] = rotate(v[3], 21); v[3] ^= v[0];
		v[2] += v[1]; v[1] = rotate(v[1], 17); v[1] ^= v[2]; v[2] = rotate(v[2], 32);
	}
}

static void take_word(struct sip *s)
{
	s->v[3] ^= s->word;
	rounds(s, 2);
	s->v[0] ^= s->word;
	s->word = 0;
}

static struct sip begin(const struct name_key *key)
{
	return (struct sip){ .v = { key->k[0] ^ 0x736f6d6570736575, key->k[1] ^ 0x646f72616e646f6d,
				    key->k[0] ^ 0x6c7967656e657261, key->k[1] ^ 0x7465646279746573 } };
}

static void feed_byte(struct sip *s, char c)
{
	s->word |= (uint64_t)(unsigned char)c << 8 * (s->len++ % 8);
	if (s->len % 8 == 0)
		take_word(s);
}

static uint64_t end(struct sip *s)
{
	s->word |= (uint64_t)s->len << 56;
	take_word(s);
	s->v[2] ^= 0xff;
	rounds(s, 4);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

uint64_t name_hash(const struct name_key *key, struct text bytes)
{
	struct sip s = begin(key);
	uint64_t hash;

	for (size_t i = 0; i < bytes.len; i++)
		feed_byte(&s, bytes.at[i]);
	hash = end(&s);
	return hash ? hash : 1;
}

/* ---- one name, however it is spelt ---- */

static char spelt(const struct names_conf *conf, char c)
{
	return !conf->keep_case && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
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
	struct sip whole = begin(key), part = begin(key), name;
	uint64_t hash;

	*domain = 0;
	*local = 0;
	if (account.len == 0)
		return 0;
	if (cut)
		before.len = (size_t)(cut - before.at);
	for (size_t i = 0; i < before.len; i++)
		feed_byte(&whole, spelt(conf, before.at[i]));
	name = whole;
	if (rest.len)
		feed_byte(&whole, '@');
	for (size_t i = 0; i < rest.len; i++) {
		char c = rest.at[i] >= 'A' && rest.at[i] <= 'Z' ? (char)(rest.at[i] - 'A' + 'a') : rest.at[i];

		feed_byte(&whole, c);
		feed_byte(&part, c);
	}
	if (rest.len) {
		*domain = (uint32_t)end(&part);
		*domain = *domain ? *domain : 1;
		*local = end(&name);
	}
	hash = end(&whole);
	return hash ? hash : 1;
}
