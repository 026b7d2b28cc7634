/* netns - for tests that need the real kernel's nftables: a network namespace of our own, and nft to look into it
 *
 * Nothing outside the namespace is seen or touched. Without root, nft or nf_tables the whole test is skipped, loudly. */
#ifndef MAILWARD_NETNS_H
#define MAILWARD_NETNS_H

#include <sched.h>
#include <stdlib.h>

#include "base/wire.h"
#include "tap.h"

/* run - a shell command; its output, good until the next call, with all white space squeezed to single blanks */
__attribute__((format(printf, 1, 2), unused))
static const char *run(const char *fmt, ...)
{
	static char output[8 << 20];
	char command[1024] = "{ ", *out = output;
	va_list args;
	int c;

	va_start(args, fmt);
	vsnprintf(command + 2, sizeof(command) - 16, fmt, args);
	va_end(args);
	strcat(command, "\n} 2>&1");
	fflush(stdout);
	FILE *pipe = popen(command, "re");
	while (pipe && (c = getc(pipe)) != EOF && out < output + sizeof(output) - 1) {
		if (c != ' ' && c != '\n' && c != '\t')
			*out++ = (char)c;
		else if (out > output && out[-1] != ' ')
			*out++ = ' ';
	}
	*out = '\0';
	if (pipe)
		pclose(pipe);
	return output;
}

#define tap_has(text, part, ...) do { \
	const char *tap_text = (text), *tap_part = (part); \
	if (!tap_ok(strstr(tap_text, tap_part) != NULL, __VA_ARGS__)) \
		printf("# '%s' is not in: %.1500s\n", tap_part, tap_text); \
} while (0)

#define tap_lacks(text, part, ...) do { \
	const char *tap_text = (text), *tap_part = (part); \
	if (!tap_ok(strstr(tap_text, tap_part) == NULL, __VA_ARGS__)) \
		printf("# '%s' is in: %.1500s\n", tap_part, tap_text); \
} while (0)

/* enter_netns - or end the test as skipped */
__attribute__((unused))
static void enter_netns(void)
{
	const char *why = NULL;

	if (unshare(CLONE_NEWNET) < 0)
		why = "not root: no network namespace, NOTHING OF THE FIREWALL IS TESTED";
	else if (system("nft list ruleset >/dev/null 2>&1") != 0)
		why = "no nft or no nf_tables here: NOTHING OF THE FIREWALL IS TESTED";
	if (why) {
		printf("ok 1 # SKIP %s\n1..1\n", why);
		exit(0);
	}
}

__attribute__((unused))
static struct prefix prefix(const char *text)
{
	struct prefix p = { 0 };
	const char *wrong = prefix_parse((struct text){ text, strlen(text) }, true, &p);

	if (wrong)
		tap_ok(false, "the test's own prefix %s: %s", text, wrong);
	return p;
}

__attribute__((unused))
static struct wire_request drop(const char *text, uint64_t timeout_ms, const char *comment)
{
	struct wire_request request = { .op = WIRE_DROP, .timeout_ms = timeout_ms, .prefix = prefix(text) };
	snprintf(request.comment, sizeof(request.comment), "%s", comment);
	return request;
}

__attribute__((unused))
static struct wire_request release(const char *text)
{
	return (struct wire_request){ .op = WIRE_RELEASE, .prefix = prefix(text) };
}

#endif
