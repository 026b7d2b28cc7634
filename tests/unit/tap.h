/* tap - the unit tests' only framework: each check prints one line of the Test Anything Protocol
 *
 * The shell and Python tests speak TAP too, so one runner (tests/run) adds everything up.
 * A test program ends with "return tap_done();". A property that is checked a million
 * times reports once, through tap_ok() on the whole. */
#ifndef MAILWARD_TAP_H
#define MAILWARD_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned tap_count, tap_failed;

__attribute__((format(printf, 4, 5), unused))
static bool tap_result(bool passed, const char *file, int line, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	printf("%sok %u - ", passed ? "" : "not ", ++tap_count);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
	if (!passed) {
		tap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout);
	return passed;
}

/* tap_ok(condition, "what is true", ...) */
#define tap_ok(condition, ...) tap_result((condition), __FILE__, __LINE__, __VA_ARGS__)

/* tap_int(got, wanted, "what") - shows both when they differ */
#define tap_int(got, wanted, ...) do { \
	long long tap_got = (long long)(got), tap_wanted = (long long)(wanted); \
	if (!tap_ok(tap_got == tap_wanted, __VA_ARGS__)) \
		printf("# got %lld, wanted %lld\n", tap_got, tap_wanted); \
} while (0)

/* Inlined, its look at NULL would make the compiler fear for a name of the test that is the same text. */
__attribute__((noinline, unused))
static bool tap_same(const char *got, const char *wanted)
{
	return got && wanted && strcmp(got, wanted) == 0;
}

/* tap_str(got, wanted, "what") - NULL is the same as nothing, not even NULL */
#define tap_str(got, wanted, ...) do { \
	const char *tap_got = (got), *tap_wanted = (wanted); \
	if (!tap_ok(tap_same(tap_got, tap_wanted), __VA_ARGS__)) \
		printf("# got '%s', wanted '%s'\n", tap_got ? tap_got : "(null)", tap_wanted ? tap_wanted : "(null)"); \
} while (0)

/* tap_wrong(condition, &count, "what") - of what is checked many times: counts where it is wrong, shows the first */
#define tap_wrong(condition, count, ...) do { \
	if ((condition) && (*(count))++ == 0) { \
		printf("# the first: " __VA_ARGS__); \
		putchar('\n'); \
	} \
} while (0)

__attribute__((unused)) static int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
