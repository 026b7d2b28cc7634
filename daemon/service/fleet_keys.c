/* fleet_keys - see fleet_keys.h */
#include "service/fleet_keys.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/stat.h>

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Exactly size bytes as hexadecimal digits. */
static bool read_hex(const char *text, uint8_t *bytes, size_t size)
{
	if (strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool read_line(struct fleet_keys *keys, const char *word, const char *value, bool *names)
{
	if (strcmp(word, "names") == 0 && !*names)
		return *names = read_hex(value, (uint8_t *)keys->names.k, sizeof(keys->names.k));
	return strcmp(word, "mac") == 0 && keys->mac_count < FLEET_MAC_KEYS &&
	       read_hex(value, keys->mac[keys->mac_count], FLEET_MAC_KEY_BYTES) && ++keys->mac_count;
}

static void read_lines(struct fleet_keys *keys, FILE *file, const char *path, struct problems *problems)
{
	char line[256], word[8], value[128], more[2];
	bool names = false;

	for (unsigned number = 1; fgets(line, sizeof(line), file); number++) {
		int count = sscanf(line, " %7s %127s %1s", word, value, more);

		if (count <= 0 || *word == '#' || *word == ';')
			continue;
		if (count != 2 || !read_line(keys, word, value, &names))
			problem(SPOT(problems, path, number), "is no key, or one too many: lines as \"mailward fleet key\" prints them would be right");
	}
	if (keys->mac_count == 0 || !names)
		problem(SPOT(problems, path, 0), "holds no whole key: what \"mailward fleet key\" prints would be right");
	explicit_bzero(line, sizeof(line));
	explicit_bzero(value, sizeof(value));
}

bool fleet_keys_read(struct fleet_keys *keys, const char *path, struct problems *problems)
{
	const unsigned before = problems->count;
	FILE *file = fopen(path, "re");
	struct stat st;

	*keys = (struct fleet_keys){ .mac_count = 0 };
	if (!file)
		problem(SPOT(problems, path, 0), "cannot be read: %s", strerror(errno));
	else if (fstat(fileno(file), &st) < 0 || (st.st_mode & S_IRWXO))
		problem(SPOT(problems, path, 0), "may be used by everybody: mode 0640, owner root, group mailward would be right");
	else
		read_lines(keys, file, path, problems);
	if (file)
		fclose(file);
	return problems->count == before;
}

static void write_key(FILE *out, const char *word, const uint8_t *bytes, size_t size)
{
	fprintf(out, "%s ", word);
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", bytes[i]);
	fputc('\n', out);
}

bool fleet_keys_write(FILE *out, const struct name_key *names)
{
	uint8_t mac[FLEET_MAC_KEY_BYTES];
	struct name_key made;

	if (getrandom(mac, sizeof(mac), 0) != sizeof(mac) || getrandom(&made, sizeof(made), 0) != sizeof(made))
		return false;
	write_key(out, "mac", mac, sizeof(mac));
	write_key(out, "names", (const uint8_t *)(names ? names : &made), sizeof(*names));
	explicit_bzero(mac, sizeof(mac));
	return !ferror(out);
}
