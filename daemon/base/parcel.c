/* parcel - see parcel.h */
#include "base/parcel.h"

#define MS_MAX (INT64_C(1) << 42)

bool parcel_valid(const struct parcel *parcel)
{
	return parcel->op > 0 && parcel->op < PARCEL_OPS && parcel->server < PARCEL_SERVERS && parcel->node < PARCEL_NODES &&
	       parcel->padding == 0 && parcel->len <= PARCEL_BYTES && parcel->ms >= 0 && parcel->ms <= MS_MAX;
}
