/* bar - see bar.h. Writes one line and takes it away again; by the monotonic clock. */
#include "cli/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text.h"
#include "cli/term.h"

#define QUIET_S 1.0	/* what is shorter needs no bar */
#define EVERY_S 0.2

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bar_begin(struct bar *bar, uint64_t total_bytes)
{
	*bar = (struct bar){ .total_bytes = total_bytes, .live = term_is_live(stderr), .blocks = term_blocks(),
			    .shared = isatty(STDOUT_FILENO) };
	if (bar->live)
		bar->begun_s = now_s();
	bar->next_s = bar->begun_s + QUIET_S;
}

static char *bytes_fmt(char *dst, size_t size, double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t unit = 0;

	for (; bytes >= 999.5 && unit + 1 < COUNT(units); unit++)
		bytes /= 1000;
	snprintf(dst, size, bytes < 9.95 && unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return dst;
}

char *bar_line(char *dst, size_t size, uint64_t bytes, uint64_t total_bytes, double elapsed_s, unsigned columns, bool blocks)
{
	double rate = elapsed_s > 0 ? (double)bytes / elapsed_s : 0, share;
	char done[24], all[24], speed[24], left[24], tail[128];
	int len;

	if (total_bytes && bytes > total_bytes)	/* it has grown meanwhile */
		bytes = total_bytes;
	bytes_fmt(done, sizeof(done), (double)bytes);
	bytes_fmt(speed, sizeof(speed), rate);
	if (total_bytes == 0) {
		snprintf(dst, size, "%s, %s/s", done, speed);
		return dst;
	}
	share = (double)bytes / (double)total_bytes;
	bytes_fmt(all, sizeof(all), (double)total_bytes);
	duration_fmt(left, sizeof(left), rate > 0 ? (uint64_t)((double)(total_bytes - bytes) / rate + 0.999) : 0);
	len = snprintf(tail, sizeof(tail), "%3.0f %%  %s of %s, %s/s, %s left", 100 * share, done, all, speed, left);
	unsigned width = columns > (unsigned)len + 4 ? columns - (unsigned)len - 4 : 0;
	FILE *out = fmemopen(dst, size, "w");
	if (!out) {
		snprintf(dst, size, "%s", tail);
		return dst;
	}
	if (width >= 4) {
		fputc('[', out);
		term_bar(out, share, width > 30 ? 30 : width, blocks, true);
		fputs("] ", out);
	}
	fputs(tail, out);
	fclose(out);
	return dst;
}

void bar_at(struct bar *bar, uint64_t bytes)
{
	char line[512];
	double now;

	if (!bar->live || (now = now_s()) < bar->next_s)
		return;
	bar->next_s = now + EVERY_S;
	fprintf(stderr, "\r%s\033[K", bar_line(line, sizeof(line), bytes, bar->total_bytes, now - bar->begun_s,
						     term_columns(stderr), bar->blocks));
	fflush(stderr);
	bar->drawn = true;
}

void bar_hide(struct bar *bar)
{
	if (bar->drawn)
		fputs("\r\033[K", stderr);
	bar->drawn = false;
}

void bar_aside(struct bar *bar)
{
	if (bar->shared)
		bar_hide(bar);
}
