/* fuzz_addr - addresses, prefixes and durations: what is taken is written back the same, and is what the C library takes */
#include "fuzz.h"

#include <arpa/inet.h>

#include "base/addr.h"

static void any_addr(struct text text)
{
	char copy[64] = "", written[ADDR_FMT_SIZE];
	struct addr addr, again, libc = { { [10] = 0xff, [11] = 0xff } };
	bool taken = addr_parse(text, &addr);

	if (text.len < sizeof(copy) && memchr(text.at, '\0', text.len) == NULL) {
		memcpy(copy, text.at, text.len);
		bool four = inet_pton(AF_INET, copy, libc.bytes + 12) == 1;
		must_hold(taken == (four || inet_pton(AF_INET6, copy, libc.bytes) == 1));
		must_hold(!taken || addr_cmp(&addr, &libc) == 0);
	} else {
		must_hold(!taken);
	}
	if (!taken)
		return;
	addr_fmt(written, sizeof(written), &addr);
	must_hold(addr_parse((struct text){ written, strlen(written) }, &again) && addr_cmp(&addr, &again) == 0);
	must_hold(addr_is_v4(&addr) == (strchr(written, ':') == NULL));
}

static void any_prefix(struct text text)
{
	char written[PREFIX_FMT_SIZE];
	struct prefix strict, lax, again;
	const char *wrong = prefix_parse(text, false, &lax);

	must_hold(prefix_parse(text, true, &strict) != NULL || (wrong == NULL && memcmp(&strict, &lax, sizeof(lax)) == 0));
	if (wrong)
		return;
	struct addr masked = addr_mask(&lax.addr, lax.len), last = addr_last(&lax);
	must_hold(lax.len <= 128 && addr_cmp(&masked, &lax.addr) == 0);
	must_hold(prefix_contains(&lax, &last) && addr_is_v4(&last) == addr_is_v4(&lax.addr));	/* never both families */
	prefix_fmt(written, sizeof(written), &lax);
	must_hold(prefix_parse((struct text){ written, strlen(written) }, true, &again) == NULL && memcmp(&lax, &again, sizeof(lax)) == 0);
}

static void any_duration(struct text text)
{
	char written[24];
	uint32_t seconds, again;

	if (!duration_parse(text, &seconds))
		return;
	must_hold(seconds <= DURATION_MAX_S);
	duration_fmt(written, sizeof(written), seconds);
	must_hold(duration_parse((struct text){ written, strlen(written) }, &again) && again == seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { (const char *)data, size };

	any_addr(text);
	any_prefix(text);
	any_duration(text);
	return 0;
}
