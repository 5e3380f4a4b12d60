/* Which way suits an image: photographs want filters and runs, text wants no filter and matches.
 * In: a raster. Out: a wb_png_plan. Ownership: borrows the raster; works in the scratch. */
#ifndef WB_PNG_PLAN_H
#define WB_PNG_PLAN_H

#include "pixels/raster.h"
#include "png/options.h"
#include "png/scratch.h"

typedef enum wb_png_filters {
    WB_PNG_FILTERS_NONE,
    WB_PNG_FILTERS_UP,      /* one for all rows */
    WB_PNG_FILTERS_ADAPTIVE /* each row the one that suits it */
} wb_png_filters;

typedef struct wb_png_plan {
    wb_png_filters filters;
    bool matched;     /* wb_deflate_find_matches, or wb_deflate_find_runs; or, if the channels */
    bool correlated;  /* are correlated, wb_deflate_find_pixels */
    unsigned min_run; /* for runs */
} wb_png_plan;

/* Looks at a few rows, and where they are flat compares the plans on a few bands of the image.
 * Uses all of the scratch's buffers. */
wb_status wb_png_plan_choose(const wb_raster *raster, const wb_png_options *options,
                             wb_png_scratch *scratch, wb_png_plan *plan);

#endif
