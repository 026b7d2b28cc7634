/* unowned - mailward on a kernel without owned tables, wherever it runs; for the benchmarks
 *
 * usage: unowned run -c CONF: as mailward, with a table that others can change */
#include "cli/cli.h"
#include "warden/nft.h"

int main(int argc, char **argv)
{
	nft_may_own = false;
	return argc > 1 ? cli_options(&cli_run, argc - 1, argv + 1) : 2;
}
