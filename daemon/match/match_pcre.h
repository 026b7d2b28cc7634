/* match_pcre - what match.c and match_explain.c share: how a pattern is compiled, and within which limits it runs */
#ifndef MAILWARD_MATCH_PCRE_H
#define MAILWARD_MATCH_PCRE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/problems.h"
#include "match/rules.h"

/* Bytes, not characters: log text need not be UTF-8. Plain groups do not capture: only <addr> and <count> do. */
#define PCRE_OPTIONS (PCRE2_ANCHORED | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_AUTO_CAPTURE | \
		      PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C)
#define PCRE_MATCH_LIMIT 100000
#define PCRE_DEPTH_LIMIT 10000
#define PCRE_HEAP_LIMIT_KIB 4096

/* pcre_compile - NULL after reporting (problems may be NULL). Owns: the caller frees it. */
pcre2_code *pcre_compile(const struct rule *rule, const struct pattern *pattern, uint32_t options,
			 struct problems *problems);
pcre2_match_context *pcre_context_new(void);

#endif
