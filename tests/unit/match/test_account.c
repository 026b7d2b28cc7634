/* test_account - the hash is SipHash-2-4, which the state keeps; two spellings of one mailbox are one, at any length */
#include "tap.h"

#include "base/array.h"
#include "match/account.h"

static const struct name_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

/* Of the paper's appendix and its authors' own vectors: the bytes 0, 1, 2 ... */
static void test_vectors(void)
{
	static const struct { size_t len; uint64_t hash; } vectors[] = {
		{ 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd }, { 7, 0xab0200f58b01d137 },
		{ 8, 0x93f5f5799a932462 }, { 15, 0xa129ca6149be45e5 },
	};
	char bytes[16];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	for (size_t i = 0; i < COUNT(vectors); i++)
		tap_ok(name_hash(&key, (struct text){ bytes, vectors[i].len }) == vectors[i].hash, "the vector of %zu bytes", vectors[i].len);
}

static uint64_t hash_of(const struct names_conf *conf, struct text name)
{
	uint64_t local;
	uint32_t domain;

	return account_hash(&key, conf, name, &domain, &local);
}

/* Wherever a part ends, in a word of eight bytes or in a buffer, the hash is that of the whole. */
static void test_parts(void)
{
	static const struct names_conf conf = { .delimiter = '+', .domain = "example.org" };
	char name[400], small[400], plus[400];
	unsigned differ = 0;

	for (size_t before = 1; before < 150; before++) {
		for (size_t rest = 1; rest < 150; rest += 7) {
			size_t len = before + 1 + rest;
			uint64_t local, other;
			uint32_t domain, same;

			for (size_t i = 0; i < len; i++)
				small[i] = i == before ? '@' : (char)('a' + (i * 7 + before) % 26);
			for (size_t i = 0; i < len; i++)
				name[i] = i % 3 && small[i] != '@' ? (char)(small[i] - 'a' + 'A') : small[i];
			memcpy(plus, small, before);
			memcpy(plus + before, "+spam", 5);
			memcpy(plus + before + 5, small + before, rest + 1);
			uint64_t hash = account_hash(&key, &conf, (struct text){ name, len }, &domain, &local);
			differ += hash != name_hash(&key, (struct text){ small, len });
			differ += hash != hash_of(&conf, (struct text){ plus, len + 5 });
			differ += local != name_hash(&key, (struct text){ small, before });
			differ += domain != (uint32_t)name_hash(&key, (struct text){ small + before + 1, rest });
			account_hash(&key, &conf, (struct text){ small, before }, &same, &other);
			differ += other != local || same != (uint32_t)name_hash(&key, TEXT("example.org"));
		}
	}
	tap_ok(differ == 0, "a name's hash, its domain's and what is before it, of every length (%u differ)", differ);
}

static void test_spellings(void)
{
	static const struct names_conf plain = { .delimiter = 0 }, keep = { .delimiter = '+', .keep_case = true };

	tap_ok(hash_of(&plain, TEXT("Bob@Example.ORG")) == hash_of(&plain, TEXT("bob@example.org")), "letters are small");
	tap_ok(hash_of(&keep, TEXT("Bob@Example.ORG")) != hash_of(&keep, TEXT("bob@example.org")), "unless case is kept");
	tap_ok(hash_of(&keep, TEXT("Bob@Example.ORG")) == hash_of(&keep, TEXT("Bob@example.org")), "of a domain it never is");
	tap_ok(hash_of(&plain, TEXT("bob+a@example.org")) != hash_of(&plain, TEXT("bob@example.org")), "without a delimiter nothing is cut");
	tap_ok(hash_of(&keep, TEXT("+bob")) != hash_of(&keep, TEXT("")) && hash_of(&keep, TEXT("")) == 0, "a name that begins with it is whole");
}

int main(void)
{
	test_vectors();
	test_parts();
	test_spellings();
	return tap_done();
}
