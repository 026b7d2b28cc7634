/* rules_load - the pattern folders and the config, made into rules */
#ifndef MAILWARD_RULES_LOAD_H
#define MAILWARD_RULES_LOAD_H

#include "conf/conf.h"
#include "match/rules.h"

#define RULES_FILE_BYTES_MAX (4U << 20)
#define RULES_LOCAL_DIR "/etc/mailward/patterns"

/* rules_dir - the folder of shipped patterns: conf->patterns, else the patterns/ beside the build tree this
 * binary runs from, else /usr/share/mailward/patterns (PREFIX-dependent)
 * Returns a heap string or NULL. */
char *rules_dir(const struct conf *conf);

/* rules_load - read every *.pat of the shipped folder, then of RULES_LOCAL_DIR (same name: wins), apply the config
 * Returns true when nothing was wrong; else every problem was reported. Owns: *out until rules_fini(), in any case. */
bool rules_load(struct rules *out, const struct conf *conf, struct problems *problems);

/* The steps of rules_load(), in its order; folders are read by name, a rule's place is that of its first appearance. */
void rules_read_dir(struct rules *rules, const char *dir, bool local, struct problems *problems);
void rules_apply(struct rules *rules, const struct conf *conf, struct problems *problems);

#endif
